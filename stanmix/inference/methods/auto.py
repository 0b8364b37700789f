"""A method that chooses: weighted draws where they can be relied on, else chains."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from stanmix.inference import warmup
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration.look import Look, look
from stanmix.inference.exploration.weighted import STEADY, TRUSTED
from stanmix.inference.methods import importance_sampling, nuts
from stanmix.inference.options import AutoOptions, ImportanceOptions, NutsOptions
from stanmix.inference.problem import Problem
from stanmix.inference.settings import Prepared

__all__ = ["settle"]


def settle(
    stated: Problem, options: AutoOptions, engine: Engine, data_file: Path
) -> tuple[Problem, Prepared]:
    """Explore the posterior and choose.

    Parameters
    ----------
    stated : Problem
    options : AutoOptions
        Those of the problem.
    engine : Engine
        With the program.
    data_file : Path
        Its data.

    Returns
    -------
    stated : Problem
        The same, with the options of the method that was chosen.
    prepared : Prepared
        What that method is told; ``decided`` says why, as ``auto``, and keeps the options as
        they were, as ``asked``.
    """
    found = look(stated, engine, data_file, options.draws, options.budget)
    if against := _against(found, options):
        by_nuts = options.of(NutsOptions)
        assert isinstance(by_nuts, NutsOptions)
        stated = dataclasses.replace(stated, options=by_nuts)
        found = dataclasses.replace(found, stated=stated)
        told = nuts.prepared(warmup.after(found, by_nuts, engine), by_nuts)
        why = f"the no-U-turn sampler, because {against}"
    else:
        weighted = options.of(ImportanceOptions)
        assert isinstance(weighted, ImportanceOptions) and found.seen is not None
        stated = dataclasses.replace(stated, options=weighted)
        told = importance_sampling.prepared(found, weighted)
        seen = found.seen.found
        why = (
            f"importance sampling, because k-hat is {seen.k_hat:.2f} (below {TRUSTED} is wanted) "
            f"and {len(seen.weights)} weighted draws are worth {seen.effective:.0f} of the "
            f"{options.draws} that were asked for"
        )
    decided = {**told.decided, "auto": why, "asked": options.to_json()}
    return stated, dataclasses.replace(told, decided=decided)


def _against(found: Look, options: AutoOptions) -> str:
    """Say what keeps weighted draws from being the answer; empty if nothing does."""
    if found.seen is None:
        return f"the posterior could not be explored ({found.why_not})"
    seen = found.seen.found
    if not seen.proper:
        return "under a flat prior of a scale importance weights mean nothing"
    if not seen.whole:
        return (
            "a part of the posterior that may matter, where components are empty, was not looked "
            "for"
        )
    if not seen.k_hat < TRUSTED:
        return f"k-hat of the weighted draws is {seen.k_hat:.2f} (below {TRUSTED} is wanted)"
    if not seen.drift < STEADY:
        return (
            f"the last round of weighted draws still moved a mean or an sd ({seen.drift:.0%} of an "
            f"sd; less than {STEADY:.0%} is wanted)"
        )
    if seen.effective < options.draws:
        return (
            f"{len(seen.weights)} weighted draws are worth {seen.effective:.0f}, and "
            f"{options.draws} were asked for"
        )
    return ""
