"""The search for a partition of small expected loss, by moves of single observations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stanmix.bars import bar
from stanmix.clustering.counts import GAIN, LossTable, Partition
from stanmix.relabel.alternation import subset
from stanmix.relabel.checks import IntArray
from stanmix.relabel.tables import blocks, contingency

__all__ = ["search"]

# Draws of which the best is a start, and on how many draws they are judged.
_CANDIDATES = 50


def search(
    z: IntArray,
    components: int,
    table: LossTable,
    most: int,
    starts: int,
    rng: np.random.Generator,
    progress: bool = False,
) -> tuple[NDArray[np.intp], tuple[float, ...]]:
    """Find a partition of small expected loss.

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
    starts : int
        Starts that are built up in a random order.
    rng : numpy.random.Generator
        Source of the orders.
    progress : bool
        Show a bar.

    Returns
    -------
    tuple of ndarray of int (obs,) and tuple of float
        The best partition, and the expected loss that each start reached.
    """
    draws, observations = z.shape
    codes = np.ascontiguousarray((z + (np.arange(draws) * components)[:, None]).T)
    first = [np.full(observations, -1) for _ in range(starts)]
    first.append(np.zeros(observations, dtype=np.intp))
    central = _central_draw(z, components, table)
    if central.max() < most:
        first.append(central)
    losses, partitions = [], []
    for labels in bar(first, "search for clusters, starts", progress):
        state = _Partition(codes, draws * components, table, most, labels)
        for observation in rng.permutation(np.flatnonzero(labels < 0)):
            state.place(int(observation))
        _improve(state, rng)
        losses.append(state.loss())
        partitions.append(state.labels)
    # The part of the expected loss that no partition changes.
    of_draws = sum(float(table.f[(z == label).sum(axis=1)].mean()) for label in range(components))
    reached = tuple(max(loss + of_draws, 0.0) for loss in losses)
    return partitions[int(np.argmin(losses))], reached


def _central_draw(z: IntArray, components: int, table: LossTable) -> NDArray[np.intp]:
    """Give the draw, of some, of least expected loss over some draws."""
    few = z[subset(len(z))]
    losses = []
    for candidate in (candidates := few[subset(len(few), _CANDIDATES)]):
        joint = sum(
            float(table.f[contingency(few[part], candidate, components)].sum())
            for part in blocks(len(few), components**2)
        )
        size = np.bincount(candidate, minlength=components)
        losses.append(float(table.f[size].sum()) - 2 * joint / len(few))
    labels: NDArray[np.intp] = np.unique(candidates[np.argmin(losses)], return_inverse=True)[1]
    return labels


def _improve(state: _Partition, rng: np.random.Generator) -> None:
    """Move, merge and break up until nothing lowers the loss."""
    improved = True
    while improved:
        while _sweep(state, rng):
            pass
        improved = state.merge() or _break_up(state, rng)


def _sweep(state: _Partition, rng: np.random.Generator) -> bool:
    """Place each observation anew; say whether the loss fell."""
    before = state.loss()
    for observation in rng.permutation(len(state.labels)):
        state.remove(int(observation))
        state.place(int(observation))
    return state.loss() < before - GAIN


def _break_up(state: _Partition, rng: np.random.Generator) -> bool:
    """Take clusters apart and place their observations anew, until that is a gain."""
    before = state.loss()
    kept = state.snapshot()
    for cluster in range(state.clusters):
        members = np.flatnonzero(state.labels == cluster)
        for member in members:
            state.remove(int(member))
        for member in rng.permutation(members):
            state.place(int(member))
        if state.loss() < before - GAIN:
            return True
        state.restore(kept)
    return False


class _Partition(Partition):
    """A partition that grows and changes by one observation at a time.

    Parameters
    ----------
    codes : ndarray of int, shape (obs, draw)
        The cell, of all clusters of all draws, that an observation is in.
    cells : int
        Number of cells.
    table : LossTable
        The loss.
    most : int
        Most clusters.
    labels : ndarray of int, shape (obs,)
        Clusters 0, 1, ... to begin with, none of them empty; -1 for none yet.
    """

    def __init__(
        self,
        codes: NDArray[np.intp],
        cells: int,
        table: LossTable,
        most: int,
        labels: NDArray[np.intp],
    ) -> None:
        # There is always one empty column, for a new cluster.
        super().__init__(
            codes.shape[1],
            table,
            np.full(len(labels), -1, dtype=np.intp),
            np.zeros(1, dtype=np.intp),
            np.zeros((cells, 1), dtype=np.int32),
        )
        self._codes, self._most = codes, most
        for observation in np.flatnonzero(labels >= 0)[np.argsort(labels[labels >= 0])]:
            self._add(int(observation), int(labels[observation]))

    def place(self, observation: int) -> None:
        """Put an observation where the loss is least; of equals, in the first cluster."""
        choices = min(self.clusters + 1, self._most)
        shared = self._joint[self._codes[observation], :choices]
        cost = self._step[self._sizes[:choices]] - 2 * self._step[shared].mean(axis=0)
        self._add(observation, int(np.argmin(cost)))

    def remove(self, observation: int) -> None:
        """Take an observation out; the last cluster takes the number of an empty one."""
        cluster = self.labels[observation]
        self.labels[observation] = -1
        self._sizes[cluster] -= 1
        self._joint[self._codes[observation], cluster] -= 1
        if self._sizes[cluster] == 0:
            self._renumber(self.clusters - 1, int(cluster))

    def _add(self, observation: int, cluster: int) -> None:
        """Put an observation into a cluster, or into a new one."""
        self.labels[observation] = cluster
        self._sizes[cluster] += 1
        self._joint[self._codes[observation], cluster] += 1
        if cluster == self.clusters:
            self.clusters += 1
            if self.clusters == len(self._sizes):
                self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])
                self._joint = np.hstack([self._joint, np.zeros_like(self._joint)])
