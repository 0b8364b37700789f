"""Means and quantiles of angles, which go around: of numbers of the unit circle, or within it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["summary"]

Array = NDArray[np.float64]


def summary(points: NDArray[Any], quantiles: Sequence[float] | None = None) -> Array:
    """Return the mean direction along the first axis, or quantiles about it.

    Parameters
    ----------
    points : ndarray of complex, shape (S, ...)
    quantiles : sequence of float, optional

    Returns
    -------
    ndarray of shape (...), with quantiles (Q, ...)
        Radians. The mean direction is from -pi to pi; quantiles are of the angles within half a
        turn of it, and may lie beyond.
    """
    centre = np.angle(points.mean(axis=0))
    if quantiles is None:
        return np.asarray(centre)
    around = np.angle(points * np.exp(-1j * centre))
    return np.asarray(centre + np.quantile(around, quantiles, axis=0))
