"""Pareto-smoothed importance sampling.

Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, J. Mach. Learn.
Res. 25(72). The generalised Pareto distribution is fitted as Zhang & Stephens (2009, Technometrics
51, 316-325) do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["smooth"]

Array = NDArray[np.float64]

# Fewer ratios than this have no tail that could be fitted.
_LEAST = 5
# k-hat is drawn to this value by as many observations as these.
_PRIOR_SHAPE, _PRIOR_SIZE = 0.5, 10
# Points of a grid with less than this part of the posterior are left out.
_NEGLIGIBLE = 10 * float(np.finfo(np.float64).eps)
# A ratio below this part of the largest one is zero to double precision.
_SMALLEST = float(np.log(np.finfo(np.float64).tiny))


def smooth(log_ratios: Array, efficiency: float = 1.0) -> tuple[Array, Array]:
    """Return the logarithms of smoothed importance weights, and the Pareto k-hat of the ratios.

    Parameters
    ----------
    log_ratios : ndarray of shape (..., S)
        Of S draws; constants do not matter.
    efficiency : float
        How many independent draws a draw is worth.

    Returns
    -------
    log_weights : ndarray of shape (..., S)
        Of weights that sum to one over the draws.
    k_hat : ndarray of shape (...)
        The shape of the tail; infinite where the ratios have no tail that could be fitted, and
        then the weights are left as they are.
    """
    logs = log_ratios - log_ratios.max(axis=-1, keepdims=True)
    draws = logs.shape[-1]
    size = int(np.ceil(min(draws / 5, 3 * np.sqrt(draws / efficiency))))
    k_hat = np.empty(logs.shape[:-1])
    with np.errstate(all="ignore"):
        for at in np.ndindex(*k_hat.shape):
            k_hat[at] = _smooth_tail(logs[at], size)
    top = logs.max(axis=-1, keepdims=True)
    return logs - (np.log(np.exp(logs - top).sum(axis=-1, keepdims=True)) + top), k_hat


def _smooth_tail(logs: Array, size: int) -> float:
    """Replace the largest log ratios by expected order statistics, in place; return their k-hat."""
    outside = len(logs) - size - 1  # place of the largest ratio that the tail leaves out
    threshold = max(np.partition(logs, outside)[outside], _SMALLEST)
    tail = np.flatnonzero(logs > threshold)
    if len(tail) < _LEAST:
        return np.inf
    tail = tail[np.argsort(logs[tail])]
    k_hat, scale = _generalised_pareto(np.exp(logs[tail]) - np.exp(threshold))
    if not np.isfinite(k_hat):
        return np.inf
    levels = (np.arange(len(tail)) + 0.5) / len(tail)
    logs[tail] = np.minimum(np.log(_quantiles(levels, k_hat, scale) + np.exp(threshold)), 0.0)
    return k_hat


def _quantiles(levels: Array, shape: float, scale: float) -> Array:
    """Return quantiles of the generalised Pareto distribution."""
    beyond = -np.log1p(-levels)  # exponential, for a shape of 0
    return np.asarray(scale * (np.expm1(shape * beyond) / shape if shape else beyond))


def _generalised_pareto(ascending: Array) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto distribution of excesses over a threshold.

    The posterior mean of shape / scale over a grid, under the prior of Zhang & Stephens that knows
    the first quartile and the largest excess; the shape then is drawn a little to its prior.
    """
    n = len(ascending)
    points = 30 + int(np.sqrt(n))
    quartile = ascending[int(n / 4 + 0.5) - 1]
    spread = 1 - np.sqrt(points / (np.arange(points) + 0.5))
    grid = spread / (3 * quartile) + 1 / ascending[-1]  # of -shape / scale
    shapes = np.log1p(-grid[:, None] * ascending).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1)
    weights = 1 / np.exp(profile - profile[:, None]).sum(axis=1)
    kept = weights >= _NEGLIGIBLE
    rate = float(np.sum(grid[kept] * (weights[kept] / weights[kept].sum())))
    shape, scale = _at_rate(rate, ascending)
    drawn = (n * shape + _PRIOR_SIZE * _PRIOR_SHAPE) / (n + _PRIOR_SIZE)
    return drawn, scale


def _at_rate(rate: float, excesses: Array) -> tuple[float, float]:
    """Return the likeliest shape, and the scale, where -shape / scale is known."""
    shape = float(np.log1p(-rate * excesses).mean())
    return shape, -shape / rate if rate else float(excesses.mean())  # exponential in the limit
