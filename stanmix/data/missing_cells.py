"""Columns of which some rows lack some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["numbered", "patterns", "with_means"]

Array = NDArray[np.float64]


def patterns(columns: Array) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return which columns rows have, and which rows these are; none of rows that lack all.

    Parameters
    ----------
    columns : ndarray of shape (N, D)
        NaN where a number is missing.

    Returns
    -------
    list of pairs of ndarray of int
        Numbers of columns, and of the rows that have these and no others, ascending.
    """
    found, of_row = numbered(columns)
    order = np.argsort(of_row, kind="stable")
    sizes = np.bincount(of_row)
    ends = np.cumsum(sizes)
    return [
        (np.flatnonzero(pattern), order[end - size : end])
        for pattern, end, size in zip(found, ends, sizes, strict=True)
        if pattern.any()
    ]


def numbered(columns: Array) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return which columns rows of each pattern have (P, D), and the pattern of each row (N,)."""
    there = ~np.isnan(columns)
    places = np.arange(there.shape[1])
    if len(places) < 63:  # numbers are sorted faster than rows
        codes, of_row = np.unique(there @ (1 << places), return_inverse=True)
        return ((codes[:, None] >> places) & 1).astype(bool), of_row.reshape(-1)
    found, of_row = np.unique(there, axis=0, return_inverse=True)
    return found, of_row.reshape(-1)


def with_means(columns: Array, weights: Array | None = None) -> Array:
    """Return columns with their means in place of what is missing, for distances between rows.

    Parameters
    ----------
    columns : ndarray of shape (N,) or (N, D)
        NaN where a number is missing.
    weights : ndarray of shape (N,), optional
        Of rows; default one.
    """
    missing = np.isnan(columns)
    if not missing.any():
        return columns
    counts = np.ones(len(columns)) if weights is None else weights
    times = np.where(missing, 0.0, counts.reshape(-1, *[1] * (columns.ndim - 1)))
    means = (times * np.nan_to_num(columns)).sum(axis=0) / times.sum(axis=0)
    return np.where(missing, means, columns)
