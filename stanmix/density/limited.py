"""Densities of censored rows and truncated responses, and the probabilities below them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stanmix.data.limits import INTERVAL, LEFT, RIGHT, Limits
from stanmix.model.families import Family
from stanmix.model.families.truncation import log_between, log_up_to

__all__ = ["ends", "log_density"]

Array = NDArray[np.float64]
Values = Mapping[str, Array]


def log_density(family: Family, y: Array, values: Values, limits: Limits, axis: int) -> Array:
    """Return the log density of what is known of responses.

    Parameters
    ----------
    family : Family
    y : ndarray
        Rows along `axis`; of length 1 along the others.
    values : mapping of str to ndarray
        Of its parameters, which broadcast with `y` and have as many axes.
    limits : Limits
        Of these rows.
    axis : int

    Returns
    -------
    ndarray
        Of the shape of all together. Of a row that is censored, the log of a probability.
    """
    shape = np.broadcast_shapes(y.shape, *(value.shape for value in values.values()))
    found = np.empty(shape)
    kinds = np.zeros(y.size, dtype=np.intp) if limits.kinds is None else limits.kinds
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        at = (slice(None),) * axis + (rows,)
        here = {name: _at_rows(value, rows, axis) for name, value in values.items()}
        of = limits.take(rows)
        least, most = (_along(end, y.ndim, axis) for end in (of.least, of.most))
        if kind == LEFT:
            found[at] = log_between(family, least, y[at], here)
        elif kind == RIGHT:
            found[at] = log_between(family, y[at], most, here)
        elif kind == INTERVAL:
            found[at] = log_between(family, y[at], _along(of.to, y.ndim, axis), here)
        else:
            found[at] = family.log_density(y[at], here)
        if limits.truncated:
            found[at] -= log_between(family, least, most, here)
    return found


def ends(family: Family, y: Array, values: Values, limits: Limits | None) -> tuple[Array, Array]:
    """Return the probabilities of less than what is known of responses, and of at most that.

    Parameters
    ----------
    family : Family
    y : ndarray of shape (1, M, 1)
    values : mapping of str to ndarray
        Of its parameters: (S, M, K) or (S, 1, K).
    limits : Limits, optional
        Of these rows.
    """
    if limits is None:
        return family.cdf(y - family.step, values), family.cdf(y, values)
    known = np.zeros(y.shape[1], dtype=np.intp) if limits.kinds is None else limits.kinds
    kinds = known[None, :, None]
    least, most = (_along(end, y.ndim, 1) for end in (limits.least, limits.most))
    other = _along(limits.to, y.ndim, 1)
    to = y if other is None else np.where(kinds == INTERVAL, other, y)
    whole = log_between(family, least, most, values)
    before = y - 1 if family.counts else y
    below = np.exp(log_up_to(family, least, before, values) - whole)
    up_to = np.exp(log_up_to(family, least, to, values) - whole)
    return np.where(kinds == LEFT, 0.0, below), np.where(kinds == RIGHT, 1.0, up_to)


def _at_rows(value: Array, rows: NDArray[np.intp], axis: int) -> Array:
    return value if value.shape[axis] == 1 else np.take(value, rows, axis=axis)


def _along(values: Array | None, dimensions: int, axis: int) -> Array | None:
    """Return values of rows along an axis of several."""
    if values is None:
        return None
    return values.reshape([-1 if place == axis else 1 for place in range(dimensions)])
