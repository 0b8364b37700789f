"""What families know of their weighted fits, beside a general optimiser of SciPy's density."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

import stanmix
from stanmix.inference.starts.closed_forms import FITS, Step, closed
from stanmix.inference.starts.row_predictors import row_predictor
from stanmix.program.lower import lower

RNG = np.random.default_rng(12)
N, K = 60, 2
X = RNG.normal(size=N)
FRAME = {
    "y": 1 + X + RNG.normal(size=N),
    "y2": 3 + 2 * RNG.normal(size=N),
    "n": RNG.poisson(np.exp(1 + 0.3 * X)),
    "x": X,
    "o": RNG.normal(0, 0.3, N),
    "a": np.random.default_rng(3).vonmises(2.0, 2.0, N),
    "w": np.random.default_rng(4).lognormal(1.0, 0.7, N),
}
WEIGHTS = RNG.uniform(0.05, 1.0, size=(N, K))
VECTORS = {"formula": ["y", "y2"], "family": "mvnormal"}
SIGMA = np.array([0.7, 1.6])
ROWS = np.exp(RNG.normal(0, 0.4, size=(N, K)))


def normal(y, v):
    return stats.norm.logpdf(y, v["mu"], v["sigma"])


def vectors(y, v):
    return stats.norm.logpdf(y, v["mu"], v["sigma"]).sum(axis=-1)


def correlated(y, v):
    of_each = np.empty((N, K))
    for k, r in enumerate(v["rho"][:, 0]):
        matrix = np.array([[1, r], [r, 1]]) * np.outer(v["sigma"][k], v["sigma"][k])
        mean = np.broadcast_to(v["mu"][k], 2)
        of_each[:, k] = stats.multivariate_normal.logpdf(y[:, 0], mean, matrix)
    return of_each


def tailed(y, v):
    of_each = np.empty((N, K))
    for k, nu in enumerate(v["nu"][:, 0]):
        r = v["rho"][k, 0] if "rho" in v else 0.0
        matrix = np.array([[1, r], [r, 1]]) * np.outer(v["sigma"][k], v["sigma"][k])
        of_each[:, k] = stats.multivariate_t.logpdf(y[:, 0], v["mu"][k], matrix, df=nu)
    return of_each


def lognormal(y, v):
    return stats.lognorm.logpdf(y, v["sigma"], scale=np.exp(v["mu"]))


def poisson(y, v):
    return stats.poisson.logpmf(y, v["mu"])


def angles(y, v):
    return stats.vonmises.logpdf(y, v["kappa"], v["mu"])


MEANS = np.array([[0.5, 2.0], [1.5, 4.0]])
# What is stated; the parameter that is fitted; the others at rows; the density; where to begin.
CASES = {
    "means": ({"formula": "y"}, "mu", {"sigma": SIGMA}, normal, [0.0, 1.0]),
    "regressions": (
        {"formula": "y ~ x"},
        "mu",
        {"sigma": SIGMA},
        normal,
        [[0.0, 0.0], [1.0, 1.0]],
    ),
    "regressions, scales of rows": (
        {"formula": "y ~ x", "formulas": {"sigma": "~ x"}},
        "mu",
        {"sigma": ROWS},
        normal,
        [[0.0, 0.0], [1.0, 1.0]],
    ),
    "means, scales of rows": (
        {"formula": "y", "formulas": {"sigma": "~ x"}},
        "mu",
        {"sigma": ROWS},
        normal,
        [0.0, 1.0],
    ),
    "scales": ({"formula": "y"}, "sigma", {"mu": MEANS[:, 0]}, normal, [1.0, 1.0]),
    "one scale": (
        {"formula": "y", "shared": "sigma"},
        "sigma",
        {"mu": MEANS[:, 0]},
        normal,
        [1.0, 1.0],
    ),
    "means of logarithms": (
        {"formula": "w", "family": "lognormal"},
        "mu",
        {"sigma": SIGMA},
        lognormal,
        [0.0, 1.0],
    ),
    "scales of logarithms": (
        {"formula": "w", "family": "lognormal"},
        "sigma",
        {"mu": MEANS[:, 0]},
        lognormal,
        [1.0, 1.0],
    ),
    "columns": (
        {**VECTORS, "covariance": "diagonal"},
        "mu",
        {"sigma": MEANS},
        vectors,
        [[0.0, 0.0], [1.0, 1.0]],
    ),
    "one mean of columns": (
        {**VECTORS, "covariance": "diagonal", "mean": "common"},
        "mu",
        {"sigma": MEANS},
        vectors,
        [0.0, 1.0],
    ),
    "one mean of correlated columns": (
        {**VECTORS, "covariance": "full", "mean": "common"},
        "mu",
        {"sigma": MEANS, "rho": np.array([[0.5], [-0.3]])},
        correlated,
        [0.0, 1.0],
    ),
    "columns with tails": (
        {"formula": ["y", "y2"], "family": "mvstudent_t", "covariance": "full"},
        "mu",
        {"sigma": MEANS, "rho": np.array([[0.5], [-0.3]]), "nu": np.array([[3.0], [8.0]])},
        tailed,
        [[0.0, 0.0], [1.0, 1.0]],
    ),
    "scales of columns with tails": (
        {"formula": ["y", "y2"], "family": "mvstudent_t", "covariance": "diagonal"},
        "sigma",
        {"mu": MEANS, "nu": np.array([[3.0], [8.0]])},
        tailed,
        [[1.0, 1.0], [1.0, 1.0]],
    ),
    "a scale of each column": (
        {**VECTORS, "covariance": "diagonal"},
        "sigma",
        {"mu": MEANS},
        vectors,
        [[1.0, 1.0], [1.0, 1.0]],
    ),
    "a scale of all columns": (
        {**VECTORS, "covariance": "spherical"},
        "sigma",
        {"mu": MEANS},
        vectors,
        [1.0, 1.0],
    ),
    "one scale of each column": (
        {**VECTORS, "covariance": "diagonal", "shared": "sigma"},
        "sigma",
        {"mu": MEANS},
        vectors,
        [[1.0, 1.0], [1.0, 1.0]],
    ),
    "one scale of all": (
        {**VECTORS, "covariance": "spherical", "shared": "sigma"},
        "sigma",
        {"mu": MEANS},
        vectors,
        [1.0, 1.0],
    ),
    "counts": ({"formula": "n", "family": "poisson"}, "mu", {}, poisson, [1.0, 2.0]),
    "counts with an offset": (
        {"formula": "n", "family": "poisson", "offset": "o"},
        "mu",
        {},
        poisson,
        [1.0, 2.0],
    ),
    "directions": (
        {"formula": "a", "family": "von_mises"},
        "mu",
        {"kappa": MEANS[:, 1]},
        angles,
        [1.0, 2.0],
    ),
    "directions, concentrations of rows": (
        {"formula": "a", "family": "von_mises", "formulas": {"kappa": "~ x"}},
        "mu",
        {"kappa": ROWS},
        angles,
        [1.0, 2.0],
    ),
    "log-linear counts": (
        {"formula": "n ~ x", "family": "poisson", "offset": "o"},
        "mu",
        {},
        poisson,
        [[0.0, 0.0], [1.0, 0.0]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fit_is_the_optimum(name):
    """Where there is no closed form, steps go on until they stand still."""
    stated, of, others, density, begin = CASES[name]
    model = stanmix.Mixture(components=K, order=None, **stated)
    program, design = lower(model), model.matrices(FRAME)
    one = row_predictor(program, program.parts[0], program.of(of), design, None, np.full(2, 1e-6))
    y = design.y[:, None]
    fit = FITS[model.family][of]
    at, shared = np.array(begin), one.quantity.shared
    for _ in range(30):
        values = {**others, of: one.at_rows(at)}
        found = fit(Step(design.y, WEIGHTS, values, one, at))
        assert len(found) == (1 if shared else K)
        at = one.values(np.broadcast_to(found, (K, *found.shape[1:])))

    def negative(u):
        coefficients = np.broadcast_to(u.reshape(found.shape), (K, *found.shape[1:]))
        at_rows = one.inverse(one.linear(coefficients))
        return -(WEIGHTS * density(y, {**others, of: at_rows})).sum()

    rough = found.ravel() + 0.3
    direct = optimize.minimize(negative, rough, method="BFGS", tol=1e-7)
    assert negative(found.ravel()) <= direct.fun + 1e-6
    np.testing.assert_allclose(found.ravel(), direct.x, atol=1e-4)


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_scales_and_correlations_are_those_of_the_weighted_covariance(covariance):
    columns = ["y", "y2", "x"]
    model = stanmix.Mixture(columns, K, family="mvnormal", covariance=covariance, order=None)
    program, design = lower(model), model.matrices(FRAME)
    predictors = {
        name: row_predictor(program, program.parts[0], program.of(name), design, None, np.ones(3))
        for name in ("sigma", "rho")
    }
    mu = RNG.normal(size=(K, 3))
    values = {"mu": mu, "sigma": np.ones((K, 3)), "rho": np.zeros((K, 3))}
    for name, one in predictors.items():
        found = FITS["mvnormal"][name](Step(design.y, WEIGHTS, values, one, values[name]))
        assert len(found) == (1 if covariance == "tied" else K)
        values[name] = np.broadcast_to(one.inverse(found), values[name].shape)
    residuals = design.y[:, None] - mu
    expected = np.einsum("nk,nki,nkj->kij", WEIGHTS, residuals, residuals)
    sizes = WEIGHTS.sum(axis=0)[:, None, None]
    if covariance == "tied":
        expected, sizes = (np.repeat(a.sum(axis=0)[None], K, axis=0) for a in (expected, sizes))
    for k, matrix in enumerate(expected / sizes):
        r = values["rho"][k]
        together = np.array([[1, r[0], r[1]], [r[0], 1, r[2]], [r[1], r[2], 1]])
        scale = values["sigma"][k]
        np.testing.assert_allclose(together * np.outer(scale, scale), matrix, rtol=1e-9)


@pytest.mark.parametrize(
    ("stated", "of"),
    [
        ({"formula": "y", "formulas": {"sigma": "~ x"}}, "sigma"),
        ({"formula": "y", "formulas": {"sigma": "~ x"}, "shared": "sigma"}, "sigma"),
    ],
)
def test_what_a_family_does_not_know_it_leaves(stated, of):
    model = stanmix.Mixture(components=K, order=None, **stated)
    program, design = lower(model), model.matrices(FRAME)
    one = row_predictor(program, program.parts[0], program.of(of), design, None, np.ones(1))
    at = np.zeros((K, 2))
    values = {"mu": MEANS[:, 0], "sigma": one.at_rows(at)}
    assert FITS["normal"][of](Step(design.y, WEIGHTS, values, one, at)) is None


@pytest.mark.parametrize(
    ("stated", "cheap"),
    [
        ({"formula": "y"}, True),
        ({"formula": "y ~ x"}, True),
        ({"formula": "y", "formulas": {"sigma": "~ x"}}, False),
        ({"formula": "y", "fixed": {"sigma": 1.0}}, True),
        ({"formula": "n ~ x", "family": "poisson"}, True),
        ({**VECTORS, "covariance": "diagonal"}, True),
        ({"formula": "y", "family": "student_t"}, False),
        ({"formula": "n", "family": "negative_binomial"}, False),
    ],
)
def test_which_mixtures_have_cheap_steps(stated, cheap):
    assert closed(stanmix.Mixture(components=K, **stated).block) is cheap
