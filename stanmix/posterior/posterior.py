"""The draws of a fit as arrays of its components' parameters, which all that follows reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix.density import blocks
from stanmix.posterior import inference_data

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["mean_weights", "parameters", "thinned"]

Array = NDArray[np.float64]


def parameters(fit: Fit) -> dict[str, Array]:
    """Return all draws of the components' parameters, known and shared ones spread out.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    dict of str to ndarray
        See `stanmix.Fit.draws`.
    """
    posterior, model = fit.idata.posterior, fit.model
    S, K = posterior.sizes["chain"] * posterior.sizes["draw"], model.components
    result = {}
    for name in model.parameters:
        values = posterior[name].to_numpy()
        values = values.reshape((S, *values.shape[2:]))
        shared = name in model.shared
        result[name] = np.repeat(values[:, None], K, axis=1) if shared else values
    for name, known in inference_data.known_parameters(model).items():
        result[name] = np.broadcast_to(known, (S, *known.shape))
    if model.responses:
        shape = (S, K, len(model.responses))
        for name in ("mu", "sigma"):
            if result[name].ndim == 2:  # one for all columns
                result[name] = np.broadcast_to(result[name][:, :, None], shape)
    if fit.design.rows.Z is not None:
        result["theta"] = mean_weights(result["gamma"], fit.design.rows.Z)
    return result


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
    for part in blocks.blocks(len(gamma), len(Z), gamma.shape[1]):
        logits = np.einsum("nq,skq->snk", Z, gamma[part])
        result[part] = softmax(logits, axis=-1).mean(axis=1)
    return result


def thinned(draws: Mapping[str, Array], most: int | None) -> dict[str, Array]:
    """Return draws, or of more than `most` so many, evenly taken over all chains."""
    size = len(draws["theta"])
    if most is None or size <= most:
        return dict(draws)
    kept = np.linspace(0, size - 1, most).astype(int)
    return {name: values[kept] for name, values in draws.items()}
