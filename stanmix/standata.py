"""Mixture and design to the data of the Stan program, default priors included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmix.design import Design
from stanmix.errors import InputError
from stanmix.priors import Beta, Dirichlet, LogNormal, Normal, Prior

if TYPE_CHECKING:
    from stanmix.mixture import Mixture

__all__ = ["concentration", "default_priors", "standata"]


def default_priors(design: Design) -> dict[str, Prior]:
    """Return weakly informative priors on the scale of the data.

    Parameters
    ----------
    design : Design
        Response y and covariates of the data.

    Returns
    -------
    dict of str to Prior
        ``theta``: Dirichlet(1), uniform over the weights. ``mu`` and the intercept: normal
        about the mean of y with 2.5 of its standard deviations, so that components may lie
        anywhere in the data and somewhat beyond. ``beta[name]``: normal(0, 2.5 sd(y) / sd(x)).
        ``sigma``: log-normal with median sd(y) / 2 and log-sd 1; it vanishes at zero, because
        the likelihood does not: it is unbounded as a component shrinks onto one observation.
    """
    mean, sd = float(np.mean(design.y)), float(np.std(design.y))
    priors: dict[str, Prior] = {
        "theta": Dirichlet(1.0),
        "mu": Normal(mean, 2.5 * sd),
        "sigma": LogNormal(math.log(sd / 2), 1.0),
    }
    for name, column in zip(design.covariates, design.X.T, strict=True):
        spread = float(np.std(column))
        if spread > 0:
            priors[f"beta[{name}]"] = Normal(0.0, 2.5 * sd / spread)
        else:
            priors[f"beta[{name}]"] = Normal(mean / column[0], 2.5 * sd / abs(float(column[0])))
    return priors


def standata(model: Mixture, design: Design) -> dict[str, Any]:
    """Return the data of the model's Stan program.

    Parameters
    ----------
    model : Mixture
    design : Design
        Of N rows and P covariates.

    Returns
    -------
    dict
        Numbers and arrays under the names of the program's data block.

    Raises
    ------
    InputError
        If there are more components than observations, or a prior or the order names no
        parameter of the model.
    """
    N, K = len(design.y), model.components
    if K > N:
        raise InputError(f"components={K}, but the data have only {N} rows; use at most {N}.")
    model.check_covariates(design.covariates)
    stated = {**default_priors(design), **_by_parameter(model, design)}
    data: dict[str, Any] = {"N": N, "K": K}
    if model.regression:
        data.update(P=len(design.covariates), X=design.X)
    data["y"] = design.y
    if "theta" in model.fixed:
        data["theta"] = np.asarray(model.fixed["theta"])
    else:
        data["theta_prior"] = np.asarray(concentration(stated["theta"], K))
    if model.regression:
        if model.program_order == "beta":
            named = design.covariates[0] if model.order == "auto" else str(model.order)
            data["ordered_covariate"] = design.covariates.index(named) + 1
        coefficients = [stated[f"beta[{name}]"] for name in design.covariates]
        data["beta_prior"] = [prior.code for prior in coefficients]
        data["beta_prior_arguments"] = [prior.arguments() for prior in coefficients]
    else:
        data["mu_prior"] = stated["mu"].code
        data["mu_prior_arguments"] = stated["mu"].arguments()
    if "sigma" in model.fixed:
        data["sigma"] = np.broadcast_to(np.asarray(model.fixed["sigma"], dtype=float), (K,))
    else:
        prior = stated["sigma"]
        data["sigma_prior"] = prior.code
        data["sigma_prior_arguments"] = prior.arguments()
        if model.program_order != "sigma":
            data["sigma_lower"] = max(0.0, prior.support[0])
            data["sigma_upper"] = prior.support[1]
    return data


def _by_parameter(model: Mixture, design: Design) -> dict[str, Prior]:
    """Return the stated priors, those of coefficients under ``beta[name]``."""
    stated: Mapping[str, Prior] = model.priors
    if not model.regression:
        return dict(stated)
    plain = {name: prior for name, prior in stated.items() if name in ("theta", "sigma")}
    for name in design.covariates:
        for key in ("beta", name, f"beta[{name}]"):  # the more special statement wins
            if key in stated and key not in ("theta", "sigma"):
                plain[f"beta[{name}]"] = stated[key]
    return plain


def concentration(prior: Prior, components: int) -> list[float]:
    """Return the Dirichlet concentration (K values) of a prior of the weights."""
    if isinstance(prior, Beta):
        return [float(prior.alpha), float(prior.beta)]
    assert isinstance(prior, Dirichlet)
    return prior.concentration(components)
