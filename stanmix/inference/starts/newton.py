"""An M-step for any family: damped Newton steps by differences of its log density.

That is enough for EM to climb (generalised EM; Dempster, Laird & Rubin, 1977, J. R. Stat. Soc. B
39, 1-38).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.starts.row_predictors import RowPredictor

__all__ = ["WIDTH", "newton"]

Array = NDArray[np.float64]

STEPS = 2
HALVINGS = 12
WIDTH = 1e-4  # of a difference, in units in which a density changes by about its own size
# Curvatures less than this part of the information stand for none.
LEAST = 0.01
RIDGE = 1e-6  # curvature that is always there, so that what the data leave free stays
LOWEST = -1e200  # a log density, where it is -inf: rows of weight zero must not count there


def newton(
    predictor: RowPredictor,
    log_density: Callable[[Array], Array],
    weights: Array,
    at: Array,
    width: float | Array = WIDTH,
) -> Array:
    """Return coefficients that fit weighted rows better, of one parameter given the others.

    Parameters
    ----------
    predictor : RowPredictor
        Of the parameter. Constants of several columns are taken one column after the other.
    log_density : callable
        Of the parameter at rows, of the shape of `RowPredictor.at_rows`; it returns (N, K).
    weights : ndarray of shape (N, K)
    at : ndarray of shape (K, P), (K, 1) or (K, D)
        Coefficients to begin at.
    width : float or ndarray
        Half the distance of the points that differences take, as the parameter's predictor.

    Returns
    -------
    ndarray
        Of the shape of `at`; with one row if the quantity is common to all components.
    """
    coefficients = at[:1] if predictor.quantity.shared else at
    if not predictor.several:
        return _climbed(predictor, log_density, weights, coefficients, width, None)
    for column in range(coefficients.shape[1]):
        apart = np.broadcast_to(width, coefficients.shape)[:, column]
        coefficients = _climbed(predictor, log_density, weights, coefficients, apart, column)
    return coefficients


def _climbed(
    predictor: RowPredictor,
    log_density: Callable[[Array], Array],
    weights: Array,
    coefficients: Array,
    width: float | Array,
    column: int | None,
) -> Array:
    """Return coefficients after some steps of all of them, or of those of one column."""
    X = predictor.X
    axis = np.ones(1) if column is None else np.eye(coefficients.shape[1])[column]

    def at(linear: Array) -> Array:
        found = np.maximum(log_density(predictor.inverse(linear)), LOWEST)
        return np.asarray(np.broadcast_to(found, weights.shape))

    def moved(linear: Array, by: Array | float) -> Array:
        return np.asarray(linear + (by if column is None else np.multiply.outer(by, axis)))

    def fit(density: Array) -> Array:
        each = np.einsum("nk,nk->k", weights, density)
        return each if len(coefficients) == len(each) else each.sum(keepdims=True)

    linear = predictor.linear(coefficients)
    here = at(linear)
    for _ in range(STEPS):
        up, down = at(moved(linear, width)), at(moved(linear, -width))
        score = (up - down) / (2 * width)
        bend = (2 * here - up - down) / np.square(width)
        step = _step(X, weights, score, bend, len(coefficients))
        change = step if column is None else step * axis
        change = change * _room(predictor, coefficients, change)
        # Halved, component by component, until the fit does not fall.
        before, part = fit(here), np.ones((len(change), 1))
        for _ in range(HALVINGS):
            linear = predictor.linear(coefficients + part * change)
            here = at(linear)
            worse = ~(fit(here) >= before)
            if not worse.any():
                break
            part[worse] /= 2
        else:
            part[worse] = 0
            linear = predictor.linear(coefficients + part * change)
            here = at(linear)
        coefficients = coefficients + part * change
        if np.abs(change).max() < 1e-8:
            break
    return coefficients


def _step(X: Array | None, weights: Array, score: Array, bend: Array, numbers: int) -> Array:
    """Return Newton steps (K, P), or (1, P) of coefficients that components have in common.

    Where the curvature is not that of a maximum, the sum of squared scores takes its place, which
    it equals on average at the truth.
    """
    down, across = weights * score, weights * bend
    squared = down * score
    if X is None:
        gradient, curvature, information = (
            np.einsum("nk->k", values)[:, None] for values in (down, across, squared)
        )
    else:
        gradient = np.einsum("nk,np->kp", down, X)
        curvature, information = (
            np.einsum("nkp,nq->kpq", values[:, :, None] * X[:, None, :], X)
            for values in (across, squared)
        )
    if numbers < len(gradient):
        gradient, curvature, information = (
            values.sum(axis=0, keepdims=True) for values in (gradient, curvature, information)
        )
    if X is None:
        information = information * (1 + 1e-9) + RIDGE
        part = curvature / information
        return np.asarray(gradient / (information * np.where(part > LEAST, part, 1.0)))
    P = gradient.shape[1]
    size = np.einsum("kpp->k", information) / P
    root = np.linalg.cholesky(information + (1e-9 * size + RIDGE)[:, None, None] * np.eye(P))
    inverse = np.linalg.inv(root)
    back = inverse.transpose(0, 2, 1)
    parts, axes = np.linalg.eigh(inverse @ curvature @ back)
    parts = np.where(parts > LEAST, parts, 1.0)
    along = axes.transpose(0, 2, 1) @ (inverse @ gradient[:, :, None])
    return np.asarray((back @ (axes @ (along / parts[:, :, None])))[:, :, 0])


def _room(predictor: RowPredictor, coefficients: Array, change: Array) -> Array:
    """Return what part of a change, (K, 1), keeps the predictor between its bounds at all rows."""
    if predictor.free:
        return np.ones((len(change), 1))
    at, by = coefficients, change
    if predictor.X is not None:
        at, by = (np.einsum("np,kp->kn", predictor.X, values) for values in (at, by))
    ends = np.where(by > 0, predictor.high, predictor.low)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(by == 0, 1.0, (ends - at) / by)
    return np.asarray(np.clip(room.min(axis=1, keepdims=True), 0.0, 1.0))
