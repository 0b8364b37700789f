"""A component that the data leave empty: its parameters follow their prior, its weight is small.

Wherever one component fewer explains the data nearly as well, a part of the posterior lies here,
far from every optimum and with tails as long as those of the prior. Draws from about the optima
never see it, and their weights do not tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma, xlogy

from stanmix.inference.exploration.component_space import FREE_MEAN, ComponentSpace, Part
from stanmix.inference.exploration.t_mixture import HEAVY, log_sum
from stanmix.inference.unconstrained.intervals import Interval
from stanmix.inference.unconstrained.transforms import Bijection
from stanmix.model.correlations import lkj_draws, lkj_log_density
from stanmix.model.prior_distributions import distribution, known
from stanmix.model.priors import LKJ
from stanmix.program.coded_priors import coded, codes, lkj
from stanmix.program.plan import Program
from stanmix.program.units import Columns
from stanmix.program.variables import Order

__all__ = [
    "Density",
    "Emptied",
    "EmptyBlock",
    "EmptyPart",
    "EmptyVector",
    "flat_scales",
    "log_mass_of_priors",
]

Array = NDArray[np.float64]

# A flat prior has no draws; where an empty component's location then lies, in scaled units.
WIDE = 3.0
SMALLEST = 1e-300  # share of a category, or distance of cutpoints, that has a logarithm
# Log density below the largest that is left out.
NEGLIGIBLE = 100.0
NO_ROW = 25.0  # how far below all weights, by its logarithm, one lies that has no row


def flat_scales(program: Program, data: Mapping[str, Any]) -> bool:
    """Return whether a scale of an empty component has a flat prior, which has no integral.

    Then the posterior has none either, however much the data say of other components.

    Parameters
    ----------
    program : Program
    data : mapping
        Its Stan data.
    """
    if int(data["K"]) == 1:
        return False
    scales = [one for one in program.estimated if one.unbounded and not one.shared]
    return not all(known(code) for one in scales for code in codes(one, data))


class Density(Protocol):
    """A distribution of points that knows no labels."""

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), averaged over the numberings."""


