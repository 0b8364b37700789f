"""Weighted draws from a posterior: what it looks like before a chain has been run.

Adaptive multiple importance sampling (Cornuet, Marin, Mira & Robert, 2012, Scand. J. Stat. 39,
798-812) against Stan's log density, from t distributions at all its optima, averaged over the
numberings of the components, and from components that the data leave empty. Each round moves the
distributions to the weights and adds some about the draws of largest weight (incremental mixture
importance sampling: Raftery & Bao, 2010, Biometrics 66, 1162-1173), which follows bent ridges. The
weights tell how much of the posterior each optimum holds, and Pareto k-hat (Vehtari, Simpson,
Gelman, Yao & Gabry, 2024, J. Mach. Learn. Res. 25(72)) whether they can be trusted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.inference.exploration.emptied import Density
from stanmix.inference.exploration.importance import smoothed
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.t_mixture import HEAVY, LIGHT, Labels, T

__all__ = ["Proposal", "Symmetric", "Tie", "Weighted", "draw", "trustworthy"]

Array = NDArray[np.float64]
Values = Callable[[Array], Array]

FIRST = 300  # draws about the optima that may settle it
LATER = 2000  # draws of each round after
ROUNDS = 4
MORE = 4  # rounds after those, while the weights cannot be trusted
DEFENSIVE = 0.25  # part of the draws with an empty component
TIES = 0.15  # part of the draws about places where components change their order
RIDGE = 0.4  # part of the draws of later rounds about draws of large weight,
PEAKS, NEIGHBOURS = 4, 0.05  # so many of them, each with this part of all draws for its covariance
WITHIN = 12.0  # optima with a mass this far below the largest are left out
FLOOR = 0.1  # each of the others gets at least this part of an equal share of the draws
NORMAL = 0.6  # normality at which the first draws settle it
# A tail begins beyond them where a point so many sds away would weigh more than so many draws.
REACH, UNSEEN = 4.0, 10.0
WANTED = 1000  # effective draws that are enough
FEWEST = 100  # effective draws without which nothing can be said
NOTHING = 1e-4  # part of the posterior that can do nothing to a mean or sd
# k-hat below which weighted draws are taken at their word, and below which many of them are.
TRUSTED, USABLE = 0.5, 0.7


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
    proposal : Proposal
        The last, adapted one.
    whole : bool
        Whether there were draws from every part of the posterior that may matter.
    proper : bool
        Whether the density has an integral, without which weights mean nothing.
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
    proposal: Proposal
    whole: bool = True
    proper: bool = True

    @property
    def effective(self) -> float:
        """Number of draws from the posterior that they are worth (Kong, Liu & Wong, 1994)."""
        return float(1 / (self.weights**2).sum())

    @property
    def trusted(self) -> bool:
        """Whether expectations over them can be taken for those of the posterior."""
        return self.whole and self.proper and trustworthy(self.k_hat, self.effective)

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
        at = (np.arange(count) + rng.random()) / count
        rows = np.searchsorted(np.cumsum(self.weights[order]), at).clip(0, len(order) - 1)
        return np.asarray(order[rows])


def trustworthy(k_hat: float, effective: float) -> bool:
    """Return whether weights of a k-hat, worth so many draws, can be relied on."""
    few, many = effective > FEWEST, effective > WANTED
    return (k_hat < TRUSTED and few) or (k_hat < USABLE and many)


@dataclass
class _Drawn:
    """Draws so far, with the log density of each under the posterior and under each part."""

    parts: list[Density] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    target: list[Array] = field(default_factory=list)
    densities: list[Array] = field(default_factory=list)  # one a part, of all draws

    def add(self, proposal: Proposal, count: int, target: Values, rng: np.random.Generator) -> None:
        """Draw from a proposal, and evaluate new draws under all parts, and all under new ones."""
        counts = proposal.counts(count)
        new = np.concatenate(
            [part.draw(int(n), rng) for part, n in zip(proposal.parts, counts, strict=True)]
        )
        for i, part in enumerate(self.parts):
            self.densities[i] = np.concatenate([self.densities[i], part.log_density(new)])
        self.points.append(new)
        self.target.append(target(new))
        every = np.concatenate(self.points)
        for part, n in zip(proposal.parts, counts, strict=True):
            known = next((i for i, other in enumerate(self.parts) if other is part), None)
            if known is not None:
                self.counts[known] += int(n)
            else:
                self.parts.append(part)
                self.counts.append(int(n))
                self.densities.append(part.log_density(every))

    def shares(self) -> tuple[Array, Array]:
        """Return the log density of draws under all proposals, and each part's share of it."""
        with np.errstate(divide="ignore"):
            logs = np.log(np.array(self.counts, dtype=float) / sum(self.counts))
        terms = np.stack(self.densities) + logs[:, None]
        total = logsumexp(terms, axis=0)
        return total, np.exp(terms - total)


