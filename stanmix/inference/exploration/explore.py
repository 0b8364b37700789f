"""What a posterior looks like, found out before sampling: optima, masses, empty components.

The smaller mixture, with one component fewer, is explored first: with an empty component beside
it, it makes up a part of the larger one's posterior that no optimum shows.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InferenceError
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration import drawing, fewer, optima
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import Density, Emptied, EmptyBlock, flat_scales
from stanmix.inference.exploration.explored import Explored, Remembered
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import Tie
from stanmix.inference.exploration.t_mixture import Labels, T
from stanmix.inference.problem import Problem
from stanmix.inference.runs import stan
from stanmix.inference.starts import multistart
from stanmix.inference.starts.em import State
from stanmix.inference.starts.numberings import numberings
from stanmix.inference.unconstrained.space import Space
from stanmix.model.specification import Specification
from stanmix.program.coefficients import common_columns
from stanmix.program.data import standata
from stanmix.program.plan import Program

__all__ = ["component_space", "explore"]

Array = NDArray[np.float64]

SMALL = 50_000  # rows times components up to which climbs start from a few random points too
RANDOM = 4
# The part with an empty component is left out where one component fewer fits worse by this much in
# log-likelihood: what an empty component gains in volume is far less.
WORSE = 40.0
ROUNDS_BELOW = 2  # of the smaller mixtures, which only serve as proposals
# Components up to which the part with an empty one is looked for: such parts lie within one
# another, so that the work grows with the factorial, and faster where components are not alike.
MOST_ALIKE, MOST_UNLIKE = 4, 3
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
    level = _Level(stated.model, stated.design, stated.data, stated.program, data_file)
    return level.explore(engine, folder, em_optima, rng, wanted=wanted, budget=budget)


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


def _labels(space: ComponentSpace) -> Labels:
    return Labels(space.components, space.block, space.common, space.alike)


@dataclass(frozen=True)
class _Level:
    """A mixture of so many components with the data."""

    model: Specification
    design: Design
    data: dict[str, Any]
    program: Program
    data_file: Path

    def explore(
        self,
        engine: Engine,
        folder: Path,
        em_optima: Sequence[State],
        rng: np.random.Generator,
        rounds: int = drawing.ROUNDS,
        more: int = drawing.MORE,
        wanted: float = 0.0,
        budget: int = 0,
    ) -> Explored:
        own = folder / f"components_{self.model.components}"
        own.mkdir(parents=True, exist_ok=True)
        space = component_space(
            self.model, self.design, self.data, self.program, engine.stan_version
        )
        rows = space.rows
        density = Remembered(engine.log_density(space.space, self.data_file, own, jacobian=False))

        def target(points: Array) -> tuple[Array, Array]:
            return space.target(points, density)

        whole, worth_it, empty = True, True, list[Density]()
        if self._may_be_empty(space, em_optima, rng):
            whole = space.components <= (MOST_ALIKE if space.all_alike else MOST_UNLIKE)
            whole = whole and space.size <= MOST_DIMENSIONS and self.model.labels is None
            # Beside families or formulas that differ an empty component is not looked for, since
            # there may be none of its kind left; what is found is worth its weights all the same.
            whole, worth_it = whole and not self._of_kinds, whole or self._of_kinds
            empty = self._empty(engine, folder, space, rng) if whole else []
        begin = [
            space.from_program(
                multistart.initial_values(self.model, self.data, state, rng, numbering)
            )
            for state in multistart.to_climb_from(self.model, em_optima, self.design)
            for numbering in (
                numberings(self.model, self.data, state, rng) if space.ordered is None else [None]
            )
        ]
        if empty and rows * space.components < SMALL:
            begin += [*empty[0].draw(RANDOM, rng)]
        found = optima.distinct(
            optima.climb(target, np.stack(begin), rows / space.components), _labels(space)
        )
        if not found:
            raise InferenceError("Stan's log density is undefined at every starting point")
        worth_it = worth_it and space.size <= MOST_DIMENSIONS
        drawn = drawing.draw(
            lambda points: target(points)[0],
            found,
            _labels(space),
            empty,
            rng,
            rounds if worth_it else 0,
            more=more if worth_it else 0,
            ties=lambda one: _ties(space, one),
            wanted=wanted if worth_it else 0.0,
            budget=budget,
        )
        proper = not flat_scales(self.program, self.data)
        found_out = dataclasses.replace(drawn, whole=whole, proper=proper)
        return Explored(space, found_out, density.known)

    def _may_be_empty(
        self, space: ComponentSpace, em_optima: Sequence[State], rng: np.random.Generator
    ) -> bool:
        """Return whether a component may be empty in a part of the posterior that matters."""
        if space.components == 1:
            return False
        if (labels := self.design.rows.labels) is not None:  # those with labelled rows are not
            return len(np.unique(labels.numbers[labels.numbers > 0])) < space.components
        worse_by = fewer.unlike_worse_by if self._of_kinds else fewer.worse_by
        return worse_by(self.model, self.design, em_optima, rng) <= WORSE

    @property
    def _of_kinds(self) -> bool:
        """Whether components differ in their families or their formulas."""
        return self.model.mixed or any(one.formulas for one in self.model.all_predictors)

    def _empty(
        self, engine: Engine, folder: Path, space: ComponentSpace, rng: np.random.Generator
    ) -> list[Density]:
        """Return the parts of the posterior where a component is empty."""
        places: list[int | None] = [None] if space.all_alike else [*range(space.components)]
        parts: list[Density] = []
        for place in places:
            below = fewer.without(self.model, space.components - 1 if place is None else place)
            block = EmptyBlock.of(space, place or 0)
            data = standata(below, self.design)
            file = stan.write_json(folder / f"without_{place}_of_{space.components}.json", data)
            level = dataclasses.replace(self, model=below, data=data, data_file=file)
            found = multistart.optima(below, self.design, int(rng.integers(2**31)))
            explored = level.explore(engine, folder, found, rng, ROUNDS_BELOW, more=0)
            parts.append(Emptied(explored.found.proposal, block, space.components, place))
        return parts
