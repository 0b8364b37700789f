"""Mixture and design to the data of the Stan program, default priors included."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stanmix import families
from stanmix.design import Design
from stanmix.errors import InputError
from stanmix.priors import Beta, Dirichlet, LogNormal, Normal, Prior

if TYPE_CHECKING:
    from stanmix.mixture import Mixture

__all__ = ["concentration", "default_priors", "known_scales", "standata"]

Array = NDArray[np.float64]

LARGEST_COUNT = 2**31 - 1  # Stan's integers have 32 bits


def default_priors(
    design: Design, family: str = "normal", pooled: Collection[str] = ()
) -> dict[str, Prior]:
    """Return weakly informative priors on the scale of the data.

    Parameters
    ----------
    design : Design
        Response y, covariates, offset and frequencies of the data: mean and sd are those of
        y - offset, with a row of weight w counted w times.
    family : str
    pooled : collection of {"mu", "sigma"}
        Of a response of several columns: what all columns have in common.

    Returns
    -------
    dict of str to Prior
        ``theta``: Dirichlet(1), uniform over the weights. ``gamma[name]``: normal(0, 2.5 / sd(z)),
        for the intercept normal(0, 2.5). ``mu`` and the intercept: normal
        about the mean of y with 2.5 of its standard deviations, so that components may lie
        anywhere in the data and somewhat beyond. ``beta[name]``: normal(0, 2.5 sd(y) / sd(x)).
        ``sigma``: log-normal with median sd(y) / 2 and log-sd 1; it vanishes at zero, because
        the likelihood does not: it is unbounded as a component shrinks onto one observation.
        With a log link the same on the log scale, about the log of the mean rate
        sum(y) / sum(exp(offset)) and with a scale of 1 in place of sd(y); ``mu``: log-normal
        about that rate, with log-sd 1.5. For a response of several columns, ``mu[name]`` and
        ``sigma[name]`` of each column by the same rules; what is pooled is on the scale of the
        mean of the columns' means and of the root of the mean of their variances (``sigma``), or
        of the variance of all values (``mu``).
    """
    rows = design.beside
    weights = np.ones(len(design.y)) if rows.weights is None else rows.weights
    offset = np.zeros(len(design.y)) if rows.offset is None else rows.offset
    priors: dict[str, Prior] = {"theta": Dirichlet(1.0)}
    if families.family(family).positive:
        mean = math.log(float(weights @ design.y) / float(weights @ np.exp(offset)))
        sd = 1.0
        priors["mu"] = LogNormal(mean, 1.5)
    elif design.dimensions:
        return {**priors, **_by_column(design, weights, pooled), **_of_gating(design, weights)}
    else:
        mean, sd = _moments(design.y - offset, weights)
        priors.update(_of_normal(mean, sd))
    for name, column in zip(design.covariates, design.X.T, strict=True):
        spread = _moments(column, weights)[1]
        if spread > 0:
            priors[f"beta[{name}]"] = Normal(0.0, 2.5 * sd / spread)
        else:
            priors[f"beta[{name}]"] = Normal(mean / column[0], 2.5 * sd / abs(float(column[0])))
    return {**priors, **_of_gating(design, weights)}


def _of_normal(mean: float, sd: float, ending: str = "") -> dict[str, Prior]:
    """Return the priors of means and scales in data of a mean and sd."""
    return {
        f"mu{ending}": Normal(mean, 2.5 * sd),
        f"sigma{ending}": LogNormal(math.log(sd / 2), 1.0),
    }


def _by_column(design: Design, weights: Array, pooled: Collection[str]) -> dict[str, Prior]:
    priors: dict[str, Prior] = {}
    moments = [_moments(column, weights) for column in design.y.T]
    for name, (mean, sd) in zip(design.dimensions, moments, strict=True):
        priors.update(_of_normal(mean, sd, f"[{name}]"))
    if "mu" in pooled:
        D = len(moments)
        priors["mu"] = _of_normal(*_moments(design.y.T.ravel(), np.tile(weights, D)))["mu"]
    if "sigma" in pooled:
        sd = math.sqrt(float(np.mean([sd**2 for _, sd in moments])))
        priors["sigma"] = _of_normal(0.0, sd)["sigma"]
    return priors


def _of_gating(design: Design, weights: Array) -> dict[str, Prior]:
    rows = design.beside
    priors: dict[str, Prior] = {}
    if rows.Z is not None:
        for name, column in zip(rows.gating_covariates, rows.Z.T, strict=True):
            spread = _moments(column, weights)[1] or abs(float(column[0]))
            priors[f"gamma[{name}]"] = Normal(0.0, 2.5 / spread)
    return priors


def _moments(values: Array, weights: Array) -> tuple[float, float]:
    """Return mean and sd of values, a value of weight w counted w times."""
    mean = np.average(values, weights=weights)
    return float(mean), float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


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
    N, K, rows = len(design.y), model.components, design.beside
    _check_response(model, design)
    model.check_covariates(design.covariates, rows.gating_covariates)
    pooled = _pooled(model)
    stated = {**default_priors(design, model.family, pooled), **_by_parameter(model, design)}
    data: dict[str, Any] = {"N": N, "K": K}
    if model.regression:
        data.update(P=len(design.covariates), X=design.X)
    if model.responses:
        data["D"] = len(model.responses)
    counts = families.family(model.family).counts
    data["y"] = design.y.astype(np.int64) if counts else design.y
    if rows.offset is not None:
        data["offsets"] = rows.offset
    if rows.weights is not None:
        data["weights"] = rows.weights
    if rows.group is not None:
        data.update(G=rows.groups, group=rows.group + 1)
    if model.gated:
        coefficients = [stated[f"gamma[{name}]"] for name in rows.gating_covariates]
        data.update(Q=len(coefficients), Z=rows.gating_rows)
        data["gamma_prior"] = [prior.code for prior in coefficients]
        data["gamma_prior_arguments"] = [prior.arguments() for prior in coefficients]
    elif "theta" in model.fixed:
        data["theta"] = np.asarray(model.fixed["theta"])
    else:
        data["theta_prior"] = np.asarray(concentration(stated["theta"], K))
    if model.regression:
        if model.program_order == "beta":
            named = model.ordered_column or design.covariates[0]
            data["ordered_covariate"] = design.covariates.index(named) + 1
        coefficients = [stated[f"beta[{name}]"] for name in design.covariates]
        data["beta_prior"] = [prior.code for prior in coefficients]
        data["beta_prior_arguments"] = [prior.arguments() for prior in coefficients]
    else:
        if model.program_order == "mu" and "mu" not in pooled:
            data["ordered_coordinate"] = model.responses.index(str(model.ordered_column)) + 1
        priors = _of(stated, "mu", model, pooled)
        data["mu_prior"] = _each(priors, lambda prior: prior.code)
        data["mu_prior_arguments"] = _each(priors, lambda prior: prior.arguments())
    if families.family(model.family).scale is None:
        return data
    if "sigma" in model.fixed:
        data["sigma"] = known_scales(model)
    else:
        priors = _of(stated, "sigma", model, pooled)
        data["sigma_prior"] = _each(priors, lambda prior: prior.code)
        data["sigma_prior_arguments"] = _each(priors, lambda prior: prior.arguments())
        if model.program_order != "sigma":
            data["sigma_lower"] = _each(priors, lambda prior: max(0.0, prior.support[0]))
            data["sigma_upper"] = _each(priors, lambda prior: prior.support[1])
    return data


def known_scales(model: Mixture) -> Array:
    """Return the scales that a mixture states as known: (K,), or (K, D) if each column has one."""
    value, K = np.asarray(model.fixed["sigma"], dtype=float), model.components
    if model.covariance == "diagonal":
        by_row = value[:, None] if value.ndim == 1 else value
        return np.array(np.broadcast_to(by_row, (K, len(model.responses))))
    return np.array(np.broadcast_to(value, (K,)))


def _pooled(model: Mixture) -> tuple[str, ...]:
    """Return the parameters that a component has one of, whatever its columns."""
    pooled = {"mu": model.mean == "common", "sigma": model.covariance == "spherical"}
    return tuple(name for name, one in pooled.items() if one or not model.responses)


def _of(
    stated: Mapping[str, Prior], name: str, model: Mixture, pooled: Collection[str]
) -> Prior | list[Prior]:
    """Return the prior of a parameter, or one for each column."""
    if name in pooled:
        return stated[name]
    return [stated[f"{name}[{column}]"] for column in model.responses]


def _each(priors: Prior | list[Prior], value: Callable[[Prior], Any]) -> Any:
    return [value(prior) for prior in priors] if isinstance(priors, list) else value(priors)


def _check_response(model: Mixture, design: Design) -> None:
    """Refuse fewer rows than components, and other responses than the family's."""
    y, rows, K = design.y, design.beside, model.components
    if len(y) < K and rows.weights is None:
        raise InputError(
            f"components={K}, but the data have only {len(y)} rows; use at most {len(y)}."
        )
    if rows.weights is not None and rows.weights.sum() < K:
        raise InputError(
            f"components={K}, but the weights {model.weights!r} add up to only "
            f"{rows.weights.sum():g} rows; use fewer components."
        )
    if rows.group is not None and rows.groups < K:
        raise InputError(
            f"components={K}, but {model.group!r} has only {rows.groups} group(s), each of which "
            f"belongs to one component; use at most {rows.groups}."
        )
    counted = y if rows.weights is None else y[rows.weights > 0]
    for name, column in zip(
        design.dimensions or [design.response], counted.reshape(len(counted), -1).T, strict=True
    ):
        if np.ptp(column) == 0:
            raise InputError(
                f"The response {name!r} is constant ({column[0]:g}) in every row of positive "
                "weight: there is nothing to fit."
            )
    if families.family(model.family).counts:
        wrong = np.flatnonzero((y < 0) | (y != np.floor(y)) | (y > LARGEST_COUNT))
        if len(wrong):
            raise InputError(
                f"family={model.family!r} takes counts (0, 1, 2, ..., at most {LARGEST_COUNT}), "
                f"but {design.response!r} is {y[wrong[0]]:g} in row {wrong[0]} (counted from 0); "
                "correct the response, or choose another family."
            )


