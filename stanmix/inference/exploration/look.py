"""A look at the posterior of a problem, before its method runs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.density.label_free import column_names
from stanmix.errors import InferenceError
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration.explore import explore
from stanmix.inference.exploration.explored import Explored
from stanmix.inference.problem import Problem
from stanmix.inference.starts.em import State
from stanmix.inference.starts.multistart import chain_starts, mode_starts, optima
from stanmix.model.moments import MOMENTS
from stanmix.streams import Stream, generator

__all__ = ["Look", "look", "starts_of"]

# Effective draws to hold an approximation against, and the most draws for them.
REFERENCE, BUDGET = 1000, 6000


@dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes
    ----------
    stated : Problem
    em_optima : sequence of State
        Optima of the likelihood.
    seen : Explored or None
        None where the posterior cannot be explored.
    why_not : str
        Why it cannot.
    """

    stated: Problem
    em_optima: Sequence[State]
    seen: Explored | None
    why_not: str = ""

    def described(self) -> dict[str, Any]:
        """Return the findings as plain values; see `Explored.described`."""
        if self.seen is None:
            return {}
        model = self.stated.model
        # Moments of components are no coordinates: what is seen is described by rank alone.
        order = None if model.order in ("auto", *MOMENTS) else model.order
        with np.errstate(all="ignore"):
            return self.seen.described(order, column_names(self.stated.program, self.stated.design))

    def decided(self) -> dict[str, Any]:
        """Return the findings as they are kept with a fit."""
        return {"explored": json.dumps(self.described())} if self.seen is not None else {}

    def by_em(self) -> list[dict[str, Any]]:
        """Return starts by EM alone, one a run: spread, or for climbs the optima themselves."""
        stated, options = self.stated, self.stated.options
        find = mode_starts if options.climbs else chain_starts
        return find(stated.model, stated.design, options.processes, options.seed, self.em_optima)


def look(
    stated: Problem,
    engine: Engine | None,
    data_file: Path,
    wanted: float = 0.0,
    budget: int = 0,
) -> Look:
    """Explore the posterior of a problem.

    Parameters
    ----------
    stated : Problem
    engine : Engine or None
        With the program; None, which who explores never has, is an error.
    data_file : Path
        Its data.
    wanted, budget
        As in `stanmix.inference.exploration.explore.explore`.
    """
    assert engine is not None  # which who explores has made ready
    seed = stated.options.seed
    found = optima(stated.model, stated.design, seed)
    rng = generator(seed, Stream.EXPLORATION)
    try:
        # Draws far out in heavy tails overflow: their density is zero, and they weigh nothing.
        with np.errstate(all="ignore"), tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
            seen = explore(stated, engine, data_file, Path(scratch), found, rng, wanted, budget)
    except InferenceError as error:
        return Look(stated, found, None, str(error).splitlines()[-1])
    return Look(stated, found, seen)


def starts_of(
    stated: Problem, engine: Engine | None, data_file: Path
) -> tuple[Sequence[Mapping[str, Any]] | None, dict[str, Any]]:
    """Return starting points of a method without a warm-up, and what the fit keeps of the look.

    Parameters
    ----------
    stated : Problem
    engine : Engine or None
        With the program; needed where ``options.explores``.
    data_file : Path
        Its data.

    Returns
    -------
    starts : sequence of mappings, or None
        One a run, spread over all parts of the posterior that matter; where it cannot be
        explored, and for climbs, by EM alone. None for Stan's own.
    decided : dict
    """
    if not stated.options.explores:
        return stated.starts(), {}
    found = look(stated, engine, data_file, REFERENCE, BUDGET)
    if found.seen is None or stated.options.climbs:
        return found.by_em(), found.decided()
    rng = generator(stated.options.seed, Stream.EXPLORED_STARTS)
    with np.errstate(all="ignore"):
        points = found.seen.starts(stated.options.processes, rng)
    return found.seen.values(points), found.decided()
