"""What chains tell of themselves: R-hat, effective draws, Monte Carlo errors, intervals.

As ArviZ computes them in all its versions (Vehtari, Gelman, Simpson, Carpenter & Buerkner, 2021,
Bayesian Anal. 16, 667-718). Too few draws, or a value that is not finite, give NaN.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stanmix import containers

__all__ = ["effective_draws", "r_hat", "shortest_interval", "standard_error"]

Array = NDArray[np.float64]

_TAILS = (0.05, 0.95)  # of the quantiles the lesser number of effective draws


def r_hat(draws: Array) -> float:
    """Return the rank-normalised split R-hat of draws (chain, draw) of at least two chains."""
    with containers.quiet():
        return float(containers.arviz().rhat(draws))


def effective_draws(draws: Array, of: Literal["bulk", "tail", "mean"]) -> float:
    """Return how many independent draws are worth as much as draws (chain, draw).

    Parameters
    ----------
    draws : ndarray of shape (chain, draw)
    of : {"bulk", "tail", "mean"}
        For which figure of them.
    """
    tails = {"prob": _TAILS} if of == "tail" else {}
    with containers.quiet():
        return float(containers.arviz().ess(draws, method=of, **tails))


def standard_error(draws: Array, of: Literal["mean", "sd"]) -> float:
    """Return the Monte Carlo standard error of the mean or sd of draws (chain, draw)."""
    with containers.quiet():
        return float(containers.arviz().mcse(draws, method=of))


def shortest_interval(draws: Array, probability: float) -> tuple[float, float]:
    """Return the ends of the shortest interval that holds this part of draws of any shape."""
    ordered = np.sort(draws, axis=None)
    inside = min(int(probability * ordered.size), ordered.size - 1)
    first = int(np.argmin(ordered[inside:] - ordered[: ordered.size - inside]))
    return float(ordered[first]), float(ordered[first + inside])
