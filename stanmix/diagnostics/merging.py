"""Whether one component would do for two: what the likelihood loses when they are merged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.density import blocks, log_joint
from stanmix.density.row_terms import Covariates, RowTerms
from stanmix.posterior.posterior import Posterior

__all__ = ["loss_of_merging", "merged", "one_would_do"]

Array = NDArray[np.float64]

MOST_DRAWS = 40


def one_would_do(
    fit: Posterior, parameters: Mapping[str, Array], alike: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pairs of components that overlap one component could stand for.

    Components may overlap much and yet be needed both, as Poisson distributions of low means
    that spread counts more than one does. By Akaike's criterion the second is not needed where
    merging loses less log-likelihood than a component has parameters.

    Parameters
    ----------
    fit : Posterior
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    alike : ndarray of bool, shape (S, K, K)
        Which pairs overlap in which draws.

    Returns
    -------
    ndarray of bool, shape (K, K)
        By the median over draws in which the pair overlaps, 40 at most.
    """
    y, X, _ = fit.rows()
    K = alike.shape[1]
    size = sum(
        int(np.prod(fit.idata.posterior[name].shape[3:])) for name in fit.model.component_parameters
    )
    result = np.zeros((K, K), dtype=bool)
    for j in range(K):
        for k in range(j + 1, K):
            where = np.flatnonzero(alike[:, j, k])
            if not len(where):
                continue
            kept = where[np.linspace(0, len(where) - 1, min(len(where), MOST_DRAWS)).astype(int)]
            here = {name: values[kept] for name, values in parameters.items()}
            loss = loss_of_merging(fit, here, y, X, (j, k))
            result[j, k] = result[k, j] = np.median(loss) < size
    return result


def loss_of_merging(
    fit: Posterior, parameters: Mapping[str, Array], y: Array, X: Covariates, pair: tuple[int, int]
) -> Array:
    """Return by how much the log-likelihood falls when two components become one, (S,).

    Parameters
    ----------
    fit : Posterior
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    y : ndarray of shape (N,)
    X : ndarray of shape (N, P), RowTerms or None
    pair : tuple of int
        The components, from 0.
    """
    j, k = pair
    S, K = parameters["theta"].shape
    loss = np.empty(S)
    counts = X.counts if isinstance(X, RowTerms) else np.ones(len(y))
    for part in blocks.blocks(S, len(y), K):
        here = {name: values[part] for name, values in parameters.items()}
        joint = log_joint.log_joint(fit.family, here, y, X)
        with np.errstate(divide="ignore"):
            weight = np.log(log_joint.weights(here, X))
        both = np.logaddexp(weight[..., j], weight[..., k])
        one = merged(here, X, pair, keep_scale="sigma" in fit.model.fixed)
        density = log_joint.log_joint(fit.family, one, y, X)[..., j] - weight[..., j]
        other = np.delete(joint, k, axis=-1)
        other[..., j - (k < j)] = both + density
        with np.errstate(invalid="ignore"):  # where a row is impossible, with two or with one
            change = logsumexp(joint, axis=-1) - logsumexp(other, axis=-1)
        loss[part] = (np.nan_to_num(change, nan=0.0) * counts).sum(axis=-1)
    return loss


def merged(
    parameters: Mapping[str, Array],
    X: Covariates,
    pair: tuple[int, int],
    keep_scale: bool = False,
) -> dict[str, Array]:
    """Return parameters in which the first of two components stands for both.

    Parameters
    ----------
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    X : ndarray of shape (N, P), RowTerms or None
    pair : tuple of int
    keep_scale : bool
        Whether the scale is known, and so that of the components.

    Returns
    -------
    dict of str to ndarray
        The location is the mean of the two by weight, and the variance that within them and
        between them; the weights are as they were.
    """
    first, second = pair
    both = [first, second]
    share = parameters["theta"][:, both]
    share = share / share.sum(axis=1, keepdims=True)
    result = {name: np.array(values) for name, values in parameters.items()}
    for name in {"mu", "beta"} & set(result):
        values = parameters[name][:, both]
        wide = share.reshape(*share.shape, *([1] * (values.ndim - 2)))
        result[name][:, first] = (wide * values).sum(axis=1)
    if "sigma" in result and not keep_scale:
        apart = (
            log_joint.location(parameters, X)[..., both]
            - log_joint.location(result, X)[..., [first]]
        )
        variance = parameters["sigma"][:, both] ** 2 + (apart**2).mean(axis=1)
        result["sigma"][:, first] = np.sqrt((share * variance).sum(axis=1))
    return result
