"""The density of rows under each component, and what it is made of: location, scale, weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix.bars import bar
from stanmix.density.blocks import blocks
from stanmix.density.row_terms import Covariates, RowTerms
from stanmix.model.families import Family

__all__ = [
    "columns",
    "in_blocks",
    "largest",
    "location",
    "log_joint",
    "log_likelihood",
    "log_total",
    "mean_weights",
    "scale",
    "weights",
]

Array = NDArray[np.float64]


def location(parameters: Mapping[str, Array], X: Covariates) -> Array:
    """Return each component's location at each row.

    Parameters
    ----------
    parameters : mapping
        ``mu`` of shape (S, K), (S, K, D) for responses of D columns, or ``beta`` (S, K, P).
    X : ndarray of shape (N, P) or None
        Covariates; None where there is ``mu``.

    Returns
    -------
    ndarray of shape (S, N, K), or (S, 1, K) where there are no covariates; (S, 1, K, D)
    """
    if isinstance(X, RowTerms):
        return X.location(parameters)
    if X is None:
        return parameters["mu"][:, None, :]
    result: Array = np.einsum("np,skp->snk", X, parameters["beta"])
    return result


def scale(parameters: Mapping[str, Array]) -> Array:
    """Return each component's scale, (S, 1, K) or (S, 1, K, D); ones for a family without."""
    if "sigma" not in parameters:
        return np.ones((len(parameters["theta"]), 1, 1))
    return parameters["sigma"][:, None, :]


def weights(parameters: Mapping[str, Array], X: Covariates) -> Array:
    """Return each component's weight at each row, (S, N, K), or (S, 1, K) where all are alike."""
    if isinstance(X, RowTerms):
        return np.asarray(np.exp(X.log_weights(parameters)))
    return parameters["theta"][:, None, :]


def mean_weights(gamma: Array, Z: Array) -> Array:
    """Return the weights of the components on average over rows.

    Parameters
    ----------
    gamma : ndarray of shape (S, K, Q)
        Coefficients of the weights.
    Z : ndarray of shape (N, Q)
        Their covariates.

    Returns
    -------
    ndarray of shape (S, K)
    """
    result = np.empty(gamma.shape[:2])
    for part in blocks(len(gamma), len(Z), gamma.shape[1]):
        logits = np.einsum("nq,skq->snk", Z, gamma[part])
        result[part] = softmax(logits, axis=-1).mean(axis=1)
    return result


def log_joint(family: Family, parameters: Mapping[str, Array], y: Array, X: Covariates) -> Array:
    """Return log theta_k + log f(y_n | component k) for each draw.

    Parameters
    ----------
    family : Family
    parameters : mapping
        ``theta`` and ``sigma`` of shape (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P); for
        responses of D columns ``mu`` and ``sigma`` of shape (S, K, D).
    y : ndarray of shape (N,) or (N, D)
    X : ndarray of shape (N, P), RowTerms or None
        Covariates; None where there is ``mu``. The density is that of the row's whole group,
        where rows of a group share a class.

    Returns
    -------
    ndarray of shape (S, N, K)
    """
    if isinstance(X, RowTerms):
        with np.errstate(divide="ignore", over="ignore"):
            density = X.log_density(family, parameters, y, scale(parameters))
        return np.asarray(X.log_weights(parameters) + density)
    centre = location(parameters, X)
    # A weight of zero is a log weight of -inf, and so is the log density at a wild value.
    with np.errstate(divide="ignore", over="ignore"):
        log_theta = np.log(parameters["theta"])[:, None, :]
        result: Array = log_theta + family.log_density(y[None, :, None], centre, scale(parameters))
    return result


def columns(parameters: Mapping[str, Array]) -> int:
    """Return how many numbers a draw and observation take: K, or K x D for D responses."""
    location = parameters.get("mu", parameters["theta"])
    return int(np.prod(location.shape[1:]))


def log_total(joint: Array) -> Array:
    """Return the log of the sum of exp over the last axis, the components.

    One component after another, which is some times faster than a sum over so short an axis.
    """
    top, total = largest(joint), np.zeros(joint.shape[:-1])
    for k in range(joint.shape[-1]):
        total += np.exp(joint[..., k] - top)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total) + top)


def largest(joint: Array) -> Array:
    """Return the largest value over the components; 0 where that is infinite, or none is finite."""
    top = joint[..., 0].copy()
    for k in range(1, joint.shape[-1]):
        np.maximum(top, joint[..., k], out=top)
    top[~np.isfinite(top)] = 0.0
    return np.asarray(top)


def in_blocks(
    family: Family,
    parameters: Mapping[str, Array],
    y: Array,
    X: Covariates,
    use: Callable[[slice, Array], None],
    title: str = "",
) -> None:
    """Hand on `log_joint` in blocks of draws; with a title, show how far it is."""
    draws = len(parameters["theta"])
    # The rows of a group are judged together, whichever of them are asked for.
    rows = X.rows_read if isinstance(X, RowTerms) else len(y)
    parts = list(blocks(draws, rows, columns(parameters)))
    for part in bar(parts, title, show=bool(title)):
        here = {name: values[part] for name, values in parameters.items()}
        use(part, log_joint(family, here, y, X))


def log_likelihood(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Covariates, pointwise: bool
) -> Array:
    """Return the log-likelihood with allocations summed out.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (S, N) if `pointwise`, else (S,)
        Where rows of a group share a class, a row has the value of its group, which the sum
        counts once.
    """
    draws = len(parameters["theta"])
    result = np.empty((draws, len(y)) if pointwise else draws)

    def keep(part: slice, joint: Array) -> None:
        density = log_total(joint)
        if isinstance(X, RowTerms) and not (pointwise and X.group is not None):
            # What has weight zero counts for nothing, even where it is impossible.
            density = X.counts * np.where(X.counts > 0, density, 0.0)
        result[part] = density if pointwise else density.sum(axis=1)

    in_blocks(family, parameters, y, X, keep)
    return result
