"""A partition of some observations extended to all: how large numbers of them are clustered.

Moving observations one by one, as `stanmix.clustering.search` does, takes minutes from some ten
thousand on. Here many observations move together, against counts that stay as they are meanwhile.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stanmix.bars import bar
from stanmix.clustering.counts import GAIN, LossTable, Partition
from stanmix.relabel.checks import FloatArray, IntArray

__all__ = ["extend"]

# Observations are placed together that are at most this part of those which are placed already.
_PART = 10
# All are placed anew while that lowers the expected loss by this part of it.
_ENOUGH, _MOST_SWEEPS = 1e-4, 10


def extend(
    z: IntArray,
    components: int,
    table: LossTable,
    some: NDArray[np.intp],
    labels: NDArray[np.intp],
    most: int,
    rng: np.random.Generator,
    progress: bool = False,
) -> NDArray[np.intp]:
    """Extend a partition of some observations to all of them.

    The others go, in a random order, to the cluster where the expected loss over all draws is
    least given those that are placed, or to a new one. Then all are placed anew, another new
    cluster is offered each time, and clusters are merged, as long as that lowers the expected loss.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    components : int
        Number of labels in ``z``.
    table : LossTable
        The loss, for all observations.
    some : ndarray of int, shape (part,)
        The observations that have a cluster.
    labels : ndarray of int, shape (part,)
        Their clusters 0, 1, ..., none of them empty.
    most : int
        Most clusters.
    rng : numpy.random.Generator
        Source of the order.
    progress : bool
        Show bars.

    Returns
    -------
    ndarray of int, shape (obs,)
        Clusters 0, 1, ..., none of them empty.
    """
    first = np.full(z.shape[1], -1, dtype=np.intp)
    first[some] = labels
    state = _LargePartition(z, components, table, most, first)
    rest = rng.permutation(np.flatnonzero(first < 0))
    cuts = [0]
    while cuts[-1] < len(rest):
        cuts.append(min(cuts[-1] + max((len(some) + cuts[-1]) // _PART, 1), len(rest)))
    parts = [rest[start:stop] for start, stop in pairwise(cuts)]
    state.grow()
    for part in bar(parts, "allocation of all rows, parts", progress):
        state.place(part)
    state.tidy()
    for _ in range(_MOST_SWEEPS):
        before, kept = state.expected_loss(), state.snapshot()
        state.grow()
        for part in bar(
            np.array_split(rng.permutation(len(first)), _PART), "all rows again, parts", progress
        ):
            state.move(part)
        state.tidy()
        gain = before - state.expected_loss()
        if gain < 0:  # moves of many at once may go too far
            state.restore(kept)
        if gain < _ENOUGH * before:
            break
    return state.labels


class _LargePartition(Partition):
    """A partition in which many observations move together.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    components : int
        Number of labels in ``z``.
    table : LossTable
        The loss.
    most : int
        Most clusters.
    labels : ndarray of int, shape (obs,)
        Clusters 0, 1, ..., none of them empty; -1 for none yet.
    """

    def __init__(
        self,
        z: IntArray,
        components: int,
        table: LossTable,
        most: int,
        labels: NDArray[np.intp],
    ) -> None:
        self._z, self._components, self._most = z, components, most
        clusters = int(labels.max()) + 1
        super().__init__(
            len(z),
            table,
            labels,
            np.zeros(clusters, dtype=np.intp),
            np.zeros((len(z) * components, clusters), dtype=np.int32),
        )
        self.clusters = clusters
        self._count(np.flatnonzero(labels >= 0), 1)

    def expected_loss(self) -> float:
        """Give the expected loss."""
        of_draws = self._f[self._joint.sum(axis=1)].sum() / self._draws
        return self.loss() + float(of_draws)

    def place(self, rows: NDArray[np.intp]) -> None:
        """Put observations that have no cluster where the loss of each alone is least."""
        self.labels[rows] = self._costs(rows).argmin(axis=1)
        self._count(rows, 1)

    def grow(self) -> None:
        """Add an empty cluster, if there may be one more."""
        if self.clusters < self._most:
            self._sizes = np.append(self._sizes, 0)
            self._joint = np.pad(self._joint, ((0, 0), (0, 1)))
            self.clusters += 1

    def move(self, rows: NDArray[np.intp]) -> None:
        """Put observations where the loss of each alone is least."""
        own = self.labels[rows]
        cost = self._costs(rows, own)
        at = np.arange(len(rows))
        best = cost.argmin(axis=1)
        leaves = cost[at, best] < cost[at, own] - GAIN
        self._count(rows[leaves], -1)
        self.labels[rows] = np.where(leaves, best, own)
        self._count(rows[leaves], 1)

    def tidy(self) -> None:
        """Leave out empty clusters, and merge others as long as that lowers the loss."""
        self._drop_empty()
        while self.merge():
            pass
        self._drop_empty()

    def _drop_empty(self) -> None:
        full = self._sizes > 0
        self.labels = (np.cumsum(full) - 1)[self.labels]
        self._sizes = self._sizes[full]
        self._joint = np.compress(full, self._joint, axis=1)
        self.clusters = len(self._sizes)

    def _costs(self, rows: NDArray[np.intp], own: NDArray[np.intp] | None = None) -> FloatArray:
        """Give what observations add to the loss in each cluster, ``(row, cluster)``.

        In its own cluster, if it has one, that is the step to where the counts are, and in the
        others the step to the next.
        """
        last = len(self._step) - 1  # none enters a cluster that holds all
        enter = self._step[np.minimum(self._joint, last)]
        back = self._step[np.maximum(self._joint - 1, 0)].ravel()
        cost = np.zeros((len(rows), self.clusters))
        stay = np.zeros(len(rows))
        for draw, z in enumerate(self._z):
            cell = draw * self._components + z.take(rows).astype(np.intp)
            cost += enter.take(cell, axis=0)
            if own is not None:
                stay += back.take(cell * self.clusters + own)
        cost = self._step[np.minimum(self._sizes, last)] - 2 * cost / self._draws
        if own is not None:
            cost[np.arange(len(rows)), own] = (
                self._step[self._sizes[own] - 1] - 2 * stay / self._draws
            )
        return np.asarray(cost)

    def _count(self, rows: NDArray[np.intp], change: int) -> None:
        """Count observations in their clusters, or no longer."""
        labels = self.labels[rows]
        self._sizes += change * np.bincount(labels, minlength=self.clusters)
        cells = self._components * self.clusters
        by_draw = self._joint.reshape(self._draws, cells)
        for counts, z in zip(by_draw, self._z, strict=True):
            cell = z.take(rows).astype(np.intp) * self.clusters + labels
            counts += change * np.bincount(cell, minlength=cells)
