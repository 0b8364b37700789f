"""Weighted draws from a posterior, and whether they can be relied on.

The weights tell how much of the posterior each optimum holds, and Pareto k-hat (Vehtari, Simpson,
Gelman, Yao & Gabry, 2024, J. Mach. Learn. Res. 25(72)) whether they can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.importance import effective_draws, systematic
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import Proposal

__all__ = ["FEWEST", "STEADY", "TRUSTED", "WANTED", "Weighted", "trustworthy"]

Array = NDArray[np.float64]

WANTED = 1000  # effective draws that are enough
FEWEST = 100  # effective draws without which nothing can be said
# k-hat below which weighted draws are taken at their word, and below which many of them are.
TRUSTED, USABLE = 0.5, 0.7
# A long tail is reached round by round, under weights that know nothing of what lies beyond: they
# are taken at their word once a round moves no mean by so many sds, and no sd by this part of it.
STEADY = 0.05


@dataclass(frozen=True)
class Weighted:
    """Draws with weights that make them draws from the posterior.

    Attributes
    ----------
    points : ndarray of shape (S, D)
        In coordinates of components, numbered like the optimum that they belong to.
    belongs : ndarray of int, shape (S,)
        Which optimum that is.
    weights : ndarray of shape (S,)
        Pareto-smoothed; they sum to one.
    k_hat : float
        Of the importance ratios.
    normality : float
        Effective draws for each draw of the first round about the optima: near one where the
        curvature there tells all, and zero where a tail begins beyond them.
    optima : tuple of Optimum
    masses : ndarray
        Part of the posterior about each optimum.
    empty_mass : float
        Part of it where a component is empty.
    log_evidence : float
        Logarithm of the integral of the density, but for constants that Stan drops.
    evidence_error : float
        Its Monte Carlo standard error.
    proposal : Proposal
        The last, adapted one.
    whole : bool
        Whether there were draws from every part of the posterior that may matter.
    proper : bool
        Whether the density has an integral, without which weights mean nothing.
    drift : float
        By how much the last round moved a mean, in sds, or an sd, as a part of it; zero where
        nobody asks, or the first draws settle it.
    """

    points: Array
    belongs: NDArray[np.intp]
    weights: Array
    k_hat: float
    normality: float
    optima: tuple[Optimum, ...]
    masses: Array
    empty_mass: float
    log_evidence: float
    evidence_error: float
    proposal: Proposal
    whole: bool = True
    proper: bool = True
    drift: float = 0.0

    @property
    def effective(self) -> float:
        """Number of draws from the posterior that they are worth (Kong, Liu & Wong, 1994)."""
        return effective_draws(self.weights)

    @property
    def trusted(self) -> bool:
        """Whether expectations over them can be taken for those of the posterior."""
        held = self.whole and self.proper and self.drift < STEADY
        return held and trustworthy(self.k_hat, self.effective)

    @property
    def moments(self) -> tuple[Array, Array]:
        """Weighted means and sds, in coordinates of components."""
        mean = self.weights @ self.points
        return mean, np.sqrt(self.weights @ (self.points - mean) ** 2)

    def resample(
        self, count: int, rng: np.random.Generator, groups: NDArray[np.intp] | None = None
    ) -> NDArray[np.intp]:
        """Return rows of draws in proportion to their weights, evenly over groups of them.

        Parameters
        ----------
        count : int
        rng : Generator
        groups : ndarray of int, shape (S,), optional
            Of each draw; by default the optimum that it belongs to. A group of weight w gets
            ``w * count`` of the rows, rounded up or down.
        """
        order = np.argsort(self.belongs if groups is None else groups, kind="stable")
        return np.asarray(order[systematic(self.weights[order], count, rng)])


def trustworthy(k_hat: float, effective: float) -> bool:
    """Return whether weights of a k-hat, worth so many draws, can be relied on."""
    few, many = effective > FEWEST, effective > WANTED
    return (k_hat < TRUSTED and few) or (k_hat < USABLE and many)
