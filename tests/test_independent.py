"""The tests' own density, held to sums written out for little programs, in the scaled units.

So are families and predictors of which no program is shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, lgamma, log, pi, sqrt

import numpy as np
import pytest
from independent import (
    FAMILIES,
    log_posterior,
    parameters,
    random_points,
    shared,
    total_log_likelihood,
)
from scipy import special, stats

RNG = np.random.default_rng(3)
N, K = 12, 2
X = np.column_stack([np.ones(N), RNG.normal(40, 3, N)])
Z = np.column_stack([np.ones(N), RNG.normal(-8, 2, N), RNG.normal(size=N)])
COUNTS = RNG.poisson(6, N)
REAL = {"N": N, "K": K, "y": RNG.normal(100, 9, N), "y_centre": 97.0, "y_scale": 8.0}
OFFSETS = {"offsets": RNG.normal(2, 0.3, N), "offset_centre": 1.9}
THETA = {"theta_prior": [1.5, 2.5]}
MU = {"mu_prior": 1, "mu_prior_arguments": [0.1, 1.3, 0]}
SIGMA = {"sigma_prior": 9, "sigma_prior_arguments": [2.0, 1.7, 0]}
NU = {"nu_prior": 9, "nu_prior_arguments": [2.0, 0.1, 0], "nu_lower": 1.0, "nu_upper": np.inf}
PHI = {"phi_prior": 8, "phi_prior_arguments": [0.3, 0, 0], "phi_lower": 0.0, "phi_upper": 50.0}


def predictor(name: str, suffix: str, matrix: np.ndarray) -> dict:
    """Data of coefficients: one prior holds at zero, the others at the centres."""
    columns = matrix.shape[1]
    data = {"X" + suffix: matrix, "P" + suffix: columns}
    if name == "gamma":
        suffix, data = "", {"Z": matrix, "Q": columns}
    head = "Z" if name == "gamma" else f"X{suffix}"
    spread = matrix.std(axis=0)
    return data | {
        f"{head}_centre": np.where(spread > 0, matrix.mean(axis=0), 0),
        f"{head}_scale": np.where(spread > 0, spread, 1),
        f"{head}_ones": np.eye(columns)[0],
        f"{name}_prior": [1] * columns,
        f"{name}_prior_arguments": [[0.2 * p, 1 + p, 0] for p in range(columns)],
        f"{name}_prior_at_zero": [1] + [0] * (columns - 1),
    }


@dataclass(frozen=True)
class Stated:
    """A mixture as `independent` reads one: its family, and its program's parameters."""

    family: str
    declared: str
    link: Mapping[str, str] = field(default_factory=dict)

    def program(self) -> str:
        return f"parameters {{\n{self.declared}\n}}\n"


# What the sums are made of --------------------------------------------------------------------


def at_scaled(data: dict, head: str, coefficients: np.ndarray) -> np.ndarray:
    """Predictors at rows (N, K)."""
    matrix = (np.asarray(data[head]) - data[f"{head}_centre"]) / data[f"{head}_scale"]
    return matrix @ np.atleast_2d(coefficients).T


def coefficients_prior(data: dict, name: str, head: str, coefficients: np.ndarray) -> float:
    total = 0.0
    for b in np.atleast_2d(coefficients):
        centre, scale = np.asarray(data[f"{head}_centre"]), np.asarray(data[f"{head}_scale"])
        for p, (mean, sd, _) in enumerate(data[f"{name}_prior_arguments"]):
            moved = b[p] - (scale[0] * (centre / scale) @ b if p == 0 else 0)
            total += stats.norm.logpdf(moved, mean, sd)
    return total


