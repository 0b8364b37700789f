from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from synthetic import fit_of, pair_draws

import stanmix
from stanmix import plots

DRAWS, Y = pair_draws(chains=1, draws=50, gap=4.0)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_columns_are_shown_as_z_scores_with_intervals():
    both = np.stack([DRAWS["mu"], 100 - 10 * DRAWS["mu"]], axis=-1)
    model = stanmix.Mixture(
        ["a", "b"], 2, family="mvnormal", covariance="spherical", order=None, weights="w"
    )
    weights = np.arange(40) % 3.0
    fit = fit_of(model, {"a": Y, "b": 100 - 10 * Y, "w": weights}, {**DRAWS, "mu": both})
    ax = plots.classes(fit, prob=0.8)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    centre = np.average(Y, weights=weights)
    sd = np.sqrt(np.average((Y - centre) ** 2, weights=weights))
    for k, drawn in enumerate(ax.containers):
        z = (DRAWS["mu"][0, :, k] - centre) / sd
        np.testing.assert_allclose(drawn.lines[0].get_ydata(), [z.mean(), -z.mean()])
        ends = drawn.lines[2][0].get_segments()
        np.testing.assert_allclose(ends[0][:, 1], np.quantile(z, [0.1, 0.9]))
    size = DRAWS["theta"][..., 0].mean()
    assert ax.get_legend().get_texts()[0].get_text() == f"class 1 ({size:.0%})"


def test_categories_are_bars_of_probabilities_and_one_column_has_means():
    answers = pd.Series(["yes", "no", "maybe"] * 4)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), (1, 5, 2))
    draws = {"theta": np.full((1, 5, 2), 0.5), "mu": shares}
    model = stanmix.Mixture("answer", 2, family="categorical", order=None)
    ax = plots.classes(fit_of(model, {"answer": answers}, draws))
    bars = [c for c in ax.containers if hasattr(c, "patches")]
    heights = np.array([[bar.get_height() for bar in drawn.patches] for drawn in bars])
    np.testing.assert_allclose(heights, shares.mean(axis=(0, 1)))
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["maybe", "no", "yes"]
    ax = plots.classes(fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, DRAWS))
    drawn = [container.lines[0].get_ydata()[0] for container in ax.containers]
    np.testing.assert_allclose(drawn, DRAWS["mu"].mean(axis=(0, 1)))
