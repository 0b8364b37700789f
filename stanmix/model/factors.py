"""Loadings of columns on factors that they have in common.

Those of R factors make a matrix (D, R) with nothing above its diagonal and nothing negative on it.
Covariances are products of its rows, and of all matrices with the same products one is such. The
loadings stand one factor after another: of the first factor D, of the second D - 1, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "columns",
    "floors",
    "identified",
    "loadings_of",
    "matrices",
    "names",
    "number",
    "places",
]

Array = NDArray[np.float64]


def number(columns: int, factors: int) -> int:
    """Return how many loadings some columns have on some factors."""
    return sum(range(columns, max(columns - factors, 0), -1))


def columns(loadings: int, factors: int) -> int:
    """Return how many columns have so many loadings."""
    return (loadings + factors * (factors - 1) // 2) // factors


def places(columns: int, loadings: int) -> list[tuple[int, int]]:
    """Return the column and the factor of each of so many loadings, from 0."""
    found: list[tuple[int, int]] = []
    factor = 0
    while len(found) < loadings:
        found += [(d, factor) for d in range(factor, columns)]
        factor += 1
    return found


def names(columns: Sequence[str], factors: int) -> tuple[str, ...]:
    """Return what loadings are called: the column, and the number of the factor from 1."""
    D = len(columns)
    return tuple(f"{columns[d]}, {r + 1}" for d, r in places(D, number(D, factors)))


def floors(columns: int, loadings: int) -> Array:
    """Return the least values (J,) of loadings: zero on the diagonal, where the sign is chosen."""
    return np.array([0.0 if d == r else -np.inf for d, r in places(columns, loadings)])


def identified(columns: int, factors: int) -> bool:
    """Return whether covariances say less than those that are any matrix.

    Ledermann (1937, Psychometrika 2, 85-93).
    """
    return factors < columns and (columns - factors) ** 2 >= columns + factors


def matrices(loadings: Array, columns: int) -> Array:
    """Return the matrices (..., D, R) of loadings (..., J)."""
    rows, factors = np.transpose(places(columns, loadings.shape[-1]))
    found = np.zeros((*loadings.shape[:-1], columns, int(factors.max()) + 1))
    found[..., rows, factors] = loadings
    return found


def loadings_of(matrix: Array) -> Array:
    """Return the loadings (..., J) of any matrices (..., D, R) with the products of rows."""
    D, R = matrix.shape[-2:]
    upper = np.linalg.qr(np.swapaxes(matrix, -1, -2), mode="r")
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    lower = np.swapaxes(upper * signs[..., :, None], -1, -2)
    rows, factors = np.transpose(places(D, number(D, R)))
    return np.asarray(lower[..., rows, factors])
