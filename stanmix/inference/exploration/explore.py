"""What a posterior looks like, found out before sampling: optima, masses, empty components.

The smaller mixtures, of which some components are empty, are explored first: with an empty
component beside it, each makes up a part of the posterior that no optimum shows.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InferenceError
from stanmix.inference.engines.engine import Engine, LogDensity
from stanmix.inference.exploration import drawing, optima
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import Density, Emptied, EmptyBlock, flat_scales
from stanmix.inference.exploration.explored import Explored, Remembered
from stanmix.inference.exploration.fewer import WORSE, fewer
from stanmix.inference.exploration.occupied import Occupied
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import Tie
from stanmix.inference.exploration.t_mixture import T
from stanmix.inference.exploration.weighted import Weighted
from stanmix.inference.problem import Problem
from stanmix.inference.runs import stan
from stanmix.inference.starts import multistart
from stanmix.inference.starts.declared import numbers_by_order
from stanmix.inference.starts.em import State
from stanmix.inference.starts.numberings import numberings
from stanmix.inference.unconstrained.space import Space
from stanmix.model.specification import Specification
from stanmix.program.coefficients import common_columns
from stanmix.program.plan import Program

__all__ = ["component_space", "explore"]

Array = NDArray[np.float64]

SMALL = 50_000  # rows times components up to which climbs start from a few random points too
RANDOM = 4
ROUNDS_BELOW = 2  # of the smaller mixtures, which only serve as proposals
# Components, and kinds of them, up to which parts with an empty one are looked for: such parts lie
# within one another, so that the work grows with the factorial.
MOST, MOST_KINDS = 4, 3
# Posterior sds between the ordered quantities of two components up to which even the small part of
# the posterior where they have changed places is looked for: it lies far off in all else.
TIED = 8.0
MOST_DIMENSIONS = 40  # beyond, weights cannot be trusted, and one look is enough


def explore(
    stated: Problem,
    engine: Engine,
    data_file: Path,
    folder: Path,
    em_optima: Sequence[State],
    rng: np.random.Generator,
    wanted: float = 0.0,
    budget: int = 0,
) -> Explored:
    """Find the optima of a posterior, and draw from it with weights.

    Parameters
    ----------
    stated : Problem
    engine : Engine
        With the program.
    data_file : Path
        Its data.
    folder : Path
        For temporary files.
    em_optima : sequence of State
        Optima of the likelihood, where climbs start.
    rng : Generator
    wanted : float
        Effective draws that are to be reached, if that is more than a look takes.
    budget : int
        At most so many draws for that.

    Raises
    ------
    InferenceError
        If no climb found a point with a density.
    """
    space = component_space(
        stated.model, stated.design, stated.data, stated.program, engine.stan_version
    )
    return _Exploration(stated, engine, data_file, folder, space, rng).whole(
        em_optima, wanted, budget
    )


def component_space(
    model: Specification,
    design: Design,
    data: dict[str, Any],
    program: Program,
    stan_version: tuple[int, ...],
) -> ComponentSpace:
    """Return the coordinates in which the posterior of a mixture with its data is explored.

    Parameters
    ----------
    model : Specification
    design : Design
    data : dict
        The Stan data.
    program : Program
    stan_version : tuple of int
        Of the Stan that runs the program.
    """
    counted = design.rows.weights
    rows = float(len(design.y) if counted is None else counted.sum())
    in_common = {one.name: common_columns(one.common, design, one.of) for one in program.numbered}
    return ComponentSpace(Space(program, data, stan_version), rows, model.alike, in_common)


def _ties(space: ComponentSpace, optimum: Optimum) -> list[Tie]:
    """Return the parts of the posterior where two components have changed places in an order.

    With the moments of the normal distribution of the optimum's curvature, cut off where two
    neighbours tie.
    """
    if not space.sorts or space.components == 1:
        return []
    assert space.ordered is not None
    perm = space.order(optimum.point[None])[0]
    own = space.members(space.ordered)
    at = perm[own] * space.block + space.ordered_coordinate
    found = []
    for lower, upper in itertools.pairwise(at):
        gap = optimum.point[upper] - optimum.point[lower]
        slope = optimum.covariance[:, upper] - optimum.covariance[:, lower]
        variance = slope[upper] - slope[lower]
        sds = gap / np.sqrt(variance)
        if sds < TIED:
            # Mean and variance of a standard normal beyond so many sds.
            mean = np.exp(scipy.stats.norm.logpdf(sds) - scipy.stats.norm.logsf(sds))
            less = mean * (mean - sds)
            centre = optimum.point - slope * mean / np.sqrt(variance)
            scale = optimum.covariance - np.outer(slope, slope) * less / variance
            across = np.zeros(space.size)
            across[[lower, upper]] = [-1.0, 1.0]
            found.append(Tie(T(centre, scale), across))
    return found


@dataclass(frozen=True)
class _Exploration:
    """The posterior of a mixture with its data, and of the smaller ones within it."""

    stated: Problem
    engine: Engine
    data_file: Path
    folder: Path
    space: ComponentSpace
    rng: np.random.Generator
    below: dict[tuple[int, ...], Density] = field(default_factory=dict)  # by what is empty

    def whole(self, em_optima: Sequence[State], wanted: float, budget: int) -> Explored:
        """Return what the posterior of all components looks like."""
        every = Occupied(self.space)
        density = Remembered(self._log_density(every))
        kinds, empty = self._may_be_left_out(every, em_optima), list[Density]()
        looked_for = not kinds or (
            self.space.components <= MOST
            and len(every.kinds) <= MOST_KINDS
            and self.space.size <= MOST_DIMENSIONS
            and self.stated.model.labels is None
        )
        if looked_for:
            empty = [self._emptied(every, kind, states) for kind, states in kinds]
        worth_it = looked_for and self.space.size <= MOST_DIMENSIONS
        drawn = self._draw(
            every,
            density,
            em_optima,
            empty,
            drawing.ROUNDS if worth_it else 0,
            more=drawing.MORE if worth_it else 0,
            ties=lambda one: _ties(self.space, one),
            wanted=wanted if worth_it else 0.0,
            budget=budget,
        )
        proper = not flat_scales(self.stated.program, self.stated.data)
        found = dataclasses.replace(drawn, whole=looked_for, proper=proper)
        return Explored(self.space, found, density.known)

    def _emptied(self, level: Occupied, kind: Sequence[int], states: Sequence[State]) -> Emptied:
        """Return the part of the posterior where one of a kind is empty too.

        ``states`` are where the others fit best.
        """
        last = level.members[kind[-1]]
        without = tuple(sorted([*level.empty, last]))
        if without not in self.below:
            self.below[without] = self._smaller(Occupied(self.space, without), states)
        block = EmptyBlock.of(self.space, last)
        return Emptied(self.below[without], block, level.labels.components, kind)

    def _smaller(self, level: Occupied, states: Sequence[State]) -> Density:
        """Return what resembles the posterior where some components have no rows."""
        kinds = self._may_be_left_out(level, states)
        empty = [self._emptied(level, kind, states) for kind, states in kinds]
        return self._draw(level, self._log_density(level), states, empty, ROUNDS_BELOW).proposal

    def _may_be_left_out(
        self, level: Occupied, found: Sequence[State]
    ) -> list[tuple[tuple[int, ...], list[State]]]:
        """Return the kinds of which one may be empty in a part of the posterior that matters.

        With where the others fit best.
        """
        model, design = self.stated.model, self.stated.design
        if level.labels.components == 1:
            return []
        if (labels := design.rows.labels) is not None:  # those with labelled rows are not
            seen = {int(k) - 1 for k in labels.numbers if k > 0}
            return [(kind, []) for kind in level.kinds if not seen.issuperset(kind)]
        members = [[level.members[k] for k in kind] for kind in level.kinds]
        without = fewer(model, design, found, members, self.rng, level.empty)
        each = zip(level.kinds, without, strict=True)
        return [(kind, one.states) for kind, one in each if one.worse_by <= WORSE]

    def _log_density(self, level: Occupied) -> LogDensity:
        """Return Stan's log density, where known weights of empty components are none."""
        own = self.folder / "without_{}".format("_".join(map(str, level.empty)))
        own.mkdir(parents=True, exist_ok=True)
        file, data = self.data_file, level.data()
        if data is not self.space.space.data:
            file = stan.write_json(own / "data.json", data)
        return self.engine.log_density(self.space.space, file, own, jacobian=False)

    def _draw(
        self,
        level: Occupied,
        density: LogDensity,
        em_optima: Sequence[State],
        empty: Sequence[Density],
        rounds: int,
        **options: Any,
    ) -> Weighted:
        """Return weighted draws of the components that have rows, from all optima."""

        def target(points: Array) -> tuple[Array, Array]:
            return level.target(points, density)

        begin = [*self._begin(level, em_optima)]
        of_each = self.space.rows / level.labels.components
        if empty and self.space.rows * level.labels.components < SMALL:
            begin += [*empty[0].draw(RANDOM, self.rng)]
        found = optima.distinct(optima.climb(target, np.stack(begin), of_each), level.labels)
        if not found:
            raise InferenceError("Stan's log density is undefined at every starting point")
        return drawing.draw(
            lambda points: target(points)[0],
            found,
            level.labels,
            empty,
            self.rng,
            rounds,
            **options,
        )

    def _begin(self, level: Occupied, em_optima: Sequence[State]) -> Iterator[Array]:
        """Yield points to climb from."""
        model, design, data = self.stated.model, self.stated.design, self.stated.data
        for state in multistart.to_climb_from(model, em_optima, design):
            numbers: Iterable[NDArray[np.intp] | None] = [None]
            if level.empty:  # which are known by their numbers
                numbers = [numbers_by_order(self.stated.program, data, state.parameters)]
            elif self.space.ordered is None:
                numbers = numberings(model, data, state, self.rng)
            for numbering in numbers:
                values = multistart.initial_values(model, data, state, self.rng, numbering)
                yield level.from_program(values, numbering)
