"""How the sampler itself fared: chains that failed, divergences, tree depth, energy."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from stanmix.diagnostics.report import Report
from stanmix.inference.warmup import ALL_OF_IT
from stanmix.posterior.posterior import Posterior

__all__ = ["divergences", "failed_chains", "ran_away", "transitions", "warmup"]

# Betancourt (2016): below this the chain explores the energies too slowly.
E_BFMI = 0.3
FAR = 1e150  # squares of larger numbers are none
# So many of the transitions may diverge where weighted draws confirm the chains.
FEW = 0.02


def failed_chains(fit: Posterior, report: Report) -> None:
    """Say which chains are missing."""
    failed = fit.failed_chains
    report.figures["failed_chains"] = len(failed)
    if failed:
        chain, words = next(iter(failed.items()))
        last = words.strip().splitlines()[-1] if words.strip() else "nothing"
        report.add(
            "failed chains",
            "problem",
            f"chain(s) {', '.join(map(str, failed))} did not finish and are missing; chain "
            f"{chain} last said: {last}",
            "find out why before you trust the others: they may be the ones that got away.",
        )


def ran_away(fit: Posterior, report: Report) -> bool:
    """Say which parameter has values with which nothing can be computed; return whether one has."""
    for name in fit.model.parameters:
        values = fit.posterior[name].to_numpy()
        if not (np.abs(values) < FAR).all():
            report.add(
                "draws",
                "problem",
                f"{name} runs from {values.min():.2g} to {values.max():.2g}: the sampler went on "
                "without end, so that there may be no posterior. Nothing else was looked at.",
                f"give {name} a prior that is not flat: a component without observations has "
                "nothing but its prior.",
            )
            return True
    return False


CONFIRMED = "; importance draws from all optima confirm what the chains found"


def divergences(fit: Posterior, report: Report, confirmed: bool = False) -> None:
    """Count the transitions that diverged.

    Parameters
    ----------
    fit : Posterior
    report : Report
    confirmed : bool
        Whether weighted draws agree with the chains.
    """
    stats = fit.sample_stats
    total = stats["diverging"].size
    divergent = int(stats["diverging"].sum())
    report.figures["divergences"] = divergent
    if divergent:
        harmless = confirmed and divergent < FEW * total
        report.add(
            "divergences",
            "note" if harmless else "problem",
            f"{divergent} of {total} transitions diverged ({divergent / total:.1%})"
            + (f"{CONFIRMED}." if harmless else ": parts of the posterior were not explored."),
            "raise adapt_delta (0.95, 0.99)"
            + (
                ", or state stronger priors."
                if fit.collapsing is None
                else f", or give {fit.collapsing.name} a prior that keeps components from "
                "collapsing."
            ),
        )
    else:
        report.add("divergences", "fine", f"none in {total} transitions.")


def transitions(fit: Posterior, report: Report, confirmed: bool = False) -> None:
    """Judge the statistics of the transitions of NUTS; parameters are as in `divergences`."""
    divergences(fit, report, confirmed)
    stats = fit.sample_stats
    total = stats["tree_depth"].size
    limit = json.loads(fit.idata.attrs["options"])["max_treedepth"]
    saturated = int((stats["tree_depth"] >= limit).sum())
    report.figures["saturated"] = saturated
    if saturated:
        report.add(
            "tree depth",
            "note",
            f"{saturated} of {total} transitions reached the greatest tree depth ({limit}): "
            "slow, not wrong.",
            "scale the covariates, use metric='dense_e', or raise max_treedepth.",
        )
    energy = _least_bfmi(stats["energy"].to_numpy())
    report.figures["e_bfmi"] = energy
    if energy < E_BFMI:
        report.add(
            "energy",
            "note" if confirmed else "problem",
            f"E-BFMI is {energy:.2f}, below {E_BFMI}: momentum draws do not match the "
            f"spread of the posterior's energy{CONFIRMED if confirmed else ''}.",
            "look for heavy tails: stronger priors "
            + ("help." if fit.collapsing is None else f"on {fit.collapsing.name} help most."),
        )


def warmup(fit: Posterior, report: Report) -> None:
    """Say how the sampler warmed up, and why so; draws made elsewhere do not tell."""
    reason = fit.idata.attrs.get("warmup_reason")
    if reason is None:
        return
    report.figures["warmup"] = int(fit.idata.attrs["warmup"])
    level = "note" if _several_parts(fit) else "fine"
    report.add("warm-up", level, f"{fit.idata.attrs['warmup']} iterations; {reason}.")


def _several_parts(fit: Posterior) -> bool:
    """Return whether weighted draws told of more than one part of the posterior that matters."""
    if "explored" not in fit.idata.attrs:
        return False
    modes = fit.explored["modes"]
    return bool(max((mode["mass"] for mode in modes), default=0.0) < ALL_OF_IT)


def _least_bfmi(energy: NDArray[np.float64]) -> float:
    """Return the least estimated Bayesian fraction of missing information of chains."""
    moves = np.square(np.diff(energy, axis=1)).sum(axis=1)
    spread = np.square(energy - energy.mean(axis=1, keepdims=True)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # of a single draw it is not a number
        return float(np.min(moves / spread))
