"""Multivariate t distributions that know no labels: what weighted draws come from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

__all__ = ["HEAVY", "LIGHT", "Labels", "T", "log_sum"]

Array = NDArray[np.float64]

HEAVY = 5.0  # degrees of freedom: tails as heavy as those of most posteriors
LIGHT = 50.0  # nearly normal
ALL_NUMBERINGS = 6  # components whose K! numberings are looked at one by one; beyond: neighbours


@dataclass(frozen=True)
class Labels:
    """How components lie in a point: blocks of coordinates that change places.

    Attributes
    ----------
    components, block, common : int
        ``components`` blocks of ``block`` coordinates, then ``common`` shared ones.
    alike : tuple of tuple of int
        Components among which every numbering means the same.
    """

    components: int
    block: int
    common: int
    alike: tuple[tuple[int, ...], ...]

    @property
    def few(self) -> bool:
        """Whether the numberings are so few that they are looked at one by one."""
        return self.log_count() <= math.lgamma(ALL_NUMBERINGS + 1) + 1e-9

    @cached_property
    def numberings(self) -> NDArray[np.intp]:
        """All numberings, (R, K); those of many components are left to `near`."""
        usual = np.arange(self.components)
        if not self.few:
            return usual[None]
        found = []
        for orders in itertools.product(*map(itertools.permutations, self.alike)):
            perm = usual.copy()
            for members, order in zip(self.alike, orders, strict=True):
                perm[list(members)] = order
            found.append(perm)
        return np.array(found)

    def coordinates(self, perm: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the coordinates (..., D) of points renumbered by ``perm`` (..., K)."""
        blocks = perm[..., None] * self.block + np.arange(self.block)
        blocks = blocks.reshape(*perm.shape[:-1], -1)
        common = self.components * self.block + np.arange(self.common)
        shared = np.broadcast_to(common, (*perm.shape[:-1], self.common))
        return np.concatenate([blocks, shared], axis=-1)

    def log_count(self) -> float:
        """Return the logarithm of the number of numberings that mean the same."""
        return sum(math.lgamma(len(members) + 1) for members in self.alike)


@dataclass(frozen=True)
class T:
    """A multivariate t.

    Attributes
    ----------
    centre : ndarray of shape (D,)
    scale : ndarray of shape (D, D)
        Scale matrix; the covariance is ``freedom / (freedom - 2)`` times it.
    freedom : float
        Degrees of freedom.
    """

    centre: Array
    scale: Array
    freedom: float = HEAVY

    @cached_property
    def root(self) -> Array:
        """Cholesky factor of the scale matrix."""
        return np.asarray(np.linalg.cholesky(self.scale))

    @cached_property
    def inverse_root(self) -> Array:
        """Inverse of the Cholesky factor."""
        return np.asarray(np.linalg.inv(self.root))

    @cached_property
    def peak(self) -> float:
        """Log density at the centre."""
        D = len(self.centre)
        return float(
            gammaln((self.freedom + D) / 2)
            - gammaln(self.freedom / 2)
            - 0.5 * D * np.log(self.freedom * np.pi)
            - np.log(np.diag(self.root)).sum()
        )

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""
        z = rng.standard_normal((count, len(self.centre)))
        stretch = np.sqrt(self.freedom / rng.chisquare(self.freedom, count))
        moved: Array = np.einsum("sd,ed->se", z, self.root)
        return np.asarray(self.centre + stretch[:, None] * moved)

    def distance(self, points: Array) -> Array:
        """Return squared Mahalanobis distances (S,) of points (S, D) from the centre."""
        # einsum keeps to one thread: on matrices as thin as these, those of BLAS cost more.
        z = np.einsum("sd,ed->se", points - self.centre, self.inverse_root)
        return np.asarray(np.einsum("se,se->s", z, z))

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), labels as they are."""
        return self._log_density(self.distance(points))

    def _log_density(self, distance: Array) -> Array:
        D = len(self.centre)
        return np.asarray(self.peak - 0.5 * (self.freedom + D) * np.log1p(distance / self.freedom))

    def nearest(self, points: Array, labels: Labels) -> tuple[Array, NDArray[np.intp]]:
        """Return log densities averaged over the numberings, and the nearest numbering.

        Parameters
        ----------
        points : ndarray of shape (S, D)
        labels : Labels

        Returns
        -------
        log_density : ndarray of shape (S,)
        perm : ndarray of int, shape (S, K)
            The numbering that brings a point nearest to the centre: ``perm[new] = old``.
        """
        best = np.full(len(points), np.inf)
        perm = np.zeros((len(points), labels.components), dtype=np.intp)
        terms = []
        for numbering, rows in self._numberings(points, labels):
            at = points[rows][:, labels.coordinates(numbering)]
            distance = np.full(len(points), np.inf)
            distance[rows] = self.distance(at)
            closer = distance < best
            best[closer], perm[closer] = distance[closer], numbering
            terms.append(self._log_density(distance))
        return log_sum(terms) - labels.log_count(), perm

    def _numberings(
        self, points: Array, labels: Labels
    ) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return the numberings worth looking at, each with the rows for which it is.

        For many components: for each row the best assignment of its blocks to those of the
        centre, and the exchanges of two components from there.
        """
        every = np.arange(len(points))
        if labels.few:
            return [(numbering, every) for numbering in labels.numberings]
        K, B = labels.components, labels.block
        found: dict[tuple[int, ...], list[int]] = {}
        scale = np.stack([self.scale[k * B : (k + 1) * B, k * B : (k + 1) * B] for k in range(K)])
        inverse = np.linalg.inv(scale)
        blocks = points[:, : K * B].reshape(len(points), K, 1, B)
        gap = blocks - self.centre[: K * B].reshape(K, B)
        cost = np.einsum("sjkb,kbc,sjkc->sjk", gap, inverse, gap)
        apart = np.ones((K, K), dtype=bool)
        np.fill_diagonal(apart, False)
        for members in labels.alike:
            apart[np.ix_(members, members)] = False
        cost[:, apart] = np.inf
        for row in range(len(points)):
            _, old = scipy.optimize.linear_sum_assignment(cost[row].T)
            found.setdefault(tuple(old), []).append(row)
        exchanges = [pair for members in labels.alike
                     for pair in itertools.combinations(members, 2)]  # fmt: skip
        wider: dict[tuple[int, ...], list[int]] = {}
        for old_order, rows in found.items():
            wider.setdefault(old_order, []).extend(rows)
            for a, b in exchanges:
                swapped = list(old_order)
                swapped[a], swapped[b] = swapped[b], swapped[a]
                wider.setdefault(tuple(swapped), []).extend(rows)
        return [(np.array(key), np.array(rows)) for key, rows in wider.items()]


def log_sum(terms: Sequence[Array]) -> Array:
    """Return the logarithm of the sum of exponentials, term by term."""
    return np.asarray(logsumexp(np.stack(terms), axis=0))
