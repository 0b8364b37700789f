"""Weighted fits that EM makes in its M-steps where there is no closed form: Newton steps.

Each takes a few steps from where EM stands, halved until the target does not fall; that is enough
for EM to climb (generalised EM; Dempster, Laird & Rubin, 1977, J. R. Stat. Soc. B 39, 1-38).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

__all__ = ["multinomial_logit", "poisson_log_linear"]

Array = NDArray[np.float64]

STEPS = 2
HALVINGS = 12
# Holds coefficients that the data leave free, or send to infinity, at moderate values.
RIDGE = 1e-6
LARGEST = 100.0  # log mean, beyond any count


def poisson_log_linear(y: Array, X: Array, offset: Array, weights: Array, beta: Array) -> Array:
    """Return coefficients of K weighted Poisson regressions with log link.

    Parameters
    ----------
    y, offset : ndarray of shape (N,)
    X : ndarray of shape (N, P)
        Columns of about one size.
    weights : ndarray of shape (N, K)
    beta : ndarray of shape (K, P)
        Where to begin.
    """

    def target(values: Array) -> Array:
        eta = np.einsum("np,kp->nk", X, values) + offset[:, None]
        fit = weights * (y[:, None] * eta - _mean(eta))
        # As `sum` adds them, which is slow on thin arrays.
        return np.asarray(np.einsum("nk->k", fit) - RIDGE / 2 * (values**2).sum(axis=1))

    for _ in range(STEPS):
        eta = np.einsum("np,kp->nk", X, beta) + offset[:, None]
        mean = _mean(eta)
        gradient = np.einsum("nk,np->kp", weights * (y[:, None] - mean), X) - RIDGE * beta
        weighted = (weights * mean)[:, :, None] * X[:, None, :]
        curvature = np.einsum("nkp,nq->kpq", weighted, X) + RIDGE * np.eye(X.shape[1])
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        beta = _climb(target, beta, step)
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

    def target(flat: Array) -> Array:
        logits = np.einsum("uq,kq->uk", Z, flat.reshape(K, Q))
        fit = (weights * log_softmax(logits, axis=1)).sum() - RIDGE / 2 * (flat**2).sum()
        return np.array([fit])

    for _ in range(STEPS):
        p = np.exp(log_softmax(np.einsum("uq,kq->uk", Z, gamma), axis=1))
        gradient = np.einsum("uk,uq->kq", weights - size[:, None] * p, Z) - RIDGE * gamma
        between = size[:, None, None] * (p[:, :, None] * (np.eye(K) - p[:, None, :]))
        curvature = np.einsum("ua,ub->ab", between.reshape(-1, K * K), squares)
        curvature = curvature.reshape(K, K, Q, Q).transpose(0, 2, 1, 3).reshape(K * Q, K * Q)
        curvature += RIDGE * np.eye(K * Q)
        step = np.linalg.solve(curvature, gradient.ravel())
        gamma = _climb(target, gamma.reshape(1, -1), step[None]).reshape(K, Q)
        gamma = gamma - gamma.mean(axis=0)
        if np.abs(step).max() < 1e-8:
            break
    return gamma


def _climb(target: Callable[[Array], Array], values: Array, step: Array) -> Array:
    """Return values + step, row by row halved until the target does not fall."""
    before = target(values)
    part = np.ones((len(values), 1))
    for _ in range(HALVINGS):
        after = target(values + part * step)
        worse = ~(after >= before)
        if not worse.any():
            return np.asarray(values + part * step)
        part[worse] /= 2
    part[worse] = 0
    return np.asarray(values + part * step)
