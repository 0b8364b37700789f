"""Draws by importance sampling against posteriors that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

import stanmix
from stanmix.errors import InputError

OPTIONS = {"method": "importance", "engine": "stanli", "seed": 1, "progress": False}
Y = np.array([1.0, 2.0, 4.0, 5.5])


def test_a_conjugate_posterior_and_its_evidence():
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(1, 3)})
    fit = model.fit({"y": Y}, **OPTIONS)
    precision = 1 / 9 + len(Y) / 4
    mean, sd = (1 / 9 + Y.sum() / 4) / precision, precision**-0.5
    mu = fit.posterior["mu"].to_numpy().ravel()
    assert mu.shape == (1000,) and fit.importance["effective"] >= 1000
    error = 4 / np.sqrt(fit.importance["effective"])
    assert abs(mu.mean() - mean) < error * sd
    assert abs(mu.std() / sd - 1) < error
    found = fit.log_evidence()
    covariance = 4 * np.eye(4) + 9
    exact = stats.multivariate_normal(np.ones(4), covariance).logpdf(Y)
    assert 0 < found.error < 0.05
    assert abs(found.value - exact) < 4 * found.error


def test_the_evidence_counts_priors_whole_that_a_bound_cuts_off():
    """A normal prior of a scale, of which the part below zero does not count."""
    x = np.array([1.0, 2.0, 3.0, 5.0])
    priors = {"x": stanmix.Normal(1, 1), "sigma": stanmix.Normal(1.0, 1.0)}
    model = stanmix.Mixture("y ~ 0 + x", 1, priors=priors)
    fit = model.fit({"y": Y, "x": x}, **OPTIONS)
    prior = stats.truncnorm(-1.0, np.inf, loc=1.0, scale=1.0)

    def given(sigma):  # a slope of prior N(1, 1) summed out
        covariance = sigma**2 * np.eye(4) + np.outer(x, x)
        return prior.pdf(sigma) * stats.multivariate_normal(x, covariance).pdf(Y)

    exact = np.log(integrate.quad(given, 0, 12, epsabs=0, epsrel=1e-9)[0])
    found = fit.log_evidence()
    assert abs(found.value - exact) < 4 * found.error


@pytest.mark.parametrize("order", ["auto", "mu"])
def test_the_evidence_is_that_of_all_labellings(order):
    """Two means with a known scale: the integral over both, by quadrature."""
    y = np.array([-1.2, -0.4, 0.1, 1.3, 1.9, 2.2])
    model = stanmix.Mixture(
        "y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}, order=order,
        priors={"mu": stanmix.Normal(0.5, 1.5)},
    )  # fmt: skip
    fit = model.fit({"y": y}, **OPTIONS)
    grid = np.linspace(-8, 9, 401)
    one = stats.norm(grid[:, None], 1.0).logpdf(y)
    both = np.logaddexp(one[:, None], one[None]).sum(axis=-1) - len(y) * np.log(2)
    prior = stats.norm(0.5, 1.5).logpdf(grid)
    density = np.exp(both + prior[:, None] + prior)
    step = grid[1] - grid[0]
    found = fit.log_evidence()
    assert abs(found.value - np.log(density.sum() * step**2)) < 4 * found.error
    lower = np.minimum.outer(grid, grid)
    weights = density / density.sum()
    mean = (weights * lower).sum()
    sd = np.sqrt((weights * (lower - mean) ** 2).sum())
    draws = fit.posterior["mu"].to_numpy().min(axis=-1).ravel()
    assert abs(draws.mean() - mean) < 4 * sd / np.sqrt(fit.importance["effective"])


def test_the_same_seed_draws_the_same():
    model = stanmix.Mixture("y", 1)
    one, same, other = (
        model.fit({"y": Y}, **{**OPTIONS, "seed": seed, "draws": 200}) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one.posterior["mu"], same.posterior["mu"])
    assert (one.posterior["mu"] != other.posterior["mu"]).any()


def test_a_budget_that_is_too_small_is_told():
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0})
    fit = model.fit({"y": Y}, **OPTIONS, draws=5000, budget=1000)
    finding = fit.diagnose().about("weights")
    assert finding.level == "note" and "5000 that were asked for" in finding.text
    assert fit.posterior.sizes["draw"] == 5000
    assert fit.summary()["ess_bulk"].max() < 1000


def test_it_takes_no_starts():
    with pytest.raises(InputError, match="begins at all optima"):
        stanmix.Mixture("y", 1).fit({"y": Y}, method="importance", starts="random")
