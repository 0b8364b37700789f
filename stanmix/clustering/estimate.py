"""Point estimates of a partition, and their uncertainty, from sampled allocations.

A partition has no labels to switch: nothing here needs relabelled draws. Allocations
``z`` are ``(chain, draw, obs)``; all chains count alike. Two losses between partitions
are known, both between 0 and the largest distance of two partitions, and both of the
form ``F(first) + F(second) - 2 F(both)``, with F a sum over the clusters:

- ``"binder"``: the part of all ordered pairs of observations, pairs of one observation
  with itself included, that are together in one partition only (Binder 1978);
- ``"vi"``: the variation of information, in bits (Meila 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Flag, Integer, Number, OneOf, OrNone, checked
from stanmix.clustering.counts import LossTable
from stanmix.clustering.extension import extend
from stanmix.clustering.search import search
from stanmix.relabel.checks import (
    GENERATOR,
    FloatArray,
    IntArray,
    check_allocations,
    check_partition,
)
from stanmix.relabel.tables import blocks, contingency

__all__ = [
    "CredibleBall",
    "Loss",
    "PartitionEstimate",
    "credible_ball",
    "distances",
    "expected_loss",
    "point_estimate",
]

Loss = Literal["vi", "binder"]

_LOSS = OneOf(*get_args(Loss))

_BLOCK = 1 << 22
# With more observations than this, so many of them are searched, and the others allocated.
_SEARCHED, _SUBSAMPLE = 5_000, 2_000


@dataclass(frozen=True)
class PartitionEstimate:
    """A partition of small expected loss.

    Attributes
    ----------
    labels : ndarray of int, shape (obs,)
        Clusters, numbered from the largest to the smallest; of equal ones, the one with
        the first observation comes first.
    clusters : int
        Number of clusters.
    loss : str
        The loss that was minimised.
    expected_loss : float
        Its mean over the draws; see the module for the units.
    reached : tuple of float
        The expected loss that each start reached, on the observations that were searched. Where
        they agree, the minimum is likely the least that there is.
    searched : int
        Observations that were searched: all, or a random subsample from which the partition was
        extended to the others.
    """

    labels: NDArray[np.intp]
    clusters: int
    loss: str
    expected_loss: float
    reached: tuple[float, ...]
    searched: int


@dataclass(frozen=True)
class CredibleBall:
    """The draws that are near a partition, and the extremes among them.

    Attributes
    ----------
    radius : float
        The distance within which lies the stated part of the draws.
    probability : float
        The part of the draws that the ball holds; at least what was asked for.
    inside : ndarray of bool, shape (chain, draw)
        Which draws it holds.
    horizontal : ndarray of int, shape (partition, obs)
        The partitions in the ball that are farthest from its centre.
    upper : ndarray of int, shape (partition, obs)
        Those with fewest clusters in the ball, and of these the farthest.
    lower : ndarray of int, shape (partition, obs)
        Those with most clusters in the ball, and of these the farthest.
    """

    radius: float
    probability: float
    inside: NDArray[np.bool_]
    horizontal: NDArray[np.intp]
    upper: NDArray[np.intp]
    lower: NDArray[np.intp]


@checked(loss=_LOSS)
def distances(labels: ArrayLike, z: ArrayLike, loss: Loss = "vi") -> FloatArray:
    """Give the distance of each draw from a partition.

    Parameters
    ----------
    labels : array_like of int, shape (obs,)
        A partition.
    z : array_like of int, shape (chain, draw, obs)
        Allocations.
    loss : {"vi", "binder"}, default "vi"
        The distance; see the module for the units.

    Returns
    -------
    ndarray, shape (chain, draw)
        Distances.

    Raises
    ------
    InputError
        If a shape does not fit, or the loss is unknown.
    """
    flat, components = _draws(z)
    partition = check_partition(labels, flat.shape[1], None, "labels")
    number = max(components, int(partition.max()) + 1)
    f = _table(loss, flat.shape[1]).f
    found = np.empty(len(flat))
    for part in blocks(len(flat), number * number, _BLOCK):
        joint = contingency(flat[part], partition, number)
        found[part] = (
            f[joint.sum(axis=1)].sum(axis=1)
            + f[joint.sum(axis=2)].sum(axis=1)
            - 2 * f[joint].sum(axis=(1, 2))
        )
    # Equal partitions may come out a rounding error below 0.
    return np.maximum(found, 0).reshape(np.shape(z)[:2])


@checked(loss=_LOSS)
def expected_loss(labels: ArrayLike, z: ArrayLike, loss: Loss = "vi") -> float:
    """Give the posterior expected loss of a partition, the mean of its `distances`.

    Parameters
    ----------
    labels : array_like of int, shape (obs,)
        A partition.
    z : array_like of int, shape (chain, draw, obs)
        Allocations.
    loss : {"vi", "binder"}, default "vi"
        The loss; see the module for the units.

    Returns
    -------
    float
        The mean over the draws.

    Raises
    ------
    InputError
        If a shape does not fit, or the loss is unknown.
    """
    return float(distances(labels, z, loss).mean())


@checked(
    loss=_LOSS,
    max_clusters=OrNone(Integer(1)),
    starts=Integer(1),
    seed=GENERATOR,
    searched=OrNone(Integer(1)),
    progress=Flag(),
)
def point_estimate(
    z: ArrayLike,
    loss: Loss = "vi",
    *,
    max_clusters: int | None = None,
    starts: int = 8,
    seed: int | np.random.Generator = 0,
    searched: int | None = None,
    progress: bool = False,
) -> PartitionEstimate:
    """Find the partition of least posterior expected loss.

    The number of clusters is not fixed, and need not be that of any draw. The search
    takes observations out one by one and puts each where the expected loss over all
    draws is least, a cluster of its own included, until none moves; then it tries to
    merge clusters and to break each up. It starts from the best of some draws, from one
    cluster, and from partitions that are built up in a random order.

    Of more than 5 000 observations a random 2 000 are searched. The others are then
    allocated to the cluster where the expected loss is least, a part after another, and
    all are placed anew as long as that lowers the expected loss over all observations.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations.
    loss : {"vi", "binder"}, default "vi"
        What to minimise. Binder's loss tends to more and smaller clusters.
    max_clusters : int, optional
        Most clusters; by default as many as observations.
    starts : int, default 8
        Starts that are built up in a random order.
    seed : int or numpy.random.Generator, default 0
        What the order depends on.
    searched : int, optional
        Observations to search, as many as there are or fewer; by default as above.
    progress : bool, default False
        Show bars.

    Returns
    -------
    PartitionEstimate
        The best partition found, its expected loss, what each start reached, and how many
        observations were searched.

    Raises
    ------
    InputError
        If ``z`` has another shape or holds no allocations, the loss is unknown, or
        ``max_clusters``, ``starts`` or ``searched`` is not positive.

    Notes
    -----
    A pass over the observations takes of the order of N x draws x clusters steps: give some
    1 000 draws, thinned.

    References
    ----------
    Wade and Ghahramani (2018), Bayesian Analysis 13, 559-626; the search is in the
    manner of Dahl, Johnson and Mueller (2022), J. Comput. Graph. Stat. 31, 1189-1201.
    """
    flat, components = _draws(z)
    observations = flat.shape[1]
    if searched is None:
        searched = observations if observations <= _SEARCHED else _SUBSAMPLE
    rng = np.random.default_rng(seed)
    most = observations if max_clusters is None else max_clusters
    whole = searched >= observations
    some = np.arange(observations)
    if not whole:
        some = np.sort(rng.choice(observations, searched, replace=False))
    best, reached = search(
        flat if whole else np.ascontiguousarray(flat[:, some]),
        components,
        _table(loss, len(some)),
        most=most,
        starts=starts,
        rng=rng,
        progress=progress,
    )
    if not whole:
        table = _table(loss, observations)
        best = extend(flat, components, table, some, best, most, rng, progress)
    labels = _by_size(best)
    return PartitionEstimate(
        labels, int(labels.max()) + 1, loss, expected_loss(labels, z, loss), reached, len(some)
    )


@checked(loss=_LOSS, probability=Number(above=0, most=1))
def credible_ball(
    labels: ArrayLike, z: ArrayLike, loss: Loss = "vi", probability: float = 0.95
) -> CredibleBall:
    """Give the smallest ball around a partition that holds a part of the posterior.

    Parameters
    ----------
    labels : array_like of int, shape (obs,)
        The centre, as from `point_estimate`.
    z : array_like of int, shape (chain, draw, obs)
        Allocations.
    loss : {"vi", "binder"}, default "vi"
        The distance; see the module for the units.
    probability : float, default 0.95
        The part of the draws to hold, above 0 and at most 1.

    Returns
    -------
    CredibleBall
        Radius, the draws inside, and the extreme partitions among them.

    Raises
    ------
    InputError
        If a shape does not fit, the loss is unknown, or the probability is not in (0, 1].

    References
    ----------
    Wade and Ghahramani (2018), Bayesian Analysis 13, 559-626, section 4.
    """
    far = distances(labels, z, loss)
    ranked = np.sort(far, axis=None)
    # Without the last digits, so that 0.95 of 20 draws are 19, not 20.
    needed = int(np.ceil(round(probability * ranked.size, 9)))
    # Equal distances may differ in rounding; the ball holds all of them.
    tolerance = 1e-12
    radius = float(ranked[needed - 1])
    inside = far <= radius + tolerance
    flat, components = _draws(z)
    within, distance = np.flatnonzero(inside), far[inside]
    clusters = np.array(
        [np.count_nonzero(np.bincount(flat[draw], minlength=components)) for draw in within]
    )

    def farthest(among: NDArray[np.bool_]) -> NDArray[np.intp]:
        chosen = within[among & (distance >= distance[among].max() - tolerance)]
        return np.unique([_by_appearance(flat[draw]) for draw in chosen], axis=0)

    return CredibleBall(
        radius=radius,
        probability=float(inside.mean()),
        inside=inside,
        horizontal=farthest(np.ones(len(within), dtype=bool)),
        upper=farthest(clusters == clusters.min()),
        lower=farthest(clusters == clusters.max()),
    )


def _draws(z: ArrayLike) -> tuple[IntArray, int]:
    """Check allocations, and put the draws of all chains in one row."""
    values, components = check_allocations(z)
    return values.reshape(-1, values.shape[2]), components


def _table(loss: Loss, observations: int) -> LossTable:
    """Give the cluster function F of a loss, for clusters of 0, ..., N observations."""
    share = np.arange(observations + 1) / observations
    if loss == "binder":
        return LossTable(share**2)
    return LossTable(share * np.log2(np.where(share > 0, share, 1)))


def _by_appearance(labels: IntArray) -> NDArray[np.intp]:
    """Give clusters numbered by their first observation."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank: NDArray[np.intp] = np.argsort(np.argsort(first))[inverse]
    return rank


def _by_size(labels: IntArray) -> NDArray[np.intp]:
    """Give clusters numbered from the largest to the smallest."""
    appearing = _by_appearance(labels)
    order = np.argsort(-np.bincount(appearing), kind="stable")
    rank: NDArray[np.intp] = np.argsort(order)[appearing]
    return rank