@dataclass
class _Beyond:
    """What lies beyond a tie: a first distribution there, and the last one moved to weights."""

    tie: Tie
    first: Symmetric

    def __post_init__(self) -> None:
        self.last = self.first

    def weights(self, found: Weighted) -> Array:
        """Return the weights of the draws that lie there; of the others zero."""
        there = (found.belongs == self.first.optimum) & (found.points @ self.tie.across < 0)
        return np.where(there, found.weights, 0.0)

    def known(self, found: Weighted) -> bool:
        """Return whether it holds next to nothing, or has draws enough."""
        weights = self.weights(found)
        total = float(weights.sum())
        return total < NOTHING or total**2 > FEWEST * float((weights**2).sum())


def draw(
    target: Values,
    optima: Sequence[Optimum],
    labels: Labels,
    empty: Sequence[Density],
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    first: int = FIRST,
    more: int = 0,
    ties: Callable[[Optimum], Sequence[Tie]] = lambda one: (),
) -> Weighted:
    """Draw points with weights.

    Parameters
    ----------
    target : callable
        Log densities (S,) of points (S, D).
    optima : sequence of Optimum
        Of the density, distinct, the highest first; at least one.
    labels : Labels
    empty : sequence of Density
        Where a component is empty; none where that cannot be.
    rng : Generator
    rounds : int
        At most so many after the first; each moves the distributions to where the weight is.
    first : int
        Draws of the first round.
    more : int
        At most so many rounds after those, while the weights cannot be trusted, or not beyond ties.
    ties : callable
        Where components have another order than at an optimum. That part of the posterior may be
        small, and count for all that, so it has draws of its own and the first round is not enough.

    Returns
    -------
    Weighted
    """
    masses = np.array([one.log_mass for one in optima])
    near = [i for i in range(len(optima)) if masses[i] > masses.max() - WITHIN]
    kept = [optima[i] for i in near]
    share = np.exp(masses[near] - masses[near].max())
    share = _with_floor(share / share.sum())
    around: list[Density] = [
        Symmetric(T(one.point, one.covariance, freedom), labels, i)
        for i, one in enumerate(kept)
        for freedom in (LIGHT, HEAVY)
    ]
    tied = [
        _Beyond(tie, Symmetric(tie.t, labels, i, local=True))
        for i, one in enumerate(kept)
        for tie in ties(one)
    ]
    share = np.repeat(share, 2) * np.tile([2 / 3, 1 / 3], len(kept))
    proposal = _proposal(around, share, [one.first for one in tied], empty)
    drawn = _Drawn()
    drawn.add(proposal, int(first / (1 - DEFENSIVE)) if empty else first, target, rng)
    found = _weighted(drawn, proposal, kept, labels)
    if len(kept) == 1 and not _reach(found, target):
        found = dataclasses.replace(found, normality=0.0)
    for number in range(rounds + more):
        enough = found.trusted if number >= rounds else _settled(found, not tied)
        if enough and all(one.known(found) for one in tied):
            break
        proposal = _moved(drawn, found, kept, labels, tied, empty)
        drawn.add(proposal, LATER, target, rng)
        later = _weighted(drawn, proposal, kept, labels)
        found = dataclasses.replace(later, normality=found.normality)
    return found


def _settled(found: Weighted, may_settle: bool) -> bool:
    """Return whether no more draws are needed but for what lies beyond ties."""
    normal = found.normality > NORMAL and found.empty_mass < 0.01 and len(found.optima) == 1
    normal = normal and may_settle
    return found.k_hat < TRUSTED and (normal or found.effective > WANTED)


def _reach(found: Weighted, target: Values) -> bool:
    """Return whether the few first draws reach as far as the density does.

    A long tail, as that of a shape which the data leave open, may begin where none of them lie, and
    then their weights know nothing of it. It is looked for along each coordinate.
    """
    (one,) = found.optima
    steps = REACH * one.covariance / np.sqrt(np.diag(one.covariance))[:, None]
    points = np.concatenate([one.point + steps, one.point - steps])
    log_weights = target(points) - found.proposal.log_density(points) - found.log_evidence
    return not (log_weights > np.log(UNSEEN)).any()


def _with_floor(share: Array) -> Array:
    raised = np.maximum(share, FLOOR / len(share))
    return np.asarray(raised / raised.sum())


