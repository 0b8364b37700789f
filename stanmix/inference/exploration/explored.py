"""A posterior as weighted draws show it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.density.label_free import label_free, numbers_of_components
from stanmix.inference.engines.engine import LogDensity
from stanmix.inference.exploration import users_units
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import log_mass_of_priors
from stanmix.inference.exploration.weighted import Weighted
from stanmix.program.units import log_unit

__all__ = ["Explored", "Remembered"]

Array = NDArray[np.float64]

SLIVER = 0.001  # part of the posterior that is kept in mind
SIDE = 0.01  # part of the posterior that counts as a side of its own


class Remembered:
    """A log density that remembers what it was asked for.

    Attributes
    ----------
    known : dict of bytes to float
        Values by the bytes of their points.
    """

    def __init__(self, density: LogDensity) -> None:
        self._density = density
        self.known: dict[bytes, float] = {}

    def __call__(self, points: Array) -> tuple[Array, Array]:
        """Return values (S,) and gradients (S, D) at points (S, D)."""
        values, gradients = self._density(points)
        self.known.update(zip(map(bytes, np.ascontiguousarray(points)), values, strict=True))
        return values, gradients


@dataclass(frozen=True)
class Explored:
    """A posterior as weighted draws show it.

    Attributes
    ----------
    space : ComponentSpace
        The coordinates of the draws.
    found : Weighted
    known : dict of bytes to float
        Stan's log density, without Jacobian, of all points that it was asked for, on its
        unconstrained scale.
    """

    space: ComponentSpace
    found: Weighted
    known: Mapping[bytes, float] = field(default_factory=dict)

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

    def log_evidence(self) -> float | None:
        """Return the log evidence of the data in their own units; None under a flat prior."""
        of_priors = log_mass_of_priors(self.space)
        if of_priors is None:
            return None
        return self.found.log_evidence + log_unit(self.space.space.data) - of_priors

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
            ``k_hat``, ``effective``, ``draws``, ``log_evidence`` with its error, ``whole``,
            ``proper``, ``drift``, ``modes`` (log density, mass, parameters in the user's units, and
            ``about``, the mean and sd of each label-free quantity in the draws that belong there),
            ``empty`` (the part of the posterior where a component is empty), ``sides``, and
            ``expected``: of each of `stanmix.density.label_free` the mean, the sd, and the Monte
            Carlo errors of the mean and of the logarithm of the sd.
        """
        found = self.found
        rows = found.weights > 0
        points, weights = found.points[rows], found.weights[rows]
        draws = users_units.draws(self.space, points)
        by = None
        if order is not None and self.space.exchangeable:
            by = users_units.ordered_values(self.space, points, order)
        elif self.space.components > 1 and not self.space.exchangeable:
            by = numbers_of_components(len(points), self.space.components)
        free = label_free(draws, self.space.space.program, by, names)
        expected = _expected(weights, free)
        modes = []
        for i, (one, mass) in enumerate(zip(found.optima, found.masses, strict=True)):
            own = np.where(found.belongs[rows] == i, weights, 0.0)
            if mass > 1e-4 and own.any():
                at = users_units.draws(self.space, one.point[None])
                about = _expected(own / own.sum(), free)
                modes.append({
                    "log_density": one.value,
                    "mass": float(mass),
                    **{name: values[0].tolist() for name, values in at.items()},
                    "about": {name: moments[:2] for name, moments in about.items()},
                })  # fmt: skip
        return {
            "k_hat": found.k_hat,
            "effective": found.effective,
            "draws": len(found.weights),
            "log_evidence": self.log_evidence(),
            "log_evidence_error": found.evidence_error,
            "whole": found.whole,
            "proper": found.proper,
            "drift": found.drift if np.isfinite(found.drift) else None,
            "modes": modes,
            "empty": found.empty_mass,
            "sides": self.sides(least=SLIVER),
            "expected": expected,
        }


def _expected(weights: Array, free: Mapping[str, Array]) -> dict[str, list[float]]:
    """Return the moments of label-free quantities, of those that have some."""
    found = {}
    for name, values in free.items():
        with np.errstate(over="ignore", invalid="ignore"):
            moments = _moments(weights, values)
        if np.isfinite(moments).all():
            found[name] = moments
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