@dataclass(frozen=True)
class Emptied:
    """A mixture of one component fewer, and an empty component beside it.

    Attributes
    ----------
    below : Density
        Of the other components.
    empty : EmptyBlock
        Of the empty component.
    components : int
        K, the empty one among them.
    at : sequence of int
        Which component is empty, from 0; of several that nothing tells apart each is as likely to
        be, and the last is drawn.
    """

    below: Density
    empty: EmptyBlock
    components: int
    at: Sequence[int]

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""
        others = self.below.draw(count, rng)
        begin = self.at[-1] * self.empty.size
        block = self.empty.draw(count, rng)
        return np.concatenate([others[:, :begin], block, others[:, begin:]], axis=1)

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), averaged over the numberings."""
        B, last = self.empty.size, self.at[-1]
        blocks = np.arange(self.components * B).reshape(-1, B)
        common = np.arange(self.components * B, points.shape[1])
        terms = []
        for k in self.at:
            term = self.empty.log_density(points[:, blocks[k]])
            # The rest costs more, and counts only where the weight is small enough.
            result = np.full(len(points), -np.inf)
            rows = np.flatnonzero(term > term.max(initial=-np.inf) - NEGLIGIBLE)
            if len(rows):
                others = blocks.copy()
                others[k] = blocks[last]  # in its place
                left = np.delete(others, last, axis=0).ravel()
                rest = points[rows][:, np.concatenate([left, common])]
                result[rows] = term[rows] + self.below.log_density(rest)
            terms.append(result)
        return np.asarray(log_sum(terms) - np.log(len(terms)))


@dataclass(frozen=True)
class EmptyPart:
    """The coordinates of one quantity of an empty component.

    Attributes
    ----------
    coordinates : sequence of Coordinate
    shift : ndarray of shape (P, P)
        What a prior on coefficients at covariates of zero subtracts from them; zeros elsewhere.
    """

    coordinates: Sequence[Coordinate]
    shift: Array

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, P)."""
        drawn = np.empty((count, len(self.coordinates)))  # none of what all components share
        for column, one in enumerate(self.coordinates):
            drawn[:, column] = one.draw(count, rng)
        # The inverse of (1 - shift), which adds to a coefficient what depends on the others alone.
        return np.asarray(drawn + drawn @ self.shift.T)

    def log_density(self, values: Array) -> Array:
        """Return log densities (S,) of coordinates (S, P)."""
        at = values - values @ self.shift.T
        columns = zip(self.coordinates, at.T, strict=True)
        return np.asarray(sum((one.log_density(column) for one, column in columns), 0.0))

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.coordinates)

    @property
    def log_mass(self) -> float:
        """Logarithm of the integral of the prior as the program has it, which bounds cut off."""
        return sum(one.log_mass for one in self.coordinates)

    @classmethod
    def beside(cls, size: int) -> EmptyPart:
        """Return coordinates that stand for nothing."""
        return cls([Coordinate.beside()] * size, np.zeros((size, size)))

    @classmethod
    def of(cls, part: Part, data: Mapping[str, Any], component: int) -> EmptyPart:
        """Return the coordinates of a quantity, which follow its prior.

        Of one of the components that have it, from 0.
        """
        one, name, matrix = part.quantity, part.quantity.name, part.quantity.matrix
        assert isinstance(part.transform, Interval)  # other parts are vectors
        both = (part.transform.lower, part.transform.upper)
        numbers, arguments = coded(one, data, component)
        J = part.size
        ends = (end[component] if end.ndim == 2 else end for end in both)
        # The predictors of a vector have one prior for each covariate.
        vectors, own = np.divmod(part.columns, len(numbers))
        priors = numbers[own], arguments[own]
        coordinates = [
            Coordinate.of(int(code), values, low, high)
            for code, values, low, high in zip(*priors, *ends, strict=True)
        ]
        shift = np.zeros((J, J))
        if matrix is not None:
            columns = Columns.of_data(data, matrix.name)
            at_zero = np.asarray(data[f"{name}_prior_at_zero"], float)[own]
            if part.quantity.order is Order.COLUMN:  # its coordinate is that at zero already
                at_zero[part.column] -= 1.0
            # Of coefficients that components share the empty one does not decide.
            by = columns.centre[own] / columns.scale[own]
            shift = np.outer(at_zero * columns.ones[own] * columns.scale[own], by)
            shift *= np.equal.outer(vectors, vectors)
        if part.places is not None:  # of covariates that the component lacks
            lacking = (part.places if part.shared else part.places[component]) < 0
            shift[lacking] = shift[:, lacking] = 0.0
            for j in np.flatnonzero(lacking):
                coordinates[j] = Coordinate.beside()
        return cls(coordinates, shift)


