"""Chains that stayed in different modes, brought together in stated proportions.

In proportion to the masses of the modes, which weighted draws know, the draws are those of the
posterior. Stacking (Yao, Vehtari & Gelman, 2022, J. Mach. Learn. Res. 23(79)) brings chains
together so that they predict best, which is another thing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers, psis
from stanmix.errors import InferenceError, InputError
from stanmix.inference.exploration.importance import effective_draws, systematic
from stanmix.inference.exploration.weighted import STEADY, trustworthy
from stanmix.posterior.label_free_draws import label_free_draws
from stanmix.posterior.log_likelihood import unit_blocks
from stanmix.posterior.posterior import Posterior, Some
from stanmix.streams import Stream, generator

__all__ = ["doubts", "explored", "reweight", "stack_chains", "steady", "trusted"]

Array = NDArray[np.float64]

MATTERS = 0.01  # part of the posterior that draws must not lack
FEWEST = 100  # draws of a mode, without which nothing can be said of it
STEPS, STILL = 10_000, 1e-10  # of the climb to the weights of stacking, and where it ends


def explored(fit: Posterior) -> dict[str, Any]:
    """Return what weighted draws told of the posterior before a fit was made.

    Raises
    ------
    InputError
        If there were none.
    """
    if not fit.explored:
        raise InputError(
            f"This fit, by {fit.method!r}, was made without weighted draws from the optima of the "
            'posterior: fit with method="auto", "importance" or "nuts", and without starts.'
        )
    return fit.explored


def trusted(known: Mapping[str, Any]) -> bool:
    """Return whether weighted draws can be taken for those of the posterior."""
    whole = known["whole"] and known.get("proper", True) and steady(known)
    return bool(whole and trustworthy(known["k_hat"], known["effective"]))


def steady(known: Mapping[str, Any]) -> bool:
    """Return whether the last round of weighted draws moved next to nothing, where that counts."""
    drift = known.get("drift", 0.0)
    return drift is not None and drift < STEADY


def doubts(known: Mapping[str, Any]) -> str:
    """Return the figures of weighted draws, and what else speaks against trusting them."""
    return (
        f"k-hat {known['k_hat']:.2f}, {known['effective']:.0f} effective draws"
        + ("" if known.get("proper", True) else "; the posterior has no integral")
        + ("" if known["whole"] else "; parts with empty components were not looked for")
        + ("" if steady(known) else "; the last round of draws still moved")
    )


def reweight(fit: Some) -> Some:
    """Return the draws in proportion to the masses of the modes; see `stanmix.Fit.reweight`."""
    known = explored(fit)
    if fit.method != "nuts" or "reweighted" in fit.idata.attrs:
        raise InputError(
            f"Draws by {fit.method!r}"
            + (", reweighted before," if "reweighted" in fit.idata.attrs else "")
            + " are no chains that stay in modes: there is nothing to reweight."
        )
    if not trusted(known):
        raise InferenceError(
            "The masses of the modes are not known: weighted draws cannot be trusted here "
            f"({doubts(known)}). Fit.stack_chains() brings chains together by how well they "
            "predict, which needs no masses."
        )
    if known["empty"] > MATTERS:
        raise InferenceError(
            f"{known['empty']:.0%} of the posterior lie where a component is empty, which belongs "
            "to no mode that chains could stay in: use method='importance'."
        )
    modes = [one for one in known["modes"] if one["mass"] > MATTERS]
    belongs = _modes_of(label_free_draws(fit), [one["about"] for one in modes])
    counts = np.bincount(belongs, minlength=len(modes))
    for one, count in zip(modes, counts, strict=True):
        if count < FEWEST:
            raise InferenceError(
                f"The mode of log density {one['log_density']:.1f} holds {one['mass']:.0%} of the "
                f"posterior, and {count} of {len(belongs)} draws lie there: too few to stand for "
                "it. Run more chains, or use method='importance'."
            )
    masses = np.array([one["mass"] for one in modes])
    each = (masses / masses.sum() / counts)[belongs]
    shown = ", ".join(
        f"{mass:.1%} (of draws {count / len(belongs):.1%})"
        for mass, count in zip(masses / masses.sum(), counts, strict=True)
    )
    words = f"to the masses of {len(modes)} mode{'s' if len(modes) > 1 else ''}: {shown}"
    return _resampled(fit, each, {"reweighted": words})


def _modes_of(free: Mapping[str, Array], about: list[Mapping[str, Any]]) -> NDArray[np.intp]:
    """Return the mode that each draw lies in, as normal distributions about them tell."""
    far = []
    for one in about:
        distance = np.zeros(len(next(iter(free.values()))))
        for name, (mean, sd) in one.items():
            if name in free and sd > 1e-12 * abs(mean):
                distance += ((free[name] - mean) / sd) ** 2 + 2 * np.log(sd)
        far.append(distance)
    return np.asarray(np.argmin(far, axis=0))


def stack_chains(fit: Some, memory: float | None = None) -> Some:
    """Return chains brought together by stacking; see `stanmix.Fit.stack_chains`."""
    chains = int(fit.posterior.sizes["chain"])
    if fit.method not in ("nuts", "mcmc") or chains < 2:
        raise InputError(
            f"Stacking brings chains together, and this fit, by {fit.method!r}, has {chains}."
        )
    weights = stacking_weights(
        np.concatenate([_left_out(block, chains) for block in unit_blocks(fit, memory)])
    )
    shown = ", ".join(f"{weight:.1%}" for weight in weights)
    draws = int(fit.posterior.sizes["draw"])
    words = f"by stacking of predictive distributions: chains have {shown}"
    return _resampled(fit, np.repeat(weights / draws, draws), {"stacked": words})


def _left_out(log_likelihood: Array, chains: int) -> Array:
    """Return log predictive densities (unit, chain) of units that each chain's draws leave out.

    `log_likelihood` is of shape (draw of all chains, unit).
    """
    own = log_likelihood.reshape(chains, -1, log_likelihood.shape[1]).transpose(2, 0, 1)
    log_weights, _ = psis.smooth(-own)
    top = (log_weights + own).max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(log_weights + own - top).sum(axis=-1)) + top[..., 0])


def stacking_weights(log_densities: Array) -> Array:
    """Return the weights of distributions whose mixture predicts best.

    Parameters
    ----------
    log_densities : ndarray of shape (N, M)
        Of N left-out units under M distributions.

    Returns
    -------
    ndarray of shape (M,)
        They sum to one, and the mean log density of the mixture is highest.
    """
    densities = np.exp(log_densities - log_densities.max(axis=1, keepdims=True))
    weights = np.full(densities.shape[1], 1 / densities.shape[1])
    for _ in range(STEPS):  # EM, which rises without end to the only maximum
        shares = densities * weights
        new = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
        moved, weights = np.abs(new - weights).max(), new
        if moved < STILL:
            break
    return weights


def _resampled(fit: Some, weights: Array, said: Mapping[str, str]) -> Some:
    """Return draws resampled by weights (S,), as one chain in random order."""
    rng = generator(fit.seed, Stream.REWEIGHTING)
    rows = rng.permutation(systematic(weights, len(weights), rng))
    chains, draws = np.divmod(rows, int(fit.posterior.sizes["draw"]))
    pick = {
        "chain": xr.DataArray(chains, dims="picked"),
        "draw": xr.DataArray(draws, dims="picked"),
    }

    def picked(group: xr.Dataset) -> xr.Dataset:
        own = [name for name in group.data_vars if {"chain", "draw"} <= set(group[name].dims)]
        taken = group[own].isel(pick).drop_vars(["chain", "draw"], errors="ignore")
        taken = taken.rename(picked="draw").assign_coords(draw=np.arange(len(rows)))
        taken = taken.expand_dims(chain=[1])
        order = {name: ("chain", "draw", *group[name].dims[2:]) for name in own}
        for name, dims in order.items():
            taken[name] = taken[name].transpose(*dims)
        return taken.assign_attrs(group.attrs)

    effective = effective_draws(weights)
    kept = {"k_hat": float("nan"), "effective": effective, "applied": True, "moved": {}}
    idata = containers.replace(
        fit.idata,
        {**said, "importance": json.dumps(kept)},
        posterior=picked(fit.posterior),
        sample_stats=picked(fit.sample_stats),
    )
    return dataclasses.replace(fit, idata=idata)
