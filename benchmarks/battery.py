"""The battery: posteriors of all families, easy and hard, whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from posteriors import Array, Posterior, Values
from scipy import stats

from stanmix import Dirichlet, Gamma, HalfNormal, LogNormal, Normal, PointMass, Truncated, Uniform

__all__ = ["POSTERIORS"]

EVEN, UNEVEN = {"theta": [0.5, 0.5]}, {"theta": [0.35, 0.65]}
WIDE = Normal(0, 5)
SHARED_SCALE = {"shared": ("sigma",)}


def counted(y: Array) -> pd.DataFrame:
    """Return the values that there are, and how often."""
    values, n = np.unique(y, return_counts=True)
    return pd.DataFrame({"y": values, "n": n})


def spread(of: Any, rows: int) -> Array:
    """Return rows that lie as a distribution does: its quantiles."""
    return np.asarray(of.ppf((np.arange(rows) + 0.5) / rows))


def drawn(seed: int, *each: tuple[Any, int], digits: int = 2) -> pd.DataFrame:
    """Draw so many rows from each of several distributions, rounded."""
    rng = np.random.default_rng(seed)
    rows = [of.rvs(size, random_state=rng) for of, size in each]
    return counted(np.round(np.concatenate(rows), digits))


def table(*n: int, first: int = 0) -> pd.DataFrame:
    """Return a table of frequencies, of `first` and the numbers that follow."""
    return pd.DataFrame({"y": np.arange(first, first + len(n)), "n": n})


def lines(seed: int, slopes: tuple[float, float], rows: int) -> pd.DataFrame:
    """Draw lines through the origin with a standard normal scatter."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.uniform(-1, 3, rows), 2)
    y = np.where(rng.random(rows) < 0.5, *slopes) * x + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "y": np.round(y, 2), "n": 1})