@dataclass(frozen=True)
class EmptyVector:
    """The coordinates of one vector of an empty component.

    Attributes
    ----------
    transform : Bijection
    size : int
        Number of coordinates, D.
    prior : scipy.stats frozen distribution, ndarray, LKJ or None
        Of each number of a vector of ascending positive ones; or the concentration of
        probabilities; or that of correlations; None for a flat one.
    """

    transform: Bijection
    size: int
    prior: Any

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""
        size = (count, self.size)
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).rvs(size, random_state=rng))
        if isinstance(self.prior, LKJ):
            return np.asarray(np.arctanh(lkj_draws(self.prior.eta, size, rng)))
        if isinstance(self.prior, np.ndarray):
            shares = np.maximum(rng.dirichlet(self.prior, count), SMALLEST)
            return self.transform.free(shares / shares.sum(axis=1, keepdims=True))
        below = float(self.prior.cdf(0.0))
        values = np.sort(self.prior.ppf(below + (1 - below) * rng.random(size)), axis=1)
        apart = np.maximum(np.diff(values, prepend=0.0), SMALLEST * values)
        return self.transform.free(np.cumsum(np.maximum(apart, SMALLEST), axis=1))

    def log_density(self, values: Array) -> Array:
        """Return log densities (S,) of coordinates (S, D)."""
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).logpdf(values).sum(axis=1))
        if isinstance(self.prior, LKJ):
            return lkj_log_density(values, self.prior.eta)
        at = self.transform.constrain(values)
        jacobian = self.transform.log_jacobian(values).sum(axis=1)
        if isinstance(self.prior, np.ndarray):
            constant = gammaln(self.prior.sum()) - gammaln(self.prior).sum()
            with np.errstate(divide="ignore"):
                return np.asarray(constant + xlogy(self.prior - 1, at).sum(axis=1) + jacobian)
        # In one order of all that independent numbers can have.
        orders = gammaln(self.size + 1) - self.size * float(self.prior.logsf(0.0))
        return np.asarray(self.prior.logpdf(at).sum(axis=1) + orders + jacobian)

    @property
    def log_mass(self) -> float:
        """As of `EmptyPart`; of ascending numbers the program has the product of their priors."""
        if self.prior is None or isinstance(self.prior, np.ndarray | LKJ):
            return 0.0
        return float(self.size * self.prior.logsf(0.0) - gammaln(self.size + 1))

    @classmethod
    def of(cls, part: Part, data: Mapping[str, Any], component: int) -> EmptyVector:
        """Return the coordinates of a vector, which follow its prior; see `EmptyPart.of`."""
        one, place = part.quantity, component if part.quantity.apart else ...
        if one.simplex:
            alpha = np.asarray(data[f"{one.name}_prior"], dtype=float)[place]
            return cls(part.transform, part.size, alpha)
        if one.correlations:
            return cls(part.transform, part.size, LKJ(lkj(one, data, component)))
        (code,), (arguments,) = coded(one, data, component)
        prior = distribution(int(code), arguments) if known(int(code)) else None
        return cls(part.transform, part.size, prior)


