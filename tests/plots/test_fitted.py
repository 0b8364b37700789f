from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy import stats

import stanmix
from stanmix import plots
from stanmix.errors import InputError


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_density_integrates_to_one_and_is_the_mean_over_draws(unordered_pair):
    ax = plots.density(unordered_pair)
    line = next(line for line in ax.lines if line.get_label() == "posterior mean density")
    x, density = line.get_data()
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.01)
    mu = unordered_pair.draws()["mu"][np.linspace(0, 3999, 1000).astype(int)]
    expected = stats.norm.pdf(x[:, None, None], mu, 1).mean(axis=(1, 2))
    np.testing.assert_allclose(density, expected, rtol=1e-10)


def test_lines_are_the_mean_regressions(co2_fit):
    ax = plots.regression(co2_fit)
    lines = {line.get_label(): line.get_data() for line in ax.lines}
    beta = co2_fit.draws()["beta"][np.linspace(0, 1999, 1000).astype(int)].mean(axis=0)
    for k in (1, 2):
        x, y = lines[f"component {k}"]
        np.testing.assert_allclose(y, beta[k - 1, 0] + beta[k - 1, 1] * x)
    assert len(ax.collections[0].get_offsets()) == 28


def test_points_have_the_colour_of_their_component(co2_fit):
    ax = plots.regression(co2_fit)
    colours = ax.collections[0].get_facecolors()[:, :3]
    certain = co2_fit.responsibilities().to_numpy().max(axis=1) > 0.999
    of = co2_fit.responsibilities().to_numpy().argmax(axis=1)
    for i in np.flatnonzero(certain):
        np.testing.assert_allclose(colours[i], to_rgb(plots.COLOURS[of[i]]), atol=0.01)


def test_each_picture_suits_its_model(co2_fit, unordered_pair):
    with pytest.raises(InputError, match=r"plots\.regression"):
        plots.density(co2_fit)
    with pytest.raises(InputError, match=r"plots\.density"):
        plots.regression(unordered_pair)
    with pytest.raises(InputError, match="'GNP'"):
        plots.regression(co2_fit, "country")


def test_given_axes_are_used(co2_fit):
    _, ax = plt.subplots()
    assert plots.regression(co2_fit, ax=ax) is ax


def test_other_columns_are_held_at_typical_values():
    rng = np.random.default_rng(0)
    frame = {
        "y": rng.normal(size=30),
        "x": rng.normal(size=30),
        "z": rng.normal(5, 1, size=30),
        "g": np.array(["a"] * 20 + ["b"] * 10),
    }
    model = stanmix.Mixture("y ~ x + z + g", 1, fixed={"sigma": 1.0})
    fit = model.fit(frame, method="map", seed=1, progress=False)
    ax = plots.regression(fit)
    x, y = ax.lines[0].get_data()
    beta = fit.idata.posterior["beta"][0, 0, 0]
    at = beta.sel(covariate="Intercept") + beta.sel(covariate="z") * frame["z"].mean()
    np.testing.assert_allclose(y, at.item() + beta.sel(covariate="x").item() * x)
