"""What a posterior looks like, found out before sampling: optima, masses, empty components.

The smaller mixture, with one component fewer, is explored first: with an empty component beside
it, it makes up a part of the larger one's posterior that no optimum shows.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.density.label_free import label_free
from stanmix.errors import InferenceError
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration import fewer, optima, users_units, weighted
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import Density, Emptied, EmptyBlock, flat_scales
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.t_mixture import Labels, T
from stanmix.inference.exploration.weighted import Tie, Weighted
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
from stanmix.streams import Stream, generator

__all__ = ["Explored", "explore", "starts_of"]

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
SLIVER = 0.001  # part of the posterior that is kept in mind
SIDE = 0.01  # part of the posterior that counts as a side of its own
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

    def starts(self, chains: int, rng: np.random.Generator, renumber: bool = False) -> Array:
        """Return points (chains, D) to start from, spread over the optima and sides.

        In proportion to the weights; where these cannot be trusted, to their square roots, so
        that no single draw decides.

        Parameters
        ----------
        renumber : bool
            Whether each point's components are numbered at random; else like their optimum's.
        """
        found = self.found
        if not found.trusted:
            flat = np.sqrt(found.weights)
            found = dataclasses.replace(found, weights=flat / flat.sum())
        optimum_and_side = np.stack([found.belongs, self._side()], axis=1)
        _, groups = np.unique(optimum_and_side, axis=0, return_inverse=True)
        rows = found.resample(chains, rng, groups.ravel())
        points = found.points[rng.permutation(rows)]
        if not renumber:
            return np.asarray(points)
        return self.space.shuffled(points, rng)

    def values(self, points: Array) -> list[dict[str, Any]]:
        """Return points (S, D) as values of the program's parameters."""
        return [self.space.space.constrain(point) for point in self.space.to_stan(points)]

    def metric(self) -> Array:
        """Return the covariance on Stan's scale that the curvature at the highest mass implies."""
        optimum = self.found.optima[int(np.argmax(self.found.masses))]
        D = self.space.size
        step = 1e-5 * np.sqrt(np.diag(optimum.covariance))
        sides = np.concatenate([optimum.point + np.diag(step), optimum.point - np.diag(step)])
        at = self.space.to_stan(sides)
        slope = (at[:D] - at[D:]).T / (2 * step)
        covariance = slope @ optimum.covariance @ slope.T
        return np.asarray((covariance + covariance.T) / 2)

    def sides(self, least: float = SIDE) -> list[float]:
        """Return the parts of the posterior by the order of components that a program sees.

        Where the ordered quantity of two components nearly ties, the order holds now one and now
        the other to be the first, and the ordered posterior has a mode for each.
        """
        masses = np.bincount(self._side(), weights=self.found.weights)
        return sorted((float(m) for m in masses if m > least), reverse=True) or [1.0]

    def _side(self) -> NDArray[np.intp]:
        """Return the side of each draw: whether it is numbered as its optimum is, or else how."""
        if not self.space.sorts:
            return np.zeros(len(self.found.points), dtype=np.intp)
        at_optimum = self.space.order(np.stack([one.point for one in self.found.optima]))
        back = np.argsort(at_optimum, axis=1)[self.found.belongs]
        orders = np.take_along_axis(back, self.space.order(self.found.points), axis=1)
        _, which = np.unique(orders, axis=0, return_inverse=True)
        return np.asarray(which.ravel())

    def described(
        self, order: str | None, names: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, Any]:
        """Return the findings as plain values, to be kept with a fit.

        Parameters
        ----------
        order : str, optional
            The parameter, or covariate, that names the components; None where nothing does.
        names : mapping, optional
            Of columns; see `stanmix.density.label_free.column_names`.

        Returns
        -------
        dict
            ``k_hat``, ``effective``, ``whole``, ``proper``, ``modes`` (log density, mass, and
            parameters in the user's units), ``empty`` (the part of the posterior where a component
            is empty), ``sides``, and ``expected``: of each of `stanmix.density.label_free` the
            mean, the sd, and the Monte Carlo errors of the mean and of the logarithm of the sd.
        """
        found = self.found
        rows = found.weights > 0
        points, weights = found.points[rows], found.weights[rows]
        draws = users_units.draws(self.space, points)
        by = None
        if order is not None and self.space.exchangeable:
            by = users_units.ordered_values(self.space, points, order)
        expected = {}
        for name, values in label_free(draws, self.space.space.program, by, names).items():
            with np.errstate(over="ignore", invalid="ignore"):
                moments = _moments(weights, values)
            if np.isfinite(moments).all():
                expected[name] = moments
        modes = [
            {
                "log_density": one.value,
                "mass": float(mass),
                **{
                    name: values[0].tolist()
                    for name, values in users_units.draws(self.space, one.point[None]).items()
                },
            }
            for one, mass in zip(found.optima, found.masses, strict=True)
            if mass > 1e-4
        ]
        return {
            "k_hat": found.k_hat,
            "effective": found.effective,
            "whole": found.whole,
            "proper": found.proper,
            "modes": modes,
            "empty": found.empty_mass,
            "sides": self.sides(least=SLIVER),
            "expected": expected,
        }


