"""Fits hold to posteriors that are known, or say that they do not: a part of the battery.

All of it is `benchmarks/honesty.py`.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from allocations import drawn
from answers import read
from battery import POSTERIORS, table
from honesty import compared, fitted, misses, named
from posteriors import Posterior
from quadrature import integrate, witnesses
from scipy import special, stats

import stanmix

TWO_MODES, SCALE = POSTERIORS["normal, two modes"], POSTERIORS["normal, one component"]


def on_a_grid(of: Posterior, *axes: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parameters at a regular grid of coordinates, and how much of the posterior each point has."""
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return of.values(points), special.softmax(of.log_density(points))


@pytest.mark.parametrize(
    ("of", "axes"),
    [
        (TWO_MODES, [np.linspace(-4, 4, 401)] * 2),
        (SCALE, [np.linspace(-25, 25, 1501), np.linspace(-3, 6, 181)]),
    ],
)
def test_the_answers_are_those_of_a_regular_grid(of, axes):
    known = read()[of.name]
    assert known.said == of.said
    values, weights = on_a_grid(of, *axes)
    for name, each in of.compared(values).items():
        mean = weights @ each
        sd = np.sqrt(weights @ (each - mean) ** 2)
        assert known.mean[name] == pytest.approx(mean, abs=2e-3 * sd)
        assert known.sd[name] == pytest.approx(sd, rel=2e-3)


def test_densities_are_those_of_the_rows_one_by_one():
    """Of two modes, written out for one point; priors on the scale of the parameters."""
    mu, theta, sigma = np.array([-0.3, 1.7]), [0.4206, 0.5794], 0.9
    rows = np.repeat(TWO_MODES.frame["y"], TWO_MODES.frame["n"])
    expected = stats.norm(0, 5).logpdf(mu).sum()
    for y in rows:
        expected += np.log(sum(np.array(theta) * stats.norm(mu, sigma).pdf(y)))
    assert TWO_MODES.log_density(mu[None])[0] == pytest.approx(expected, rel=1e-12)
    # A scale by its logarithm.
    at = np.array([[2.0, np.log(1.5)]])
    expected = stats.norm(0, 5).logpdf(2.0) + stats.lognorm(2).logpdf(1.5) + np.log(1.5)
    expected += SCALE.frame["n"] @ stats.norm(2.0, 1.5).logpdf(SCALE.frame["y"])
    assert SCALE.log_density(at)[0] == pytest.approx(expected, rel=1e-12)


def test_quadrature_follows_a_bent_ridge():
    """Of x, standard normal, and y, normal about x squared with an sd of 0.2."""

    def log_density(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        return stats.norm.logpdf(x) + stats.norm.logpdf(y, x**2, 0.2)

    low, high = np.array([-9.0, -12.0]), np.array([8.0, 90.0])
    at = witnesses(log_density, low, high, np.random.default_rng(1))
    found = integrate(log_density, lambda points: points, low, high, at, tolerance=1e-3)
    np.testing.assert_allclose(found.mean, [0.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(found.sd, [1.0, np.sqrt(2 + 0.2**2)], rtol=1e-3)
    assert abs(found.log_evidence) < 1e-3 and found.error < 1e-3


def test_enumeration_draws_what_sums_over_allocations_give():
    """The mean of the first rate under unequal weights, by all allocations of five rows."""
    of = Posterior(
        "five rows", "", "poisson", table(2, 1, 0, 2), {"mu": stanmix.Gamma(2, 0.5)},
        {"theta": [0.3, 0.7]}, exact="allocations",
    )  # fmt: skip
    y, total, means = np.array([0, 0, 1, 3, 3]), 0.0, np.zeros(2)
    for z in itertools.product([0, 1], repeat=5):
        a = np.array([2 + y[np.array(z) == k].sum() for k in (0, 1)])
        b = np.array([0.5 + z.count(k) for k in (0, 1)])
        weight = np.prod([0.3 if k == 0 else 0.7 for k in z])
        weight *= np.exp((special.gammaln(a) - a * np.log(b)).sum())
        total, means = total + weight, means + weight * a / b
    mu = drawn(of, 100_000, np.random.default_rng(3))["mu"]
    # Within four Monte Carlo errors.
    np.testing.assert_array_less(np.abs(mu.mean(0) - means / total), 4 * mu.std(0) / 100_000**0.5)


def test_auto_gives_two_modes_their_masses():
    """Seven sds apart lie .8 and .2 of the posterior, by a grid."""
    values, weights = on_a_grid(TWO_MODES, *[np.linspace(-3, 3, 301)] * 2)
    lower = values["mu"][:, 0] < values["mu"][:, 1]
    share = weights[lower].sum()
    assert share == pytest.approx(0.8, abs=1e-3)
    centres, sds = [], []
    for side in (lower, ~lower):
        own, at = weights[side] / weights[side].sum(), values["mu"][side]
        centres.append(own @ at)
        sds.append(np.sqrt(own @ (at - centres[-1]) ** 2))
    apart = np.abs(centres[0] - centres[1]) / np.mean(sds, axis=0)
    np.testing.assert_array_less(7.0, apart)
    fit = TWO_MODES.mixture.fit(
        TWO_MODES.frame, "auto", seed=1, engine="stanli", draws=4000, progress=False
    )
    assert fit.method == "importance" and fit.diagnose().ok
    mu, known = fit.draws()["mu"], fit.importance
    error = np.sqrt(share * (1 - share) * (1 / known["effective"] + 1 / len(mu)))
    assert abs((mu[:, 0] < mu[:, 1]).mean() - share) < 4 * error
    found = compared(fit, TWO_MODES, read()[TWO_MODES.name])
    assert found["mean"] < 0.1 and found["sd"] == pytest.approx(1, abs=0.1)
    assert found["k_hat"] < 0.5 and found["errors"] < 4


def test_auto_knows_of_components_without_rows():
    """Known weights leave a component without rows to its prior, ten sds away: a per cent of it."""
    of = POSTERIORS["normal, 10 rows"]
    fit = of.mixture.fit(of.frame, "auto", seed=1, engine="stanli", draws=4000, progress=False)
    found = compared(fit, of, read()[of.name])
    assert fit.method == "importance" and fit.diagnose().ok
    # Without that part the sd is 0.8 of what it should be.
    assert found["sd"] == pytest.approx(1, abs=0.1) and found["errors"] < 4


@pytest.mark.parametrize("name", ["normal, two modes", "normal, close modes", "normal, 10 rows"])
def test_laplace_says_that_it_misses(name):
    """One of two modes, two that differ in which component is which, and a part without rows."""
    line = fitted(POSTERIORS[name], "laplace", 1, read()[name])
    assert misses(line) and named(line)
    assert "weighted draws" in line["problems"]
