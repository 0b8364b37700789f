"""Draws from a mixture's prior, and the responses that it expects before any are seen.

The prior is read from the Stan data, so what is drawn here is what the Stan program states: of
scaled parameters, which are then brought to the units of the data. Where the program orders a
parameter, components are sorted by it: they have one prior in common, so the sorted components
have the prior density restricted to that order. Coefficients of the weights have their prior
density restricted to values that sum to zero over the components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers
from stanmix.arguments import FRAME, MEMORY, MIXTURE, SEED, Integer, checked
from stanmix.density import blocks, prediction, row_terms
from stanmix.density.log_joint import mean_weights
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.matrices import matrices
from stanmix.model.prior_distributions import distribution, known
from stanmix.model.specification import Specification
from stanmix.posterior import inference_data
from stanmix.program.data import standata
from stanmix.program.units import Columns, Units, units_of
from stanmix.streams import Stream, generator

__all__ = ["prior_parameters", "prior_predictive"]

Array = NDArray[np.float64]

# Coefficients that sum to zero are found by trying; so often, on average, for each draw.
_TRIALS = 500


def prior_parameters(
    model: Specification,
    data: Mapping[str, Any],
    units: Units,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Draw the components' parameters from their prior.

    Parameters
    ----------
    model : Mixture
    data : mapping
        Its Stan data, from `stanmix.program.data.standata`.
    units : Units
        Of the same data.
    draws : int
        S, how many.
    rng : Generator

    Returns
    -------
    dict of str to ndarray
        As `stanmix.Fit.draws` has them, in the units of the data: ``theta`` and ``sigma`` (S, K),
        and ``mu`` (S, K) or ``beta`` (S, K, P); with gating ``gamma`` (S, K, Q). For responses of
        D columns ``mu`` and ``sigma`` (S, K, D).

    Raises
    ------
    InputError
        If a prior is flat, or one of the weights' coefficients lies too far from zero.
    """
    S, K = draws, int(data["K"])
    scaled: dict[str, Array] = {}
    if model.gated:
        scaled["gamma"] = _coefficients("gamma", data, Columns.of_data(data, "Z"), (S, K), rng)
    elif "theta" not in model.fixed:
        scaled["theta"] = rng.dirichlet(data["theta_prior"], size=S)
    if model.regression:
        scaled["beta"] = _coefficients("beta", data, Columns.of_data(data, "X"), (S, K), rng)
    else:
        positive = (0.0, np.inf) if families.family(model.family).positive else (-np.inf, np.inf)
        scaled["mu"] = _by_column(model, data, "mu", (S, K), rng, positive)
    if "sigma" in model.parameters:
        size = (S, 1) if "sigma" in model.shared else (S, K)
        scaled["sigma"] = _by_column(model, data, "sigma", size, rng, (0.0, np.inf))
    result = units.parameters(scaled)
    if model.gated:
        rows = np.arange(data["N"]) if model.group is None else np.asarray(data["group"]) - 1
        Z = Columns.of_data(data, "Z").scaled(np.asarray(data["Z"]))[rows]
        result["theta"] = mean_weights(scaled["gamma"], Z)
    elif "theta" in model.fixed:
        result["theta"] = np.broadcast_to(np.asarray(data["theta"]), (S, K))
    if "sigma" in model.fixed:
        known = np.asarray(data["sigma"])
        result["sigma"] = np.broadcast_to(known.reshape(K, -1), (S, K, known.size // K))
    D = len(model.responses)
    for name in {"mu", "sigma"} & set(result):
        values = np.broadcast_to(result[name], (S, K, D or 1))
        result[name] = values if D else values[..., 0]
    return _ordered(model, data, result)


def _ordered(
    model: Specification, data: Mapping[str, Any], draws: dict[str, Array]
) -> dict[str, Array]:
    """Return draws with the parameter that the program orders ascending over the components."""
    name = model.program_order
    if name is None:
        return draws
    values = draws[name]
    if values.ndim == 3:
        values = values[
            ..., int(data.get("ordered_covariate", data.get("ordered_coordinate", 1))) - 1
        ]
    numbering = np.argsort(values, axis=1)
    numbering = numbering.reshape(*numbering.shape, *[1] * (draws[name].ndim - 2))
    return {**draws, name: np.take_along_axis(draws[name], numbering, axis=1)}


def _coefficients(
    name: str,
    data: Mapping[str, Any],
    columns: Columns,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Array:
    """Draw coefficients of scaled covariates from their priors, (S, K, P)."""
    draw = _draw_sum_to_zero if name == "gamma" else _draw
    drawn = [
        draw(f"{name} of covariate {p}", code, arguments, size, rng)
        for p, (code, arguments) in enumerate(
            zip(data[f"{name}_prior"], data[f"{name}_prior_arguments"], strict=True), 1
        )
    ]
    values = np.stack(drawn, axis=-1)
    # What holds where covariates are zero says what the coefficient is at their centres, given
    # the others, which their centres do not change.
    at_zero = np.asarray(data[f"{name}_prior_at_zero"], dtype=bool)
    return np.where(at_zero, columns.from_zero(values), values)


def _by_column(
    model: Specification,
    data: Mapping[str, Any],
    name: str,
    size: tuple[int, int],
    rng: np.random.Generator,
    support: tuple[float, float],
) -> Array:
    """Draw a parameter from its prior, (S, K, D), or (S, K, 1) where it has one for all columns."""
    codes = np.atleast_1d(data[f"{name}_prior"])
    several = len(codes) > 1
    result = np.empty((*size, len(codes)))
    for d, (code, arguments) in enumerate(
        zip(codes, np.atleast_2d(data[f"{name}_prior_arguments"]), strict=True)
    ):
        low, high = (
            np.broadcast_to(data.get(f"{name}_{end}", default), len(codes))[d]
            for end, default in zip(("lower", "upper"), support, strict=True)
        )
        label = f"{name}[{model.responses[d]}]" if several else name
        result[..., d] = _draw(label, int(code), arguments, size, rng, (low, high))
    return result


@checked(model=MIXTURE, frame=FRAME, draws=Integer(1), seed=SEED, memory=MEMORY)
def prior_predictive(
    model: Specification, frame: Any, draws: int = 1000, seed: int = 0, memory: float | None = None
) -> Any:
    """Draw parameters from the prior, and a response for each row from each of them.

    Parameters
    ----------
    model : Mixture
    frame : DataFrame or mapping of columns
        The data: their covariates, and their scale for the priors that are not stated.
    draws : int
        How many.
    seed : int
    memory : float, optional
        What the responses may take, in GiB; default 2.

    Returns
    -------
    arviz.InferenceData
        Groups ``prior``, ``prior_predictive`` and ``observed_data``. A row has one response a
        draw whatever its weight; the rows of a group share a class. With gating, ``theta`` is
        the mean of the weights over the rows.

    Raises
    ------
    InputError
        If the data cannot be used, a prior is flat, or the result would not fit in memory.
    """
    design = matrices(model, frame)
    units = units_of(model, design)
    data = standata(model, design, units)
    rng = generator(seed, Stream.PRIOR)
    blocks.check_memory("The prior predictive", draws, design.y.size, gib=memory)
    parameters = prior_parameters(model, data, units, draws, rng)
    family = families.family(model.family)
    covariates = row_terms.of(model, design.y, design.X, design.rows)
    drawn = prediction.responses(family, parameters, covariates, len(design.y), seed)
    coords: dict[str, Any] = {
        "chain": [1],
        "draw": np.arange(draws),
        "component": np.arange(1, model.components + 1),
    }
    if model.regression:
        coords["covariate"] = np.array(design.covariates, dtype=str)
    if model.responses:
        coords["dimension"] = np.array(model.responses, dtype=str)
    if model.gated:
        coords["gating_covariate"] = np.array(design.rows.gating_covariates, dtype=str)
    prior = {
        name: (("chain", "draw", *_dimensions(name, values)), values[None])
        for name, values in parameters.items()
    }
    observed = inference_data.observed(design)
    response = xr.DataArray(
        drawn[None],
        {"chain": [1], "draw": np.arange(draws), **observed["y"].coords},
        ["chain", "draw", *observed["y"].dims],
    )
    return containers.arviz().InferenceData(
        attrs={"seed": seed},
        prior=xr.Dataset(prior, coords),
        prior_predictive=xr.Dataset({"y": response}),
        observed_data=observed,
    )


def _dimensions(name: str, values: Array) -> tuple[str, ...]:
    return (
        ("component", "dimension")
        if name in ("mu", "sigma") and values.ndim == 3
        else (inference_data.DIMENSIONS[name])
    )


def _draw(
    name: str,
    code: int,
    arguments: Sequence[float],
    size: tuple[int, ...],
    rng: np.random.Generator,
    support: tuple[float, float] = (-np.inf, np.inf),
) -> Array:
    """Draw from a prior, cut off outside its support, by the inverse of its distribution."""
    _check_proper(name, code)
    prior = distribution(code, arguments)
    low, high = prior.cdf(support[0]), prior.cdf(support[1])
    result: Array = prior.ppf(rng.uniform(low, high, size=size))
    return result


def _check_proper(name: str, code: int) -> None:
    if not known(code):
        raise InputError(
            f"The prior of {name} is flat, so there is nothing to draw from: give it a proper one."
        )


def _draw_sum_to_zero(
    name: str,
    code: int,
    arguments: Sequence[float],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Array:
    """Draw values of one prior that sum to zero along the last axis, by rejection.

    All but the last are drawn from the prior; the last, which makes the sum zero, is accepted
    with its density as a part of the greatest. These priors are symmetric, so the greatest
    density is at the median.
    """
    draws, K = size
    result = np.zeros(size)
    if K == 1:
        return result
    _check_proper(name, code)
    prior = distribution(code, arguments)
    greatest = prior.pdf(prior.median())
    waiting = np.arange(draws)
    for _ in range(_TRIALS):
        others = _draw(name, code, arguments, (len(waiting), K - 1), rng)
        last = -others.sum(axis=1)
        found = rng.random(len(waiting)) * greatest < prior.pdf(last)
        result[waiting[found]] = np.column_stack([others, last])[found]
        waiting = waiting[~found]
        if not len(waiting):
            return result
    raise InputError(
        f"The prior of {name} lies so far from zero that {K} values hardly ever sum to zero, as "
        "coefficients of the weights do: give it a prior about zero."
    )
