"""A component that the data leave empty: its parameters follow their prior, its weight is small.

Wherever one component fewer explains the data nearly as well, a part of the posterior lies here,
far from every optimum and with tails as long as those of the prior. Draws from about the optima
never see it, and their weights do not tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import digamma, expit, polygamma

from stanmix.inference.component_space import FREE_MEAN, ComponentSpace
from stanmix.inference.t_mixture import HEAVY, log_sum
from stanmix.prior_distributions import distribution, known
from stanmix.units import Columns

if TYPE_CHECKING:
    from stanmix.mixture import Mixture

__all__ = ["Density", "Emptied", "EmptyBlock", "flat_scales"]

Array = NDArray[np.float64]

# A flat prior has no draws; where an empty component's location then lies, in scaled units.
WIDE = 3.0
# Log density below the largest that is left out.
NEGLIGIBLE = 100.0


def flat_scales(model: Mixture, data: Mapping[str, Any]) -> bool:
    """Return whether the scale of an empty component has a flat prior, which has no integral.

    Then the posterior has none either, however much the data say of other components.

    Parameters
    ----------
    model : Mixture
    data : mapping
        Its Stan data.
    """
    if model.components == 1 or "sigma" not in model.component_parameters:
        return False
    return not all(known(int(code)) for code in np.atleast_1d(data.get("sigma_prior", [])))


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
    at : int or None
        Which component is empty; None where each is as likely to be, because all are alike.
    """

    below: Density
    empty: EmptyBlock
    components: int
    at: int | None = None

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, D)."""
        others = self.below.draw(count, rng)
        place = self.components - 1 if self.at is None else self.at
        begin = place * self.empty.size
        block = self.empty.draw(count, rng)
        return np.concatenate([others[:, :begin], block, others[:, begin:]], axis=1)

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), averaged over the numberings."""
        places = range(self.components) if self.at is None else [self.at]
        B = self.empty.size
        terms = []
        for k in places:
            mine = np.arange(k * B, (k + 1) * B)
            term = self.empty.log_density(points[:, mine])
            # The rest costs more, and counts only where the weight is small enough.
            result = np.full(len(points), -np.inf)
            rows = np.flatnonzero(term > term.max(initial=-np.inf) - NEGLIGIBLE)
            if len(rows):
                rest = np.delete(points[rows], mine, axis=1)
                result[rows] = term[rows] + self.below.log_density(rest)
            terms.append(result)
        return np.asarray(log_sum(terms) - np.log(len(terms)))


