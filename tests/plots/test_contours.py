from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from synthetic import fit_of, noisy

import stanmix
from stanmix import plots
from stanmix.errors import InputError
from stanmix.plots.contours import region_levels

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(RNG.normal(size=(40, 3)), columns=["a", "b", "c"])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    draws = {
        "theta": RNG.dirichlet([5, 5], size=(2, 30)),
        "mu": noisy(RNG, [[-1, 0, 2], [1, 1, -2]], 0.1, 2, 30),
        "sigma": np.exp(noisy(RNG, np.zeros((2, 3)), 0.1, 2, 30)),
    }
    model = stanmix.Mixture(["a", "b", "c"], 2, family="mvnormal", covariance="diagonal")
    return fit_of(model, FRAME, draws)


def test_regions_of_a_normal_hold_what_they_say():
    x = np.linspace(-6, 6, 401)
    density = stats.norm.pdf(x[:, None]) * stats.norm.pdf(x)
    levels = region_levels(density, (0.9, 0.5))
    # The region that holds p of a standard normal in the plane is a disc: r^2 = -2 log(1 - p).
    expected = [(1 - p) / (2 * np.pi) for p in (0.9, 0.5)]
    np.testing.assert_allclose(levels, expected, rtol=0.01)


def test_contours_are_those_of_the_chosen_columns(fit):
    ax = plots.contours(fit, ("c", "a"), labels=(None, "a (mm)"))
    assert ax.get_xlabel() == "c" and ax.get_ylabel() == "a (mm)"
    crosses = [line for line in ax.lines if line.get_marker() == "X"]
    found = [[line.get_xdata()[0], line.get_ydata()[0]] for line in crosses]
    mean = fit.idata.posterior["mu"].mean(["chain", "draw"])
    np.testing.assert_allclose(found, mean.sel(dimension=["c", "a"]).to_numpy(), rtol=1e-10)
    contour = next(c for c in ax.collections if hasattr(c, "levels"))
    draws = fit.draws()
    path = max(contour.get_paths()[1:2], key=lambda p: len(p.vertices))
    x, y = path.vertices[5]
    density = [
        draws["theta"][:, k]
        * stats.norm.pdf(x, draws["mu"][:, k, 2], draws["sigma"][:, k, 2])
        * stats.norm.pdf(y, draws["mu"][:, k, 0], draws["sigma"][:, k, 0])
        for k in range(2)
    ]
    # Linear interpolation between points of the grid.
    assert np.sum(density, axis=0).mean() == pytest.approx(contour.levels[1], rel=0.01)


def test_contours_of_correlated_columns_are_those_of_their_covariance():
    draws = {
        "theta": np.ones((1, 4, 1)),
        "mu": noisy(RNG, [[-1, 0, 2]], 0.1, 1, 4),
        "sigma": np.exp(noisy(RNG, np.zeros((1, 3)), 0.1, 1, 4)),
        "rho": noisy(RNG, [[0.1, -0.7, 0.3]], 0.02, 1, 4),
    }
    model = stanmix.Mixture(["a", "b", "c"], 1, family="mvnormal", covariance="full")
    fit = fit_of(model, FRAME, draws)
    ax = plots.contours(fit, ("c", "a"))
    contour = next(c for c in ax.collections if hasattr(c, "levels"))
    points = max(contour.get_paths()[1:2], key=lambda p: len(p.vertices)).vertices[:20:5]
    matrices = fit.covariances().sel(dimension=["c", "a"], other_dimension=["c", "a"])[0, :, 0]
    centres = draws["mu"][0, :, 0, [2, 0]].T
    density = [stats.multivariate_normal.pdf(points, m, v) for m, v in
               zip(centres, matrices.to_numpy(), strict=True)]  # fmt: skip
    # Linear interpolation between points of the grid.
    np.testing.assert_allclose(np.mean(density, axis=0), contour.levels[1], rtol=0.01)


def test_other_responses_and_columns_are_refused(fit, unordered_pair):
    with pytest.raises(InputError, match="two of 'a', 'b', 'c'"):
        plots.contours(fit, ("a", "d"))
    with pytest.raises(InputError, match=r"use plots\.density"):
        plots.contours(unordered_pair)
    with pytest.raises(InputError, match=r"use plots\.contours"):
        plots.density(fit)