def _proposal(
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


def _weighted(
    drawn: _Drawn, proposal: Proposal, optima: Sequence[Optimum], labels: Labels
) -> Weighted:
    """Weigh all draws against the mixture of all proposals."""
    log_proposal, shares = drawn.shares()
    log_ratio = np.concatenate(drawn.target) - log_proposal
    weights, k_hat = smoothed(log_ratio)
    masses, empty = np.zeros(len(optima)), 0.0
    count = 0
    for part, share, number in zip(drawn.parts, shares, drawn.counts, strict=True):
        mass = float(weights @ share)
        if isinstance(part, Symmetric):
            masses[part.optimum] += mass
            count += 0 if part.local else number
        else:
            empty += mass
    points, belongs = _aligned(drawn, shares, labels)
    return Weighted(
        points,
        belongs,
        weights,
        k_hat,
        float(1 / (weights**2).sum()) / count,
        tuple(optima),
        masses,
        empty,
        float(logsumexp(log_ratio) - np.log(len(log_ratio))),
        proposal,
    )


def _aligned(drawn: _Drawn, shares: Array, labels: Labels) -> tuple[Array, NDArray[np.intp]]:
    """Return all draws, numbered like the t distribution they most likely came from, and whose."""
    points = np.concatenate(drawn.points)
    around = [i for i, part in enumerate(drawn.parts) if isinstance(part, Symmetric)]
    nearest = np.array(around)[np.argmax(shares[around], axis=0)]
    aligned, belongs = points.copy(), np.zeros(len(points), dtype=np.intp)
    for i in around:
        rows = np.flatnonzero(nearest == i)
        part = drawn.parts[i]
        if len(rows) and isinstance(part, Symmetric):
            _, perm = part.t.nearest(points[rows], labels)
            at = labels.coordinates(perm)
            aligned[rows] = np.take_along_axis(points[rows], at, axis=1)
            belongs[rows] = part.optimum
    return aligned, belongs


def _moved(
    drawn: _Drawn,
    found: Weighted,
    optima: Sequence[Optimum],
    labels: Labels,
    tied: Sequence[_Beyond],
    empty: Sequence[Density],
) -> Proposal:
    """Move each optimum's distribution to the weighted moments of the draws that are its own.

    Those beyond ties are moved too, beside the first ones, which see what these would miss.
    """
    _, shares = drawn.shares()
    around: list[Density] = []
    mass = []
    for i, one in enumerate(optima):
        mine = [
            j
            for j, part in enumerate(drawn.parts)
            if isinstance(part, Symmetric) and part.optimum == i
        ]
        whole = [j for j in mine if not _is_local(drawn.parts[j])]
        last = drawn.parts[whole[-1]]
        assert isinstance(last, Symmetric)  # `mine` holds no other
        weight = found.weights * shares[mine].sum(axis=0)
        mass.append(float(weight.sum()))
        around.append(_at_weights(last, weight, one.covariance, drawn))
    for beyond in tied:
        weight = beyond.weights(found)
        beyond.last = _at_weights(beyond.last, weight, beyond.first.t.scale, drawn)
    share = np.array(mass) / sum(mass) if sum(mass) > 0 else np.full(len(mass), 1 / len(mass))
    peaks = _peaks(found, around, labels)
    shares = np.concatenate(
        [(1 - RIDGE) * _with_floor(share), np.full(len(peaks), RIDGE / len(peaks))]
    )
    ties = [part for one in tied for part in (one.first, one.last)]
    return _proposal([*around, *peaks], shares, ties, empty)


def _at_weights(last: Symmetric, weight: Array, wide: Array, drawn: _Drawn) -> Symmetric:
    """Move a distribution to the moments of weighted draws; few leave it near `wide`, its first."""
    total = float(weight.sum())
    effective = total**2 / float((weight**2).sum()) if total > 0 else 0.0
    if effective < 2:
        return last
    points = np.concatenate(drawn.points)
    rows = np.flatnonzero(weight > 1e-12 * weight.max())
    _, perm = last.t.nearest(points[rows], last.labels)
    at = np.take_along_axis(points[rows], last.labels.coordinates(perm), axis=1)
    w = weight[rows] / weight[rows].sum()
    mean = w @ at
    gap = at - mean
    spread = (w[:, None] * gap).T @ gap * (HEAVY - 2) / HEAVY
    # As many effective draws as there are coordinates count for half.
    trust = effective / (effective + points.shape[1])
    scale = trust * spread + (1 - trust) * wide
    centre = trust * mean + (1 - trust) * last.t.centre
    return dataclasses.replace(last, t=T(centre, scale))


def _is_local(part: Density) -> bool:
    return isinstance(part, Symmetric) and part.local


def _peaks(found: Weighted, around: Sequence[Density], labels: Labels) -> list[Density]:
    """Return distributions about draws of large weight, each as wide as its neighbourhood."""
    S, D = found.points.shape
    left = found.weights.copy()
    peaks: list[Density] = []
    for _ in range(PEAKS):
        top = int(np.argmax(left))
        i = int(found.belongs[top])
        whole = around[i]
        assert isinstance(whole, Symmetric)  # `around` holds no other
        distance = T(found.points[top], whole.t.scale).distance(found.points)
        near = np.argsort(distance)[: max(int(NEIGHBOURS * S), 3 * D)]
        left[near[: len(near) // 4]] = 0.0  # the next peak lies elsewhere
        w = found.weights[near] + 1 / S
        w = w / w.sum()
        gap = found.points[near] - found.points[top]
        spread = (w[:, None] * gap).T @ gap
        peaks.append(
            Symmetric(T(found.points[top], spread + 1e-3 * whole.t.scale), labels, i, local=True)
        )
    return peaks
