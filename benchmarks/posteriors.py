"""Posteriors with known answers: what is stated to stanmix, and the same density by SciPy.

Priors and what is known are stated once and read twice: by `stanmix.Mixture`, and here, in the
units of the data, by SciPy's distributions. Rows come with how often they do, which keeps a
hundred thousand of them cheap.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

import stanmix
from stanmix import Dirichlet, Gamma, HalfNormal, LogNormal, Normal, PointMass, Uniform

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from scipy_families import SCIPY

__all__ = ["Array", "Posterior", "Values"]

Array = NDArray[np.float64]
Values = Mapping[str, Array]

PRIORS: dict[type, Callable[[Any], Any]] = {
    Normal: lambda of: stats.norm(of.mu, of.sigma),
    LogNormal: lambda of: stats.lognorm(of.sigma, scale=np.exp(of.mu)),
    Gamma: lambda of: stats.gamma(of.alpha, scale=1 / of.beta),
    HalfNormal: lambda of: stats.halfnorm(scale=of.sigma),
    Uniform: lambda of: stats.uniform(of.alpha, of.beta - of.alpha),
}
LARGE = 2_000_000  # numbers of an array of points, rows and components


@dataclass(frozen=True)
class Coordinate:
    """One number without ends, and the parameter that it stands for.

    Attributes
    ----------
    prior : distribution of SciPy
        Of the parameter. Its support says what the coordinate is: the parameter, its logarithm, or
        the logit of its place between two ends.
    """

    prior: Any

    @functools.cached_property
    def support(self) -> tuple[float, float]:
        low, high = self.prior.support()
        return float(low), float(high)

    def value(self, at: Array) -> Array:
        """Return the parameter."""
        low, high = self.support
        if np.isinf(low):
            return at
        return np.exp(at) if np.isinf(high) else low + (high - low) * special.expit(at)

    def log_density(self, at: Array) -> Array:
        """Return the log density of the prior of the coordinate."""
        low, high = self.support
        found = self.prior.logpdf(self.value(at))
        if np.isinf(low):
            return np.asarray(found)
        if np.isinf(high):
            return np.asarray(found + at)
        return np.asarray(found + np.log(high - low) - np.logaddexp(0, at) - np.logaddexp(0, -at))

    def ends(self, beyond: float) -> tuple[float, float]:
        """Return ends of the coordinate outside which the prior has so little, on each side."""
        low, high = self.support
        between = self.prior.ppf(beyond), self.prior.isf(beyond)
        if np.isinf(low):
            return float(between[0]), float(between[1])
        if np.isinf(high):
            return float(np.log(between[0])), float(np.log(between[1]))
        share = (np.array(between) - low) / (high - low)
        # From above by symmetry: next to 1 there are few numbers.
        upper = -special.logit(beyond) if share[1] > 1 - 1e-9 else special.logit(share[1])
        return float(special.logit(share[0])), float(upper)


@dataclass(frozen=True)
class Posterior:
    """A mixture with data whose posterior is known.

    Attributes
    ----------
    name : str
    why : str
        What it is in the battery for.
    family : str or sequence
    frame : DataFrame
        ``y``, ``n`` (how often), and covariates and trials.
    free : mapping of str to Prior
        What is estimated.
    known : mapping
        What is not.
    components : int
    formula : str
    sort : str
        Components that nothing else tells apart are put in ascending order of it.
    stated : mapping
        Further arguments of the mixture.
    exact : str
        How it is known: ``"quadrature"``, or ``"allocations"``, which are enumerated.
    rows : callable, optional
        Log densities of rows (S, N, K), of parameters by name (S, 1, K) and the frame; by default
        those of the family.
    kinks : bool
        Whether the density has kinks.
    numbers : mapping of str to int
        Of a parameter that is a vector, how many it has.
    """

    name: str
    why: str
    family: Any
    frame: pd.DataFrame
    free: Mapping[str, Any]
    known: Mapping[str, Any] = field(default_factory=dict)
    components: int = 2
    formula: str = "y"
    sort: str = "mu"
    stated: Mapping[str, Any] = field(default_factory=dict)
    exact: str = "quadrature"
    rows: Callable[[Values, pd.DataFrame], Array] | None = None
    kinks: bool = False
    numbers: Mapping[str, int] = field(default_factory=dict)

    @functools.cached_property
    def mixture(self) -> stanmix.Mixture:
        """What is stated to stanmix."""
        trials = {"trials": "trials"} if "trials" in self.frame else {}
        priors = {name.removeprefix("beta_"): prior for name, prior in self.free.items()}
        return stanmix.Mixture(
            self.formula,
            self.components,
            family=self.family,
            priors=priors,
            fixed=dict(self.known),
            weights="n",
            **trials,
            **dict(self.stated),
        )

    @functools.cached_property
    def coordinates(self) -> tuple[tuple[str, Coordinate], ...]:
        """Coordinates of all free parameters: component after component, numbers within."""
        found: list[tuple[str, Coordinate]] = []
        K = self.components
        for name, prior in self.free.items():
            if isinstance(prior, Dirichlet):  # by breaking sticks, which are independent
                alpha = np.broadcast_to(np.asarray(prior.alpha, dtype=float), K)
                found += [
                    (name, Coordinate(stats.beta(alpha[k], alpha[k + 1 :].sum())))
                    for k in range(K - 1)
                ]
                continue
            count = (1 if name in self.shared else self.having(name)) * self.numbers.get(name, 1)
            found += [(name, Coordinate(PRIORS[type(prior)](prior)))] * count
        return tuple(found)

    @property
    def shared(self) -> Sequence[str]:
        """Parameters that all components have in common."""
        return tuple(self.stated.get("shared", ()))

    def having(self, name: str) -> int:
        """Return how many components have a parameter: the last have none where they are others."""
        if isinstance(self.family, str):
            return self.components
        return sum(not isinstance(one, PointMass | Uniform) for one in self.family)

    @functools.cached_property
    def by(self) -> str:
        """What components are put in order of; empty where weights or families tell them apart."""
        weights = np.asarray(self.known.get("theta", 1.0), dtype=float)
        alike = isinstance(self.family, str) and np.ptp(weights) == 0
        return self.sort if alike and self.components > 1 else ""

    def values(self, points: Array) -> dict[str, Array]:
        """Return parameters of points (S, D): of components (S, K), of vectors (S, K, P)."""
        found: dict[str, Array] = {}
        names = [name for name, _ in self.coordinates]
        for name, prior in self.free.items():
            at = [i for i, other in enumerate(names) if other == name]
            each = np.stack([self.coordinates[i][1].value(points[:, i]) for i in at], axis=1)
            if isinstance(prior, Dirichlet):
                left = np.cumprod(1 - each, axis=1)
                before = np.concatenate([np.ones((len(points), 1)), left], axis=1)
                each = np.concatenate([each * before[:, :-1], before[:, -1:]], axis=1)
            elif name in self.numbers:
                each = each.reshape(len(points), -1, self.numbers[name])
            elif name in self.shared:
                each = np.repeat(each, self.components, axis=1)
            found[name] = each
        return found

    def log_density(self, points: Array) -> Array:
        """Return log densities (S,) of points (S, D), up to a constant."""
        total = np.zeros(len(points))
        for i, (_, coordinate) in enumerate(self.coordinates):
            total += coordinate.log_density(points[:, i])
        size = len(self.frame) * self.components
        parts = np.array_split(np.arange(len(points)), len(points) * size // LARGE + 1)
        with np.errstate(all="ignore"):
            total += np.concatenate([self._log_likelihood(points[rows]) for rows in parts])
        return np.where(np.isnan(total), -np.inf, total)

    def _log_likelihood(self, points: Array) -> Array:
        values: dict[str, Any] = {name: each[:, None] for name, each in self.values(points).items()}
        for name, known in self.known.items():
            values[name] = np.broadcast_to(np.asarray(known, dtype=float), self.components)
        theta = values.pop("theta", np.ones(1))
        if "trials" in self.frame:
            values["trials"] = self.frame["trials"].to_numpy()[:, None]
        if "beta_x" in values:
            predictor = values.pop("beta_x") * self.frame["x"].to_numpy()[:, None]
            values["mu"] = np.exp(predictor) if self.family == "poisson" else predictor
        if self.rows is not None:
            each = self.rows(values, self.frame)
        else:
            of, y = SCIPY[self.family](values), self.frame["y"].to_numpy()[:, None]
            discrete = isinstance(of.dist, stats.rv_discrete)
            each = of.logpmf(y) if discrete else of.logpdf(y)
        rows = special.logsumexp(np.log(theta) + each, axis=-1)
        return np.asarray(rows @ self.frame["n"].to_numpy())

    def compared(self, values: Values) -> dict[str, Array]:
        """Return what is compared, each (S,), of parameters as `values` or a fit has them."""
        values = dict(values)
        if "beta" in values:
            values["beta_x"] = values["beta"]
        for name in self.free:  # of a fit: one coefficient a component, one mean for all columns
            if values[name].ndim == 3 and name not in self.numbers:
                values[name] = values[name][..., 0]
        order = None
        if self.by:
            by = values[self.by]
            order = np.argsort(by.reshape(*by.shape[:2], -1)[..., 0], axis=1)
        found: dict[str, Array] = {}
        for name in self.free:
            each = values[name]
            if name in self.shared:
                each = each[:, :1]
            elif name != "theta" and self.having(name) < self.components:
                each = each[:, : self.having(name)]
            elif order is not None:
                ahead = order.reshape(*order.shape, *[1] * (each.ndim - 2))
                each = np.take_along_axis(each, ahead, axis=1)
            flat = each.reshape(len(each), -1)
            labels = [f"{name}[{i + 1}]" for i in range(flat.shape[1])]
            found |= zip(labels if len(labels) > 1 else [name], flat.T, strict=True)
        return found

    @property
    def said(self) -> str:
        """The statement and the data in a few letters, by which a kept answer is known."""
        stated = (self.name, self.free, self.known, self.components, self.formula, self.by,
                  self.family, self.stated, self.exact, self.frame.to_csv())  # fmt: skip
        return hashlib.sha256(repr(stated).encode()).hexdigest()[:16]

    def box(self, beyond: float) -> tuple[Array, Array]:
        """Return ends of a box outside which each prior has so little on each side."""
        ends = np.array([coordinate.ends(beyond) for _, coordinate in self.coordinates])
        return ends[:, 0], ends[:, 1]

    def may_kink(self, low: Array, high: Array) -> NDArray[np.bool_]:
        """Return whether density, or order of the components, may have kinks in boxes (n, D)."""
        if self.kinks or not self.by:
            return np.full(len(low), self.kinks)
        at = [i for i, (name, _) in enumerate(self.coordinates) if name == self.by]
        first, second = at[0], at[len(at) // 2]
        return (low[:, first] < high[:, second]) & (low[:, second] < high[:, first])
