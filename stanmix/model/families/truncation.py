"""Probabilities of lying between ends, and draws, means and variances given that, of any family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stanmix.model.families.entry import Family

__all__ = ["inside", "log_between", "log_from", "log_up_to", "mean", "sample"]

Array = NDArray[np.float64]
Values = Mapping[str, Array]

REJECTIONS = 8  # draws of which some are kept, before the rest are found by their probability
BISECTIONS = 64
DOUBLINGS = 400
NODES = 40  # of a quadrature on either side
MOST_COUNTS = 2_000  # that are added up one by one; sums of more are quadratures
FAR = 40.0  # sds beyond which no count is expected


def log_between(family: Family, low: Array | None, high: Array | None, values: Values) -> Array:
    """Return the log probability of a response from one value to another, these included.

    Parameters
    ----------
    family : Family
        With `tails`.
    low, high : ndarray or None
        None for no end.
    values : mapping of str to ndarray
        Of its parameters, which broadcast with the ends.
    """
    tails = family.tails
    assert tails is not None  # `stanmix.model.checks.check_limited` refuses families without
    if low is None and high is None:
        return np.zeros(())
    if low is not None and family.counts:
        low = low - 1
    if low is None:
        assert high is not None
        return tails.below(high, values)
    if high is None:
        return tails.above(low, values)
    below, above = tails.below(high, values), tails.above(low, values)
    # The difference of the smaller tails, which keep their digits.
    left = below < above
    larger = np.where(left, below, above)
    smaller = np.where(left, tails.below(low, values), tails.above(high, values))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = larger + np.log1p(-np.exp(np.minimum(smaller - larger, 0.0)))
    return np.asarray(np.where(larger == -np.inf, -np.inf, found))


def log_from(family: Family, low: Array, most: Array | None, values: Values) -> Array:
    """Return the log probability from a value on to an end, -inf of values beyond it."""
    found = log_between(family, low, most, values)
    return found if most is None else np.where(low > most, -np.inf, found)


def log_up_to(family: Family, least: Array | None, high: Array, values: Values) -> Array:
    """Return the log probability from an end up to a value, -inf of values before it."""
    found = log_between(family, least, high, values)
    return found if least is None else np.where(high < least, -np.inf, found)


def inside(y: Array, least: Array | None, most: Array | None) -> NDArray[np.bool_]:
    """Return whether responses lie between ends."""
    after = y >= (-np.inf if least is None else least)
    return np.asarray(after & (y <= (np.inf if most is None else most)))


def sample(
    family: Family,
    rng: np.random.Generator,
    values: Values,
    least: Array | None,
    most: Array | None,
) -> Array:
    """Draw responses that lie between ends.

    By rejection; what has not come to lie there is drawn by the inverse of its distribution.

    Parameters
    ----------
    family : Family
    rng : Generator
    values : mapping of str to ndarray
        Of its parameters, of one shape.
    least, most : ndarray or None
        Ends, of that shape; None for no end.
    """
    drawn = np.array(family.sample(rng, values))
    if least is None and most is None:
        return drawn
    for _ in range(REJECTIONS):
        outside = ~inside(drawn, least, most)
        if not outside.any():
            return drawn
        drawn[outside] = family.sample(rng, {name: each[outside] for name, each in values.items()})
    outside = ~inside(drawn, least, most)
    if outside.any():
        here = {name: each[outside] for name, each in values.items()}
        ends = (None if end is None else end[outside] for end in (least, most))
        drawn[outside] = _quantile(family, rng.random(int(outside.sum())), here, *ends)
    return drawn


def mean(family: Family, values: Values, least: Array | None, most: Array | None) -> Array:
    """Return the expected response given that it lies between ends.

    Parameters
    ----------
    family, least, most
        As in `sample`, of shapes that broadcast.
    values : mapping of str to ndarray

    Returns
    -------
    ndarray
        By quadrature of the distribution function, to about six digits; sums of at most
        `MOST_COUNTS` counts are exact. Where an end is open there, what the family's own mean is
        if that is not finite.
    """
    own = np.asarray(family.mean(values))
    if least is None and most is None:
        return own
    whole = np.asarray(log_between(family, least, most, values))
    variance = np.asarray(family.variance(values))
    finite = np.isfinite(own)
    anywhere = np.asarray(values[family.location.name])
    centre = np.where(finite, own, anywhere)
    spread = np.sqrt(np.where(np.isfinite(variance) & (variance > 0), variance, 1 + centre**2))
    if family.counts:
        found = _of_counts(family, values, least, most, whole, centre, spread)
    else:
        found = _by_quadrature(family, values, least, most, whole, centre, spread, 0.0)
    if least is None or most is None:  # an open end may leave no mean
        found = np.where(finite | (most is not None and bool((own == np.inf).all())), found, own)
    return np.asarray(found)


def _of_counts(
    family: Family,
    values: Values,
    least: Array | None,
    most: Array | None,
    whole: Array,
    centre: Array,
    spread: Array,
) -> Array:
    first = np.zeros(()) if least is None else np.asarray(least)
    last = np.maximum(first, centre) + FAR * spread
    if most is not None:
        last = np.minimum(last, most)
    count = int(np.ceil((last - first).max())) + 1
    if count > MOST_COUNTS:
        return _by_quadrature(family, values, least, most, whole, centre, spread, 0.5)
    total = np.zeros(np.broadcast_shapes(whole.shape, first.shape))
    for step in range(1, count + 1):  # the probability of at least so many
        total = total + np.exp(log_from(family, first + step, most, values) - whole)
    return np.asarray(first + total)


def _by_quadrature(
    family: Family,
    values: Values,
    least: Array | None,
    most: Array | None,
    whole: Array,
    centre: Array,
    spread: Array,
    shift: float,
) -> Array:
    """Return c + integral of P(Y > t) above c - integral of P(Y <= t) below, between the ends."""
    about = np.clip(centre, -np.inf if least is None else least, np.inf if most is None else most)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    found = np.asarray(about + shift if shift else about, dtype=np.float64)
    low_end, high_end = least, most
    floor, ceiling = family.support(values)
    if low_end is None and np.isfinite(floor).all():
        low_end = floor
    if high_end is None and np.isfinite(ceiling).all():
        high_end = ceiling
    for sign, end in ((1.0, high_end), (-1.0, low_end)):
        # t = c + s x / (1 - x) brings an open end to one.
        length = None if end is None else np.abs(end - about)
        reach = np.ones(()) if length is None else length / (length + spread)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            x = node * reach
            t = about + sign * spread * x / (1 - x)
            part = (
                log_from(family, t, most, values)
                if sign > 0
                else log_up_to(family, least, t, values)
            )
            slope = spread / (1 - x) ** 2
            found = found + sign * weight * reach * slope * np.exp(part - whole)
    return found


def _quantile(
    family: Family, levels: Array, values: Values, least: Array | None, most: Array | None
) -> Array:
    """Return the responses below which parts of what lies between ends are, by bisection."""
    whole = log_between(family, least, most, values)

    def below(y: Array) -> NDArray[np.bool_]:
        return np.asarray(np.exp(log_up_to(family, least, y, values) - whole) < levels)

    # An open end begins at the other one, or at that of the support, and goes as far as it must.
    floor, ceiling = (np.broadcast_to(end, levels.shape) for end in family.support(values))
    if least is None:
        low = floor if np.isfinite(floor).all() else _far(below, most, -1.0)
    else:
        low = least.astype(np.float64)
    if most is None:
        high = ceiling if np.isfinite(ceiling).all() else _far(below, low, 1.0)
    else:
        high = most.astype(np.float64)
    if family.counts:
        low, high = low - 1, np.ceil(high)
    for _ in range(BISECTIONS):
        middle = np.floor((low + high) / 2) if family.counts else (low + high) / 2
        short = below(middle)
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


def _far(below: object, begin: Array | None, sign: float) -> Array:
    """Return values beyond those that are looked for, on one side of where to begin."""
    assert callable(below) and begin is not None  # of two open ends nothing is cut off
    step = np.maximum(1.0, np.abs(begin)) * 1e-3
    at = begin + sign * step
    for _ in range(DOUBLINGS):
        short = below(at)
        wrong = short if sign > 0 else ~short
        if not wrong.any():
            break
        step = np.where(wrong, 2 * step, step)
        at = begin + sign * step
    return np.asarray(at)
