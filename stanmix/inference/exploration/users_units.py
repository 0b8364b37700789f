"""Points in coordinates of components as draws of a mixture's parameters, in the user's units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.program.units import Columns

__all__ = ["draws", "ordered_values"]

Array = NDArray[np.float64]


def draws(space: ComponentSpace, points: Array) -> dict[str, Array]:
    """Return parameters in the user's units, as the program's transformed parameters have them.

    Parameters
    ----------
    space : ComponentSpace
        Of K components.
    points : ndarray of shape (S, D)

    Returns
    -------
    dict of str to ndarray
        ``theta`` (S, K) or ``gamma`` (S, K, Q), where they are estimated; ``mu`` (S, K) or
        (S, K, D), or ``beta`` (S, K, P); ``sigma`` (S, K), (S, K, D), or without K where it is
        shared.
    """
    weights, locations, scales, shared = space.parts(points)
    data, parts = space.space.data, space.space.structure
    found: dict[str, Array] = {}
    if parts.gating:
        # What all components have in common changes no weight.
        gamma = weights - weights.mean(axis=1, keepdims=True)
        found["gamma"] = Columns.of_data(data, "Z").coefficients(gamma)
    elif space.weight_size:
        found["theta"] = softmax(weights[..., 0], axis=1)
    y_scale = np.asarray(data.get("y_scale", 1.0), dtype=float)
    shift = -float(data.get("offset_centre", 0.0))
    y_centre = np.asarray(data.get("y_centre", shift), dtype=float)
    if parts.regression:
        columns = Columns.of_data(data, "X")
        if parts.order == "beta":  # ordered, and so given, where covariates are zero
            locations = columns.ordered_from_zero(locations, space.ordered_column)
        found["beta"] = columns.coefficients(locations, float(y_centre), float(y_scale))
    elif space.positive_location:
        found["mu"] = np.exp(locations[..., 0] + shift)
    else:
        mu = y_centre + y_scale * locations
        found["mu"] = mu if space.location_size > 1 else mu[..., 0]
    part = shared if space.common else scales
    if part.shape[-1]:
        lower, upper = (end[: part.shape[-1]] for end in space.scale_ends)
        above = np.isinf(upper)
        width = np.where(above, 1.0, upper - lower)
        with np.errstate(over="ignore"):
            sigma = y_scale * (lower + width * np.where(above, np.exp(part), expit(part)))
        found["sigma"] = sigma if sigma.shape[-1] > 1 else sigma[..., 0]
    return found


def ordered_values(space: ComponentSpace, points: Array, order: str) -> Array:
    """Return the quantity (S, K) that names the components.

    Parameters
    ----------
    points : ndarray of shape (S, D)
    order : str
        ``"theta"``, which is ordered after sampling; anything else is what the program orders.
    """
    weights, locations, scales, _ = space.parts(points)
    if order == "theta":
        return np.asarray(weights[..., 0])
    if space.space.structure.order == "sigma":
        return np.asarray(scales[..., 0])
    return np.asarray(locations[..., space.ordered_column])
