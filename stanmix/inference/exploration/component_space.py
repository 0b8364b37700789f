"""Coordinates of a program's parameters in which exchanging components exchanges blocks.

Stan's unconstrained scale treats the components of a simplex, or of an ordered vector, unlike one
another. Here each component has a block of its own: a log weight, then the coordinates of each of
its parameters; what components share follows all blocks.

- In place of the simplex there are K logarithms of independent gammas, of which the likelihood
  sees the ratios alone; their total gets a gamma density of its own, which changes nothing else.
  Coefficients of the weights, which sum to zero over the components, gain their mean in the same
  way.
- Where the program orders the components, a point stands for its ordered renumbering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from stanmix.inference.starts.declared import contrasts
from stanmix.inference.unconstrained.intervals import Interval
from stanmix.inference.unconstrained.space import Space, bounds, joint_transform
from stanmix.inference.unconstrained.transforms import LOG_RATIOS, Bijection, Correlations
from stanmix.model.correlations import correlations
from stanmix.program.sizes import size_of
from stanmix.program.variables import Order, Quantity

__all__ = ["FREE_MEAN", "ComponentSpace", "Part"]

Array = NDArray[np.float64]
# Values and gradient of Stan's log density without Jacobian, at points of the unconstrained scale.
LogDensity = Callable[[Array], tuple[Array, Array]]
# A part on Stan's scale, by the names of the declared parameters, and its gradients back.
Mapped = tuple[dict[str, Array], Callable[[Mapping[str, Array]], Array]]

# Spread of the mean of the components' coefficients of the weights, which no data inform.
FREE_MEAN = 2.5
# Logarithm beyond which a scale is none: its square would be no number.
FARTHEST = 300.0


@dataclass(frozen=True)
class Part:
    """The coordinates of one quantity.

    Attributes
    ----------
    quantity : Quantity
    shared : bool
        Whether components share it.
    size : int
        How many a component has, or all have together where it is shared.
    at : int
        The first, within a component's block or within what is shared.
    transform : Bijection
        Of the values that they stand for.
    column : int
        Which one the program orders, from 0, where it orders one of several.
    shape : tuple of int
        Of these values in a component, as a draw has them.
    columns : ndarray of int, shape (size,)
        Which of the quantity's they are, from 0.
    numbers : ndarray of int, shape (K, size), or None
        Which of the different coefficients each component has, from 1; 0: none. None where each
        has a row of its own. A quantity with such numbers has a part of what components share, and
        one of the rest.
    """

    quantity: Quantity
    shared: bool
    size: int
    at: int
    transform: Bijection
    column: int
    shape: tuple[int, ...]
    columns: NDArray[np.intp]
    numbers: NDArray[np.intp] | None = None

    @property
    def name(self) -> str:
        """What tells it from other parts."""
        whole = self.shared == self.quantity.shared
        return self.quantity.name if whole else f"{self.quantity.name}, common"

    @property
    def places(self) -> NDArray[np.intp] | None:
        """Where its coordinates stand among the different coefficients, from 0; -1: nowhere."""
        if self.numbers is None:
            return None
        return np.asarray((self.numbers.max(axis=0) if self.shared else self.numbers) - 1)

    def values(self, coordinates: Array) -> Array:
        """Return the values, on the program's scale, of coordinates (..., size)."""
        values = self.transform.constrain(coordinates)
        return values.reshape(*values.shape[:-1], *self.shape)

    @property
    def bounded(self) -> bool:
        """Whether the values have ends, from which coordinates tell the distance."""
        return not isinstance(self.transform, Interval) or self.transform.bounded


