"""Draws that stanmix did not make as a `Fit`, of which all can be asked that follows the draws."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import convert
from stanmix.design import Design
from stanmix.errors import InputError
from stanmix.fit import Fit
from stanmix.inference.output import Output
from stanmix.mixture import Mixture

__all__ = ["METHOD", "from_draws"]

Array = NDArray[np.float64]

METHOD = "mcmc"  # what `Fit.method` calls draws of a sampler that is not known
# Statistics of a sampler that the diagnosis reads, where other programs give them.
_STATISTICS = ("diverging",)
_SUM = 1e-6  # how far weights may add up to other than 1


def from_draws(
    model: Mixture,
    frame: Any,
    draws: Any,
    *,
    names: Mapping[str, str] | None = None,
    dim: str = "component",
    log_density: Any = None,
    seed: int = 0,
) -> Fit:
    """Return draws of any program as a fit.

    Parameters
    ----------
    model : Mixture
        The mixture that was sampled. Its priors and its order say nothing here: the draws are
        taken as they are, so the fit's model has ``order=None``, and `Fit.relabel` aligns them.
    frame : DataFrame or mapping of columns
        The data.
    draws : arviz.InferenceData or mapping of str to array_like
        A Markov chain's draws of ``model.parameters``: as variables of the group ``posterior``,
        or as arrays (chain, draw, component, ...); without the component where a parameter is
        shared. The last dimension of coefficients follows the columns of ``model.matrices(frame)``.
        Coefficients ``gamma`` may have a component of reference: they are centred.
    names : mapping of str to str, optional
        What `draws` calls a parameter, where that is not stanmix's name: ``{"theta": "w"}``.
    dim : str
        The dimension of the components in InferenceData.
    log_density : array_like of shape (chain, draw), optional
        Of each draw, up to a constant; default the log-likelihood. The draw where it is highest
        is a pivot for relabelling.
    seed : int
        For what is drawn from the fit: allocations, predictions.

    Returns
    -------
    Fit
        With ``method`` ``"mcmc"``.

    Raises
    ------
    InputError
        If a parameter is missing, has another shape, or takes values that it cannot.
    """
    model = dataclasses.replace(model, order=None)
    design = model.matrices(frame)
    found, stats = _gathered(model, draws, dict(names or {}), dim)
    sizes = _sizes(model, design)
    for name, values in found.items():
        _check(model, name, values, tuple(sizes[d] for d in convert.dimensions(model, name)))
    shape = next(iter(found.values())).shape[:2]
    if any(values.shape[:2] != shape for values in found.values()):
        each = ", ".join(f"{name} {values.shape[:2]}" for name, values in found.items())
        raise InputError(f"Parameters differ in their numbers of chains and draws: {each}.")
    if "gamma" in found:
        found["gamma"] = found["gamma"] - found["gamma"].mean(axis=2, keepdims=True)
    stats["lp"] = np.zeros(shape) if log_density is None else np.asarray(log_density, float)
    if stats["lp"].shape != shape:
        raise InputError(
            f"log_density has shape {stats['lp'].shape}; expected (chain, draw) = {shape}."
        )
    output = Output(found, stats, tuple(range(1, shape[0] + 1)))
    about = {"method": METHOD, "seed": int(seed), "options": json.dumps({})}
    fit = Fit(model, design, convert.inference_data(model, design, output, about))
    if log_density is None:
        lp = fit.idata.sample_stats.assign(lp=fit.log_likelihood().variable)
        fit = Fit(model, design, convert.replace(fit.idata, {}, sample_stats=lp))
    return fit


def _gathered(
    model: Mixture, draws: Any, names: dict[str, str], dim: str
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the parameters and statistics under stanmix's names, (chain, draw, ...)."""
    unknown = sorted(set(names) - set(model.parameters))
    if unknown:
        raise InputError(
            f"names: {unknown[0]!r} is no parameter of this mixture; it has "
            f"{', '.join(map(repr, model.parameters))}."
        )
    foreign = hasattr(draws, "groups")
    if foreign and "posterior" not in draws.groups():
        raise InputError("The InferenceData has no group 'posterior': there are no draws in it.")
    source = draws["posterior"] if foreign else draws
    found = {}
    for name in model.parameters:
        given = names.get(name, name)
        if given not in source:
            raise InputError(
                f"The draws have no {given!r} for the parameter {name!r}; they have "
                f"{', '.join(map(repr, map(str, source)))}. Say what it is called: "
                f'names={{"{name}": ...}}.'
            )
        values = source[given]
        if isinstance(values, xr.DataArray):
            own = () if name in model.shared else (dim,)
            missing = [d for d in ("chain", "draw", *own) if d not in values.dims]
            if missing:
                raise InputError(
                    f"{given!r} has the dimensions {', '.join(map(str, values.dims))}, and no "
                    f"{missing[0]!r}; dim= names that of the components."
                )
            values = values.transpose("chain", "draw", *own, ...).to_numpy()
        found[name] = np.asarray(values, dtype=np.float64)
    stats = {}
    if foreign and "sample_stats" in draws.groups():
        for name in set(_STATISTICS) & set(draws["sample_stats"].data_vars):
            stats[name] = draws["sample_stats"][name].transpose("chain", "draw").to_numpy()
    return found, stats


def _sizes(model: Mixture, design: Design) -> dict[str, int]:
    beside = design.beside.gating_covariates
    return {
        "component": model.components,
        "covariate": len(design.covariates),
        "gating_covariate": len(beside),
        "dimension": len(design.dimensions),
    }


def _check(model: Mixture, name: str, values: Array, expected: tuple[int, ...]) -> None:
    if values.ndim < 2 or values.shape[2:] != expected:
        dims = ", ".join(("chain", "draw", *convert.dimensions(model, name)))
        raise InputError(
            f"{name} has shape {values.shape}; expected ({dims}), which ends in {expected}."
        )
    if not np.isfinite(values).all():
        raise InputError(f"{name} has {np.count_nonzero(~np.isfinite(values))} values that are "
                         "not finite; leave out draws that failed.")  # fmt: skip
    positive = name in ("theta", "sigma") or (name == "mu" and model.family == "poisson")
    if positive and (values < 0).any():
        raise InputError(f"{name} must not be negative, but its smallest draw is {values.min():g}.")
    if name == "theta" and np.abs(values.sum(axis=2) - 1).max() > _SUM:
        worst = values.sum(axis=2).ravel()[np.abs(values.sum(axis=2) - 1).argmax()]
        raise InputError(
            f"theta must sum to 1 over the components, but in one draw it sums to {worst:g}; give "
            "all K weights."
        )
