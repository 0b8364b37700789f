"""Columns of which some rows lack some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["with_means"]

Array = NDArray[np.float64]


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
