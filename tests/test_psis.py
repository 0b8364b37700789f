"""Smoothed importance weights, beside SciPy's Pareto distribution and ArviZ's own smoothing."""

from __future__ import annotations

import arviz as az
import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from stanmix import containers, psis


def fitted(excesses):
    """Shape and scale by the posterior mean of Zhang & Stephens, by SciPy's densities."""
    x = np.sort(excesses)
    n = len(x)
    m = 30 + int(np.sqrt(n))
    j = np.arange(1, m + 1)
    theta = 1 / x[-1] + (1 - np.sqrt(m / (j - 0.5))) / (3 * x[int(n / 4 + 0.5) - 1])
    shapes = np.array([np.mean(np.log(1 - t * x)) for t in theta])
    height = np.array([
        stats.genpareto.logpdf(x, k, scale=-k / t).sum()
        for k, t in zip(shapes, theta, strict=True)
    ])  # fmt: skip
    weights = special.softmax(height)
    mean = np.sum(weights * theta)
    shape = np.mean(np.log(1 - mean * x))
    return shape * n / (n + 10) + 5 / (n + 10), -shape / mean


@pytest.mark.parametrize("efficiency", [0.4, 1.0, 1.3])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_the_tail_is_replaced_by_quantiles_of_the_distribution_fitted_to_it(scale, efficiency):
    logs = np.random.default_rng(3).normal(size=2_000) * scale
    weights, k_hat = psis.smooth(logs, efficiency)
    size = int(np.ceil(min(400, 3 * np.sqrt(2_000 / efficiency))))
    order = np.argsort(logs)
    ratios = np.exp(logs - logs.max())[order]
    threshold = ratios[-size - 1]
    shape, spread = fitted(ratios[-size:] - threshold)
    assert k_hat == pytest.approx(shape, rel=1e-9)
    middles = (np.arange(size) + 0.5) / size
    ratios[-size:] = threshold + stats.genpareto.ppf(middles, shape, scale=spread)
    ratios = np.minimum(ratios, 1)
    np.testing.assert_allclose(np.exp(weights[order]), ratios / ratios.sum(), rtol=1e-8)


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_the_shape_of_pareto_ratios_is_found(k):
    """Of 40 fits, each to a tail of 600: the mean within four standard errors and the prior's pull.

    The asymptotic sd of an estimate is (1 + k) / sqrt(600); the prior draws k by 1/61 towards 1/2.
    """
    draws = stats.genpareto.rvs(k, size=(40, 40_000), random_state=11)
    found = psis.smooth(np.log1p(k * draws))[1]
    error = 4 * (1 + k) / np.sqrt(600 * 40)
    assert abs(found.mean() - k) < error + abs(0.5 - k) / 61


def test_weights_are_arvizs():
    """With 200 draws every ArviZ takes as many into the tail of the ratios."""
    log_likelihood = np.random.default_rng(8).normal(size=(4, 50, 30)) * np.linspace(0.1, 4, 30)
    draws = xr.Dataset({"mu": (("chain", "draw"), np.zeros((4, 50)))})
    given = xr.Dataset({"y": (("chain", "draw", "obs_id"), log_likelihood)})
    whole = containers.container({"posterior": draws, "log_likelihood": given}, {})
    with containers.quiet():
        theirs = az.loo(whole, pointwise=True, reff=1.0)
    logs = log_likelihood.reshape(200, 30).T
    weights, k_hat = psis.smooth(-logs)
    np.testing.assert_allclose(k_hat, theirs.pareto_k, rtol=1e-8)
    pointwise = theirs["loo_i" if hasattr(theirs, "loo_i") else "elpd_i"]
    np.testing.assert_allclose(special.logsumexp(weights + logs, axis=-1), pointwise, rtol=1e-8)


def test_constants_do_not_matter_and_nothing_is_changed_in_place():
    logs = np.random.default_rng(1).normal(size=(2, 3, 500))
    given = logs.copy()
    weights, k_hat = psis.smooth(logs)
    np.testing.assert_array_equal(logs, given)
    assert weights.shape == logs.shape and k_hat.shape == (2, 3)
    np.testing.assert_allclose(special.logsumexp(weights, axis=-1), 0, atol=1e-12)
    shifted, again = psis.smooth(logs + 1e3)
    np.testing.assert_allclose(shifted, weights, atol=1e-9)
    np.testing.assert_allclose(again, k_hat, atol=1e-9)


@pytest.mark.parametrize(
    "logs",
    [
        np.zeros(100),
        np.array([0.0, -1.0]),
        np.arange(20.0),  # four of which are the tail
        np.where(np.arange(100) < 3, 0.0, -2_000.0),
        np.repeat([0.0, -1.0], 50),
    ],
)
def test_what_has_no_tail_is_left_as_it_is(logs):
    weights, k_hat = psis.smooth(logs)
    assert k_hat == np.inf
    np.testing.assert_allclose(weights, special.log_softmax(logs), atol=1e-12)


def test_a_tail_of_rate_zero_is_exponential_as_tails_of_nearby_rates_are():
    excesses = stats.expon.rvs(size=200, random_state=5)
    shape, scale = psis._at_rate(0.0, excesses)
    assert (shape, scale) == (0.0, excesses.mean())
    for rate in (1e-6, -1e-6):
        nearby = psis._at_rate(rate, excesses)
        np.testing.assert_allclose(nearby, (shape, scale), rtol=1e-5, atol=1e-5)
        assert nearby[0] != 0
    levels = np.array([0.1, 0.5, 0.99])
    exact = stats.expon.ppf(levels, scale=2.0)
    for shape, precision in ((0.0, 1e-14), (1e-9, 1e-7), (-1e-9, 1e-7)):
        np.testing.assert_allclose(psis._quantiles(levels, shape, 2.0), exact, rtol=precision)
