"""Coordinates of a program's parameters in which exchanging components exchanges blocks.

Stan's unconstrained scale treats the components of a simplex, or of an ordered vector, unlike one
another. Here each component has a block of its own: a log weight, its location, its log scales.

- In place of the simplex there are K logarithms of independent gammas, of which the likelihood
  sees the ratios alone; their total gets a gamma density of its own, which changes nothing else.
  Coefficients of the weights, which sum to zero over the components, gain their mean in the same
  way.
- Where the program orders the components, a point stands for its ordered renumbering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logsumexp

from stanmix.inference.exploration.unconstrained import Space, scale_bounds
from stanmix.inference.starts.declared import contrasts
from stanmix.model import families

__all__ = ["ComponentSpace"]

Array = NDArray[np.float64]
# Values and gradient of Stan's log density without Jacobian, at points of the unconstrained scale.
LogDensity = Callable[[Array], tuple[Array, Array]]

# Spread of the mean of the components' coefficients of the weights, which no data inform.
FREE_MEAN = 2.5
# Logarithm beyond which a scale is none: its square would be no number.
FARTHEST = 300.0


@dataclass(frozen=True)
class ComponentSpace:
    """Blocks of coordinates, one a component, and one that they share.

    Attributes
    ----------
    space : Space
        Of the program with its data: K components.
    rows : float
        How many rows the data count, for the scale of the total of the gammas.
    exchangeable : bool
        Whether the posterior is the same under every renumbering of the components.

    Notes
    -----
    A point has ``K * block + common`` coordinates. A block holds, in this order, the weight (1,
    or Q with gating, or none where the weights are known), the location (1, P or D) and the
    scales (0, 1 or D) of a component.
    """

    space: Space
    rows: float
    exchangeable: bool

    # Sizes -----------------------------------------------------------------------------------

    @cached_property
    def components(self) -> int:
        """Number of components, K."""
        return int(self.space.data["K"])

    @cached_property
    def weight_size(self) -> int:
        """Coordinates of a component's weight."""
        if self.space.structure.gating:
            return int(self.space.data["Q"])
        return int(self.space.structure.theta == "free")

    @cached_property
    def location_size(self) -> int:
        """Coordinates of a component's location."""
        parts, data = self.space.structure, self.space.data
        if parts.regression:
            return int(data["P"])
        return int(data["D"]) if parts.covariance and parts.mean == "free" else 1

    @cached_property
    def _scales(self) -> int:
        return self.space.sizes.get("sigma_scaled", 0)

    @cached_property
    def common(self) -> int:
        """Coordinates that components share."""
        return self._scales if self.space.structure.sigma == "shared" else 0

    @cached_property
    def scale_size(self) -> int:
        """Coordinates of a component's scales."""
        return 0 if self.common else self._scales // self.components

    @property
    def block(self) -> int:
        """Coordinates of a component."""
        return self.weight_size + self.location_size + self.scale_size

    @property
    def size(self) -> int:
        """Coordinates of a point."""
        return self.components * self.block + self.common

    @cached_property
    def total_shape(self) -> float:
        """Shape of the gamma density of the weights' total: near what the rows would give it."""
        return self.rows + float(np.sum(self.space.data.get("theta_prior", 0.0)))

    def parts(self, points: Array) -> tuple[Array, Array, Array, Array]:
        """Return weights (S, K, .), locations (S, K, .), scales (S, K, .) and what is shared."""
        end = self.components * self.block
        blocks = points[:, :end].reshape(len(points), self.components, self.block)
        w, m = self.weight_size, self.weight_size + self.location_size
        return (
            blocks[..., :w],
            blocks[..., w:m],
            blocks[..., m:],
            points[:, end:],
        )

    def join(self, weights: Array, locations: Array, scales: Array, shared: Array) -> Array:
        """Return points (S, D) of their parts; see `parts`."""
        blocks = np.concatenate([weights, locations, scales], axis=-1)
        return np.asarray(np.concatenate([blocks.reshape(len(blocks), -1), shared], axis=1))

    # To and from the program -----------------------------------------------------------------

    def from_program(self, values: Mapping[str, Any]) -> Array:
        """Return the point (D,) of values of the program's parameters."""
        K, parts = self.components, self.space.structure
        named = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        weights = np.empty((1, K, self.weight_size))
        if parts.gating:
            weights[0] = self.contrast @ named["gamma_free"].reshape(K - 1, self.weight_size)
        elif self.weight_size:
            weights[0, :, 0] = np.log(named["theta"].reshape(K)) + np.log(self.total_shape)
        if "beta_ordered" in named or "mu_ordered" in named:
            first, rest = ("beta_ordered", "beta_rest") if parts.regression else (
                "mu_ordered", "mu_rest")  # fmt: skip
            # Stan does not write an empty parameter, where there is but one column.
            others = named.get(rest, np.empty(0)).reshape(K, self.location_size - 1)
            locations = np.insert(others, self.ordered_column, named[first].reshape(K), axis=1)
        else:
            name = next(name for name in ("beta_scaled", "mu_scaled", "mu") if name in named)
            locations = named[name].reshape(K, self.location_size)
            locations = np.log(locations) if self.positive_location else locations
        scales: Array = np.empty((0,))
        if self._scales:
            values_of = named["sigma_scaled"].reshape(self._scales)
            lower, upper = self.scale_ends
            above = np.isinf(upper)
            inside = (values_of - lower) / np.where(above, 1.0, upper - lower)
            scales = np.log(inside) - np.log1p(-np.where(above, 0.0, inside))
        split = 0 if self.common else self._scales
        points = self.join(
            weights,
            locations[None],
            scales[:split].reshape(1, K, self.scale_size),
            scales[split:].reshape(1, self.common),
        )
        return np.asarray(points[0])

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
        _, _, scales, shared = self.parts(points)
        near = np.concatenate([scales.reshape(len(points), -1), shared], axis=1) < FARTHEST
        fine = np.isfinite(at).all(axis=1) & near.all(axis=1)
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

    @cached_property
    def scale_ends(self) -> tuple[Array, Array]:
        """Lower and upper ends of the scales, as the program samples them."""
        if self.space.structure.order == "sigma":
            return np.zeros(self._scales), np.full(self._scales, np.inf)
        return scale_bounds(self.space.data, self._scales)

    @property
    def positive_location(self) -> bool:
        """Whether a component's location is a positive mean, whose logarithm is the coordinate."""
        parts = self.space.structure
        return not parts.regression and families.family(parts.family).positive

    @property
    def ordered_column(self) -> int:
        """Which column of the location the program orders, from 0."""
        data = self.space.data
        return int(data.get("ordered_covariate", data.get("ordered_coordinate", 1))) - 1

    @property
    def ordered_coordinate(self) -> int:
        """Which coordinate of a block the program orders, from 0."""
        if self.space.structure.order == "sigma":
            return self.weight_size + self.location_size
        return self.weight_size + self.ordered_column

    def order(self, points: Array) -> NDArray[np.intp]:
        """Return the numbering (S, K) of components that the program asks for: perm[new] = old."""
        _, locations, scales, _ = self.parts(points)
        parts = self.space.structure
        if parts.order is None or not self.exchangeable:
            return np.broadcast_to(np.arange(self.components), (len(points), self.components))
        by = scales[..., 0] if parts.order == "sigma" else locations[..., self.ordered_column]
        return np.argsort(by, axis=1, kind="stable")

    def renumbered(self, points: Array, perm: NDArray[np.intp]) -> Array:
        """Return points with their components renumbered: ``perm[new] = old``, (S, K)."""
        end = self.components * self.block
        blocks = points[:, :end].reshape(len(points), self.components, self.block)
        taken = np.take_along_axis(blocks, perm[:, :, None], axis=1)
        return np.asarray(np.concatenate([taken.reshape(len(points), -1), points[:, end:]], axis=1))

    def _stan(self, points: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Return points on Stan's scale, and the map of gradients there to gradients here."""
        perm = self.order(points)
        weights, locations, scales, shared = self.parts(self.renumbered(points, perm))
        maps: dict[str, tuple[Array, Callable[[Array], Array]]] = {}
        S, K, parts = len(points), self.components, self.space.structure
        if parts.gating:
            Q, contrast = self.weight_size, self.contrast
            free = np.einsum("kj,skq->sjq", contrast, weights)
            maps["gamma_free"] = (
                free.reshape(S, -1),
                lambda g: np.einsum("kj,sjq->skq", contrast, g.reshape(S, K - 1, Q)),
            )
        elif self.weight_size:
            maps["theta"] = _stick_breaking(weights[..., 0])
        column = locations[..., self.ordered_column]
        if parts.order in ("mu", "beta"):
            link = _positive_ordered if self.positive_location else _ordered
            first, back = link(column)
            if self.location_size == 1:
                name = next(iter(set(self.space.sizes) & {"mu", "mu_scaled", "beta_ordered"}))
                maps[name] = (first, lambda g: back(g)[..., None])
                maps["beta_rest"] = (np.empty((S, 0)), lambda g: np.zeros((S, K, 1)))
            else:
                head, tail = (f"{parts.order}_ordered", f"{parts.order}_rest")
                j, L = self.ordered_column, self.location_size
                rest = np.delete(locations, j, axis=2)
                maps[head] = (first, lambda g: _in_column(back(g), j, L))
                maps[tail] = (
                    rest.reshape(S, -1),
                    lambda g: np.insert(g.reshape(S, K, L - 1), j, 0.0, axis=2),
                )
        else:
            name = next(
                name for name in ("beta_scaled", "mu_scaled", "mu") if name in self.space.sizes
            )
            maps[name] = (
                locations.reshape(S, -1),
                lambda g: g.reshape(S, K, self.location_size),
            )
        if parts.order == "sigma":
            ordered, ordered_back = _positive_ordered(scales[..., 0])
            maps["sigma_scaled"] = (ordered, lambda g: ordered_back(g)[..., None])
        elif self.common:
            maps["sigma_scaled"] = (shared, lambda g: g)
        elif self.scale_size:
            maps["sigma_scaled"] = (scales.reshape(S, -1), lambda g: g.reshape(scales.shape))

        def pull_back(gradient: Array) -> Array:
            into = {
                "weights": np.zeros_like(weights),
                "locations": np.zeros_like(locations),
                "scales": np.zeros_like(scales),
                "shared": np.zeros_like(shared),
            }
            at = 0
            for name, size in self.space.sizes.items():
                part = maps[name][1](gradient[:, at : at + size])
                into[self._part_of(name)] = into[self._part_of(name)] + part
                at += size
            here = self.join(*into.values())
            return self.renumbered(here, np.argsort(perm, axis=1))

        return np.concatenate([maps[name][0] for name in self.space.sizes], axis=1), pull_back

    def _part_of(self, name: str) -> str:
        if name in ("theta", "gamma_free"):
            return "weights"
        if name == "sigma_scaled":
            return "shared" if self.common else "scales"
        return "locations"

    def _log_jacobian(self, points: Array) -> tuple[Array, Array]:
        """Return what the density gains by these coordinates, and its gradient."""
        weights, locations, scales, shared = self.parts(points)
        slopes = [np.zeros_like(part) for part in (weights, locations, scales, shared)]
        value = np.zeros(len(points))
        if self.space.structure.gating:
            mean = weights.sum(axis=1) / np.sqrt(self.components)
            value -= 0.5 * (mean**2).sum(axis=1) / FREE_MEAN**2
            slopes[0] -= mean[:, None] / np.sqrt(self.components) / FREE_MEAN**2
        elif self.weight_size:
            # d(theta, total) = product of gammas / total^(K - 1) d(logarithms)
            total = logsumexp(weights[..., 0], axis=1)
            a = self.total_shape - self.components
            with np.errstate(over="ignore"):
                value += a * total - np.exp(total) - gammaln(self.total_shape)
                value += weights.sum(axis=(1, 2))
                share = np.exp(weights - total[:, None, None])
                slopes[0] += (a - np.exp(total))[:, None, None] * share + 1.0
        if self.positive_location:
            value += locations.sum(axis=(1, 2))
            slopes[1] += 1.0
        if self._scales:
            part, which = (shared, 3) if self.common else (scales, 2)
            lower, upper = self.scale_ends
            above = np.isinf(upper).reshape(part.shape[1:])
            width = np.where(above, 1.0, (upper - lower).reshape(part.shape[1:]))
            # The logarithm of inside * (1 - inside), where inside = expit(part).
            within = -np.logaddexp(0.0, part) - np.logaddexp(0.0, -part)
            value += (
                np.where(above, part, np.log(width) + within).reshape(len(points), -1).sum(axis=1)
            )
            slopes[which] += np.where(above, 1.0, 1 - 2 * expit(part))
        return value, self.join(*slopes)


def _in_column(values: Array, column: int, columns: int) -> Array:
    """Return values (S, K) as one column of zeros (S, K, columns)."""
    table = np.zeros((*values.shape, columns))
    table[..., column] = values
    return table


def _stick_breaking(log_gammas: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return Stan's free simplex (S, K - 1) of logarithms of gammas (S, K)."""
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
        return result[..., None]

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