def summed(theta: np.ndarray, rows: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
    return float(np.sum(weights * np.logaddexp(*(np.log(theta) + rows).T)))


def t(y: float, nu: float, mu: float, sigma: float) -> float:
    z = (y - mu) / sigma
    constant = lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * log(nu * pi) - log(sigma)
    return constant - (nu + 1) / 2 * log(1 + z * z / nu)


def counted(y: int, mu: float, phi: float) -> float:
    choose = lgamma(y + phi) - lgamma(phi) - lgamma(y + 1)
    return choose + y * log(mu / (mu + phi)) + phi * log(phi / (mu + phi))


def each(density, *at: np.ndarray) -> np.ndarray:
    """A density at rows and components (N, K)."""
    return np.vectorize(density)(*np.broadcast_arrays(*at))


def half(u: float) -> tuple[np.ndarray, float]:
    """Weights of two components, their prior and the log Jacobian."""
    z = 1 / (1 + exp(-sqrt(2) * u))
    return np.array([z, 1 - z]), stats.beta.logpdf(z, 1.5, 2.5) + log(sqrt(2) * z * (1 - z))


# The programs ---------------------------------------------------------------------------------


def students(u: np.ndarray, data: dict) -> float:
    theta, total = half(u[0])
    mu, sigma, nu = np.array([u[1], u[1] + exp(u[2])]), np.exp(u[3:5]), 1 + np.exp(u[5:7])
    total += u[2:].sum()  # Jacobian
    total += stats.norm.logpdf(mu, 0.1, 1.3).sum()
    total += stats.gamma.logpdf(sigma, 2, scale=1 / 1.7).sum()
    total += stats.gamma.logpdf(nu, 2, scale=10).sum()
    y = (data["y"] - 97) / 8
    return total + summed(theta, each(t, y[:, None], nu, mu, sigma))


def known_nu(u: np.ndarray, data: dict) -> float:
    theta, total = half(u[0])
    mu, sigma = u[1:3], np.cumsum(np.exp(u[3:5]))
    total += u[3:].sum() + stats.norm.logpdf(mu, 0.1, 1.3).sum()
    total += stats.gamma.logpdf(sigma, 2, scale=1 / 1.7).sum()
    y = (data["y"] - data["offsets"] - 97) / 8
    rows = each(t, y[:, None], np.array([4.0, 30.0]), mu, sigma)
    return total + summed(theta, rows, data["weights"])


def student_regressions(u: np.ndarray, data: dict) -> float:
    theta, total = half(u[0])
    beta, beta_sigma, nu = u[1:5].reshape(2, 2), u[5:11].reshape(2, 3), 1 + exp(u[11])
    total += u[11] + stats.gamma.logpdf(nu, 2, scale=10)
    total += coefficients_prior(data, "beta", "X", beta)
    total += coefficients_prior(data, "beta_sigma", "X_sigma", beta_sigma)
    sigma = np.exp(at_scaled(data, "X_sigma", beta_sigma))
    y = (data["y"] - 97) / 8
    return total + summed(theta, each(t, y[:, None], nu, at_scaled(data, "X", beta), sigma))


def one_predictor_of_sigma(u: np.ndarray, data: dict) -> float:
    theta, total = half(u[0])
    mu, beta_sigma = u[1:3], u[3:6]
    total += stats.norm.logpdf(mu, 0.1, 1.3).sum()
    total += coefficients_prior(data, "beta_sigma", "X_sigma", beta_sigma)
    sigma = np.exp(at_scaled(data, "X_sigma", beta_sigma))
    y = (data["y"] - 97) / 8
    return total + summed(theta, stats.norm.logpdf(y[:, None], mu, sigma))


def negative_binomials(u: np.ndarray, data: dict) -> float:
    theta, total = half(u[0])
    mu = np.exp(u[1:3])
    total += u[1:3].sum() + stats.norm.logpdf(mu, 0.1, 1.3).sum()
    part = 1 / (1 + np.exp(-u[3:5]))
    phi = 50 * part
    total += np.log(50 * part * (1 - part)).sum() + stats.expon.logpdf(phi, scale=1 / 0.3).sum()
    mean = mu * np.exp(data["offsets"] - 1.9)[:, None]
    return total + summed(theta, each(counted, data["y"][:, None], mean, phi))


def gated_groups(u: np.ndarray, data: dict) -> float:
    """Coefficients of two components sum to zero: one half of the contrast has the other's sign."""
    gamma = np.outer([1, -1], u[:3]) / np.sqrt(2)
    beta, beta_phi = u[3:7].reshape(2, 2), u[7:11].reshape(2, 2)
    total = coefficients_prior(data, "gamma", "Z", gamma)
    total += coefficients_prior(data, "beta", "X", beta)
    total += coefficients_prior(data, "beta_phi", "X_phi", beta_phi)
    mean, phi = np.exp(at_scaled(data, "X", beta)), np.exp(at_scaled(data, "X_phi", beta_phi))
    rows = data["weights"][:, None] * each(counted, data["y"][:, None], mean, phi)
    weights = special.softmax(at_scaled(data, "Z", gamma), axis=1)
    for g in range(4):
        here = data["group"] == g + 1
        total += np.logaddexp(*(np.log(weights[g]) + rows[here].sum(axis=0)))
    return total


SIMPLEX = "simplex[K] theta;"
BY_ROW = {"weights": RNG.uniform(0.5, 3, N)}
CASES = {
    "t": (
        Stated(
            "student_t",
            f"{SIMPLEX} ordered[K] mu_scaled; vector<lower=sigma_lower, upper=sigma_upper>[K] "
            "sigma_scaled; vector<lower=nu_lower, upper=nu_upper>[K] nu;",
        ),
        REAL | THETA | MU | SIGMA | NU | {"sigma_lower": 0.0, "sigma_upper": np.inf},
        students,
    ),
    "t, nu known": (
        Stated("student_t", f"{SIMPLEX} vector[K] mu_scaled; positive_ordered[K] sigma_scaled;"),
        REAL | OFFSETS | BY_ROW | THETA | MU | SIGMA | {"nu": [4.0, 30.0]},
        known_nu,
    ),
    "t regressions, sigma by row, one nu": (
        Stated(
            "student_t",
            f"{SIMPLEX} array[K] vector[P] beta_scaled; array[K] vector[P_sigma] "
            "beta_sigma_scaled; real<lower=nu_lower, upper=nu_upper> nu;",
        ),
        REAL | THETA | NU | predictor("beta", "", X) | predictor("beta_sigma", "_sigma", Z),
        student_regressions,
    ),
    "normal, one predictor of sigma for all": (
        Stated("normal", f"{SIMPLEX} vector[K] mu_scaled; vector[P_sigma] beta_sigma_scaled;"),
        REAL | THETA | MU | predictor("beta_sigma", "_sigma", Z),
        one_predictor_of_sigma,
    ),
    "counts with an offset": (
        Stated(
            "negative_binomial",
            f"{SIMPLEX} vector<lower=0>[K] mu_scaled; vector<lower=phi_lower, upper=phi_upper>[K] "
            "phi;",
        ),
        {"N": N, "K": K, "y": COUNTS} | OFFSETS | THETA | MU | PHI,
        negative_binomials,
    ),
    "counts in groups, phi by row": (
        Stated(
            "negative_binomial",
            "array[K - 1] vector[Q] gamma_free; array[K] vector[P] beta_scaled; "
            "array[K] vector[P_phi] beta_phi_scaled;",
        ),
        {"N": N, "K": K, "y": COUNTS, "G": 4, "group": np.resize([1, 2, 3, 4], N)}
        | BY_ROW
        | predictor("gamma", "", Z[:4])
        | predictor("beta", "", X)
        | predictor("beta_phi", "_phi", X[::-1]),
        gated_groups,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_density_is_the_sum_written_out(name):
    stated, data, written_out = CASES[name]
    points = random_points(stated, data, 20, seed=1)
    found = [log_posterior(stated, data, u) for u in points]
    np.testing.assert_allclose(found, [written_out(u, data) for u in points], rtol=1e-10)


def test_what_is_shared_is_told_by_its_declaration():
    names = {name: shared(stated.program()) for name, (stated, _, _) in CASES.items()}
    assert names.pop("t regressions, sigma by row, one nu") == {"nu"}
    assert names.pop("normal, one predictor of sigma for all") == {"beta_sigma"}
    assert not any(names.values())
    plane = Stated("mvnormal", "array[K] vector[D] mu_scaled; vector<lower=0>[D] sigma_scaled;")
    assert shared(plane.program()) == {"sigma"}


def test_parameters_are_those_of_users():
    """A predictor of log sigma adds the unit of y to its constant, and not at the centres."""
    stated, data, _ = CASES["t regressions, sigma by row, one nu"]
    (u,) = random_points(stated, data, 1, seed=2)
    values, _ = parameters(stated, data, u)
    scaled = at_scaled(data, "X_sigma", u[5:11].reshape(2, 3))
    np.testing.assert_allclose(Z @ values["beta_sigma"].T, log(8) + scaled, rtol=1e-10)
    means = at_scaled(data, "X", u[1:5].reshape(2, 2))
    np.testing.assert_allclose(X @ values["beta"].T, 97 + 8 * means, rtol=1e-10)
    np.testing.assert_allclose(values["nu"], [1 + exp(u[11])] * 2)
    rows = each(t, REAL["y"][:, None], values["nu"], X @ values["beta"].T, 8 * np.exp(scaled))
    expected = summed(values["theta"], rows)
    assert total_log_likelihood(stated, data, values) == pytest.approx(expected, rel=1e-10)


def test_a_unit_that_no_constant_can_take_up_is_an_error():
    """exp(z beta) of users is no scale in units of y, where z makes up no constant."""
    stated, data, _ = CASES["normal, one predictor of sigma for all"]
    without = {**data, "X_sigma_ones": np.zeros(3)}
    (u,) = random_points(stated, data, 1, seed=2)
    with pytest.raises(AssertionError, match="no column of X_sigma"):
        parameters(stated, without, u)


def test_a_prior_without_its_parameter_is_an_error():
    stated, data, _ = CASES["t"]
    (u,) = random_points(stated, data, 1, seed=2)
    with pytest.raises(AssertionError):
        log_posterior(stated, data | PHI, u)
    without = {key: value for key, value in data.items() if key != "nu_prior"}
    with pytest.raises(AssertionError):
        log_posterior(stated, without, u)


def test_counts_have_the_stated_mean_and_variance():
    y, mu, phi = np.arange(4000), np.array([[0.7, 9.0]]), np.array([[0.4, 3.0]])
    p = np.exp(FAMILIES["negative_binomial"].log_density(y, mu, phi))
    mean = y @ p
    np.testing.assert_allclose(p.sum(axis=0), 1, rtol=1e-10)
    np.testing.assert_allclose(mean, mu[0], rtol=1e-10)
    np.testing.assert_allclose((y**2) @ p - mean**2, (mu + mu**2 / phi)[0], rtol=1e-10)
