"""How NUTS warms up: from the curvature at the mode where that is safe, else as Stan does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference import curvature, starts
from stanmix.inference.options import NutsOptions
from stanmix.inference.unconstrained import Space

if TYPE_CHECKING:
    from stanmix.inference import Problem

__all__ = ["WarmUp", "plan"]

OWN = 1000  # iterations of Stan's own adaptation
SHORT = 150  # iterations that adapt the step size alone
# Acceptance that the step size is adapted to: Stan's default suits a posterior close to normal.
# Scales of small components bend others, which takes smaller steps.
USUAL, CAREFUL = 0.8, 0.9


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
    """

    iterations: int
    starts: Sequence[Mapping[str, Any]] | None
    inverse_metric: NDArray[np.float64] | None = None
    reason: str = ""
    adapt_delta: float = CAREFUL

    def described(self) -> dict[str, Any]:
        """Return the decision as plain values."""
        return {
            "warmup": self.iterations,
            "warmup_reason": self.reason,
            "adapt_delta": self.adapt_delta,
        }


def needs_program(options: NutsOptions) -> bool:
    """Return whether the decision takes a look at the posterior, with the compiled program."""
    return options.warmup == "auto" and options.starts == "data"


def plan(stated: Problem, exe_file: Path | None, data_file: Path | None, folder: Path) -> WarmUp:
    """Decide how to warm up.

    Parameters
    ----------
    stated : Problem
        With `NutsOptions`.
    exe_file, data_file : Path or None
        Compiled program and its data; needed where `needs_program` says so.
    folder : Path
        For temporary files.

    Returns
    -------
    WarmUp
        From the curvature only where one optimum matters and the posterior is close to normal
        there. Otherwise chains are spread over the optima, and Stan adapts.
    """
    options = stated.options
    assert isinstance(options, NutsOptions)  # the caller has no other
    decided = _decide(stated, options, exe_file, data_file, folder)
    near_normal = decided.inverse_metric is not None
    chosen = options.adapt_delta or (USUAL if near_normal else CAREFUL)
    return dataclasses.replace(decided, adapt_delta=chosen)


def _decide(
    stated: Problem,
    options: NutsOptions,
    exe_file: Path | None,
    data_file: Path | None,
    folder: Path,
) -> WarmUp:
    if not needs_program(options):
        iterations = options.warmup if isinstance(options.warmup, int) else OWN
        return WarmUp(iterations, stated.starts(), reason="Stan's own adaptation")
    model, design, seed = stated.model, stated.design, options.seed
    if model.order is None and model.exchangeable and model.components > 1:
        why = "labels are free, so no one metric serves all chains"
        return WarmUp(OWN, stated.starts(), reason=f"Stan's own adaptation: {why}")
    found = starts.optima(model, design, seed)
    near = starts.that_matter(found, design)
    if len(near) > 1:
        heights = ", ".join(f"{state.log_likelihood:.1f}" for state in near)
        why = f"{len(near)} optima matter (log-likelihoods {heights}); chains are spread over them"
        spread = starts.chain_starts(model, design, options.chains, seed, found)
        return WarmUp(OWN, spread, reason=f"Stan's own adaptation: {why}")
    assert exe_file is not None and data_file is not None  # see `needs_program`
    space = Space(stated.structure, stated.data)
    start = starts.initial_values(model, design, near[0], np.random.default_rng([seed, 6]))
    seen = curvature.find(exe_file, data_file, space, start, seed, folder)
    if not seen.trusted:
        spread = starts.chain_starts(model, design, options.chains, seed, found)
        return WarmUp(OWN, spread, reason=f"Stan's own adaptation: {seen.doubt}")
    points = seen.draws(options.chains, np.random.default_rng([seed, 7]))
    return WarmUp(
        SHORT,
        [space.constrain(point) for point in points],
        seen.covariance,
        f"metric from the curvature at the mode (normal approximation k-hat {seen.k_hat:.2f}); "
        "Stan adapted the step size",
    )
