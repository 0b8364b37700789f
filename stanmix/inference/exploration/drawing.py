"""Weighted draws are made: what a posterior looks like before a chain has been run.

Adaptive multiple importance sampling (Cornuet, Marin, Mira & Robert, 2012, Scand. J. Stat. 39,
798-812) against Stan's log density, from t distributions at all its optima, averaged over the
numberings of the components, and from components that the data leave empty.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.emptied import Density
from stanmix.inference.exploration.importance import effective_draws, smoothed
from stanmix.inference.exploration.moving import Beyond, moved
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import (
    DEFENSIVE,
    Drawn,
    Proposal,
    Symmetric,
    Tie,
    Values,
    with_floor,
    with_others,
)
from stanmix.inference.exploration.t_mixture import HEAVY, LIGHT, Labels, T
from stanmix.inference.exploration.weighted import STEADY, TRUSTED, WANTED, Weighted

__all__ = ["MORE", "ROUNDS", "draw"]

Array = NDArray[np.float64]

FIRST = 300  # draws about the optima that may settle it
LATER = 2000  # draws of each round after
ROUNDS = 4
MORE = 4  # rounds after those, while the weights cannot be trusted
WITHIN = 12.0  # optima with a mass this far below the largest are left out
NORMAL = 0.6  # normality at which the first draws settle it
# A tail begins beyond them where a point so many sds away would weigh more than so many draws.
REACH, UNSEEN = 4.0, 10.0
# Effective draws for each draw at which proposals are left as they are; else they are moved once
# more before as many are drawn as seem to be lacking, and a few to spare.
ENOUGH, SPARE = 0.5, 1.15
LEAST_LATER, MOST_LATER = 50, 20_000


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
    wanted: float = 0.0,
    budget: int = 0,
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
    wanted : float
        Effective draws that are to be reached in rounds after those. Where there are any, rounds
        also go on while they move a mean or an sd.
    budget : int
        At most so many draws in all, but for a first round; 0 for as many as the rounds take.

    Returns
    -------
    Weighted
    """
    masses = np.array([one.log_mass for one in optima])
    near = [i for i in range(len(optima)) if masses[i] > masses.max() - WITHIN]
    kept = [optima[i] for i in near]
    share = np.exp(masses[near] - masses[near].max())
    share = with_floor(share / share.sum())
    around: list[Density] = [
        Symmetric(T(one.point, one.covariance, freedom), labels, i)
        for i, one in enumerate(kept)
        for freedom in (LIGHT, HEAVY)
    ]
    tied = [
        Beyond(tie, Symmetric(tie.t, labels, i, local=True))
        for i, one in enumerate(kept)
        for tie in ties(one)
    ]
    share = np.repeat(share, 2) * np.tile([2 / 3, 1 / 3], len(kept))
    proposal = with_others(around, share, [one.first for one in tied], empty)
    drawn = Drawn()
    first = max(first, int(min(SPARE * wanted, LATER, budget or LATER)))
    far = _far(kept[0]) if len(kept) == 1 else np.empty((0, len(kept[0].point)))
    count = int(first / (1 - DEFENSIVE)) if empty else first
    there = drawn.add(proposal, count, target, rng, far)
    found = _weighted(drawn, proposal, kept, labels)
    if not _reach(found, far, there):
        found = dataclasses.replace(found, normality=0.0)
    if wanted and not _settled(found, not tied):
        found = dataclasses.replace(found, drift=np.inf)  # until a round has shown it

    def with_more(count: int) -> Weighted:
        drawn.add(proposal, count, target, rng)
        later = _weighted(drawn, proposal, kept, labels)
        drift = _drift(found, later) if wanted else 0.0
        return dataclasses.replace(later, normality=found.normality, drift=drift)

    for number in range(rounds + more):
        enough = found.trusted if number >= rounds else _settled(found, not tied)
        enough = enough and found.drift < STEADY
        left = budget - drawn.total if budget else LATER
        if (enough and all(one.known(found) for one in tied)) or left <= 0:
            break
        proposal = moved(drawn, found, kept, labels, tied, empty)
        found = with_more(min(LATER, left))
    for number in itertools.count():
        if found.effective >= wanted or (left := budget - drawn.total) <= 0:
            break
        worth = found.effective / drawn.total
        moves = worth < ENOUGH and number < MORE
        if moves:
            proposal = moved(drawn, found, kept, labels, tied, empty)
        lacking = SPARE * (wanted - found.effective) / max(worth, 1e-9)
        count = int(np.clip(lacking, LEAST_LATER, LATER if moves else MOST_LATER))
        found = with_more(min(count, left))
    return found


def _settled(found: Weighted, may_settle: bool) -> bool:
    """Return whether no more draws are needed but for what lies beyond ties."""
    normal = found.normality > NORMAL and found.empty_mass < 0.01 and len(found.optima) == 1
    normal = normal and may_settle
    return found.k_hat < TRUSTED and (normal or found.effective > WANTED)


def _drift(before: Weighted, after: Weighted) -> float:
    """Return by how much a round moved a mean, in sds, or an sd, as a part of it."""
    (mean, sd), (later, later_sd) = before.moments, after.moments
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.concatenate([(later - mean) / later_sd, sd / later_sd - 1])
    return float(np.abs(np.where(np.isnan(gaps), 0.0, gaps)).max(initial=0.0))


def _far(one: Optimum) -> Array:
    """Return points `REACH` sds away from an optimum along each coordinate, to both sides."""
    steps = REACH * one.covariance / np.sqrt(np.diag(one.covariance))[:, None]
    return np.concatenate([one.point + steps, one.point - steps])


def _reach(found: Weighted, far: Array, there: Array) -> bool:
    """Return whether the few first draws reach as far as the density does.

    A long tail, as that of a shape which the data leave open, may begin where none of them lie, and
    then their weights know nothing of it. It is looked for at points `far`, where the density of
    the posterior is `there`.
    """
    log_weights = there - found.proposal.log_density(far) - found.log_evidence
    return not (log_weights > np.log(UNSEEN)).any()


def _weighted(
    drawn: Drawn, proposal: Proposal, optima: Sequence[Optimum], labels: Labels
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
        effective_draws(weights) / count,
        tuple(optima),
        masses,
        empty,
        *drawn.evidence(),
        proposal,
    )


def _aligned(drawn: Drawn, shares: Array, labels: Labels) -> tuple[Array, NDArray[np.intp]]:
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
