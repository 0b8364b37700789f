"""The density of rows under each component with its weight, and sums of it over components."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix.bars import bar
from stanmix.density.blocks import blocks
from stanmix.density.row_terms import RowTerms

__all__ = ["in_blocks", "largest", "log_joint", "log_likelihood", "log_total", "mean_weights"]

Array = NDArray[np.float64]


def log_joint(parameters: Mapping[str, Array], terms: RowTerms) -> Array:
    """Return log theta_k + log f(y_n | component k) for each draw.

    Parameters
    ----------
    parameters : mapping
        S draws, as `stanmix.Fit.draws` has them: ``theta`` (S, K), and what determines the
        parameters of the family, such as ``mu`` and ``sigma`` (S, K), or (S, K, D) for responses
        of D columns, or ``beta`` (S, K, P).
    terms : RowTerms
        Of N rows. The density is that of the row's whole group, where rows of a group share a
        class.

    Returns
    -------
    ndarray of shape (S, N, K)
    """
    return np.asarray(terms.log_weights(parameters) + terms.log_density(parameters))


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
    parameters: Mapping[str, Array],
    terms: RowTerms,
    use: Callable[[slice, Array], None],
    title: str = "",
) -> None:
    """Hand on `log_joint` in blocks of draws; with a title, show how far it is."""
    draws, components = parameters["theta"].shape
    # The rows of a group are judged together, whichever of them are asked for.
    parts = list(blocks(draws, terms.rows_read, components * terms.columns))
    for part in bar(parts, title, show=bool(title)):
        here = {name: values[part] for name, values in parameters.items()}
        use(part, log_joint(here, terms))


def log_likelihood(parameters: Mapping[str, Array], terms: RowTerms, pointwise: bool) -> Array:
    """Return the log-likelihood with allocations summed out.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (S, N) if `pointwise`, else (S,)
        Where rows of a group share a class, a row has the value of its group, which the sum
        counts once.
    """
    draws = len(parameters["theta"])
    result = np.empty((draws, len(terms)) if pointwise else draws)
    grouped = terms.groups is not None
    counts = terms.counts if terms.frequency is not None or grouped else None
    if pointwise and grouped:
        counts = None

    def keep(part: slice, joint: Array) -> None:
        density = log_total(joint)
        if counts is not None:
            # What has weight zero counts for nothing, even where it is impossible.
            density = counts * np.where(counts > 0, density, 0.0)
        result[part] = density if pointwise else density.sum(axis=1)

    in_blocks(parameters, terms, keep)
    return result
