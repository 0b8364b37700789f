"""Draws that stanmix did not make as a `Fit`, of which all can be asked that follows the draws."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix import arguments, containers
from stanmix.arguments import FRAME, MIXTURE, SEED, Anything, MappingOf, OrNone, Text, checked
from stanmix.errors import InputError
from stanmix.fit import Fit
from stanmix.inference.runs.output import Output
from stanmix.mixture import Mixture
from stanmix.posterior import external_draws, inference_data

__all__ = ["METHOD", "from_draws"]

Array = NDArray[np.float64]

METHOD = "mcmc"  # what `Fit.method` calls draws of a sampler that is not known
_SUM = 1e-6  # how far weights may add up to other than 1


@checked(
    model=MIXTURE,
    frame=FRAME,
    draws=Anything("InferenceData or a mapping of names to arrays"),  # see `external_draws`
    names=OrNone(MappingOf(Text(), 'a mapping of names to names such as {"theta": "w"}')),
    dim=Text("the name of a dimension"),
    log_density=OrNone(arguments.Array("an array of real numbers, (chain, draw)", dimensions=(2,))),
    seed=SEED,
)
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
    draws : arviz.InferenceData, xarray.DataTree, xarray.Dataset or mapping of str to array_like
        A Markov chain's draws of ``model.parameters``: as variables of the group ``posterior``,
        or as arrays (chain, draw, component, ...); without the component where a parameter is
        shared. The last dimension of coefficients follows the columns of ``model.matrices(frame)``;
        variables of xarray are put in their order by the labels of ``covariate``,
        ``gating_covariate`` and ``dimension``, and components in one order by theirs.
        Coefficients ``gamma`` may have a component of reference: they are centred.
    names : mapping of str to str, optional
        What `draws` calls a parameter, where that is not stanmix's name: ``{"theta": "w"}``.
    dim : str
        The dimension of the components in InferenceData. It is not needed where dimensions have
        the names that ArviZ gives by default (``mu_dim_0``), which say which comes first.
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
        If a parameter is missing, has another shape or unknown labels, or takes values that it
        cannot.
    """
    model = dataclasses.replace(model, order=None)
    design = model.matrices(frame)
    found = external_draws.parameters(model, design, draws, names or {}, dim)
    stats = external_draws.statistics(draws)
    sizes = {name: len(labels) for name, labels in external_draws.labels(model, design).items()}
    for name, values in found.items():
        _check(model, name, values, tuple(sizes[d] for d in inference_data.dimensions(model, name)))
    shape = next(iter(found.values())).shape[:2]
    if any(values.shape[:2] != shape for values in found.values()):
        each = ", ".join(f"{name} {values.shape[:2]}" for name, values in found.items())
        raise InputError(f"Parameters differ in their numbers of chains and draws: {each}.")
    if "gamma" in found:
        found["gamma"] = found["gamma"] - found["gamma"].mean(axis=2, keepdims=True)
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
    fit = Fit(model, design, inference_data.inference_data(model, design, output, about))
    if log_density is None:
        lp = fit.idata.sample_stats.assign(lp=fit.log_likelihood().variable)
        fit = Fit(model, design, containers.replace(fit.idata, {}, sample_stats=lp))
    return fit


def _check(model: Mixture, name: str, values: Array, expected: tuple[int, ...]) -> None:
    if values.ndim < 2 or values.shape[2:] != expected:
        dims = ", ".join(("chain", "draw", *inference_data.dimensions(model, name)))
        raise InputError(
            f"{name} has shape {values.shape}; expected ({dims}), which ends in {expected}."
        )
    if not values.size:
        raise InputError(f"{name} has shape {values.shape}: there are no draws in it.")
    if not np.isfinite(values).all():
        raise InputError(f"{name} has {np.count_nonzero(~np.isfinite(values))} values that are "
                         "not finite; leave out draws that failed.")  # fmt: skip
    positive = name in ("theta", "sigma") or (name == "mu" and model.family == "poisson")
    if positive and (values < 0).any():
        raise InputError(f"{name} must not be negative, but its smallest draw is {values.min():g}.")
    if name == "sigma" and not values.all():
        raise InputError(
            f"sigma must be positive, but {np.count_nonzero(values == 0)} of its draws are zero."
        )
    if name == "theta" and np.abs(values.sum(axis=2) - 1).max() > _SUM:
        worst = values.sum(axis=2).ravel()[np.abs(values.sum(axis=2) - 1).argmax()]
        raise InputError(
            f"theta must sum to 1 over the components, but in one draw it sums to {worst:g}; give "
            "all K weights."
        )
