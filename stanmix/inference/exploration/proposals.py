"""What weighted draws come from: mixtures of distributions that know no labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.inference.exploration.emptied import Density
from stanmix.inference.exploration.t_mixture import Labels, T

__all__ = ["Drawn", "Proposal", "Symmetric", "Tie", "Values", "with_floor", "with_others"]

Array = NDArray[np.float64]
Values = Callable[[Array], Array]

DEFENSIVE = 0.25  # part of the draws with an empty component
TIES = 0.15  # part of the draws about places where components change their order
FLOOR = 0.1  # each optimum gets at least this part of an equal share of the draws


@dataclass(frozen=True)
class Symmetric:
    """A t distribution whose density is averaged over the numberings of the components."""

    t: T
    labels: Labels
    optimum: int  # whose neighbourhood it covers
    local: bool = False  # a part of the neighbourhood, about a draw of large weight

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D), in the labels of the centre."""
        return self.t.draw(count, rng)

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), averaged over the numberings."""
        return self.t.nearest(points, self.labels)[0]


@dataclass(frozen=True)
class Tie:
    """Where two components have another order than at an optimum.

    Attributes
    ----------
    t : T
        About the part of the posterior that lies there.
    across : ndarray of shape (D,)
        Points lie there whose product with it is negative.
    """

    t: T
    across: Array


@dataclass(frozen=True)
class Proposal:
    """A mixture of distributions of points.

    Attributes
    ----------
    parts : tuple of Density
    shares : ndarray
        Their weights, which sum to one.
    """

    parts: tuple[Density, ...]
    shares: Array

    def counts(self, count: int) -> NDArray[np.intp]:
        """Return how many of a number of draws come from each part."""
        upto = np.round(np.cumsum(self.shares) / self.shares.sum() * count)
        return np.asarray(np.diff(upto, prepend=0).astype(np.intp))

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""
        counts = zip(self.parts, rng.multinomial(count, self.shares), strict=True)
        points = np.concatenate([part.draw(int(n), rng) for part, n in counts])
        return points[rng.permutation(count)]

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), averaged over the numberings."""
        terms = [
            np.log(share) + part.log_density(points)
            for part, share in zip(self.parts, self.shares, strict=True)
            if share > 0
        ]
        return np.asarray(logsumexp(np.stack(terms), axis=0))


@dataclass
class Drawn:
    """Draws so far, with the log density of each under the posterior and under each part."""

    parts: list[Density] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    target: list[Array] = field(default_factory=list)
    densities: list[Array] = field(default_factory=list)  # one a part, of all draws
    own: list[Array] = field(default_factory=list)  # of a round's draws, under its own proposal

    @property
    def total(self) -> int:
        """How many draws there are."""
        return sum(self.counts)

    def add(
        self,
        proposal: Proposal,
        count: int,
        target: Values,
        rng: np.random.Generator,
        beside: Array | None = None,
    ) -> Array:
        """Draw from a proposal, and evaluate new draws under all parts, and all under new ones.

        Return the target's log density of points that are asked for beside them.
        """
        counts = proposal.counts(count)
        new = np.concatenate(
            [part.draw(int(n), rng) for part, n in zip(proposal.parts, counts, strict=True)]
        )
        for i, part in enumerate(self.parts):
            self.densities[i] = np.concatenate([self.densities[i], part.log_density(new)])
        self.points.append(new)
        values = target(new if beside is None else np.concatenate([new, beside]))
        self.target.append(values[: len(new)])
        every = np.concatenate(self.points)
        own = []
        for part, n in zip(proposal.parts, counts, strict=True):
            known = next((i for i, other in enumerate(self.parts) if other is part), None)
            if known is None:
                known = len(self.parts)
                self.parts.append(part)
                self.counts.append(0)
                self.densities.append(part.log_density(every))
            self.counts[known] += int(n)
            if n:
                own.append(self.densities[known][-len(new) :] + np.log(n / len(new)))
        self.own.append(np.asarray(logsumexp(np.stack(own), axis=0)))
        return values[len(new) :]

    def shares(self) -> tuple[Array, Array]:
        """Return the log density of draws under all proposals, and each part's share of it."""
        with np.errstate(divide="ignore"):
            logs = np.log(np.array(self.counts, dtype=float) / self.total)
        terms = np.stack(self.densities) + logs[:, None]
        total = logsumexp(terms, axis=0)
        return total, np.exp(terms - total)

    def evidence(self) -> tuple[float, float]:
        """Return the logarithm of the target's integral, and its standard error.

        Of the last rounds, which half of the draws are in, each against its own proposal. Weighed
        against all proposals, draws that a later one was moved to count for less, and the integral
        comes out too small (Marin, Pudlo & Sedki, 2019, Bernoulli 25, 1977-1998).
        """
        log_ratios: list[Array] = []
        for target, own in zip(reversed(self.target), reversed(self.own), strict=True):
            log_ratios.append(target - own)
            if 2 * sum(map(len, log_ratios)) >= self.total:
                break
        log_ratio = np.concatenate(log_ratios)
        ratio = np.exp(log_ratio - log_ratio.max())
        error = ratio.std() / ratio.mean() / np.sqrt(len(ratio))
        return float(log_ratio.max() + np.log(ratio.mean())), float(error)


def with_floor(share: Array) -> Array:
    """Return shares that sum to one, of which none is next to nothing."""
    raised = np.maximum(share, FLOOR / len(share))
    return np.asarray(raised / raised.sum())


def with_others(
    around: Sequence[Density],
    share: Array,
    tied: Sequence[Density],
    empty: Sequence[Density],
) -> Proposal:
    """Add to the distributions about the optima those of ties and of empty components."""
    parts = tuple(around)
    for added, total in ((tied, TIES), (empty, DEFENSIVE)):
        if added:
            own = np.full(len(added), total / len(added))
            parts, share = (*parts, *added), np.concatenate([(1 - total) * share, own])
    return Proposal(parts, share)
