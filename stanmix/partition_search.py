"""The search for a partition of small expected loss, by moves of single observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.relabel.alternation import subset
from stanmix.relabel.checks import FloatArray, IntArray
from stanmix.relabel.tables import blocks, contingency

__all__ = ["LossTable", "search"]

# Draws of which the best is a start, and on how many draws they are judged.
_CANDIDATES = 50
# A move must gain more than rounding.
_GAIN = 1e-12


@dataclass(frozen=True)
class LossTable:
    """The cluster function of a loss ``F(c) + F(z) - 2 F(c and z)``.

    Attributes
    ----------
    f : ndarray, shape (obs + 1,)
        What a cluster of 0, ..., N observations adds to F.
    """

    f: FloatArray

    @property
    def step(self) -> FloatArray:
        """What one more observation adds, ``(obs,)``."""
        return np.diff(self.f)


def search(
    z: IntArray,
    components: int,
    table: LossTable,
    most: int,
    starts: int,
    rng: np.random.Generator,
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
    for labels in first:
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
    return state.loss() < before - _GAIN


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
        if state.loss() < before - _GAIN:
            return True
        state.restore(kept)
    return False


class _Partition:
    """A partition that grows and changes, with its counts against all draws.

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
        self._codes = codes
        self._f = table.f
        self._step = table.step
        self._most = most
        self.labels = np.full(len(labels), -1, dtype=np.intp)
        self.clusters = 0
        # Observations by cluster, and by cell and cluster. The columns beyond the
        # clusters hold zeros, and there is always one, for a new cluster.
        self._sizes = np.zeros(1, dtype=np.intp)
        self._joint = np.zeros((cells, 1), dtype=np.int32)
        for observation in np.flatnonzero(labels >= 0)[np.argsort(labels[labels >= 0])]:
            self._add(int(observation), int(labels[observation]))

    def loss(self) -> float:
        """Give the expected loss, less the mean of F over the draws."""
        shared = self._f[self._joint[:, : self.clusters]].sum() / self._codes.shape[1]
        return float(self._f[self._sizes[: self.clusters]].sum() - 2 * shared)

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

    def merge(self) -> bool:
        """Merge two clusters if that lowers the loss; say whether it did."""
        before = self._f[self._joint[:, : self.clusters]]
        for one in range(self.clusters):
            for other in range(one):
                joined = self._f[self._joint[:, one] + self._joint[:, other]]
                shared = (joined - before[:, one] - before[:, other]).sum()
                sizes = self._sizes[[one, other]]
                change = self._f[sizes.sum()] - self._f[sizes].sum()
                if change - 2 * shared / self._codes.shape[1] < -_GAIN:
                    self._sizes[other] += self._sizes[one]
                    self._joint[:, other] += self._joint[:, one]
                    self.labels[self.labels == one] = other
                    self._renumber(self.clusters - 1, one)
                    return True
        return False

    def snapshot(self) -> tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.int32]]:
        """Give a copy of all that changes."""
        return self.clusters, self.labels.copy(), self._sizes.copy(), self._joint.copy()

    def restore(
        self, kept: tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.int32]]
    ) -> None:
        """Go back to a snapshot."""
        self.clusters, labels, sizes, joint = kept
        self.labels, self._sizes, self._joint = labels.copy(), sizes.copy(), joint.copy()

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

    def _renumber(self, last: int, empty: int) -> None:
        """Give the number of an empty cluster to the last, which leaves zeros behind."""
        if last != empty:
            self._sizes[empty] = self._sizes[last]
            self._joint[:, empty] = self._joint[:, last]
            self.labels[self.labels == last] = empty
        self._sizes[last] = 0
        self._joint[:, last] = 0
        self.clusters = last
