"""The systems that are compared: each a function from a problem and its data to a `Run`."""

from __future__ import annotations

import importlib

import pandas as pd
from problems import Problem
from result import Run

__all__ = ["SYSTEMS", "fit"]

SYSTEMS = (
    "stanmix", "stanmix_auto", "users_guide", "vectorised", "stanli", "nutpie", "pymc", "numpyro",
    "sklearn",
)  # fmt: skip


def iterations(system: str, rows: int) -> tuple[int, int]:
    """Return a peer's warm-up and draws.

    Fewer for large data, or the slowest would run for hours; ESS per second hardly changes.
    """
    if rows < 50_000:
        return 1000, 1000
    return (150, 100) if system in ("users_guide", "vectorised") else (300, 300)


def fit(system: str, problem: Problem, frame: pd.DataFrame, seed: int) -> Run:
    """Fit a problem with a system; what it needs is imported here alone.

    Raises
    ------
    NotImplementedError
        If the system has no such model.
    """
    if system not in SYSTEMS:
        raise ValueError(f"Unknown system {system!r}; expected one of {', '.join(SYSTEMS)}.")
    if system in ("stanmix", "stanmix_auto"):
        from systems import by_stanmix

        of = by_stanmix.fit_stanmix if system == "stanmix" else by_stanmix.fit_auto
        return of(problem, frame, seed)
    warmup, draws = iterations(system, len(frame))
    if system in ("users_guide", "vectorised"):
        from systems.by_stan import fit_stan

        return fit_stan(system, problem, frame, seed, warmup, draws)
    module = importlib.import_module(f"systems.by_{system}")
    run: Run = getattr(module, f"fit_{system}")(problem, frame, seed, warmup, draws)
    return run
