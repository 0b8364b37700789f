"""Fits of weighted rows, a set of weights for each component, of which M-steps are made.

Where there is no closed form, a few Newton steps from where EM stands, halved until the target does
not fall: that is enough for EM to climb (generalised EM; Dempster, Laird & Rubin, 1977, J. R. Stat.
Soc. B 39, 1-38).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from stanmix.program.coefficients import joined

__all__ = [
    "column_sums",
    "least_squares",
    "logits_together",
    "multinomial_logit",
    "poisson_log_linear",
    "together",
    "weighted_means",
]

Array = NDArray[np.float64]

STEPS = 2
HALVINGS = 12
# Holds coefficients that the data leave free, or send to infinity, at moderate values.
RIDGE = 1e-6
LARGEST = 100.0  # log mean, beyond any count


def column_sums(values: Array) -> Array:
    """Return sums over rows (N, K) -> (K,), as `sum` adds them, which is slow on thin arrays."""
    return np.asarray(np.einsum("nk->k", values))


def weighted_means(y: Array, weights: Array) -> Array:
    """Return means (K, D), or (K, 1) of one column, of rows (N, D) or (N,), weights (N, K)."""
    size = column_sums(weights)[:, None] + 1e-10
    return np.asarray(np.einsum("nk,nd->kd", weights, y.reshape(len(y), -1)) / size)


def together(numbers: NDArray[np.intp], gradient: Array, *curvatures: Array) -> tuple[Array, ...]:
    """Return slopes and curvatures of the different coefficients of K components.

    Parameters
    ----------
    numbers : ndarray of int, shape (K, P)
        Which of F different coefficients a component has, from 1; 0: none.
    gradient : ndarray of shape (K, P)
    *curvatures : ndarray of shape (K, P, P)

    Returns
    -------
    tuple of ndarray
        Of shape (1, F), and (1, F, F) each.
    """
    F = numbers.max()
    of_each = np.eye(F + 1)[numbers][:, :, 1:]
    found = [np.einsum("kp,kpf->f", gradient, of_each)[None]]
    for one in curvatures:
        found.append(np.einsum("kpq,kpf,kqg->fg", one, of_each, of_each, optimize=True)[None])
    return tuple(found)


def least_squares(
    y: Array, X: Array, weights: Array, numbers: NDArray[np.intp] | None = None
) -> Array:
    """Return coefficients (K, P) of K weighted regressions of y (N,) on X (N, P).

    Parameters
    ----------
    X : ndarray
        Columns of about one size.
    weights : ndarray of shape (N, K)
    numbers : ndarray of int, shape (K, P), optional
        Which of F different coefficients a component has; then these are returned, (1, F).
    """
    weighted = weights[:, :, None] * X[:, None, :]
    size = column_sums(weights) + 1e-10
    ridge = 1e-10 * (size + 1)[:, None, None] * np.eye(X.shape[1])
    left = np.einsum("nkp,nq->kpq", weighted, X) + ridge
    right = np.einsum("nkp,n->kp", weighted, y)
    if numbers is not None:
        right, left = together(numbers, right, left)
    return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0])


def poisson_log_linear(
    y: Array,
    X: Array,
    offset: Array,
    weights: Array,
    beta: Array,
    numbers: NDArray[np.intp] | None = None,
) -> Array:
    """Return coefficients of K weighted Poisson regressions with log link.

    Parameters
    ----------
    y, offset : ndarray of shape (N,)
    X : ndarray of shape (N, P)
        Columns of about one size.
    weights : ndarray of shape (N, K)
    beta : ndarray of shape (K, P)
        Where to begin; of F different coefficients (1, F).
    numbers : ndarray of int, shape (K, P), optional
        Which of these a component has.
    """

    def linear(values: Array) -> Array:
        of_each = values if numbers is None else joined(values[0], numbers)
        return np.asarray(np.einsum("np,kp->nk", X, of_each) + offset[:, None])

    def fit(values: Array, eta: Array, mean: Array) -> Array:
        each = column_sums(weights * (y[:, None] * eta - mean))
        if numbers is not None:
            each = each.sum(keepdims=True)
        return np.asarray(each - RIDGE / 2 * (values**2).sum(axis=1))

    def target(values: Array) -> Array:
        eta = linear(values)
        return fit(values, eta, _mean(eta))

    for _ in range(STEPS):
        eta = linear(beta)
        mean = _mean(eta)
        gradient = np.einsum("nk,np->kp", weights * (y[:, None] - mean), X)
        weighted = (weights * mean)[:, :, None] * X[:, None, :]
        curvature = np.einsum("nkp,nq->kpq", weighted, X)
        if numbers is not None:
            gradient, curvature = together(numbers, gradient, curvature)
        gradient = gradient - RIDGE * beta
        curvature = curvature + RIDGE * np.eye(beta.shape[1])
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        beta = _climb(target, beta, step, fit(beta, eta, mean))
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _mean(eta: Array) -> Array:
    """Return exp(eta), finite: rows of weight zero must not count where they are far off."""
    return np.asarray(np.exp(np.minimum(eta, LARGEST)))


def multinomial_logit(Z: Array, weights: Array, gamma: Array) -> Array:
    """Return coefficients of weights that depend on covariates: softmax(Z gamma).

    Parameters
    ----------
    Z : ndarray of shape (U, Q)
        A row a unit, columns of about one size.
    weights : ndarray of shape (U, K)
        How often a unit belongs to a component.
    gamma : ndarray of shape (K, Q)
        Where to begin.

    Returns
    -------
    ndarray of shape (K, Q)
        Summing to zero over the components.
    """
    K, Q = gamma.shape
    size = weights.sum(axis=1)
    squares = (Z[:, :, None] * Z[:, None, :]).reshape(-1, Q * Q)

    def log_shares(values: Array) -> Array:
        return np.asarray(log_softmax(np.einsum("uq,kq->uk", Z, values), axis=1))

    def fit(values: Array, log_p: Array) -> Array:
        return np.array([(weights * log_p).sum() - RIDGE / 2 * (values**2).sum()])

    def target(flat: Array) -> Array:
        values = flat.reshape(K, Q)
        return fit(values, log_shares(values))

    for _ in range(STEPS):
        log_p = log_shares(gamma)
        p = np.exp(log_p)
        gradient = np.einsum("uk,uq->kq", weights - size[:, None] * p, Z) - RIDGE * gamma
        between = size[:, None, None] * (p[:, :, None] * (np.eye(K) - p[:, None, :]))
        curvature = np.einsum("ua,ub->ab", between.reshape(-1, K * K), squares)
        curvature = curvature.reshape(K, K, Q, Q).transpose(0, 2, 1, 3).reshape(K * Q, K * Q)
        curvature += RIDGE * np.eye(K * Q)
        step = np.linalg.solve(curvature, gradient.ravel())
        before = fit(gamma, log_p)
        gamma = _climb(target, gamma.reshape(1, -1), step[None], before).reshape(K, Q)
        gamma = gamma - gamma.mean(axis=0)
        if np.abs(step).max() < 1e-8:
            break
    return gamma


def logits_together(
    X: Array, indicators: Array, weights: Array, beta: Array, numbers: NDArray[np.intp]
) -> Array:
    """Return different coefficients of K multinomial regressions that share or lack some.

    Parameters
    ----------
    X : ndarray of shape (N, P)
        Columns of about one size.
    indicators : ndarray of shape (N, C)
        Which category a row is.
    weights : ndarray of shape (N, K)
    beta : ndarray of shape (1, F)
        Where to begin.
    numbers : ndarray of int, shape (K, C - 1, P)
        Which of these a component has, of the log ratios to the first category.
    """
    (K, J, P), in_rows = numbers.shape, numbers.reshape(len(numbers), -1)

    def log_shares(values: Array) -> Array:
        ratios = np.einsum("np,kjp->nkj", X, joined(values[0], numbers))
        return np.asarray(log_softmax(np.pad(ratios, ((0, 0), (0, 0), (1, 0))), axis=2))

    def fit(values: Array, log_p: Array) -> Array:
        found = np.einsum("nk,nc,nkc->", weights, indicators, log_p, optimize=True)
        return np.array([found - RIDGE / 2 * (values**2).sum()])

    def target(values: Array) -> Array:
        return fit(values, log_shares(values))

    for _ in range(STEPS):
        log_p = log_shares(beta)
        p = np.exp(log_p[..., 1:])
        left = weights[..., None] * (indicators[:, None, 1:] - p)
        between = weights[..., None, None] * (p[..., None] * (np.eye(J) - p[..., None, :]))
        curvature = np.einsum("nkij,np,nq->kipjq", between, X, X, optimize=True)
        gradient, curvature = together(
            in_rows,
            np.einsum("nkj,np->kjp", left, X).reshape(K, J * P),
            curvature.reshape(K, J * P, J * P),
        )
        gradient = gradient - RIDGE * beta
        curvature = curvature + RIDGE * np.eye(beta.shape[1])
        step = np.asarray(np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0])
        beta = _climb(target, beta, step, fit(beta, log_p))
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _climb(target: Callable[[Array], Array], values: Array, step: Array, before: Array) -> Array:
    """Return values + step, row by row halved until the target is not less than before."""
    part = np.ones((len(values), 1))
    for _ in range(HALVINGS):
        after = target(values + part * step)
        worse = ~(after >= before)
        if not worse.any():
            return np.asarray(values + part * step)
        part[worse] /= 2
    part[worse] = 0
    return np.asarray(values + part * step)
