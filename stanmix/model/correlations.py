"""Correlations of the pairs of some columns, and the Cholesky factors of their matrices.

The correlations of D columns stand one after another as below the diagonal of their matrix, row by
row: of the second column with the first, of the third with the first and with the second, and so
on. A partial correlation is that of a pair given all columns before the first of the two; any
numbers between -1 and 1 are partial correlations of some matrix (Lewandowski, Kurowicka & Joe,
2009, J. Multivar. Anal. 100, 1989-2001), and Stan's Cholesky factors are made of them in the same
order (Stan Reference Manual, Cholesky factors of correlation matrices).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

__all__ = [
    "among",
    "correlations",
    "correlations_of_matrix",
    "factors",
    "factors_of",
    "following",
    "hold",
    "lkj_draws",
    "lkj_log_density",
    "log_unexplained",
    "matrices",
    "pairs",
    "partials",
    "whitened",
]

Array = NDArray[np.float64]

# The largest partial correlation, so that a matrix that is singular but for rounding has a factor.
MOST = 1 - 1e-12
ROUNDING = 1e-9  # by which the least eigenvalue of a matrix may fail to be positive


def pairs(columns: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs of columns, from 0, of which the correlations are; the later one first."""
    return ((i, j) for i in range(columns) for j in range(i))


def among(columns: Sequence[int]) -> list[int]:
    """Return which correlations are those of the pairs of some columns, from 0, in their order."""
    couples = ((columns[i], columns[j]) for i, j in pairs(len(columns)))
    return [max(pair) * (max(pair) - 1) // 2 + min(pair) for pair in couples]


def following(number: int) -> NDArray[np.intp]:
    """Return how many correlations follow each of so many in its row of their matrix."""
    return np.array([i - 1 - j for i, j in pairs(_columns(number))], dtype=np.intp)


def factors(partial: Array) -> Array:
    """Return the Cholesky factors (..., D, D) of partial correlations (..., P)."""
    D = _columns(partial.shape[-1])
    factor = np.zeros((*partial.shape[:-1], D, D))
    left = np.ones((*partial.shape[:-1], D))  # of the unit length of each row
    for at, (i, j) in enumerate(pairs(D)):
        z = partial[..., at]
        factor[..., i, j] = z * left[..., i]
        left[..., i] *= np.sqrt((1 - z) * (1 + z))
    for i in range(D):
        factor[..., i, i] = left[..., i]
    return factor


def factors_of(correlation: Array) -> Array:
    """Return the Cholesky factors (..., D, D) of the matrices of correlations (..., P)."""
    return factors(partials(correlation))


def partials(correlation: Array) -> Array:
    """Return the partial correlations (..., P) of correlations (..., P), at most `MOST`."""
    D = _columns(correlation.shape[-1])
    factor, partial = np.zeros((*correlation.shape[:-1], D, D)), np.empty(correlation.shape)
    factor[..., 0, 0] = 1.0
    left = np.ones((*correlation.shape[:-1], D))
    for at, (i, j) in enumerate(pairs(D)):
        before = np.einsum("...m,...m->...", factor[..., i, :j], factor[..., j, :j])
        z = (correlation[..., at] - before) / (left[..., j] * left[..., i])
        partial[..., at] = z = np.clip(z, -MOST, MOST)
        factor[..., i, j] = z * left[..., i]
        left[..., i] *= np.sqrt((1 - z) * (1 + z))
        factor[..., i, i] = left[..., i]
    return partial


def correlations(factor: Array) -> Array:
    """Return the correlations (..., P) of Cholesky factors (..., D, D)."""
    return correlations_of_matrix(factor @ np.swapaxes(factor, -1, -2))


def correlations_of_matrix(matrix: Array) -> Array:
    """Return the correlations (..., P) that stand in matrices (..., D, D)."""
    rows, columns = _places(matrix.shape[-1])
    return np.asarray(matrix[..., rows, columns])


def matrices(correlation: Array) -> Array:
    """Return the matrices (..., D, D) of correlations (..., P)."""
    D = _columns(correlation.shape[-1])
    rows, columns = _places(D)
    matrix = np.zeros((*correlation.shape[:-1], D, D)) + np.eye(D)
    matrix[..., rows, columns] = matrix[..., columns, rows] = correlation
    return matrix


def hold(correlation: Array) -> bool:
    """Return whether correlations (..., P) are those of matrices without a negative eigenvalue."""
    return bool((np.linalg.eigvalsh(matrices(correlation)) > -ROUNDING).all())


def whitened(standard: Array, factor: Array) -> Array:
    """Return columns without correlation, (..., D), of standardised ones.

    Parameters
    ----------
    standard : ndarray of shape (..., D)
    factor : ndarray of shape (..., D, D)
        Cholesky factors, which broadcast with the rows. They are solved column by column over all
        rows at once.
    """
    found: list[Array] = []
    for i in range(standard.shape[-1]):
        left = standard[..., i]
        for j in range(i):
            left = left - factor[..., i, j] * found[j]
        found.append(left / factor[..., i, i])
    return np.stack(np.broadcast_arrays(*found), axis=-1)


def lkj_draws(eta: float, size: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw partial correlations of a size (..., P) from LKJ(eta)."""
    shape = _lkj_shapes(eta, size[-1])
    return np.clip(2 * rng.beta(shape, shape, size) - 1, -MOST, MOST)


def lkj_log_density(z: Array, eta: float) -> Array:
    """Return the log densities (...,) of Fisher's z (..., P) of partial correlations."""
    shape = _lkj_shapes(eta, z.shape[-1])
    constant = (2 * shape - 1) * math.log(2) + betaln(shape, shape)
    return np.asarray((shape * log_unexplained(z) - constant).sum(axis=-1))


def log_unexplained(z: Array) -> Array:
    """Return the logarithm of ``1 - tanh(z)^2``, to all digits."""
    far = np.abs(z)
    return np.asarray(2 * (math.log(2) - far - np.log1p(np.exp(-2 * far))))


def _lkj_shapes(eta: float, number: int) -> Array:
    """Return the shapes (P,) of the beta distributions of partial correlations."""
    D = _columns(number)
    return np.array([eta + (D - 2 - j) / 2 for _, j in pairs(D)])


def _places(columns: int) -> tuple[list[int], list[int]]:
    """Return the rows and columns of the correlations in a matrix."""
    rows, before = itertools.tee(pairs(columns))
    return [i for i, _ in rows], [j for _, j in before]


def _columns(number: int) -> int:
    """Return of how many columns there are so many pairs."""
    return (1 + math.isqrt(1 + 8 * number)) // 2
