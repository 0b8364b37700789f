"""Mixture and design to the data of the Stan program, default priors included."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.checks import check_covariates
from stanmix.model.priors import Beta, Dirichlet, Prior
from stanmix.model.specification import Specification
from stanmix.program.default_priors import scaled_default_priors
from stanmix.program.scaled_priors import scaled
from stanmix.program.units import Columns, Units, pooled, units_of

__all__ = ["concentration", "known_scales", "standata"]

Array = NDArray[np.float64]

LARGEST_COUNT = 2**31 - 1  # Stan's integers have 32 bits


def standata(model: Specification, design: Design, units: Units | None = None) -> dict[str, Any]:
    """Return the data of the model's Stan program.

    Parameters
    ----------
    model : Specification
    design : Design
        Of N rows and P covariates.
    units : Units, optional
        Its centres and scales, where they are known already.

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
    N, K, rows = len(design.y), model.components, design.rows
    _check_response(model, design)
    check_covariates(model, design.covariates, rows.gating_covariates)
    units = units_of(model, design) if units is None else units
    stated, places = _by_parameter(model, design), units.places(design)
    priors = scaled_default_priors(model, design, units)
    for name, prior in stated.items():
        priors[name] = scaled(prior, *places[name]) if name in places else prior
    family, one = families.family(model.family), pooled(model)
    data: dict[str, Any] = {"N": N, "K": K}
    if model.regression:
        data.update(P=len(design.covariates), X=design.X)
    if model.responses:
        data["D"] = len(model.responses)
    data["y"] = design.y.astype(np.int64) if family.counts else design.y
    if rows.offset is not None:
        data["offsets"] = rows.offset
    if rows.weights is not None:
        data["weights"] = rows.weights
    if rows.group is not None:
        data.update(G=rows.groups, group=rows.group + 1)
    if model.gated:
        data.update(Q=len(rows.gating_covariates), Z=rows.gating_rows)
    data |= _centres_and_scales(model, design, units)
    if model.gated:
        names = [f"gamma[{name}]" for name in rows.gating_covariates]
        data |= _of_coefficients("gamma", names, priors, stated)
    elif "theta" in model.fixed:
        data["theta"] = np.asarray(model.fixed["theta"])
    else:
        data["theta_prior"] = np.asarray(concentration(priors["theta"], K))
    if model.regression:
        if model.program_order == "beta":
            named = model.ordered_column or design.covariates[0]
            data["ordered_covariate"] = design.covariates.index(named) + 1
        names = [f"beta[{name}]" for name in design.covariates]
        data |= _of_coefficients("beta", names, priors, stated)
    else:
        if model.program_order == "mu" and "mu" not in one:
            data["ordered_coordinate"] = model.responses.index(str(model.ordered_column)) + 1
        of_means = _of(priors, "mu", model, one)
        data["mu_prior"] = _each(of_means, lambda prior: prior.code)
        data["mu_prior_arguments"] = _each(of_means, lambda prior: prior.arguments())
    if family.scale is None:
        return data
    if "sigma" in model.fixed:
        data["sigma"] = known_scales(model)
    else:
        of_scales = _of(priors, "sigma", model, one)
        data["sigma_prior"] = _each(of_scales, lambda prior: prior.code)
        data["sigma_prior_arguments"] = _each(of_scales, lambda prior: prior.arguments())
        if model.program_order != "sigma":
            data["sigma_lower"] = _each(of_scales, lambda prior: max(0.0, prior.support[0]))
            data["sigma_upper"] = _each(of_scales, lambda prior: prior.support[1])
    return data


def _centres_and_scales(model: Specification, design: Design, units: Units) -> dict[str, Any]:
    """Return what parameters are sampled about, and in units of."""
    data: dict[str, Any] = {}
    if not units.log_link:
        data.update(y_centre=units.y_centre, y_scale=units.y_scale)
    elif design.rows.offset is not None:
        data["offset_centre"] = units.offset_centre
    columns: dict[str, Columns | None] = {"X": units.X if model.regression else None, "Z": units.Z}
    for name, of_columns in columns.items():
        if of_columns is not None:
            data[f"{name}_centre"] = of_columns.centre
            data[f"{name}_scale"] = of_columns.scale
            data[f"{name}_ones"] = of_columns.ones
    return data


def _of_coefficients(
    kind: str, names: list[str], priors: Mapping[str, Prior], stated: Collection[str]
) -> dict[str, Any]:
    """Return the priors of coefficients; those that were stated hold at covariates of zero."""
    return {
        f"{kind}_prior": [priors[name].code for name in names],
        f"{kind}_prior_arguments": [priors[name].arguments() for name in names],
        f"{kind}_prior_at_zero": [int(name in stated) for name in names],
    }


def known_scales(model: Specification) -> Array:
    """Return the scales that a mixture states as known: (K,), or (K, D) if each column has one."""
    value, K = np.asarray(model.fixed["sigma"], dtype=float), model.components
    if model.covariance == "diagonal":
        by_row = value[:, None] if value.ndim == 1 else value
        return np.array(np.broadcast_to(by_row, (K, len(model.responses))))
    return np.array(np.broadcast_to(value, (K,)))


def _of(
    priors: Mapping[str, Prior], name: str, model: Specification, one: Collection[str]
) -> Prior | list[Prior]:
    """Return the prior of a parameter, or one for each column."""
    if name in one:
        return priors[name]
    return [priors[f"{name}[{column}]"] for column in model.responses]


def _each(priors: Prior | list[Prior], value: Callable[[Prior], Any]) -> Any:
    return [value(prior) for prior in priors] if isinstance(priors, list) else value(priors)


def _check_response(model: Specification, design: Design) -> None:
    """Refuse fewer rows than components, and other responses than the family's."""
    y, rows, K = design.y, design.rows, model.components
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


def _by_parameter(model: Specification, design: Design) -> dict[str, Prior]:
    """Return the stated priors, of coefficients under ``beta[name]`` and ``gamma[name]``."""
    stated: Mapping[str, Prior] = model.priors
    own = ("theta", "sigma") if model.regression else ("theta", "sigma", "mu")
    plain = {name: prior for name, prior in stated.items() if name in own}
    for name in design.rows.gating_covariates:
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
