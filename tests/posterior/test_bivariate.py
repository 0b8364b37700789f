from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of

import stanmix
from stanmix.posterior.bivariate import bivariate_residuals

COLUMNS = ("a", "b", "c")
DIAGONAL = stanmix.Mixture(
    COLUMNS, 2, family="mvnormal", covariance="spherical", order=None, weights="w"
)


def simulated(rows: int, together: float) -> dict[str, np.ndarray]:
    """Two classes, and of `a` and `b` a correlation within each."""
    rng = np.random.default_rng(1)
    covariance = np.eye(3)
    covariance[0, 1] = covariance[1, 0] = together
    z = rng.random(rows) < 0.5
    y = 3.0 * z[:, None] + rng.multivariate_normal(np.zeros(3), covariance, rows)
    return {**dict(zip(COLUMNS, y.T, strict=True)), "w": np.ones(rows)}


def truth(frame: dict[str, np.ndarray], model: stanmix.Mixture = DIAGONAL) -> stanmix.Fit:
    values = {"theta": [0.5, 0.5], "mu": [[0.0] * 3, [3.0] * 3], "sigma": [1.0, 1.0]}
    return fit_of(
        model, frame, {n: np.tile(v, (1, 100, *[1] * np.ndim(v))) for n, v in values.items()}
    )


def test_a_correlation_that_classes_do_not_explain_is_found():
    """Classes three sds apart make 9/4 of the covariance, within them are 1: 0.69 in all."""
    table = truth(simulated(400, 0.5)).bivariate_residuals(draws=100)
    assert table.index[0] == ("a", "b")
    worst = table.iloc[0]
    assert worst["residual"] > 9 and worst["p"] == 0
    np.testing.assert_allclose(table["expected"], 2.25 / 3.25, atol=0.03)
    np.testing.assert_allclose(worst["correlation"], 2.75 / 3.25, atol=0.05)
    others = table.iloc[1:]
    assert (others["residual"] < 9).all() and (others["p"] > 0).all()


ITEMS = list("ABCDE")
SHARES = np.array([[0.2, 0.3, 0.1, 0.2, 0.7], [0.8, 0.7, 0.9, 0.6, 0.2]])


def answered(rows: int, together: float, missing: float = 0.0) -> stanmix.Fit:
    """Five items of two classes; a part of the answers to the second are those to the first."""
    rng = np.random.default_rng(3)
    z = (rng.random(rows) < 0.4).astype(int)
    y = (rng.random((rows, 5)) < SHARES[z]).astype(float)
    y[:, 1] = np.where(rng.random(rows) < together, y[:, 0], y[:, 1])
    y[rng.random(y.shape) < missing] = np.nan
    model = stanmix.Mixture(ITEMS, 2, family="bernoulli", missing="marginalise", order=None)
    draws = {"theta": np.tile([0.6, 0.4], (1, 150, 1)), "mu": np.tile(SHARES, (1, 150, 1, 1))}
    return fit_of(model, dict(zip(ITEMS, y.T, strict=True)), draws)


def test_items_that_go_together_beyond_the_class_are_found_and_others_are_about_one():
    table = answered(500, 0.5, missing=0.1).bivariate_residuals(draws=150)
    assert table.index[0] == ("A", "B") and table.iloc[0]["residual"] > 20
    assert table.iloc[0]["p"] == 0
    held = answered(500, 0.0, missing=0.1).bivariate_residuals(draws=150)
    # Ten residuals, each about a chi-squared number of one degree of freedom.
    assert held["residual"].mean() < 1 + 4 * np.sqrt(2 / 10) and held["p"].min() > 0


def test_patterns_are_expected_as_often_as_the_mixture_says():
    fit = answered(400, 0.0)
    table = fit.response_patterns(draws=150, prob=0.9)
    assert table.index.names == ITEMS and table["observed"].sum() == 400
    patterns = np.array([*table.index])
    each = np.where(patterns[:, None] == 1, SHARES, 1 - SHARES).prod(axis=2)
    expected = 400 * each @ [0.6, 0.4]
    np.testing.assert_allclose(table["expected"], expected, atol=4 * np.sqrt(expected.max() / 150))
    assert (table["lower"] <= table["expected"]).all()
    assert table["observed"].between(table["lower"], table["upper"]).mean() > 0.75
    lacking = answered(400, 0.0, missing=0.1).response_patterns(draws=20)
    whole = ~np.isnan(answered(400, 0.0, missing=0.1).design.y).any(axis=1)
    assert lacking["observed"].sum() == whole.sum()


def test_weights_are_numbers_of_equal_rows_and_seeds_give_the_same():
    frame = simulated(60, 0.0)
    times = np.arange(60) % 3.0
    weighted = truth({**frame, "w": times}).bivariate_residuals(draws=20)
    rows = np.repeat(np.arange(60), times.astype(int))
    repeated = truth({name: values[rows] for name, values in frame.items()})
    correlation = repeated.bivariate_residuals(draws=20)["correlation"]
    np.testing.assert_allclose(weighted["correlation"], correlation[weighted.index])
    by_numpy = np.corrcoef(frame["a"][rows], frame["c"][rows])[0, 1]
    np.testing.assert_allclose(weighted.loc[("a", "c"), "correlation"], by_numpy)
    fit = truth(frame)
    assert fit.bivariate_residuals(draws=5).equals(fit.bivariate_residuals(draws=5))
    assert not fit.bivariate_residuals(draws=5).equals(fit.bivariate_residuals(draws=5, seed=2))


def test_of_one_draw_all_replicates_are_made():
    """Of 60 rows at the truth, in units of what replicates have on average."""
    frame = simulated(60, 0.0)
    values = {"theta": [0.5, 0.5], "mu": [[0.0] * 3, [3.0] * 3], "sigma": [1.0, 1.0]}
    fit = fit_of(DIAGONAL, frame, {n: np.asarray(v)[None, None] for n, v in values.items()})
    table = fit.bivariate_residuals(draws=100)
    assert table["p"].gt(0).all() and table["residual"].lt(9).all()
    np.testing.assert_allclose(table["expected"], 2.25 / 3.25, atol=0.05)


def test_one_column_has_no_pairs_and_real_numbers_no_patterns():
    one = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1)), "sigma": np.ones((1, 2, 1))}
    fit = fit_of(stanmix.Mixture("a", 1), simulated(20, 0.0), one)
    with pytest.raises(stanmix.InputError, match=r"the response has one column"):
        bivariate_residuals(fit)
    with pytest.raises(stanmix.InputError, match=r"'a' has no few values"):
        truth(simulated(20, 0.0)).response_patterns()
