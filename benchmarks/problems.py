"""The problems: what is simulated, and the model that every system fits to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["PROBLEMS", "Problem"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A mixture and data from it.

    Attributes
    ----------
    name : str
    shape : str
        Which of the model's forms: "lines", "pair", "clusters", "clouds", "counts", or that of
        `REGRESSIONS`, as "gamma_regressions". A system without such a model says so.
    components : int
    simulate : callable
        ``simulate(rows)`` returns a DataFrame with ``y`` and the covariates; of "clouds" with all
        columns of the response.
    rows : tuple of int
        Sizes to run.
    known : dict
        Parameters that are given.
    """

    name: str
    shape: str
    components: int
    simulate: Callable[[int], pd.DataFrame]
    rows: tuple[int, ...]
    known: dict[str, float | list[float]] = field(default_factory=dict)


def lines(rows: int) -> pd.DataFrame:
    """Simulate regressions through the origin, slopes -1 and 3, noise 0.1."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, rows)
    slope = rng.choice([-1.0, 3.0], rows)
    return pd.DataFrame({"x": x, "y": slope * x + 0.1 * rng.normal(size=rows)})


def pair(rows: int) -> pd.DataFrame:
    """Simulate normals at -1 and 1 with standard deviation 1."""
    rng = np.random.default_rng(2)
    return pd.DataFrame({"y": rng.choice([-1.0, 1.0], rows) + rng.normal(size=rows)})


def clusters(rows: int) -> pd.DataFrame:
    """Simulate five normals, some of which overlap."""
    rng = np.random.default_rng(5)
    component = rng.choice(5, rows, p=[0.1, 0.3, 0.2, 0.25, 0.15])
    mean = np.array([-6.0, -2.0, 0.5, 3.0, 7.0])[component]
    sd = np.array([1.0, 0.7, 0.6, 0.8, 1.5])[component]
    return pd.DataFrame({"y": mean + sd * rng.normal(size=rows)})


def clouds(rows: int) -> pd.DataFrame:
    """Simulate five normals of five columns, with correlations of their own."""
    rng = np.random.default_rng(40)
    component = rng.choice(5, rows, p=[0.1, 0.3, 0.2, 0.25, 0.15])
    means = rng.normal(0, 1.5, (5, 5))
    means[:, 0] = [-6.0, -3.0, 0.0, 3.0, 6.0]
    factors = np.tril(rng.normal(0, 0.5, (5, 5, 5)), -1) + np.eye(5)
    z = rng.normal(size=(rows, 5))
    y = means[component] + np.einsum("nij,nj->ni", factors[component], z)
    return pd.DataFrame(y, columns=[f"y{d}" for d in range(1, 6)])


def counts(rows: int) -> pd.DataFrame:
    """Simulate three Poisson regressions on five covariates."""
    rng = np.random.default_rng(20)
    x = rng.normal(size=(rows, 5))
    intercept = np.array([-0.5, 1.0, 2.5])
    slope = np.array(
        [[0.5, -0.3, 0.0, 0.2, 0.1], [-0.4, 0.2, 0.3, 0.0, -0.1], [0.1, 0.2, -0.2, 0.3, 0.0]]
    )
    component = rng.choice(3, rows, p=[0.4, 0.35, 0.25])
    mean = np.exp(intercept[component] + (x * slope[component]).sum(axis=1))
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(1, 6)])
    return frame.assign(y=rng.poisson(mean))


@dataclass(frozen=True)
class Regressions:
    """Two regressions on three covariates, of a family.

    Attributes
    ----------
    intercepts : tuple of float
    respond : callable
        ``respond(rng, predictor, k)`` draws responses of components k at their linear predictors.
    further : dict
        Columns beside the response, each one number.
    """

    intercepts: tuple[float, float]
    respond: Callable[[np.random.Generator, Array, Array], Array]
    further: dict[str, float] = field(default_factory=dict)

    def __call__(self, rows: int) -> pd.DataFrame:
        """Simulate."""
        rng = np.random.default_rng(30)
        x = rng.normal(size=(rows, 3))
        component = rng.choice(2, rows, p=[0.4, 0.6])
        slope = np.array([[0.5, -0.3, 0.2], [-0.3, 0.4, 0.1]])[component]
        predictor = np.array(self.intercepts)[component] + (x * slope).sum(axis=1)
        frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(1, 4)])
        return frame.assign(y=self.respond(rng, predictor, component), **self.further)


def _student_t(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    sd, nu = np.array([0.5, 0.8])[k], np.array([4.0, 8.0])[k]
    return predictor + sd * rng.standard_t(nu)


def _lognormal(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    return np.exp(predictor + np.array([0.5, 0.8])[k] * rng.normal(size=len(k)))


def _gamma(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    shape = np.array([3.0, 8.0])[k]
    return np.exp(predictor) * rng.gamma(shape) / shape


def _beta(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    mean, phi = 1 / (1 + np.exp(-predictor)), np.array([6.0, 15.0])[k]
    return rng.beta(mean * phi, (1 - mean) * phi)


def _binomial(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    return rng.binomial(10, 1 / (1 + np.exp(-predictor)))


def _negative_binomial(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    phi = np.array([2.0, 8.0])[k]
    return rng.poisson(np.exp(predictor) * rng.gamma(phi) / phi)


def _zero_inflated(rng: np.random.Generator, predictor: Array, k: Array) -> Array:
    """Draw nothing but zeros from the first component."""
    return np.where(k == 0, 0, rng.poisson(np.exp(predictor) * rng.gamma(3.0, size=len(k)) / 3.0))


REGRESSIONS = {
    "student_t": Regressions((-2.0, 2.0), _student_t),
    "lognormal": Regressions((-1.0, 1.5), _lognormal),
    "gamma": Regressions((0.0, 2.0), _gamma),
    "beta": Regressions((-1.5, 1.0), _beta),
    "binomial": Regressions((-1.5, 1.0), _binomial, {"trials": 10}),
    "negative_binomial": Regressions((1.0, 3.5), _negative_binomial),
    "zero_inflated": Regressions((1.5, 1.5), _zero_inflated),
}
PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem("lines", "lines", 2, lines, (1_000, 10_000, 100_000)),
        Problem("pair", "pair", 2, pair, (100,), {"sigma": 1.0, "theta": [0.5, 0.5]}),
        Problem("clusters", "clusters", 5, clusters, (10_000,)),
        Problem("clouds", "clouds", 5, clouds, (10_000,)),
        Problem("counts", "counts", 3, counts, (20_000,)),
        *(
            Problem(f"{family}_regressions", f"{family}_regressions", 2, simulate, (20_000,))
            for family, simulate in REGRESSIONS.items()
        ),
    )
}
