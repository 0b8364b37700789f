"""Stan's transforms of unconstrained values, and the log determinants of their Jacobians.

After the chapter on constraint transforms of the Stan Reference Manual. That of a simplex is the
one of Stan from 2.37 unless another is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from parameters_block import Declaration
from scipy import linalg, special

Transform = Callable[[np.ndarray], tuple[np.ndarray, float]]


def isometric_log_ratio(u: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights whose logarithms are coordinates along Helmert's contrasts, a constant apart.

    The logarithms of the first K - 1 by the last have the Jacobian of the product of all weights;
    against orthonormal contrasts they are stretched by the square root of K.
    """
    K = len(u) + 1
    log_x = special.log_softmax(linalg.helmert(K).T @ u)
    return np.exp(log_x), float(log_x.sum() + 0.5 * np.log(K))


def stick_breaking(u: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of which each takes its part of what the earlier ones have left."""
    K = len(u) + 1
    rest, x, jacobian = 1.0, [], 0.0
    for k, value in enumerate(u, 1):
        z = special.expit(value - np.log(K - k))
        x.append(rest * z)
        jacobian += np.log(rest) + np.log(z) + np.log1p(-z)
        rest -= x[-1]
    return np.array([*x, rest]), jacobian


def ordered(u: np.ndarray) -> tuple[np.ndarray, float]:
    return np.cumsum(np.concatenate([u[:1], np.exp(u[1:])])), float(u[1:].sum())


def positive_ordered(u: np.ndarray) -> tuple[np.ndarray, float]:
    return np.cumsum(np.exp(u)), float(u.sum())


ORDERS: dict[str, Transform] = {"ordered": ordered, "positive_ordered": positive_ordered}


def simplex_of(stan: tuple[int, ...]) -> Transform:
    """The transform of a simplex in a version of Stan."""
    return isometric_log_ratio if stan >= (2, 37) else stick_breaking


def correlation_factor(u: np.ndarray) -> tuple[np.ndarray, float]:
    """The Cholesky factor of a matrix of correlations, row after row a point on a half sphere."""
    D = round((1 + np.sqrt(1 + 8 * len(u))) / 2)
    factor, jacobian, rest = np.zeros((D, D)), 0.0, iter(u)
    for i in range(D):
        for j in range(i):
            left, z = 1 - factor[i] @ factor[i], np.tanh(next(rest))
            factor[i, j] = z * np.sqrt(left)
            jacobian += np.log1p(-(z**2)) + np.log(left) / 2
        factor[i, i] = np.sqrt(1 - factor[i] @ factor[i])
    return factor, float(jacobian)


def between(u: float, lower: float, upper: float) -> tuple[float, float]:
    """A number in an interval, of which either end or both may be infinite."""
    if np.isinf(lower) and np.isinf(upper):
        return u, 0.0
    if np.isinf(upper):
        return lower + np.exp(u), u
    if np.isinf(lower):
        return upper - np.exp(u), u
    jacobian = np.log(upper - lower) + special.log_expit(u) + special.log_expit(-u)
    return lower + (upper - lower) * special.expit(u), jacobian


def free_shape(declaration: Declaration, data: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of a parameter's unconstrained values."""
    shape = declaration.shape(data)
    if declaration.kind == "cholesky_factor_corr":
        return (*shape[:-2], math.comb(shape[-1], 2))
    return (*shape[:-1], shape[-1] - 1) if declaration.kind == "simplex" else shape


def constrained(
    declaration: Declaration,
    data: Mapping[str, Any],
    u: np.ndarray,
    simplex: Transform = isometric_log_ratio,
) -> tuple[np.ndarray, float]:
    """A parameter, of its unconstrained values one after another, and the log Jacobian."""
    shape, free = declaration.shape(data), u.reshape(free_shape(declaration, data))
    result, jacobian = np.empty(shape), 0.0
    vectors = {"simplex": simplex, "cholesky_factor_corr": correlation_factor, **ORDERS}
    if declaration.kind in vectors:
        for index in np.ndindex(free.shape[:-1]):
            result[index], more = vectors[declaration.kind](free[index])
            jacobian += more
    else:
        lower, upper = declaration.bounds(data)
        for index in np.ndindex(shape):
            result[index], more = between(free[index], lower[index], upper[index])
            jacobian += more
    return result, float(jacobian)


def all_constrained(
    parameters: Iterable[Declaration],
    data: Mapping[str, Any],
    u: np.ndarray,
    simplex: Transform = isometric_log_ratio,
) -> tuple[dict[str, np.ndarray], float]:
    """A program's parameters by name, and the log Jacobian of all.

    Raises
    ------
    ValueError
        If they are of more or fewer unconstrained values than there are.
    """
    values, total, at = {}, 0.0, 0
    for declaration in parameters:
        size = int(np.prod(free_shape(declaration, data)))
        values[declaration.name], jacobian = constrained(
            declaration, data, u[at : at + size], simplex
        )
        total, at = total + jacobian, at + size
    if at != len(u):
        raise ValueError(f"the parameters have {at} unconstrained values, got {len(u)}.")
    return values, total
