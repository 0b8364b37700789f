"""What a posterior looks like, found out before sampling: its optima, their masses, empty components.

The smaller mixture, with one component fewer, is explored first: with an empty component beside
it, it makes up a part of the larger one's posterior that no optimum shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stanmix import standata
from stanmix.errors import InferenceError
from stanmix.inference import fewer, optima, stan, starts, weighted
from stanmix.inference.component_space import ComponentSpace
from stanmix.inference.em import State
from stanmix.inference.emptied import Density, Emptied, EmptyBlock
from stanmix.inference.log_density import StanDensity
from stanmix.inference.t_mixture import Labels
from stanmix.inference.unconstrained import Space
from stanmix.inference.weighted import Weighted

if TYPE_CHECKING:
    from stanmix.design import Design
    from stanmix.inference import Problem
    from stanmix.mixture import Mixture

__all__ = ["Explored", "explore"]

Array = NDArray[np.float64]

SMALL = 50_000  # rows times components up to which climbs start from a few random points too
RANDOM = 4
# The part with an empty component is left out where one component fewer fits worse by this much in
# log-likelihood: what an empty component gains in volume is far less.
WORSE = 40.0
ROUNDS_BELOW = 2  # of the smaller mixtures, which only serve as proposals
MOST_DIMENSIONS = 40  # beyond, weights cannot be trusted, and one look is enough


@dataclass(frozen=True)
class Explored:
    """A posterior as weighted draws show it.

    Attributes
    ----------
    space : ComponentSpace
        The coordinates of the draws.
    found : Weighted
    """

    space: ComponentSpace
    found: Weighted

    @property
    def labels(self) -> Labels:
        """How components lie in the coordinates."""
        return _labels(self.space)


def explore(
    stated: Problem,
    exe_file: Path,
    data_file: Path,
    folder: Path,
    em_optima: Sequence[State],
    rng: np.random.Generator,
) -> Explored:
    """Find the optima of a posterior, and draw from it with weights.

    Parameters
    ----------
    stated : Problem
    exe_file, data_file : Path
        Compiled program and its data.
    folder : Path
        For temporary files.
    em_optima : sequence of State
        Optima of the likelihood, where climbs start.
    rng : Generator

    Raises
    ------
    InferenceError
        If no climb found a point with a density.
    """
    level = _Level(stated.model, stated.design, stated.data, stated.structure, data_file)
    return level.explore(exe_file, folder, em_optima, rng)


def _labels(space: ComponentSpace) -> Labels:
    return Labels(space.K, space.block, space.common, space.exchangeable)


@dataclass(frozen=True)
class _Level:
    """A mixture of so many components with the data."""

    model: Mixture
    design: Design
    data: dict[str, Any]
    structure: Any
    data_file: Path

    def explore(
        self,
        exe_file: Path,
        folder: Path,
        em_optima: Sequence[State],
        rng: np.random.Generator,
        rounds: int = weighted.ROUNDS,
    ) -> Explored:
        own = folder / f"components_{self.model.components}"
        own.mkdir(parents=True, exist_ok=True)
        rows = self._rows()
        space = ComponentSpace(Space(self.structure, self.data), rows, self.model.exchangeable)
        density = StanDensity(exe_file, self.data_file, own, jacobian=False)

        def target(points: Array) -> tuple[Array, Array]:
            return space.target(points, density)

        empty = self._empty(exe_file, folder, space, em_optima, rng)
        begin = [
            space.from_program(starts.initial_values(self.model, self.design, state, rng))
            for state in em_optima
        ]
        if empty and rows * space.K < SMALL:
            begin += [*empty[0].draw(RANDOM, rng)]
        found = optima.distinct(
            optima.climb(target, np.stack(begin), rows / space.K), _labels(space)
        )
        if not found:
            raise InferenceError("Stan's log density is undefined at every starting point")
        drawn = weighted.draw(
            lambda points: target(points)[0],
            found,
            _labels(space),
            empty,
            rng,
            rounds if space.size <= MOST_DIMENSIONS else 0,
        )
        return Explored(space, drawn)

    def _rows(self) -> float:
        counted = self.design.beside.weights
        return float(len(self.design.y) if counted is None else counted.sum())

    def _empty(
        self,
        exe_file: Path,
        folder: Path,
        space: ComponentSpace,
        em_optima: Sequence[State],
        rng: np.random.Generator,
    ) -> list[Density]:
        """Return the parts of the posterior where a component is empty, if they may matter."""
        if space.K == 1 or not space.weight_size or space.size > MOST_DIMENSIONS:
            return []
        if fewer.worse_by(self.model, self.design, em_optima, rng) > WORSE:
            return []
        block = EmptyBlock.of(space)
        places: list[int | None] = [None] if space.exchangeable else [*range(space.K)]
        parts: list[Density] = []
        for place in places:
            below = fewer.without(self.model, space.K - 1 if place is None else place)
            data = standata.standata(below, self.design)
            file = stan.write_json(folder / f"without_{place}_of_{space.K}.json", data)
            level = dataclasses.replace(self, model=below, data=data, data_file=file)
            found = starts.optima(below, self.design, int(rng.integers(2**31)))
            explored = level.explore(exe_file, folder, found, rng, ROUNDS_BELOW)
            parts.append(Emptied(explored.found.proposal, block, space.K, place))
        return parts
