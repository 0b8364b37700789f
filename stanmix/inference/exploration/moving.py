"""Proposals moved to where the weight is, after each round of weighted draws.

Each optimum's distribution takes the weighted moments of the draws that are its own, and some more
lie about draws of large weight (incremental mixture importance sampling: Raftery & Bao, 2010,
Biometrics 66, 1162-1173), which follows bent ridges.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.emptied import Density
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import (
    Drawn,
    Proposal,
    Symmetric,
    Tie,
    with_floor,
    with_others,
)
from stanmix.inference.exploration.t_mixture import HEAVY, Labels, T
from stanmix.inference.exploration.weighted import FEWEST, Weighted

__all__ = ["Beyond", "moved"]

Array = NDArray[np.float64]

RIDGE = 0.4  # part of the draws of later rounds about draws of large weight,
PEAKS, NEIGHBOURS = 4, 0.05  # so many of them, each with this part of all draws for its covariance
WIDER = 4.0  # times that covariance where a distribution is to reach further
NOTHING = 1e-4  # part of the posterior that can do nothing to a mean or sd


@dataclass
class Beyond:
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


def moved(
    drawn: Drawn,
    found: Weighted,
    optima: Sequence[Optimum],
    labels: Labels,
    tied: Sequence[Beyond],
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
        [(1 - RIDGE) * with_floor(share), np.full(len(peaks), RIDGE / len(peaks))]
    )
    ties = [part for one in tied for part in (one.first, one.last)]
    return with_others([*around, *peaks], shares, ties, empty)


def _at_weights(last: Symmetric, weight: Array, wide: Array, drawn: Drawn) -> Symmetric:
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
    for number in range(PEAKS):
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
        # Every other reaches beyond its neighbourhood, which may be the end of what was drawn.
        spread = (w[:, None] * gap).T @ gap * (1.0 if number % 2 == 0 else WIDER)
        peaks.append(
            Symmetric(T(found.points[top], spread + 1e-3 * whole.t.scale), labels, i, local=True)
        )
    return peaks
