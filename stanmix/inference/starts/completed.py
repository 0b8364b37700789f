"""What rows that lack some columns of a vector are expected to have there, given the others.

Little & Rubin (2019, Statistical Analysis with Missing Data, 3rd ed.), section 11.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.data.missing_cells import patterns
from stanmix.model.families.vectors import column_scales, correlation_factor

__all__ = ["Completed", "completed"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Completed:
    """Rows of a vector as they are expected to be in each component.

    Attributes
    ----------
    y : ndarray of shape (N, K, D)
        Responses, with the conditional means of what is missing in its place.
    roots : ndarray of shape (D, K, D)
        Vectors whose products, added up, are the weighted sums of the conditional covariances.
    squares : ndarray of shape (N, K)
        Squared distances of what is there from the means, in units of its covariance.
    seen : ndarray of int, shape (N, 1)
        How many columns a row has.
    """

    y: Array
    roots: Array
    squares: Array
    seen: NDArray[np.intp]


def completed(y: Array, values: Mapping[str, Array], weights: Array) -> Completed:
    """Return rows with what they are expected to have.

    Parameters
    ----------
    y : ndarray of shape (N, D)
        Not a number where a row lacks a column.
    values : mapping of str to ndarray
        Parameters of a family of vectors, (K, ...).
    weights : ndarray of shape (N, K)
    """
    (N, D), K = y.shape, weights.shape[1]
    mu = np.broadcast_to(values["mu"], (K, D))
    scale = np.broadcast_to(column_scales(values), (K, D))
    factor = correlation_factor(values)
    together = np.eye(D)[None] if factor is None else factor @ factor.swapaxes(-1, -2)
    there = ~np.isnan(y)
    found = patterns(y)
    seen = np.zeros((len(found), D), dtype=bool)
    for p, (at, _) in enumerate(found):
        seen[p, at] = True
    both = (seen[:, :, None] & seen[:, None, :])[:, None]
    # What is missing stands apart, so that all patterns are inverted at once.
    inverse = np.where(both, np.linalg.inv(np.where(both, together, np.eye(D))), 0.0)
    slopes = together @ inverse
    left = together - slopes @ together
    z = np.where(there[:, None], (y[:, None] - mu) / scale, 0.0)
    back, by_component = slopes.swapaxes(-1, -2), z.swapaxes(0, 1)
    filled, squares = np.zeros((K, N, D)), np.zeros((N, K))
    sizes = np.zeros((len(found), K))
    for p, (_, rows) in enumerate(found):
        own = by_component[:, rows]
        filled[:, rows] = own @ back[p]
        squares[rows] = np.einsum("knd,knd->nk", own, own @ inverse[p])
        sizes[p] = weights[rows].sum(axis=0)
    products = np.einsum("pk,pkij->kij", sizes, left)
    lengths, axes = np.linalg.eigh(products)
    roots = axes * np.sqrt(np.maximum(lengths, 0.0))[:, None, :]
    y = np.where(there[:, None], y[:, None], mu + scale * filled.swapaxes(0, 1))
    return Completed(
        y, np.moveaxis(roots * scale[:, :, None], 2, 0), squares, there.sum(axis=1, keepdims=True)
    )
