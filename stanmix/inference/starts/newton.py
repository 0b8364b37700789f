"""An M-step for any family: damped Newton steps by differences of its log density.

One or two are enough for EM to climb (generalised EM; Dempster, Laird & Rubin, 1977, J. R. Stat.
Soc. B 39, 1-38).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.starts.row_predictors import RowPredictor
from stanmix.inference.starts.weighted_fits import together

__all__ = ["WIDTH", "Weighted", "newton"]

Array = NDArray[np.float64]

STEPS = 2
# Log-likelihood that a step must have brought for another: near a maximum, one at a time takes EM
# there as fast as maxima would (Lange, 1995, J. R. Stat. Soc. B 57, 425-437).
MUCH = 0.01
HALVINGS = 12
WIDTH = 1e-4  # of a difference, in units in which a density changes by about its own size
LEAST = 0.01  # curvatures less than this part of the information stand for none
RIDGE = 1e-6  # curvature that is always there, so that what the data leave free stays
LOWEST = -1e200  # a log density, where it is -inf: rows of weight zero must not count there


@dataclass(frozen=True)
class Weighted:
    """Weighted rows, and their log density as one parameter changes.

    Attributes
    ----------
    predictor : RowPredictor
        Of the parameter.
    log_density : callable
        Of the parameter at rows, of the shape of `RowPredictor.at_rows`; it returns (N, K).
    weights : ndarray of shape (N, K)
    """

    predictor: RowPredictor
    log_density: Callable[[Array], Array]
    weights: Array

    def at(self, linear: Array) -> Array:
        """Return the log density (N, K) at a linear predictor."""
        found = np.maximum(self.log_density(self.predictor.inverse(linear)), LOWEST)
        return np.asarray(np.broadcast_to(found, self.weights.shape))

    def fit(self, density: Array) -> Array:
        """Return the log-likelihood of each component; of all where they have it in common."""
        each: Array = np.einsum("nk,nk->k", self.weights, density)
        return np.asarray(each.sum(keepdims=True)) if self.predictor.together else each


def newton(
    rows: Weighted, at: Array, width: float | Array = WIDTH, here: Array | None = None
) -> tuple[Array, Array]:
    """Return coefficients that fit weighted rows better.

    Constants of several columns are taken one column after the other.

    Parameters
    ----------
    rows : Weighted
    at : ndarray of shape (K, P), (K, 1), (K, D) or, of F different coefficients, (1, F)
        Coefficients to begin at.
    width : float or ndarray
        Half the distance of the points that differences take; as the parameter's predictor.
    here : ndarray of shape (N, K), optional
        The log density at `at`, where it is known already.

    Returns
    -------
    coefficients : ndarray
        Of the shape of `at`; with one row if the quantity is common to all components, or (1, F)
        if they share or lack some.
    here : ndarray of shape (N, K)
        The log density there.
    """
    coefficients = at[:1] if rows.predictor.quantity.shared else at
    if here is None:
        here = rows.at(rows.predictor.linear(coefficients))
    if not rows.predictor.several:
        return _climbed(rows, coefficients, here, width, None)
    for column in range(coefficients.shape[1]):
        apart = np.broadcast_to(width, coefficients.shape)[:, column]
        coefficients, here = _climbed(rows, coefficients, here, apart, column)
    return coefficients, here


def _climbed(
    rows: Weighted, coefficients: Array, here: Array, width: float | Array, column: int | None
) -> tuple[Array, Array]:
    """Return coefficients after some steps of all of them, or of those of one column."""
    predictor, axis, aside = rows.predictor, np.ones(1), width
    if column is not None:
        axis = np.eye(coefficients.shape[1])[column]
        aside = np.multiply.outer(width, axis)
    for _ in range(STEPS):
        linear = predictor.linear(coefficients)
        up, down = rows.at(linear + aside), rows.at(linear - aside)
        score = (up - down) / (2 * width)
        bend = (2 * here - up - down) / np.square(width)
        change = _step(predictor, rows.weights, score, bend) * axis
        before = rows.fit(here)
        coefficients, here = _moved(rows, coefficients, here, change)
        if (rows.fit(here) - before).max() < MUCH:
            break
    return coefficients, here


def _moved(rows: Weighted, coefficients: Array, here: Array, change: Array) -> tuple[Array, Array]:
    """Return coefficients changed, component by component as far as the fit does not fall."""
    predictor, before = rows.predictor, rows.fit(here)
    part = _room(predictor, coefficients, change)
    for _ in range(HALVINGS):
        moved = coefficients + part * change
        there = rows.at(predictor.linear(moved))
        worse = ~(rows.fit(there) >= before)
        if not worse.any():
            return moved, there
        part[worse] /= 2
    part[worse] = 0
    moved = coefficients + part * change
    return moved, rows.at(predictor.linear(moved))


def _step(predictor: RowPredictor, weights: Array, score: Array, bend: Array) -> Array:
    """Return Newton steps (K, P), or (1, P) of coefficients that components have in common.

    Where the curvature is not that of a maximum, the sum of squared scores takes its place, which
    it equals on average at the truth.
    """
    X, down, across = predictor.X, weights * score, weights * bend
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
    if predictor.numbers is not None:
        gradient, curvature, information = together(
            predictor.numbers, gradient, curvature, information
        )
    elif predictor.quantity.shared:
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
        X, of_each = predictor.X, predictor.of_each
        at, by = (np.einsum("np,kp->kn", X, of_each(values)) for values in (at, by))
    ends = np.where(by > 0, predictor.high, predictor.low)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(by == 0, 1.0, (ends - at) / by)
    room = np.clip(room.min(axis=1, keepdims=True), 0.0, 1.0)
    return np.asarray(room.min(axis=0, keepdims=True) if predictor.together else room)
