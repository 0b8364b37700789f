"""Scaled parameters under the names by which a program declares them, for starting points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert

from stanmix.model import families
from stanmix.model.specification import Specification
from stanmix.program.units import Columns

__all__ = ["contrasts", "declared", "ordered_name"]

Array = NDArray[np.float64]


def declared(
    model: Specification, data: Mapping[str, Any], scaled: Mapping[str, Array]
) -> dict[str, Any]:
    """Return scaled parameters as values of what the program declares.

    Parameters
    ----------
    model : Specification
    data : mapping
        Its Stan data.
    scaled : mapping of str to ndarray
        ``theta``, or ``gamma`` (K, Q); ``mu`` (K,) or (K, D), or ``beta`` (K, P); and ``sigma``:
        those that the mixture estimates, as `stanmix.program.units` scales them.
    """
    values: dict[str, Any] = {}
    order = model.program_order
    if model.gated:
        # Components' coefficients sum to zero; what they have in common changes no weight.
        values["gamma_free"] = contrasts(model.components).T @ scaled["gamma"]
    elif "theta" not in model.fixed:
        values["theta"] = scaled["theta"]
    if model.regression and order == "beta":
        j = int(data["ordered_covariate"]) - 1
        # Ordered where covariates are zero, as the user's coefficients are.
        values["beta_ordered"] = Columns.of_data(data, "X").at_zero(scaled["beta"])[:, j]
        values["beta_rest"] = np.delete(scaled["beta"], j, axis=1)
    elif model.regression:
        values["beta_scaled"] = scaled["beta"]
    elif order == "mu" and scaled["mu"].ndim == 2:
        d = int(data["ordered_coordinate"]) - 1
        values["mu_ordered"] = scaled["mu"][:, d]
        values["mu_rest"] = np.delete(scaled["mu"], d, axis=1)
    else:
        values[_name_of_means(model)] = scaled["mu"]
    if "sigma" in model.parameters:
        values["sigma_scaled"] = scaled["sigma"]
    return values


def ordered_name(model: Specification) -> str | None:
    """Return the name of what the program declares as ordered; None if it orders nothing."""
    several = bool(model.responses) and model.mean == "free"
    return {
        None: None,
        "mu": "mu_ordered" if several else _name_of_means(model),
        "beta": "beta_ordered",
        "sigma": "sigma_scaled",
    }[model.program_order]


def contrasts(K: int) -> Array:
    """Return Helmert's contrasts (K, K - 1), the columns that `gamma_free` goes along."""
    return np.asarray(helmert(K).T)


def _name_of_means(model: Specification) -> str:
    """Return the name of the means; those of counts have no unit, but an offset has an origin."""
    unscaled = families.family(model.family).counts and model.offset is None
    return "mu" if unscaled else "mu_scaled"
