from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stanmix.posterior.intervals import figures

RNG = np.random.default_rng(0)


def test_figures_are_moments_and_central_quantiles_in_the_order_of_the_numbers():
    draws = RNG.gamma(2, size=(40, 2, 3))
    found = figures(draws, 0.8, pd.Index([f"{i}{j}" for i in range(2) for j in range(3)]))
    for i in range(2):
        for j in range(3):
            values = draws[:, i, j].tolist()
            expected = [np.mean(values), np.std(values, ddof=1), *np.quantile(values, [0.1, 0.9])]
            np.testing.assert_allclose(found.loc[f"{i}{j}"], expected, rtol=1e-12)
    assert found.columns.tolist() == ["mean", "sd", "lower", "upper"]


def test_what_is_no_number_in_a_draw_is_left_out_there():
    draws = np.array([[1.0, np.nan, np.nan], [np.nan, np.nan, 4.0], [3.0, np.nan, np.nan]])
    found = figures(draws, 0.5, pd.Index(["some", "none", "one"]))
    np.testing.assert_allclose(found.loc["some"], [2, np.sqrt(2), 1.5, 2.5])
    assert found.loc["none"].isna().all()
    np.testing.assert_array_equal(found.loc["one"], [4, np.nan, 4, 4])


@pytest.mark.parametrize(("infinite", "lower", "upper"), [(1, 0, 8), (2, 0, np.inf)])
def test_infinite_odds_have_ends_among_the_draws(infinite, lower, upper):
    """Of ten draws the ends of 80 % are the first and the ninth."""
    odds = np.arange(10.0)
    odds[10 - infinite :] = np.inf
    found = figures(RNG.permutation(odds)[:, None], 0.8, pd.Index(["odds"])).loc["odds"]
    assert found[["lower", "upper"]].tolist() == [lower, upper]
    assert found["mean"] == np.inf and np.isnan(found["sd"])
