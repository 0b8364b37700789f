"""How NUTS warms up: from the curvature at the mode where that is safe, else as Stan does."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration.explored import Explored
from stanmix.inference.exploration.look import Look, look
from stanmix.inference.options import NutsOptions
from stanmix.inference.problem import Problem
from stanmix.streams import Stream, generator

__all__ = ["WarmUp", "after", "plan"]

Array = NDArray[np.float64]

OWN = 1000  # iterations of Stan's own adaptation
# Acceptance that the step size is adapted to: Stan's default suits a posterior close to normal.
# Scales of small components bend others, which takes smaller steps.
USUAL, CAREFUL = 0.8, 0.9
# Part of the posterior that one mode, up to labels, must hold for a metric of its own.
ALL_OF_IT = 0.99
NORMAL = 0.4  # `Weighted.normality` of a posterior that is close enough to normal
SLIVER = 0.01  # part of the posterior that is not worth a word


@dataclass(frozen=True)
class WarmUp:
    """A decision on warm-up.

    Attributes
    ----------
    iterations : int
    starts : sequence of mappings, one a chain, or None
        None for Stan's own random starts.
    inverse_metric : ndarray of shape (D, D), optional
        Dense inverse metric on the unconstrained scale, which stays as it is; without it Stan
        adapts its own.
    reason : str
        Why, in words.
    adapt_delta : float
        Acceptance that the step size is adapted to.
    explored : dict, optional
        What weighted draws told of the posterior (`Explored.described`), to hold chains against.
    """

    iterations: int
    starts: Sequence[Mapping[str, Any]] | None
    inverse_metric: Array | None = None
    reason: str = ""
    adapt_delta: float = CAREFUL
    explored: Mapping[str, Any] | None = None

    def described(self) -> dict[str, Any]:
        """Return the decision as plain values."""
        kept = {} if self.explored is None else {"explored": json.dumps(self.explored)}
        return {
            "warmup": self.iterations,
            "warmup_reason": self.reason,
            "adapt_delta": self.adapt_delta,
            **kept,
        }


def plan(
    stated: Problem,
    options: NutsOptions,
    engine: Engine | None,
    data_file: Path,
) -> WarmUp:
    """Decide how to warm up.

    Parameters
    ----------
    stated : Problem
    options : NutsOptions
        Those of the problem.
    engine : Engine or None
        With the program; needed where the options say that the posterior is explored.
    data_file : Path

    Returns
    -------
    WarmUp
        From the curvature only where one mode, up to labels, holds practically all of the
        posterior, which is close to normal there, and the length of the warm-up is not stated.
        Otherwise chains start from all modes that matter, in proportion to their masses, and Stan
        adapts.
    """
    if options.explores:
        return after(look(stated, engine, data_file), options, engine)
    iterations = options.warmup if isinstance(options.warmup, int) else OWN
    return _careful(WarmUp(iterations, stated.starts(), reason="Stan's own adaptation"), options)


def after(found: Look, options: NutsOptions, engine: Engine | None) -> WarmUp:
    """Decide how to warm up by what was seen of the posterior.

    Parameters
    ----------
    found : Look
    options : NutsOptions
    engine : Engine
        By which it was looked at.
    """
    assert engine is not None  # without one nothing is looked at
    if found.seen is None:
        iterations = options.warmup if isinstance(options.warmup, int) else OWN
        reason = f"Stan's own adaptation: the posterior could not be explored ({found.why_not})"
        decided = WarmUp(iterations, found.by_em(), reason=reason)
    else:
        with np.errstate(all="ignore"):
            decided = _after(found.seen, found, options, engine.short_warmup)
    return _careful(decided, options)


def _careful(decided: WarmUp, options: NutsOptions) -> WarmUp:
    """Return a decision with the acceptance that goes with it, if none is stated."""
    near_normal = decided.inverse_metric is not None
    chosen = options.adapt_delta or (USUAL if near_normal else CAREFUL)
    return dataclasses.replace(decided, adapt_delta=chosen)


def _after(seen: Explored, found: Look, options: NutsOptions, short: int) -> WarmUp:
    """Decide by what was seen; `short` is how many iterations adapt the step size alone."""
    stated, described = found.stated, found.described()
    rng = generator(options.seed, Stream.EXPLORED_STARTS)
    doubt = _doubt(seen) or _free_labels(stated)
    if options.warmup != "auto" or doubt:
        points = seen.starts(options.chains, rng, renumber=bool(_free_labels(stated)))
        why = f": {doubt}" if options.warmup == "auto" else ""
        reason = f"Stan's own adaptation{why}"
        iterations = options.warmup if isinstance(options.warmup, int) else OWN
        return WarmUp(iterations, seen.values(points), reason=reason, explored=described)
    return WarmUp(
        short,
        seen.values(seen.starts(options.chains, rng)),
        seen.metric(),
        f"metric from the curvature at the mode ({_figures(seen)}); Stan adapted the step size",
        explored=described,
    )


def _free_labels(stated: Problem) -> str:
    """Say that labels stay free, where the model asks for that: chains must not share a metric."""
    model = stated.model
    if model.order is None and model.exchangeable and model.components > 1:
        return "labels are free, so no one metric serves all chains"
    return ""


def _figures(seen: Explored) -> str:
    found = seen.found
    return f"k-hat {found.k_hat:.2f}, {found.effective:.0f} effective draws"


def _doubt(seen: Explored) -> str:
    """Say what keeps the curvature at one mode from serving all chains; empty if nothing does."""
    found = seen.found
    if found.masses.max() < ALL_OF_IT:
        matter = [i for i, mass in enumerate(found.masses) if mass > SLIVER]
        parts = f"{len(matter)} optima matter" if len(matter) > 1 else "one optimum matters"
        if not found.trusted:
            # Masses of a few draws are no masses.
            heights = ", ".join(f"{found.optima[i].value:.1f}" for i in matter)
            return (
                f"{parts} (log densities {heights}), whose masses are not known; chains are spread "
                f"over them ({_figures(seen)})"
            )
        heights = ", ".join(f"{found.optima[i].value:.1f} ({found.masses[i]:.0%})" for i in matter)
        what = "log densities and masses" if len(matter) > 1 else "log density and mass"
        parts += f" ({what}: {heights})"
        if found.empty_mass > SLIVER:
            parts += f", and a part where a component is empty ({found.empty_mass:.0%})"
        return f"{parts}; chains are spread over them ({_figures(seen)})"
    sides = seen.sides()
    if len(sides) > 1:
        shown = ", ".join(f"{side:.0%}" for side in sides)
        return (
            f"the order of the components splits the posterior into {len(sides)} sides ({shown}); "
            f"chains are spread over them ({_figures(seen)})"
        )
    if not found.proper:
        return f"a flat prior of a scale leaves the posterior no integral ({_figures(seen)})"
    if not found.whole:
        return (
            "some of so many components may be empty, a part of the posterior that was not looked "
            f"for ({_figures(seen)})"
        )
    if not (found.trusted and found.normality > NORMAL):
        return f"the posterior is not close to normal ({_figures(seen)})"
    return ""
