"""Figures of chains, beside their definitions and the theory of autoregressions."""

from __future__ import annotations

import arviz
import numpy as np
import pytest
from scipy import signal, stats

from stanmix import containers, monte_carlo

RNG = np.random.default_rng(4)
CHAINS = RNG.normal(size=(4, 500)) + np.array([0.0, 0.1, 0.2, 0.6])[:, None]


def autoregression(r, chains=8, draws=20_000):
    noise = RNG.normal(size=(chains, draws + 1_000))
    return signal.lfilter([1.0], [1.0, -r], noise, axis=1)[:, 1_000:]


def split_r_hat(values):
    half = values.shape[1] // 2
    parts = np.concatenate([values[:, :half], values[:, half:]])
    within = parts.var(axis=1, ddof=1).mean()
    between = half * parts.mean(axis=1).var(ddof=1)
    return np.sqrt((half - 1) / half + between / within / half)


def normal_ranks(values):
    ranks = stats.rankdata(values).reshape(values.shape)
    return stats.norm.ppf((ranks - 3 / 8) / (values.size + 1 / 4))


def test_r_hat_is_the_larger_one_of_ranks_and_of_folded_ranks():
    wide = CHAINS * np.array([1.0, 1.0, 1.0, 3.0])[:, None]
    for draws in (CHAINS, wide - wide.mean(axis=1, keepdims=True)):
        folded = np.abs(draws - np.median(draws))
        expected = [split_r_hat(normal_ranks(values)) for values in (draws, folded)]
        assert monte_carlo.r_hat(draws) == pytest.approx(max(expected), rel=1e-10)


@pytest.mark.parametrize("r", [-0.4, 0.0, 0.8])
def test_an_autoregression_has_the_effective_draws_that_theory_gives(r):
    draws = autoregression(r)
    expected = draws.size * (1 - r) / (1 + r)
    for of in ("mean", "bulk"):
        assert monte_carlo.effective_draws(draws, of) == pytest.approx(expected, rel=0.1)
    found = monte_carlo.standard_error(draws, "mean")
    assert found == pytest.approx(draws.std() / np.sqrt(expected), rel=0.06)


def test_the_tails_are_those_beyond_the_twentieths():
    """Whatever probability the installed ArviZ has for intervals."""
    draws = autoregression(0.5, draws=500)
    with containers.quiet():
        each = [float(arviz.ess(draws, method="quantile", prob=prob)) for prob in (0.05, 0.95)]
    assert monte_carlo.effective_draws(draws, "tail") == pytest.approx(min(each), rel=1e-12)


def test_the_error_of_an_sd_is_that_of_independent_draws():
    """Of n normal draws: sd / sqrt(2 n)."""
    draws = RNG.normal(scale=3.0, size=(4, 20_000))
    found = monte_carlo.standard_error(draws, "sd")
    assert found == pytest.approx(3 / np.sqrt(2 * draws.size), rel=0.05)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.94])
def test_no_interval_of_as_many_draws_is_shorter(probability):
    draws = RNG.gamma(0.7, size=(3, 111))
    low, high = monte_carlo.shortest_interval(draws, probability)
    ordered = np.sort(draws, axis=None)
    inside = int(probability * draws.size)
    assert ((ordered >= low) & (ordered <= high)).sum() == inside + 1
    least = min(ordered[i + inside] - ordered[i] for i in range(draws.size - inside))
    assert high - low == pytest.approx(least, rel=1e-14)


def test_few_draws_have_no_figures_but_an_interval():
    one = np.array([[2.0]])
    assert monte_carlo.shortest_interval(one, 0.9) == (2.0, 2.0)
    assert np.isnan(monte_carlo.r_hat(one))
    assert np.isnan(monte_carlo.effective_draws(one, "bulk"))
    assert np.isnan(monte_carlo.standard_error(one, "mean"))
