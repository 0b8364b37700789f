"""A partition with its counts against all draws, from which its expected loss is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.relabel.checks import FloatArray

__all__ = ["GAIN", "LossTable", "Partition"]

# A change must gain more than rounding.
GAIN = 1e-12


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


class Partition:
    """A partition of the observations, and how its clusters meet those of the draws.

    Parameters
    ----------
    draws : int
        Number of draws.
    table : LossTable
        The loss.
    labels : ndarray of int, shape (obs,)
        Clusters 0, 1, ..., none of them empty; -1 for none yet.
    sizes : ndarray of int, shape (column,)
        Observations by cluster. Columns beyond the clusters hold zeros.
    joint : ndarray of int, shape (cell, column)
        Observations by cell, which is a cluster of a draw, and by cluster.
    """

    def __init__(
        self,
        draws: int,
        table: LossTable,
        labels: NDArray[np.intp],
        sizes: NDArray[np.intp],
        joint: NDArray[np.int32],
    ) -> None:
        self._draws, self._f, self._step = draws, table.f, table.step
        self.labels, self._sizes, self._joint = labels, sizes, joint
        self.clusters = int(np.count_nonzero(sizes))

    def loss(self) -> float:
        """Give the expected loss, less the mean of F over the draws."""
        shared = self._f[self._joint[:, : self.clusters]].sum() / self._draws
        return float(self._f[self._sizes[: self.clusters]].sum() - 2 * shared)

    def merge(self) -> bool:
        """Merge two clusters if that lowers the loss; say whether it did."""
        before = self._f[self._joint[:, : self.clusters]].sum(axis=0)
        for one in range(self.clusters):
            for other in range(one):
                joined = self._f[self._joint[:, one] + self._joint[:, other]].sum()
                shared = joined - before[one] - before[other]
                sizes = self._sizes[[one, other]]
                change = self._f[sizes.sum()] - self._f[sizes].sum()
                if change - 2 * shared / self._draws < -GAIN:
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

    def _renumber(self, last: int, empty: int) -> None:
        """Give the number of an empty cluster to the last, which leaves zeros behind."""
        if last != empty:
            self._sizes[empty] = self._sizes[last]
            self._joint[:, empty] = self._joint[:, last]
            self.labels[self.labels == last] = empty
        self._sizes[last] = 0
        self._joint[:, last] = 0
        self.clusters = last
