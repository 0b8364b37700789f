"""Points of the components that have rows, beside others whose weight is next to none.

What the program says of a mixture, it says of the same mixture with fewer components: where the
weight of the others is next to none, their parameters are those of the prior alone, and the
density is that of the mixture without them. So one program serves all of them, whatever the
components are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.component_space import ComponentSpace, LogDensity
from stanmix.inference.exploration.emptied import low_weight
from stanmix.inference.exploration.t_mixture import Labels

__all__ = ["Occupied"]

Array = NDArray[np.float64]

NEXT_TO_NONE = 1e-11  # a known weight that is none, of which a stick can still be broken
# Where the ordered coordinate of an empty component lies, which may not tie with another: below all
# that have rows, in scaled units.
BELOW = -8.0


@dataclass(frozen=True)
class Occupied:
    """Some of the components, which alone have rows.

    Attributes
    ----------
    space : ComponentSpace
        Of all components.
    empty : tuple of int
        Those without rows, from 0.
    """

    space: ComponentSpace
    empty: tuple[int, ...] = ()

    @cached_property
    def members(self) -> tuple[int, ...]:
        """The components that have rows."""
        return tuple(k for k in range(self.space.components) if k not in self.empty)

    @cached_property
    def labels(self) -> Labels:
        """How they lie in a point, numbered from 0 without the empty ones."""
        space = self.space
        every = ([self.members.index(k) for k in one if k in self.members] for one in space.alike)
        alike = tuple(tuple(one) for one in every if len(one) > 1)
        return Labels(len(self.members), space.block, space.common, alike)

    @cached_property
    def kinds(self) -> tuple[tuple[int, ...], ...]:
        """All of them, by what nothing but the data tells apart; numbered as in `labels`."""
        several = self.labels.alike
        alone = {*range(len(self.members))} - {k for one in several for k in one}
        return tuple(sorted([*several, *((k,) for k in alone)]))

    @property
    def size(self) -> int:
        """Coordinates of a point."""
        return self.labels.components * self.labels.block + self.labels.common

    @cached_property
    def coordinates(self) -> NDArray[np.intp]:
        """Which coordinates of a point of all components they are, (d,)."""
        space = self.space
        whole = Labels(space.components, space.block, space.common, space.alike)
        return whole.coordinates(np.array(self.members, dtype=np.intp))

    @cached_property
    def _others(self) -> tuple[Array, Array]:
        """How a point of all components comes of one of these: a matrix (D, d) and what is added.

        Weights of the others are low and their coordinates zero, but for the one by which the
        program orders components that something else tells apart too: it lies between those of
        their neighbours.
        """
        space, B = self.space, self.space.block
        matrix, added = np.zeros((space.size, self.size)), np.zeros(space.size)
        matrix[self.coordinates, np.arange(self.size)] = 1.0
        for number, k in enumerate(self.empty):
            block = slice(k * B, (k + 1) * B)
            if space.weights is not None:
                added[block][: space.weights.size] = low_weight(space)
            if space.ordered is None or k not in self._ordered:
                continue
            at = k * B + space.ordered_coordinate
            if space.sorts:
                added[at] = BELOW - number
                continue
            lower = max((j for j in self._ordered if j in self.members and j < k), default=None)
            upper = min((j for j in self._ordered if j in self.members and j > k), default=None)
            ends = [j for j in (lower, upper) if j is not None]
            for j in ends:
                of = np.flatnonzero(self.coordinates == j * B + space.ordered_coordinate)
                matrix[at, of] = 1.0 / len(ends)
            added[at] = 0.0 if len(ends) != 1 else float(k - ends[0])
        return matrix, added

    @property
    def _ordered(self) -> range:
        assert self.space.ordered is not None  # asked where the program orders something
        own = self.space.members(self.space.ordered)
        return range(own.start, own.stop)

    def target(self, points: Array, log_density: LogDensity) -> tuple[Array, Array]:
        """Return the log density of points (S, d), but for a constant, and its gradient.

        See `ComponentSpace.target`.
        """
        if not self.empty:
            return self.space.target(points, log_density)
        matrix, added = self._others
        value, gradient = self.space.target(points @ matrix.T + added, log_density)
        return value, gradient @ matrix

    def data(self) -> Mapping[str, Any]:
        """Return the Stan data, where known weights of the empty components are next to none."""
        data = self.space.space.data
        if not self.empty or self.space.weights is not None or "theta" not in data:
            return data
        theta = np.array(data["theta"], dtype=float)
        theta[[*self.empty]] = 0.0
        theta[[*self.empty]] = NEXT_TO_NONE * theta.sum()
        return {**data, "theta": (theta / theta.sum()).tolist()}

    def from_program(
        self, values: Mapping[str, Any], numbering: NDArray[np.intp] | None = None
    ) -> Array:
        """Return the point (d,) of values of the program's parameters.

        Where some are empty, ``numbering[new] = old`` says which those are among the values.
        """
        point = self.space.from_program(values)
        if numbering is None or not self.empty:
            return point
        K, B = self.space.components, self.space.block
        blocks = point[: K * B].reshape(K, B)[~np.isin(numbering, self.empty)]
        return np.concatenate([blocks.ravel(), point[K * B :]])