def explore(
    stated: Problem,
    engine: Engine,
    data_file: Path,
    folder: Path,
    em_optima: Sequence[State],
    rng: np.random.Generator,
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

    Raises
    ------
    InferenceError
        If no climb found a point with a density.
    """
    level = _Level(stated.model, stated.design, stated.data, stated.program, data_file)
    return level.explore(engine, folder, em_optima, rng)


def starts_of(
    stated: Problem, engine: Engine | None, data_file: Path
) -> Sequence[Mapping[str, Any]] | None:
    """Return starting points of a method without a warm-up, one a run, or None for Stan's own.

    Parameters
    ----------
    stated : Problem
    engine : Engine or None
        With the program; needed where ``options.explores``.
    data_file : Path
        Its data.
    """
    if not stated.options.explores:
        return stated.starts()
    assert engine is not None  # which who explores has made ready
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        return _spread_starts(stated, engine, data_file, Path(scratch))


def _spread_starts(
    stated: Problem, engine: Engine, data_file: Path, folder: Path
) -> list[dict[str, Any]]:
    """Return initial values for each run, spread over all parts of the posterior that matter.

    Parameters
    ----------
    stated : Problem
    engine : Engine
        With the program.
    data_file : Path
        Its data.
    folder : Path
        For temporary files.

    Returns
    -------
    list of dict
        Under the names of the program's parameters. Where the posterior cannot be explored, by EM
        alone (`stanmix.inference.starts.multistart.chain_starts`).
    """
    model, design, options = stated.model, stated.design, stated.options
    found = multistart.optima(model, design, options.seed)
    rng = generator(options.seed, Stream.EXPLORATION)
    try:
        # Draws far out in heavy tails overflow: their density is zero, and they weigh nothing.
        with np.errstate(all="ignore"):
            seen = explore(stated, engine, data_file, folder, found, rng)
            return seen.values(seen.starts(options.processes, rng))
    except InferenceError:
        return multistart.chain_starts(model, design, options.processes, options.seed, found)


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


def _moments(weights: Array, values: Array) -> list[float]:
    """Return mean and sd by weights, and the standard errors of the mean and of log sd."""
    mean = float(weights @ values)
    squares = (values - mean) ** 2
    variance = float(weights @ squares)
    error = float(np.sqrt(weights**2 @ squares))
    # By the delta method; one draw that makes up the variance makes for an error as large.
    of_variance = float(np.sqrt(weights**2 @ (squares - variance) ** 2))
    return [mean, float(np.sqrt(variance)), error, of_variance / (2 * variance or 1.0)]


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
        rounds: int = weighted.ROUNDS,
        more: int = weighted.MORE,
    ) -> Explored:
        own = folder / f"components_{self.model.components}"
        own.mkdir(parents=True, exist_ok=True)
        rows = self._rows()
        declared = Space(self.program, self.data, engine.stan_version)
        in_common = {
            one.name: common_columns(one.common, self.design, one.of)
            for one in self.program.numbered
        }
        space = ComponentSpace(declared, rows, self.model.alike, in_common)
        density = engine.log_density(declared, self.data_file, own, jacobian=False)

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
            for state in em_optima
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
        drawn = weighted.draw(
            lambda points: target(points)[0],
            found,
            _labels(space),
            empty,
            rng,
            rounds if worth_it else 0,
            more=more if worth_it else 0,
            ties=lambda one: _ties(space, one),
        )
        proper = not flat_scales(self.program, self.data)
        return Explored(space, dataclasses.replace(drawn, whole=whole, proper=proper))

    def _rows(self) -> float:
        counted = self.design.rows.weights
        return float(len(self.design.y) if counted is None else counted.sum())

    def _may_be_empty(
        self, space: ComponentSpace, em_optima: Sequence[State], rng: np.random.Generator
    ) -> bool:
        """Return whether a component may be empty in a part of the posterior that matters."""
        if space.components == 1 or space.weights is None:
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