def log_counts(seed: int, slopes: tuple[float, float], rows: int) -> pd.DataFrame:
    """Draw counts whose logarithmic means are lines through the origin."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.uniform(0, 2, rows), 2)
    y = rng.poisson(np.exp(np.where(rng.random(rows) < 0.5, *slopes) * x))
    return pd.DataFrame({"x": x, "y": y, "n": 1})


def successes(seed: int, p: tuple[float, float], rows: int) -> pd.DataFrame:
    """Draw numbers of successes out of ten."""
    rng = np.random.default_rng(seed)
    y = rng.binomial(10, np.where(rng.random(rows) < 0.5, *p))
    return counted(y).assign(trials=10)


def with_zeros(values: Values, frame: pd.DataFrame) -> Array:
    """Return densities of Poisson counts beside zeros."""
    y = frame["y"].to_numpy()[:, None]
    counts = stats.poisson(values["mu"]).logpmf(y)
    zeros = np.broadcast_to(np.where(y == 0, 0.0, -np.inf), counts.shape)
    return np.concatenate([counts, zeros], axis=-1)


def with_hurdle(values: Values, frame: pd.DataFrame) -> Array:
    """Return densities of Poisson counts of at least one beside zeros."""
    y = frame["y"].to_numpy()[:, None]
    of = stats.poisson(values["mu"])
    counts = np.where(y > 0, of.logpmf(y) - of.logsf(0), -np.inf)
    zeros = np.broadcast_to(np.where(y == 0, 0.0, -np.inf), counts.shape)
    return np.concatenate([counts, zeros], axis=-1)


def with_background(values: Values, frame: pd.DataFrame) -> Array:
    """Return densities of a normal distribution beside a uniform one from 0 to 10."""
    normal = stats.norm(values["mu"], values["sigma"][0]).logpdf(frame["y"].to_numpy()[:, None])
    return np.concatenate([normal, np.full_like(normal, -np.log(10))], axis=-1)


def clouds(values: Values, frame: pd.DataFrame) -> Array:
    """Return densities of two columns of independent normals of one mean."""
    of = stats.norm(values["mu"][..., None], values["sigma"][:, None])
    return np.asarray(of.logpdf(frame[["a", "b"]].to_numpy()[:, None]).sum(axis=-1))


def two_clouds(seed: int, rows: int) -> pd.DataFrame:
    """Draw two clouds that overlap."""
    rng = np.random.default_rng(seed)
    rows_of = rng.normal(size=(rows, 2)) + np.where(rng.random((rows, 1)) < 0.5, 0.9, -0.9)
    return pd.DataFrame(np.round(rows_of, 2), columns=["a", "b"]).assign(n=1)


NORMAL, CLOSE = stats.norm, (stats.norm(-0.4), stats.norm(0.4))
ALL = (
    # Normals: how many rows, how close, how well known.
    Posterior(
        "normal, 10 rows", "overlap", "normal", drawn(1, (CLOSE[0], 5), (CLOSE[1], 5)),
        {"mu": WIDE}, {**EVEN, "sigma": 1.0},
    ),
    Posterior(
        "normal, 100 000 rows", "overlap, much data", "normal",
        drawn(2, (CLOSE[0], 50_000), (CLOSE[1], 50_000), digits=1),
        {"mu": WIDE}, {**EVEN, "sigma": 1.0},
    ),
    Posterior(
        "normal, two modes", "two genuine modes, of .8 and .2, seven sds apart", "normal",
        counted(np.r_[spread(NORMAL(-1.15, 0.9), 14), spread(NORMAL(1.15, 0.9), 26)].round(2)),
        {"mu": WIDE}, {"theta": [0.4206, 0.5794], "sigma": 0.9},
    ),
    Posterior(
        "normal, close modes", "two modes that touch", "normal",
        drawn(3, (NORMAL(-0.8), 12), (NORMAL(0.8), 18)),
        {"mu": WIDE}, {**UNEVEN, "sigma": 1.0},
    ),
    Posterior(
        "normal, weights free", "overlap, weights unknown", "normal",
        drawn(4, (NORMAL(-1), 20), (NORMAL(1), 40)),
        {"theta": Dirichlet(1), "mu": WIDE}, {"sigma": 1.0},
    ),
    Posterior(
        "normal, a weight near 0", "6 of 100 006 rows in a component", "normal",
        drawn(5, (NORMAL(0), 100_000), (NORMAL(8), 6), digits=1),
        {"theta": Dirichlet(1), "mu": WIDE}, {"sigma": 1.0},
    ),
    Posterior(
        "normal, a component too many", "an empty component", "normal",
        drawn(6, (NORMAL(0), 50)), {"theta": Dirichlet(1), "mu": WIDE}, {"sigma": 1.0},
    ),
    Posterior(
        "normal, a sparse weight", "a density without end at weight 0", "normal",
        drawn(7, (NORMAL(0), 200)), {"theta": Dirichlet(0.3), "mu": Normal(0, 2)}, {"sigma": 1.0},
    ),
    Posterior(
        "normal, one component", "a scale from 4 rows", "normal", drawn(8, (NORMAL(3, 2), 4)),
        {"mu": WIDE, "sigma": LogNormal(0, 2)}, components=1,
    ),
    Posterior(
        "normal, a collapsed scale", "5 equal rows of 20, a mean in common", "normal",
        counted(np.r_[np.full(5, 1.0), spread(NORMAL(0.5, 2), 15).round(2)]),
        {"mu": WIDE, "sigma": LogNormal(-1, 0.6)}, EVEN, sort="sigma", stated={"shared": ("mu",)},
    ),
    Posterior(
        "normal, one scale", "a scale in common, 12 rows", "normal",
        drawn(9, (NORMAL(-1, 0.7), 6), (NORMAL(1, 0.7), 6)),
        {"mu": WIDE, "sigma": LogNormal(0, 1)}, UNEVEN, stated=SHARED_SCALE,
    ),
    Posterior(
        "lines", "a regression with a known scale", "normal", lines(10, (-0.5, 1.0), 30),
        {"beta_x": WIDE}, {**EVEN, "sigma": 1.0}, formula="y ~ 0 + x", sort="beta_x",
    ),
    Posterior(
        "lines, two modes", "slopes of unequal weights", "normal", lines(11, (-0.4, 1.1), 25),
        {"beta_x": WIDE}, {"theta": [0.42, 0.58], "sigma": 1.0}, formula="y ~ 0 + x",
    ),
    Posterior(
        "two columns", "overlap", "mvnormal", two_clouds(12, 25), {"mu": WIDE},
        {**EVEN, "sigma": 1.0}, formula=["a", "b"], rows=clouds,
        stated={"covariance": "spherical", "mean": "common"},
    ),
    # Other real numbers.
    Posterior(
        "student_t", "tails as free as can be", "student_t",
        drawn(13, (stats.t(2, -3), 20), (stats.t(2, 3), 20)),
        {"mu": WIDE, "nu": Gamma(2, 0.1)}, {**UNEVEN, "sigma": 1.0}, stated={"shared": ("nu",)},
    ),
    Posterior(
        "student_t, one component", "degrees of freedom that no row knows", "student_t",
        drawn(14, (NORMAL(0), 30)),
        {"mu": WIDE, "nu": Gamma(2, 0.1)}, {"sigma": 1.0}, components=1,
        stated={"shared": ("nu",)},
    ),
    Posterior(
        "cauchy", "many modes", "cauchy", drawn(15, (stats.cauchy(-2), 6), (stats.cauchy(2), 6)),
        {"mu": WIDE}, {**EVEN, "sigma": 0.5},
    ),
    Posterior(
        "laplace", "kinks at the rows", "laplace",
        drawn(16, (stats.laplace(-1), 12), (stats.laplace(1), 12)),
        {"mu": WIDE, "sigma": LogNormal(0, 1)}, UNEVEN, stated=SHARED_SCALE, kinks=True,
    ),
    Posterior(
        "asymmetric_laplace", "kinks, skew", "asymmetric_laplace",
        drawn(17, (NORMAL(-2), 20), (NORMAL(2), 20)),
        {"mu": WIDE, "sigma": LogNormal(0, 1)}, {**UNEVEN, "quantile": 0.3}, stated=SHARED_SCALE,
        kinks=True,
    ),
    Posterior(
        "logistic", "1 000 rows", "logistic",
        drawn(18, (stats.logistic(-2), 400), (stats.logistic(2), 600), digits=1),
        {"mu": WIDE, "sigma": LogNormal(0, 1)}, {"theta": [0.4, 0.6]}, stated=SHARED_SCALE,
    ),
    Posterior(
        "gumbel", "overlap", "gumbel", drawn(19, (stats.gumbel_r(-1), 15), (stats.gumbel_r(2), 15)),
        {"mu": WIDE, "sigma": LogNormal(0, 1)}, EVEN, stated=SHARED_SCALE,
    ),
    Posterior(
        "skew_normal", "a skewness without end", "skew_normal",
        drawn(20, (stats.skewnorm(6, 0, 1), 25)),
        {"mu": WIDE, "sigma": LogNormal(0, 1), "alpha": Normal(0, 10)}, components=1,
    ),
    Posterior(
        "exgaussian", "either of two scales may vanish", "exgaussian",
        drawn(21, (stats.exponnorm(1.0), 20)),
        {"mu": WIDE, "sigma": LogNormal(-1, 1), "tau": LogNormal(-1, 1)}, components=1,
    ),
    # Positive numbers.
    Posterior(
        "lognormal", "100 000 rows", "lognormal",
        drawn(22, (stats.lognorm(0.5), 40_000), (stats.lognorm(0.5, scale=3), 60_000), digits=1)
        .query("y > 0"),
        {"theta": Dirichlet(1), "mu": Normal(0, 3)}, {"sigma": 0.5},
    ),
    Posterior(
        "gamma", "shapes in common", "gamma",
        drawn(23, (stats.gamma(4, scale=0.25), 15), (stats.gamma(4, scale=0.75), 15)),
        {"mu": Gamma(1, 0.2), "shape": LogNormal(1, 1)}, UNEVEN, stated={"shared": ("shape",)},
    ),
    Posterior(
        "exponential", "overlap, weights unknown", "exponential",
        drawn(24, (stats.expon(scale=0.5), 15), (stats.expon(scale=3), 15)),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)},
    ),
    Posterior(
        "weibull", "shapes in common", "weibull",
        drawn(25, (stats.weibull_min(3, scale=1), 20), (stats.weibull_min(3, scale=3), 20)),
        {"mu": Gamma(1, 0.2), "shape": LogNormal(1, 1)}, EVEN, stated={"shared": ("shape",)},
    ),
    Posterior(
        "inverse_gaussian", "shapes in common", "inverse_gaussian",
        drawn(26, (stats.invgauss(0.2, scale=5), 15), (stats.invgauss(0.8, scale=5), 15)),
        {"mu": Gamma(1, 0.2), "shape": LogNormal(1, 1)}, UNEVEN, stated={"shared": ("shape",)},
    ),
    Posterior(
        "frechet", "heavy tails", "frechet",
        drawn(27, (stats.invweibull(2, scale=1), 15), (stats.invweibull(2, scale=6), 15)),
        {"mu": Gamma(1, 0.2), "shape": LogNormal(1, 1)}, EVEN, stated={"shared": ("shape",)},
    ),
    Posterior(
        "loglogistic", "10 000 rows", "loglogistic",
        drawn(28, (stats.fisk(4, scale=1), 4000), (stats.fisk(4, scale=4), 6000), digits=1)
        .query("y > 0"),
        {"mu": Gamma(1, 0.2), "shape": LogNormal(1, 1)}, {"theta": [0.4, 0.6]},
        stated={"shared": ("shape",)},
    ),
    Posterior(
        "pareto", "heavy tails, weights unknown", "pareto",
        drawn(29, (stats.pareto(8), 20), (stats.pareto(1), 20)).query("y > 1"),
        {"theta": Dirichlet(1), "mu": LogNormal(-1, 1)}, {"minimum": 1.0},
    ),
    # Between two ends.
    Posterior(
        "beta", "precisions in common", "beta",
        drawn(30, (stats.beta(2, 6), 15), (stats.beta(6, 2), 15)),
        {"mu": Uniform(0, 1), "phi": LogNormal(2, 1)}, EVEN, stated={"shared": ("phi",)},
    ),
    Posterior(
        "von_mises", "a circle, two modes", "von_mises",
        drawn(31, (stats.vonmises(3, -0.7), 12), (stats.vonmises(3, 0.7), 16)),
        {"mu": Uniform(-np.pi, np.pi), "kappa": LogNormal(1, 1)}, {"theta": [0.44, 0.56]},
        stated={"shared": ("kappa",)},
    ),
    # Counts.
    Posterior(
        "deaths", "two ordered rates, 1 096 days", "poisson",
        table(162, 267, 271, 185, 111, 61, 27, 8, 3, 1),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, stated={"order": "mu"},
    ),
    Posterior(
        "close rates", "two ordered rates, 60 rows", "poisson", table(13, 17, 14, 8, 5, 2, 1),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, stated={"order": "mu"},
    ),
    Posterior(
        "one rate", "a component too many, ordered", "poisson", table(7, 15, 15, 9, 3, 1),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, stated={"order": "mu"},
    ),
    Posterior(
        "rates, 100 000 rows", "much data, ordered", "poisson",
        counted(np.random.default_rng(32).poisson(np.repeat([2.0, 6.0], [70_000, 30_000]))),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, stated={"order": "mu"},
    ),
    Posterior(
        "three rates", "three components, 12 rows, by enumeration", "poisson",
        pd.DataFrame({"y": [0, 1, 2, 5, 6, 11], "n": [3, 2, 2, 2, 2, 1]}),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, components=3, exact="allocations",
    ),
    Posterior(
        "growth", "a regression of counts", "poisson", log_counts(33, (0.3, 1.2), 30),
        {"beta_x": WIDE}, EVEN, formula="y ~ 0 + x", sort="beta_x",
    ),
    Posterior(
        "negative_binomial", "overdispersion in common", "negative_binomial",
        table(9, 7, 6, 4, 5, 2, 3, 2, 1, 2, 1, 0, 1, 1, 0, 1).query("n > 0"),
        {"mu": Gamma(1, 0.2), "phi": LogNormal(1, 1)}, EVEN, stated={"shared": ("phi",)},
    ),
    Posterior(
        "geometric", "weights unknown", "geometric",
        table(20, 9, 6, 4, 3, 2, 2, 1, 1, 0, 1, 0, 1).query("n > 0"),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)},
    ),
    Posterior(
        "bernoulli", "one success: a ridge at a boundary", "bernoulli",
        pd.DataFrame({"y": [1] + 11 * [0], "n": 1}),
        {"mu": Uniform(0, 1)}, {"theta": [0.3, 0.7]},
    ),
    Posterior(
        "binomial", "a boundary, weights unknown", "binomial", successes(34, (0.0, 0.4), 20),
        {"theta": Dirichlet(1), "mu": Uniform(0, 1)},
    ),
    Posterior(
        "beta_binomial", "precisions in common", "beta_binomial", successes(35, (0.2, 0.8), 24),
        {"mu": Uniform(0, 1), "phi": LogNormal(2, 1)}, EVEN, stated={"shared": ("phi",)},
    ),
    # Categories.
    Posterior(
        "categorical", "known by priors alone, by enumeration", "categorical",
        table(14, 5, 3, first=1), {"mu": Dirichlet([1.0, 2.0, 3.0])}, {"theta": [0.3, 0.7]},
        numbers={"mu": 3}, exact="allocations",
    ),
    Posterior(
        "ordinal", "levels and cutpoints", "ordinal", table(9, 7, 12, first=1),
        {"mu": Normal(0, 2), "cutpoints": HalfNormal(2)}, EVEN, numbers={"cutpoints": 1},
        stated={"shared": ("cutpoints",)},
    ),
    # Several families.
    Posterior(
        "zeros and counts", "a point mass", ["poisson", PointMass(0)], table(30, 4, 6, 3, 2, 1),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, rows=with_zeros,
    ),
    Posterior(
        "a hurdle", "a point mass beside counts from 1 on",
        [Truncated("poisson", lower=1), PointMass(0)], table(8, 4, 1),
        {"theta": Dirichlet(1), "mu": Gamma(1, 0.2)}, rows=with_hurdle,
    ),
    Posterior(
        "a background", "a normal beside a uniform", ["normal", Uniform(0, 10)],
        drawn(36, (stats.uniform(0, 10), 20), (NORMAL(6, 0.5), 8)),
        {"theta": Dirichlet(1), "mu": Normal(5, 5)}, {"sigma": 0.5}, rows=with_background,
    ),
)  # fmt: skip
POSTERIORS = {one.name: one for one in ALL}
