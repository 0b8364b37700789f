"""How often patterns occur, in data that a mixture makes without chance, and in those it lacks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of

import stanmix
from stanmix.errors import InputError
from stanmix.posterior.patterns import response_patterns


def items(frame, shares, draws=40, **stated) -> stanmix.Fit:
    """One class whose items are one in these shares."""
    names = [name for name in frame if name != "w"]
    model = stanmix.Mixture(names, 1, family="bernoulli", missing="marginalise", **stated)
    mu = np.tile(np.array(shares, dtype=float), (1, draws, 1, 1))
    return fit_of(model, frame, {"theta": np.ones((1, draws, 1)), "mu": mu})


def test_patterns_that_are_certain_are_expected_in_all_rows_that_have_all_columns():
    frame = {"a": [1, 1, 0, 1, np.nan], "b": [0, 0, 0, 1, 0], "w": [2, 1, 4, 1, 9]}
    table = response_patterns(items(frame, [1, 0], weights="w"), draws=10)
    assert table.index.names == ["a", "b"]
    assert table.index.tolist() == [(0, 0), (1, 0), (1, 1)]  # the most frequent first
    assert table["observed"].tolist() == [4, 3, 1]
    for name in ("expected", "lower", "upper"):
        assert table[name].tolist() == [0, 8, 0]


def test_a_pattern_that_half_of_the_replicates_have_is_told_of_though_no_row_has_it():
    frame = {"a": [0, 0, 1, 0], "b": [0, 1, 0, 1]}
    table = response_patterns(items(frame, [1, 1]), draws=10)
    assert table.index.tolist() == [(0, 1), (0, 0), (1, 0), (1, 1)]
    assert table.loc[(1, 1)].tolist() == [0, 4, 4, 4]
    rare = response_patterns(items(frame, [0.01, 0.5]), draws=10)
    assert (1, 1) not in rare.index and len(rare) == 3


def test_intervals_hold_binomial_counts():
    """Four standard errors of a mean, and of quantiles two counts, over 150 replicates."""
    frame = {"a": np.resize([0, 1], 60), "b": np.resize([0, 1, 1], 60)}
    table = response_patterns(items(frame, [0.5, 0.4]), draws=150, prob=0.8)
    for (_, b), row in table.iterrows():
        share = 0.5 * (0.4 if b else 0.6)
        count = stats.binom(60, share)
        assert abs(row["expected"] - count.mean()) < 4 * count.std() / np.sqrt(150)
        assert abs(row["lower"] - count.ppf(0.1)) <= 2
        assert abs(row["upper"] - count.ppf(0.9)) <= 2


def test_categories_are_told_by_name():
    frame = {"kind": ["red", "blue", "blue"], "n": [0, 2, 2]}
    model = stanmix.Mixture(["kind", "n"], 1, family={"kind": "categorical", "n": "poisson"})
    draws = {"theta": [1.0], "mu_1": [[0.5, 0.5]], "mu_poisson": [[1.0]]}
    made = {name: np.tile(value, (1, 5, *[1] * np.ndim(value))) for name, value in draws.items()}
    table = response_patterns(fit_of(model, frame, made), draws=10)
    assert table.loc[("blue", 2), "observed"] == 2 and table.loc[("red", 0), "observed"] == 1


def test_real_numbers_make_no_patterns():
    model = stanmix.Mixture(["a", "b"], 1, family="mvnormal", covariance="spherical")
    draws = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1, 2)), "sigma": np.ones((1, 2, 1))}
    fit = fit_of(model, {"a": [0.0, 1.0, 0.0], "b": [1.0, 0.0, 0.0]}, draws)
    with pytest.raises(InputError, match="'a' has no few values"):
        response_patterns(fit)
