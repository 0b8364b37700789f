"""Centres and spreads of weighted values that a few gross outliers do not move.

A value of weight w counts as w equal values. All change with the values' unit and origin as they
should: if all values are multiplied by a power of two, the results are, to the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["clipped", "median", "moments", "spread"]

Array = NDArray[np.float64]

KEPT = 0.98  # of the values, those nearest to the median, that stay as they are when clipped
FEWEST = 10  # values of which one may be an outlier
ROUNDING = 1e-13  # of values, relative to them
ROUNDED = 1e-12  # and of sums of weights
NORMAL = 1.482602218505602  # sd of a normal distribution / its median absolute deviation


def median(values: Array, weights: Array) -> float:
    """Return the median: half of the weight lies on either side.

    Parameters
    ----------
    values, weights : ndarray of shape (N,)
    """
    half = float(weights.sum()) / 2
    low = _reaching(values, weights, half * (1 - ROUNDED))
    high = _reaching(values, weights, half * (1 + ROUNDED))
    return low if low == high else low / 2 + high / 2


def spread(values: Array, weights: Array, centre: float | Array) -> float:
    """Return the scale of values about a centre: the median absolute deviation, as an sd.

    Where half of the values are at the centre, but for rounding, the mean absolute deviation takes
    its place, so that the spread is positive unless all values of positive weight are there.
    """
    distance = np.abs(values - centre)
    usual = median(distance, weights)
    if usual > ROUNDING * np.abs(values).max() or usual > ROUNDING * median(abs(values), weights):
        return NORMAL * usual
    return float(np.average(distance, weights=weights))


def clipped(values: Array, weights: Array, centre: float) -> Array:
    """Return values, those farther from a centre than `KEPT` of all brought to that distance.

    Of `FEWEST` values or more at least one is brought nearer, so that one alone can be as far off
    as it likes; a change of the values changes the result as little. Where nothing would be left
    but the centre, the values are as they were.
    """
    total = float(weights.sum())
    if total < FEWEST:
        return values
    distance = np.abs(values - centre)
    reach = _reaching(distance, weights, min(KEPT * total, total - 1) * (1 - ROUNDED))
    return np.clip(values, centre - reach, centre + reach) if reach > 0 else values


def moments(values: Array, weights: Array, centre: float | None = None) -> tuple[float, float]:
    """Return mean and sd of values, clipped about their median.

    Parameters
    ----------
    values, weights : ndarray of shape (N,)
    centre : float, optional
        Take it for the mean, and clip about it.
    """
    middle = median(values, weights) if centre is None else centre
    deviations = values - middle
    largest = float(np.abs(deviations).max())
    if largest == 0:
        return middle, 0.0
    # Divided by the largest, so that no square over- or underflows.
    inner = clipped(deviations / largest, weights, 0.0)
    mean = float(np.average(inner, weights=weights)) if centre is None else 0.0
    sd = math.sqrt(float(np.average((inner - mean) ** 2, weights=weights)))
    return middle + largest * mean, largest * sd


def _reaching(values: Array, weights: Array, amount: float) -> float:
    """Return the value at which the weight of the values up to it reaches an amount."""
    last = len(values) - 1
    if np.ptp(weights) == 0:  # then one place is enough, and nothing need be sorted
        place = min(math.ceil(amount / weights[0]) - 1, last)
        return float(np.partition(values, place)[place])
    order = np.argsort(values, kind="stable")
    place = min(int(np.searchsorted(np.cumsum(weights[order]), amount)), last)
    return float(values[order[place]])