def _by_parameter(model: Mixture, design: Design) -> dict[str, Prior]:
    """Return the stated priors, of coefficients under ``beta[name]`` and ``gamma[name]``."""
    stated: Mapping[str, Prior] = model.priors
    own = ("theta", "sigma") if model.regression else ("theta", "sigma", "mu")
    plain = {name: prior for name, prior in stated.items() if name in own}
    for name in design.beside.gating_covariates:
        for key in ("gamma", f"gamma[{name}]"):  # the more special statement wins
            if key in stated:
                plain[f"gamma[{name}]"] = stated[key]
    for name in design.dimensions:
        for parameter in ("mu", "sigma"):
            for key in (parameter, f"{parameter}[{name}]"):
                if key in stated:
                    plain[f"{parameter}[{name}]"] = stated[key]
    if not model.regression:
        return plain
    for name in design.covariates:
        for key in ("beta", name, f"beta[{name}]"):  # the more special statement wins
            if key in stated and key not in ("theta", "sigma", "gamma"):
                plain[f"beta[{name}]"] = stated[key]
    return plain


def concentration(prior: Prior, components: int) -> list[float]:
    """Return the Dirichlet concentration (K values) of a prior of the weights."""
    if isinstance(prior, Beta):
        return [float(prior.alpha), float(prior.beta)]
    assert isinstance(prior, Dirichlet)
    return prior.concentration(components)