@dataclass(frozen=True)
class ComponentSpace:
    """Blocks of coordinates, one a component, and one that they share.

    Attributes
    ----------
    space : Space
        Of the program with its data: K components.
    rows : float
        How many rows the data count, for the scale of the total of the gammas.
    alike : tuple of tuple of int
        Components among which the posterior is the same under every renumbering.
    in_common : mapping of str to ndarray of bool, shape (P,)
        Which columns of coefficients components share, where they share or lack some.

    Notes
    -----
    A point has ``K * block + common`` coordinates. A block holds, in this order, the weight (1,
    or Q with gating, or none where the weights are known) and the parameters of a component in
    the family's order. Components of one family have coordinates for the parameters of others
    as well, which the program never sees, and which are standard normal.
    """

    space: Space
    rows: float
    alike: tuple[tuple[int, ...], ...]
    in_common: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    # Sizes -----------------------------------------------------------------------------------

    @cached_property
    def components(self) -> int:
        """Number of components, K."""
        return int(self.space.data["K"])

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What is estimated, in the order in which the program declares it."""
        data, found, at = self.space.data, [], {True: 0, False: 0}
        ordered = data.get("ordered_covariate", data.get("ordered_coordinate", 1))
        for one in self.space.program.estimated:
            shape = tuple(size_of(axis, data) for axis in one.axes[not one.shared :])
            size = int(np.prod(shape))
            interval: Bijection = Interval(np.full(size, -np.inf), np.full(size, np.inf))
            if one.correlations:
                interval = Correlations()
            elif one.vector is not None:
                (variable,) = one.variables
                interval = joint_transform(variable.transform, self.space.stan_version)
                size -= one.simplex
            elif one.constrained or one.bounded:
                stem = "" if one.order is Order.ALL else one.name
                own = one.of_members(self.components)
                each = (own.stop - own.start,) if one.apart else ()
                interval = bounds(stem, data, (*each, size))
            column = int(ordered) - 1 if one.order is Order.COLUMN else 0
            columns = np.arange(size)
            if not one.numbered:
                place = at[one.shared]
                found.append(Part(one, one.shared, size, place, interval, column, shape, columns))
                at[one.shared] += size
                continue
            numbers = np.asarray(data[f"{one.name}_number"])
            numbers, common = numbers.reshape(len(numbers), -1), self.in_common[one.name]
            common = np.tile(common, size // len(common))  # of each predictor
            for shared in (False, True):
                own = columns[common == shared]
                size = len(own)
                free = Interval(*np.multiply.outer([-np.inf, np.inf], np.ones(size)))
                of_own = numbers[:, own]
                found.append(Part(one, shared, size, at[shared], free, 0, (size,), own, of_own))
                at[shared] += size
        return tuple(found)

    @cached_property
    def weights(self) -> Part | None:
        """The part that determines the weights; None where they are known."""
        return next((part for part in self.parts if part.quantity.weights), None)

    @cached_property
    def ordered(self) -> Part | None:
        """The part that the program orders; None if it orders nothing."""
        return next((p for p in self.parts if p.quantity.order is not Order.NONE), None)

    @cached_property
    def common(self) -> int:
        """Coordinates that components share."""
        return sum(part.size for part in self.parts if part.shared)

    @cached_property
    def block(self) -> int:
        """Coordinates of a component."""
        return sum(part.size for part in self.parts if not part.shared)

    @property
    def size(self) -> int:
        """Coordinates of a point."""
        return self.components * self.block + self.common

    @cached_property
    def total_shape(self) -> float:
        """Shape of the gamma density of the weights' total: near what the rows would give it."""
        return self.rows + float(np.sum(self.space.data.get("theta_prior", 0.0)))

    @property
    def exchangeable(self) -> bool:
        """Whether components can be renumbered at all."""
        return bool(self.alike)

    @property
    def all_alike(self) -> bool:
        """Whether all components can be renumbered as one likes."""
        return self.components == 1 or self.alike == (tuple(range(self.components)),)

    @property
    def sorts(self) -> bool:
        """Whether the program orders components that can be renumbered as one likes."""
        if self.ordered is None:
            return False
        own = self.members(self.ordered)
        return tuple(range(own.start, own.stop)) in self.alike

    def members(self, part: Part) -> slice:
        """Return the components that have a part."""
        return part.quantity.of_members(self.components)

    @cached_property
    def unused(self) -> NDArray[np.bool_]:
        """Which coordinates (D,) stand for nothing."""
        used = self.join(
            {
                part.name: np.ones(1)
                if part.places is None
                else np.asarray(part.places >= 0, dtype=float)
                for part in self.parts
            },
            1,
        )[0]
        return np.asarray(used == 0)

    def of(self, points: Array, part: Part) -> Array:
        """Return the coordinates of a part: (S, K, size), or (S, size) where it is shared.

        K are the components that have it.
        """
        end, place = self.components * self.block, slice(part.at, part.at + part.size)
        if part.shared:
            return points[:, end:][:, place]
        blocks = points[:, :end].reshape(len(points), self.components, self.block)
        return blocks[:, self.members(part), place]

    def join(self, coordinates: Mapping[str, Array], count: int) -> Array:
        """Return `count` points of the coordinates of their parts, by name; see `of`."""
        points = np.zeros((count, self.size))
        for part in self.parts:
            self.of(points, part)[...] = coordinates[part.name]
        return points

    # To and from the program -----------------------------------------------------------------

    def from_program(self, values: Mapping[str, Any]) -> Array:
        """Return the point (D,) of values of the program's parameters."""
        named = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        found = {part.name: self._coordinates(part, named)[None] for part in self.parts}
        return np.asarray(self.join(found, 1)[0])

    def _coordinates(self, part: Part, named: Mapping[str, Array]) -> Array:
        """Return the coordinates of a part, of values of the program's parameters."""
        one, own = part.quantity, self.members(part)
        K = own.stop - own.start
        if one.weights and one.matrix is not None:
            free = named[one.variables[0].name].reshape(K - 1, part.size)
            return np.asarray(self.contrast @ free)
        if one.weights:
            logs = np.log(named[one.name].reshape(K, 1))
            return np.asarray(logs + np.log(self.total_shape))
        if part.places is not None:
            different = named[one.variables[0].name]
            return np.where(part.places < 0, 0.0, different[part.places])
        if one.order is Order.COLUMN:
            first, rest = (variable.name for variable in one.variables)
            # Stan does not write an empty parameter, where there is but one column.
            others = named.get(rest, np.empty(0)).reshape(K, part.size - 1)
            return np.insert(others, part.column, named[first].reshape(K), axis=1)
        values = named[one.scaled]
        if one.correlations:
            values = correlations(values)
        return part.transform.free(values.reshape(-1) if part.shared else values.reshape(K, -1))

    def to_stan(self, points: Array) -> Array:
        """Return points (S, D) on Stan's unconstrained scale."""
        return self._stan(points)[0]

    def target(self, points: Array, log_density: LogDensity) -> tuple[Array, Array]:
        """Return the log density of points, and its gradient.

        Parameters
        ----------
        points : ndarray of shape (S, D)
        log_density : callable
            Stan's log density without Jacobian, and its gradient, on the unconstrained scale.

        Returns
        -------
        value : ndarray of shape (S,)
            Minus infinity, with a gradient that is no number, where Stan has no density.
        gradient : ndarray of shape (S, D)
        """
        at, pull_back = self._stan(points)
        fine = np.isfinite(at).all(axis=1)
        for part in self.parts:
            if part.bounded:
                fine &= (self.of(points, part).reshape(len(points), -1) < FARTHEST).all(axis=1)
        value, gradient = np.full(len(points), -np.inf), np.full(at.shape, np.nan)
        if fine.any():
            value[fine], gradient[fine] = log_density(at[fine])
        jacobian, slope = self._log_jacobian(points)
        # `pull_back` knows all rows; those without a density stay undefined.
        back = pull_back(gradient) + slope
        value = value + jacobian
        value[~np.isfinite(value)] = -np.inf
        return value, back

    @cached_property
    def contrast(self) -> Array:
        """Helmert's contrasts (K, K - 1), as the programs have them; columns sum to zero."""
        return contrasts(self.components)

    @property
    def ordered_coordinate(self) -> int:
        """Which coordinate of a block the program orders, from 0."""
        assert self.ordered is not None  # asked where the program orders something
        return self.ordered.at + self.ordered.column

    def order(self, points: Array) -> NDArray[np.intp]:
        """Return the numbering (S, K) of components that the program asks for: perm[new] = old."""
        usual = np.broadcast_to(np.arange(self.components), (len(points), self.components))
        if self.ordered is None or not self.sorts:
            return usual
        perm, own = usual.copy(), self.members(self.ordered)
        by = self.of(points, self.ordered)[..., self.ordered.column]
        perm[:, own] = own.start + np.argsort(by, axis=1, kind="stable")
        return perm

    def shuffled(self, points: Array, rng: np.random.Generator) -> Array:
        """Return points whose components are numbered at random, where nothing tells them apart."""
        perm = np.tile(np.arange(self.components), (len(points), 1))
        for numbering in perm:
            for members in self.alike:
                numbering[list(members)] = rng.permutation(members)
        return self.renumbered(points, perm)

    def renumbered(self, points: Array, perm: NDArray[np.intp]) -> Array:
        """Return points with their components renumbered: ``perm[new] = old``, (S, K)."""
        end = self.components * self.block
        blocks = points[:, :end].reshape(len(points), self.components, self.block)
        taken = np.take_along_axis(blocks, perm[:, :, None], axis=1)
        return np.asarray(np.concatenate([taken.reshape(len(points), -1), points[:, end:]], axis=1))

    def _stan(self, points: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Return points on Stan's scale, and the map of gradients there to gradients here."""
        perm = self.order(points)
        numbered = self.renumbered(points, perm)
        maps = [self._mapped(part, self.of(numbered, part)) for part in self.parts]
        stan: dict[str, Array] = {}
        for found, _ in maps:
            for name, values in found.items():  # of coefficients in two parts, each where it stands
                stan[name] = stan[name] + values if name in stan else values

        def pull_back(gradient: Array) -> Array:
            by_name, at = {}, 0
            for name, values in stan.items():
                by_name[name] = gradient[:, at : at + values.shape[1]]
                at += values.shape[1]
            here = self.join(
                {
                    part.name: back(by_name)
                    for part, (_, back) in zip(self.parts, maps, strict=True)
                },
                len(points),
            )
            return self.renumbered(here, np.argsort(perm, axis=1))

        return np.concatenate(list(stan.values()), axis=1), pull_back

    def _mapped(self, part: Part, coordinates: Array) -> Mapped:
        """Return a part's coordinates on Stan's scale, and the map of gradients back."""
        S, one, own = len(coordinates), part.quantity, self.members(part)
        K = own.stop - own.start
        names = [variable.name for variable in one.variables]
        if one.weights and one.matrix is not None:
            contrast, Q = self.contrast, part.size
            free = np.einsum("kj,skq->sjq", contrast, coordinates)
            return {names[0]: free.reshape(S, -1)}, lambda g: np.einsum(
                "kj,sjq->skq", contrast, g[names[0]].reshape(S, K - 1, Q)
            )
        if one.weights:
            simplex, back = self._simplex(coordinates[..., 0])
            return {names[0]: simplex}, lambda g: back(g[names[0]])[..., None]
        if (places := part.places) is not None:
            there, F = places >= 0, int(self.space.data[one.different])
            different = np.zeros((S, F))
            different[:, places[there]] = coordinates[:, there]
            return {names[0]: different}, lambda g: np.where(there, g[names[0]][:, places], 0.0)
        if one.order is Order.NONE:
            # The coordinates are those of Stan.
            shape = coordinates.shape
            return {names[0]: coordinates.reshape(S, -1)}, lambda g: g[names[0]].reshape(shape)
        order = _positive_ordered if one.positive else _ordered
        j, J = part.column, part.size
        first, back = order(coordinates[..., j])
        if one.order is Order.ALL:
            return {names[0]: first}, lambda g: back(g[names[0]])[..., None]
        rest = np.delete(coordinates, j, axis=2)
        return {names[0]: first, names[1]: rest.reshape(S, -1)}, lambda g: np.insert(
            g[names[1]].reshape(S, K, J - 1), j, back(g[names[0]]), axis=2
        )

    def _simplex(self, log_gammas: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Return Stan's free simplex (S, K - 1) of logarithms of gammas (S, K)."""
        if self.space.stan_version < LOG_RATIOS:
            return _stick_breaking(log_gammas)
        return log_gammas @ self.contrast, lambda g: g @ self.contrast.T

    def _log_jacobian(self, points: Array) -> tuple[Array, Array]:
        """Return what the density gains by these coordinates, and its gradient."""
        value, slopes = np.zeros(len(points)), {}
        beside = np.where(self.unused, points, 0.0)
        value -= 0.5 * (beside**2).sum(axis=1) + 0.5 * np.log(2 * np.pi) * self.unused.sum()
        for part in self.parts:
            coordinates = self.of(points, part)
            if part.quantity.weights:
                gain, slope = self._of_weights(part, coordinates)
            else:
                jacobian = part.transform.log_jacobian(coordinates)
                gain = jacobian.reshape(len(points), -1).sum(axis=1)
                slope = part.transform.slope(coordinates)
            value += gain
            slopes[part.name] = slope
        return value, self.join(slopes, len(points)) - beside

    def _of_weights(self, part: Part, weights: Array) -> tuple[Array, Array]:
        """Return what the density gains by the coordinates (S, K, .) of the weights."""
        if part.quantity.matrix is not None:
            mean = weights.sum(axis=1) / np.sqrt(self.components)
            slope = -mean[:, None] / np.sqrt(self.components) / FREE_MEAN**2
            return (
                -0.5 * (mean**2).sum(axis=1) / FREE_MEAN**2,
                np.broadcast_to(slope, weights.shape),
            )
        # d(theta, total) = product of gammas / total^(K - 1) d(logarithms)
        total = logsumexp(weights[..., 0], axis=1)
        a = self.total_shape - self.components
        with np.errstate(over="ignore"):
            value = a * total - np.exp(total) - gammaln(self.total_shape)
            value = value + weights.sum(axis=(1, 2))
            share = np.exp(weights - total[:, None, None])
            slope = (a - np.exp(total))[:, None, None] * share + 1.0
        return value, slope


def _stick_breaking(log_gammas: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return the free simplex (S, K - 1), by breaking a stick, of logarithms of gammas (S, K)."""
    K = log_gammas.shape[1]
    left = np.stack([logsumexp(log_gammas[:, k + 1 :], axis=1) for k in range(K - 1)], axis=1) if (
        K > 1) else np.empty((len(log_gammas), 0))  # fmt: skip
    free = log_gammas[:, :-1] - left + np.log(np.arange(K - 1, 0, -1, dtype=float))

    def back(gradient: Array) -> Array:
        result = np.zeros(log_gammas.shape)
        result[:, :-1] = gradient
        for k in range(K - 1):
            share = np.exp(log_gammas[:, k + 1 :] - left[:, k : k + 1])
            result[:, k + 1 :] -= gradient[:, k : k + 1] * share
        return result

    return free, back


def _ordered(values: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return Stan's free ordered vector (S, K) of ascending values."""
    gaps = np.diff(values, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.concatenate([values[:, :1], np.log(gaps)], axis=1)

    def back(gradient: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = gradient[:, 1:] / gaps
        result = gradient.copy()
        result[:, 1:] = slope
        result[:, :-1] -= slope
        return result

    return free, back


def _positive_ordered(logarithms: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return Stan's free positive ordered vector of values given by their logarithms (S, K)."""
    values = np.exp(logarithms)
    gaps = np.diff(values, axis=1, prepend=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.log(gaps)

    def back(gradient: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = gradient / gaps
        result = slope.copy()
        result[:, :-1] -= slope[:, 1:]
        return np.asarray(result * values)

    return free, back