@dataclass(frozen=True)
class EmptyBlock:
    """The block of coordinates of an empty component.

    Attributes
    ----------
    weight : sequence of scipy.stats frozen distributions
        Of the coordinates of its weight.
    location : sequence of Coordinate
    scales : sequence of Coordinate
    shift : ndarray of shape (P, P)
        What a prior on coefficients at covariates of zero subtracts from them; zeros elsewhere.
    """

    weight: Sequence[Any]
    location: Sequence[Coordinate]
    scales: Sequence[Coordinate]
    shift: Array

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.weight) + len(self.location) + len(self.scales)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count, B)."""
        columns = [one.rvs(count, random_state=rng) for one in self.weight]
        # The inverse of (1 - shift), which adds to a coefficient what depends on the others alone.
        location = np.stack([one.draw(count, rng) for one in self.location], axis=1)
        location = location + location @ self.shift.T
        columns += [*location.T, *(one.draw(count, rng) for one in self.scales)]
        return np.stack(columns, axis=1)

    def log_density(self, blocks: Array) -> Array:
        """Return log densities (S,) of blocks (S, B)."""
        w, m = len(self.weight), len(self.weight) + len(self.location)
        total = np.zeros(len(blocks))
        for one, column in zip(self.weight, blocks[:, :w].T, strict=True):
            total += one.logpdf(column)
        location = blocks[:, w:m] - blocks[:, w:m] @ self.shift.T
        for one, column in zip(self.location, location.T, strict=True):
            total += one.log_density(column)
        for one, column in zip(self.scales, blocks[:, m:].T, strict=True):
            total += one.log_density(column)
        return total

    @classmethod
    def of(cls, space: ComponentSpace) -> EmptyBlock:
        """Return the block of an empty component of a program with its data."""
        data, parts = space.space.data, space.space.structure
        L = space.location_size
        name = "beta" if parts.regression else "mu"
        codes = np.resize(np.atleast_1d(data[f"{name}_prior"]), L)
        arguments = np.resize(np.atleast_2d(data[f"{name}_prior_arguments"]), (L, 3))
        positive = space.positive_location
        location = [
            Coordinate.of(int(code), values, 0.0 if positive else -np.inf, np.inf)
            for code, values in zip(codes, arguments, strict=True)
        ]
        shift = np.zeros((L, L))
        if parts.regression:
            columns = Columns.of_data(data, "X")
            at_zero = np.asarray(data["beta_prior_at_zero"], float)
            if parts.order == "beta":  # its coordinate is the coefficient at zero already
                at_zero[space.ordered_column] -= 1.0
            shift = np.outer(at_zero * columns.ones * columns.scale, columns.centre / columns.scale)
        scales: list[Coordinate] = []
        if space.scale_size:
            J = space.scale_size
            codes = np.resize(np.atleast_1d(data["sigma_prior"]), J)
            arguments = np.resize(np.atleast_2d(data["sigma_prior_arguments"]), (J, 3))
            lower, upper = (end[:J] for end in space.scale_ends)
            scales = [
                Coordinate.of(int(code), values, low, high)
                for code, values, low, high in zip(codes, arguments, lower, upper, strict=True)
            ]
        return cls(_weight(space), location, scales, shift)


def _weight(space: ComponentSpace) -> list[Any]:
    """Return the distributions of the coordinates of an empty component's weight."""
    data = space.space.data
    if space.space.structure.gating:
        ones = np.asarray(data.get("Z_ones", np.zeros(space.weight_size)), dtype=float)
        low = -np.minimum(np.log(space.rows + 1.0), 2 * FREE_MEAN)
        return [scipy.stats.t(HEAVY, low if one else 0.0, FREE_MEAN) for one in ones]
    if not space.weight_size:
        return []
    # The logarithm of a gamma to which at most a row or two have been added.
    alpha = float(np.mean(data["theta_prior"]))
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
    def of(cls, code: int, arguments: Array, lower: float, upper: float) -> Coordinate:
        """Return the coordinate of a prior as the programs number them."""
        return cls(distribution(code, arguments) if known(code) else None, lower, upper)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws (count,)."""
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).rvs(count, random_state=rng))
        low, high = self._mass
        values = self.prior.ppf(low + (high - low) * rng.random(count))
        values = np.clip(values, np.nextafter(self.lower, np.inf), np.nextafter(self.upper, 0.0))
        if np.isinf(self.lower):
            return np.asarray(values)
        if np.isinf(self.upper):
            return np.asarray(np.log(values - self.lower))
        part = (values - self.lower) / (self.upper - self.lower)
        return np.asarray(np.log(part) - np.log1p(-part))

    def log_density(self, values: Array) -> Array:
        """Return log densities (S,) of values (S,)."""
        if self.prior is None:
            return np.asarray(scipy.stats.t(HEAVY, 0.0, WIDE).logpdf(values))
        jacobian: Array
        if np.isinf(self.lower):
            at, jacobian = values, np.zeros(len(values))
        elif np.isinf(self.upper):
            at, jacobian = self.lower + np.exp(values), values
        else:
            part = expit(values)
            at = self.lower + (self.upper - self.lower) * part
            with np.errstate(divide="ignore"):
                jacobian = np.log(self.upper - self.lower) + np.log(part) + np.log1p(-part)
        low, high = self._mass
        return np.asarray(self.prior.logpdf(at) + jacobian - np.log(high - low))

    @property
    def _mass(self) -> tuple[float, float]:
        return float(self.prior.cdf(self.lower)), float(self.prior.cdf(self.upper))
