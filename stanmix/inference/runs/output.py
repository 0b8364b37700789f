"""What any inference method returns: arrays, under the names of the Stan program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.runs.ends import End

__all__ = ["Importance", "Output", "Runs"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """The figures of several runs of a method, of which one was kept.

    Attributes
    ----------
    objective : {"elbo", "lp"}
        What the runs are compared by: evidence lower bound, or log density of a mode.
    numbers : tuple of int
        The R runs that ended, counted from 1.
    kept : int
        The one of highest objective.
    heights : ndarray of shape (R,)
        The objective at the end.
    errors : ndarray of shape (R,), optional
        Its Monte Carlo standard error.
    k_hats : ndarray of shape (R,), optional
        Pareto k-hat of each approximation.
    ends : tuple of End, optional
        How each climb to a mode ended.
    means : dict of str to ndarray
        Parameters, (R, ...): means of the approximation, or the mode.
    sds : dict of str to ndarray
        Standard deviations of the approximation; empty for modes.
    """

    objective: str
    numbers: tuple[int, ...]
    kept: int
    heights: Array
    errors: Array | None = None
    k_hats: Array | None = None
    ends: tuple[End, ...] | None = None
    means: dict[str, Array] = field(default_factory=dict)
    sds: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Importance:
    """What importance weights against Stan's log density say of draws.

    Attributes
    ----------
    k_hat : float
        Pareto k-hat of the ratios of the draws that were proposed.
    effective : float
        Draws from the posterior that they are worth (Kong, Liu & Wong, 1994).
    applied : bool
        Whether the draws have been resampled by the weights.
    means : dict of str to ndarray
        How far the weights move each mean from that of the proposed draws, in posterior sds.
    sds : dict of str to ndarray
        The logarithms of the factors by which they change sds.
    """

    k_hat: float
    effective: float
    applied: bool
    means: dict[str, Array] = field(default_factory=dict)
    sds: dict[str, Array] = field(default_factory=dict)

    def described(self, names: Iterable[str]) -> dict[str, Any]:
        """Return it as plain values, of the variables of these names."""
        moved = {
            name: {"mean": self.means[name].tolist(), "log_sd": self.sds[name].tolist()}
            for name in names
            if name in self.means
        }
        return {
            "k_hat": self.k_hat,
            "effective": self.effective,
            "applied": self.applied,
            "moved": moved,
        }


@dataclass(frozen=True)
class Output:
    """Draws and statistics of a run.

    Attributes
    ----------
    draws : dict of str to ndarray
        Parameters, each of shape (chain, draw, ...).
    stats : dict of str to ndarray
        Statistics of each draw, (chain, draw), under ArviZ's names where it has them; ``lp`` is
        the log density that Stan reports.
    chain_ids : tuple of int
        The chains that finished, counted from 1.
    failed : dict of int to str
        The chains, or the runs of a method that keeps the best of several, that did not, with
        Stan's words.
    elbo : ndarray of shape (evaluation, 2), optional
        Iteration and evidence lower bound, in the units of the data.
    log_unit : float
        What was added to Stan's own ELBO for that.
    converged : bool
        False where the method itself says that it stopped early.
    seconds : float
        Wall time of Stan.
    runs : Runs, optional
        Where there were several, from different starts.
    importance : Importance, optional
        What importance weights say of draws that are no chain's.
    """

    draws: dict[str, Array]
    stats: dict[str, Array]
    chain_ids: tuple[int, ...]
    failed: dict[int, str] = field(default_factory=dict)
    elbo: Array | None = None
    log_unit: float = 0.0
    converged: bool = True
    seconds: float = 0.0
    runs: Runs | None = None
    importance: Importance | None = None
