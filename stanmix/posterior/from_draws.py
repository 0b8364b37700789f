"""Draws that stanmix did not make, checked and brought under its names."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.errors import InputError
from stanmix.inference.runs.output import Output
from stanmix.model import factors
from stanmix.model.matrices import matrices
from stanmix.model.parameters import RISING, Role
from stanmix.model.responses import turned
from stanmix.model.specification import Specification
from stanmix.posterior import coordinates, external_draws, inference_data
from stanmix.posterior.log_likelihood import log_likelihood
from stanmix.posterior.posterior import Posterior
from stanmix.program.coefficients import check as check_coefficients
from stanmix.program.coefficients import numbers_by_name
from stanmix.program.columns import column_names
from stanmix.program.lower import lower
from stanmix.program.units import units_of
from stanmix.program.variables import Place, Quantity

__all__ = ["METHOD", "posterior_of"]

Array = NDArray[np.float64]

METHOD = "mcmc"  # what `Fit.method` calls draws of a sampler that is not known
_SUM = 1e-6  # how far weights may add up to other than 1


def posterior_of(
    model: Specification,
    frame: Any,
    draws: Any,
    names: Mapping[str, str],
    dim: str,
    log_density: Array | None,
    seed: int,
) -> Posterior:
    """Return draws of any program under stanmix's names; see `stanmix.from_draws`."""
    model = dataclasses.replace(model, order=None)
    design = matrices(model, frame)
    found = external_draws.parameters(model, design, draws, names, dim)
    stats = external_draws.statistics(draws)
    program = lower(model)
    sizes = coordinates.sizes(program, design, model.components)
    for name, values in found.items():
        _check(program[name], values, tuple(sizes[name].values()))
    for name, numbers in numbers_by_name(program, design, model.components).items():
        check_coefficients(name, found[name], numbers, column_names(program[name], design))
    shape = next(iter(found.values())).shape[:2]
    if any(values.shape[:2] != shape for values in found.values()):
        each = ", ".join(f"{name} {values.shape[:2]}" for name, values in found.items())
        raise InputError(f"Parameters differ in their numbers of chains and draws: {each}.")
    if program.weights.gated:
        gamma = found[program.weights.name]
        found[program.weights.name] = gamma - gamma.mean(axis=2, keepdims=True)
    for one in program.estimated:
        if one.place is Place.DIRECTION:
            found[one.name] = turned(found[one.name], float(units_of(model, design).y_centre))
    stats["lp"] = np.zeros(shape) if log_density is None else log_density.astype(float)
    if stats["lp"].shape != shape:
        raise InputError(
            f"log_density has shape {stats['lp'].shape}; expected (chain, draw) = {shape}."
        )
    if not np.isfinite(stats["lp"]).all():
        wrong = int(np.count_nonzero(~np.isfinite(stats["lp"])))
        raise InputError(
            f"log_density has {wrong} value(s) that are not finite; leave out draws that failed."
        )
    output = Output(found, stats, tuple(range(1, shape[0] + 1)))
    about = {"method": METHOD, "seed": seed, "options": json.dumps({})}
    made = Posterior(model, design, inference_data.inference_data(model, design, output, about))
    if log_density is None:
        lp = made.sample_stats.assign(lp=log_likelihood(made).variable)
        made = made.with_groups(sample_stats=lp)
    return made


def _check(one: Quantity, values: Array, expected: tuple[int, ...]) -> None:
    name = one.name
    if values.ndim < 2 or values.shape[2:] != expected:
        dims = ", ".join(("chain", "draw", *one.dims))
        raise InputError(
            f"{name} has shape {values.shape}; expected ({dims}), which ends in {expected}."
        )
    if not values.size:
        raise InputError(f"{name} has shape {values.shape}: there are no draws in it.")
    if not np.isfinite(values).all():
        raise InputError(f"{name} has {np.count_nonzero(~np.isfinite(values))} values that are "
                         "not finite; leave out draws that failed.")  # fmt: skip
    simplex = one.dirichlet
    if (one.positive or simplex) and (values < 0).any():
        raise InputError(f"{name} must not be negative, but its smallest draw is {values.min():g}.")
    low, high = one.support.lower, one.support.upper
    goes_around = one.parameter is not None and one.parameter.angle
    bounded = one.constrained and not (one.positive or one.vector or goes_around)
    if bounded and ((values < low) | (values > high)).any():
        raise InputError(
            f"{name} must lie {one.support.words}, but its draws run from {values.min():g} to "
            f"{values.max():g}."
        )
    # A mean of counts may have become zero by rounding; of nothing else can a density be computed.
    located = one.parameter is not None and one.parameter.role is Role.LOCATION
    if one.positive and not located and not values.all():
        raise InputError(
            f"{name} must be positive, but {np.count_nonzero(values == 0)} of its draws are zero."
        )
    if simplex and np.abs(values.sum(axis=-1) - 1).max() > _SUM:
        worst = values.sum(axis=-1).ravel()[np.abs(values.sum(axis=-1) - 1).argmax()]
        parts, all_of_them = (
            ("components", "K weights") if one.weights else
            ("columns", "shares") if one.place is Place.SHARES else
            ("categories", "probabilities")
        )  # fmt: skip
        raise InputError(
            f"{name} must sum to 1 over the {parts}, but in one draw it sums to {worst:g}; give "
            f"all {all_of_them}."
        )
    if one.numbers is not None:
        D = factors.columns(values.shape[-1], one.factors)
        if (values < factors.floors(D, values.shape[-1])).any():
            raise InputError(
                f"{name}: the first of each factor must not be negative, but some draws are; turn "
                "the signs of all loadings of that factor."
            )
    if one.correlations and not one.support.holds(values):
        raise InputError(
            f"{name} must be correlations of each pair of columns that belong to a positive "
            "definite matrix; those of not all draws do."
        )
    if one.support == RISING and (np.diff(values, prepend=0.0) <= 0).any():
        raise InputError(
            f"{name} must be positive and ascend along its last dimension, as what follows a first "
            "cutpoint of 0; not all draws do."
        )
