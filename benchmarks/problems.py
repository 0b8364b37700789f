"""The problems: what is simulated, and the model that every system fits to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

__all__ = ["PROBLEMS", "Problem"]


@dataclass(frozen=True)
class Problem:
    """A mixture and data from it.

    Attributes
    ----------
    name : str
    shape : str
        Which of the model's forms: "lines", "pair", "clusters", "counts", "student_t_regressions"
        or "negative_binomial_regressions". A system without such a model says so.
    components : int
    simulate : callable
        ``simulate(rows)`` returns a DataFrame with ``y`` and the covariates.
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


def student_t_regressions(rows: int) -> pd.DataFrame:
    """Simulate two regressions on three covariates whose errors have heavy tails."""
    rng = np.random.default_rng(30)
    x = rng.normal(size=(rows, 3))
    component = rng.choice(2, rows, p=[0.4, 0.6])
    intercept = np.array([-2.0, 2.0])[component]
    slope = np.array([[1.0, -0.5, 0.3], [-1.0, 0.5, 0.8]])[component]
    sd = np.array([0.5, 0.8])[component]
    error = sd * rng.standard_t(np.array([4.0, 8.0])[component])
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(1, 4)])
    return frame.assign(y=intercept + (x * slope).sum(axis=1) + error)


def negative_binomial_regressions(rows: int) -> pd.DataFrame:
    """Simulate two regressions of overdispersed counts on three covariates."""
    rng = np.random.default_rng(40)
    x = rng.normal(size=(rows, 3))
    component = rng.choice(2, rows, p=[0.4, 0.6])
    intercept = np.array([1.0, 3.5])[component]
    slope = np.array([[0.5, -0.3, 0.2], [-0.3, 0.4, 0.1]])[component]
    mean = np.exp(intercept + (x * slope).sum(axis=1))
    phi = np.array([2.0, 8.0])[component]
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(1, 4)])
    return frame.assign(y=rng.poisson(mean * rng.gamma(phi) / phi))


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem("lines", "lines", 2, lines, (1_000, 10_000, 100_000)),
        Problem("pair", "pair", 2, pair, (100,), {"sigma": 1.0, "theta": [0.5, 0.5]}),
        Problem("clusters", "clusters", 5, clusters, (10_000,)),
        Problem("counts", "counts", 3, counts, (20_000,)),
        Problem(
            "student_t_regressions", "student_t_regressions", 2, student_t_regressions, (20_000,)
        ),
        Problem(
            "negative_binomial_regressions",
            "negative_binomial_regressions",
            2,
            negative_binomial_regressions,
            (20_000,),
        ),
    )
}
