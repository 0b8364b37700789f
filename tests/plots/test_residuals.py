from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of

import stanmix
from stanmix import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def fit(y: np.ndarray) -> stanmix.Fit:
    draws = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1)), "sigma": np.ones((1, 2, 1))}
    return fit_of(stanmix.Mixture("y ~ 1", 1), {"y": y}, draws)


def test_points_are_ordered_residuals_and_the_band_holds_95_percent_of_them():
    y = np.random.default_rng(1).normal(size=999)
    ax = plots.residuals(fit(y))
    line = ax.lines[-1]
    np.testing.assert_allclose(line.get_ydata(), np.sort(y), atol=1e-9)
    (band,) = ax.collections
    ends = band.get_paths()[0].vertices
    # The median of 999 residuals is the 500th order statistic, whose level is beta(500, 500).
    middle = ends[np.abs(ends[:, 0]) < 1e-6, 1]
    expected = stats.norm.ppf(stats.beta.ppf([0.025, 0.975], 500, 500))
    np.testing.assert_allclose([middle.min(), middle.max()], expected, rtol=1e-6)


def test_many_residuals_are_thinned_and_the_extremes_kept():
    y = np.random.default_rng(2).normal(size=20_000)
    shown = plots.residuals(fit(y)).lines[-1].get_ydata()
    assert len(shown) == 5_000
    np.testing.assert_allclose([shown[0], shown[-1]], [y.min(), y.max()], atol=1e-9)