@dataclass(frozen=True)
class EmptyBlock:
    """The block of coordinates of an empty component.

    Attributes
    ----------
    weight : sequence of scipy.stats frozen distributions
        Of the coordinates of its weight.
    parts : sequence of EmptyPart or EmptyVector
        In the order of the block.
    """

    weight: Sequence[Any]
    parts: Sequence[EmptyPart | EmptyVector]

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.weight) + sum(part.size for part in self.parts)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, B)."""
        weight = [one.rvs(count, random_state=rng)[:, None] for one in self.weight]
        return np.concatenate([*weight, *(part.draw(count, rng) for part in self.parts)], axis=1)

    def log_density(self, blocks: Array) -> Array:
        """Return log densities (S,) of blocks (S, B)."""
        total, at = np.zeros(len(blocks)), len(self.weight)
        for one, column in zip(self.weight, blocks[:, :at].T, strict=True):
            total += one.logpdf(column)
        for part in self.parts:
            size = part.size
            total += part.log_density(blocks[:, at : at + size])
            at += size
        return total

    @classmethod
    def of(cls, space: ComponentSpace, component: int = 0) -> EmptyBlock:
        """Return the block of an empty component, from 0, of a program with its data."""
        parts: list[EmptyPart | EmptyVector] = []
        for part in space.parts:
            if part.shared or part.quantity.weights:
                continue
            own = space.members(part)
            if component in range(own.start, own.stop):
                parts.append(_of_part(part, space.space.data, component - own.start))
            else:
                parts.append(EmptyPart.beside(part.size))
        return cls(_weight(space, component), parts)


def log_mass_of_priors(space: ComponentSpace) -> float | None:
    """Return the logarithm of the integral of all priors as the program has them.

    It is zero where no bound cuts a prior off; None where a flat prior has no integral.
    """
    program, data, total = space.space.program, space.space.data, 0.0
    priors = [one for one in program.estimated if not one.weights and not one.together]
    if not all(known(code) for one in priors for code in codes(one, data)):
        return None
    for part in space.parts:
        if part.quantity.weights:
            continue
        own = space.members(part)
        every = range(1 if part.shared else own.stop - own.start)
        total += sum(_of_part(part, space.space.data, k).log_mass for k in every)
    return total


def _of_part(part: Part, data: Mapping[str, Any], component: int) -> EmptyPart | EmptyVector:
    return (EmptyVector if part.quantity.vector else EmptyPart).of(part, data, component)


def low_weight(space: ComponentSpace) -> Array:
    """Return the coordinates of a weight so low that no row is of its component, (Q,).

    Of weights with covariates only as low as their prior leaves probable.
    """
    assert space.weights is not None  # asked where weights are not known
    if space.weights.quantity.matrix is None:
        return np.array([np.log(space.total_shape) - NO_ROW])
    return np.array([float(one.median()) for one in _weight(space, 0)])


def _weight(space: ComponentSpace, component: int) -> list[Any]:
    """Return the distributions of the coordinates of an empty component's weight."""
    data, part = space.space.data, space.weights
    if part is None:
        return []
    if part.quantity.matrix is not None:
        low = -np.minimum(np.log(space.rows + 1.0), 2 * FREE_MEAN)
        ones = Columns.of_data(data, part.quantity.matrix.name).ones
        return [scipy.stats.t(HEAVY, low if one else 0.0, FREE_MEAN) for one in ones]
    # The logarithm of a gamma to which at most a row or two have been added.
    alpha = float(np.broadcast_to(data["theta_prior"], space.components)[component])
    width = 1.3 * float(np.sqrt(polygamma(1, alpha)))
    return [scipy.stats.t(HEAVY, float(digamma(alpha + 0.5)), width)]


@dataclass(frozen=True)
class Coordinate:
    """A parameter with its prior, on the real line.

    Attributes
    ----------
    prior : scipy.stats frozen distribution or None
        On the program's scale, not normalised where a bound cuts it off; None for a flat one.
    lower, upper : float
        Ends of the parameter's support.
    """

    prior: Any
    lower: float
    upper: float

    @classmethod
    def beside(cls) -> Coordinate:
        """Return one that stands for nothing; see `ComponentSpace`."""
        return cls(scipy.stats.norm(), -np.inf, np.inf)

    @classmethod
    def of(cls, code: int, arguments: Array, lower: float, upper: float) -> Coordinate:
        """Return the coordinate of a prior as the programs number them."""
        return cls(distribution(code, arguments) if known(code) else None, lower, upper)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count,)."""
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).rvs(count, random_state=rng))
        low, high = self._mass
        values = self.prior.ppf(low + (high - low) * rng.random(count))
        inside = np.nextafter(self.lower, np.inf), np.nextafter(self.upper, 0.0)
        return self._interval.free(np.clip(values, *inside))

    def log_density(self, values: Array) -> Array:
        """Return log densities (S,) of values (S,)."""
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).logpdf(values))
        low, high = self._mass
        at, jacobian = self._interval.constrain(values), self._interval.log_jacobian(values)
        return np.asarray(self.prior.logpdf(at) + jacobian - np.log(high - low))

    @property
    def log_mass(self) -> float:
        """Logarithm of the part of the prior that lies within the support; 0 of a flat one."""
        if self.prior is None:
            return 0.0
        low, high = self._mass
        return float(np.log(high - low))

    @property
    def _interval(self) -> Interval:
        return Interval(np.asarray(self.lower), np.asarray(self.upper))

    @property
    def _mass(self) -> tuple[float, float]:
        return float(self.prior.cdf(self.lower)), float(self.prior.cdf(self.upper))
