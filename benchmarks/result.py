"""What a run of a system on a problem gave, measured the same way for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import arviz
import numpy as np

__all__ = ["Run", "measure", "median_seconds"]


@dataclass(frozen=True)
class Run:
    """What a system hands back.

    Attributes
    ----------
    build_seconds, sample_seconds : float
        Before and after the program can run; sampling includes starts, warm-up, and writing and
        reading of data and draws.
    draws : dict of str to array
        ``(draw, ...)`` under the names theta, mu, beta, sigma, nu, phi; components in ascending
        order. A point estimate has one draw.
    leapfrogs : float or None
        Mean number a draw, after warm-up.
    gradient_seconds : float or None
        Of one leapfrog.
    note : str
    """

    build_seconds: float
    sample_seconds: float
    draws: dict[str, np.ndarray]
    leapfrogs: float | None = None
    gradient_seconds: float | None = None
    note: str = ""


def measure(run: Run) -> dict[str, object]:
    """Return a run's figures as plain values: ESS, means and their Monte Carlo errors."""
    means, errors, ess = {}, {}, {}
    for name, values in run.draws.items():
        flat = np.asarray(values, dtype=float).reshape(len(values), -1)
        for j, column in enumerate(flat.T):
            label = f"{name}[{j + 1}]"
            means[label] = float(column.mean())
            if len(column) > 3 and np.ptp(column) > 0:
                ess[label] = np.asarray(arviz.ess(column[None, :], method="bulk")).item()
                errors[label] = np.asarray(arviz.mcse(column[None, :], method="mean")).item()
    least = min(ess.values(), default=None)
    return {
        "build_seconds": run.build_seconds,
        "sample_seconds": run.sample_seconds,
        "ess": least,
        "ess_per_second": None if least is None else least / run.sample_seconds,
        "leapfrogs": run.leapfrogs,
        "gradient_ms": None if run.gradient_seconds is None else 1e3 * run.gradient_seconds,
        "means": means,
        "errors": errors,
        "note": run.note,
    }


def median_seconds(call: Callable[[], object], times: int = 20) -> float:
    """Return how long a call takes, once it has been made."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))
