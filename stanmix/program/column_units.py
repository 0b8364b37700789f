"""Centres and scales of columns of a response, each by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stanmix.data import robust
from stanmix.errors import InputError
from stanmix.model.families import Family

__all__ = ["check_distance", "column_units"]

Array = NDArray[np.float64]

FARTHEST = 1e100  # distance of a value from the centre, in spreads


def column_units(
    family: Family,
    names: Sequence[str],
    y: Array,
    weights: Array,
    pooled: Sequence[tuple[int, ...]] = (),
    together: Sequence[tuple[int, ...]] = (),
) -> tuple[Array, Array]:
    """Return the centre and the scale (D,) of each of several independent columns.

    Parameters
    ----------
    family : Family
    names : sequence of str
    y : ndarray of shape (N, D)
        NaN where a number is missing.
    weights : ndarray of shape (N,)
    pooled : sequence of tuple of int
        The places of columns that have one scale together.
    together : sequence of tuple of int
        Of these the places of columns that have one centre as well.

    Returns
    -------
    tuple of ndarray
        Median and spread where a column has an origin; 0 and the median where it has a unit alone,
        else 0 and 1.

    Raises
    ------
    InputError
        If a value is too far from the others to compute with.
    """
    centre, scale = np.zeros(len(names)), np.ones(len(names))
    for d, name in enumerate(names):
        there, kind = ~np.isnan(y[:, d]), family.kind_of(d)
        column, times = y[there, d], weights[there]
        if kind.origin:
            centre[d] = robust.median(column, times)
            scale[d] = robust.spread(column, times, centre[d])
        elif kind.unit:
            scale[d] = robust.median(column, times)
        else:
            continue
        check_distance(f"The response {name!r}", np.abs(column - centre[d]), scale[d])
    for at in map(list, together):
        every = y[:, at].T.ravel()
        there = ~np.isnan(every)
        centre[at] = robust.median(every[there], np.tile(weights, len(at))[there])
    for at in map(list, pooled):
        distances = (y[:, at] - centre[at]).T.ravel()
        there = ~np.isnan(distances)
        about = np.zeros(there.sum())
        scale[at] = robust.spread(distances[there], np.tile(weights, len(at))[there], about)
    return centre, scale


def check_distance(what: str, distance: Array, scale: float) -> None:
    """Refuse a distance from the centre whose square, in units of the scale, would be infinite."""
    farthest = float(distance.max())
    if farthest > FARTHEST * scale:
        raise InputError(
            f"{what} holds a value that is {farthest:.3g} off its centre, where others differ by "
            f"about {scale:.3g}: that is more than {FARTHEST:g} times as far, which cannot be "
            "computed with. Correct that value."
        )
