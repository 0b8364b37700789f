from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import same_color
from synthetic import fit_of, noisy, pair_draws

import stanmix
from stanmix import convert, plots
from stanmix.errors import InputError


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(0)
    draws = {
        "theta": rng.dirichlet([5, 5], size=(2, 60)),
        "beta": noisy(rng, [[0, 1], [1, -1]], 0.1, 2, 60),
        "sigma": np.exp(noisy(rng, 0.0, 0.1, 2, 60)),
    }
    frame = {"x": rng.normal(size=20), "y": rng.normal(size=20)}
    return fit_of(stanmix.Mixture("y ~ x", 2, order=None, shared=("sigma",)), frame, draws)


def test_each_coefficient_has_a_panel_and_each_component_a_colour(fit):
    grid = plots.trace(fit)
    names = [ax.get_ylabel() for ax in grid[:, 0]]
    assert names == ["theta", "beta[Intercept]", "beta[x]", "sigma"]
    lines = grid[2, 1].lines
    assert len(lines) == 4  # two components, two chains
    for line, (k, chain) in zip(lines, [(0, 0), (0, 1), (1, 0), (1, 1)], strict=True):
        assert same_color(line.get_color(), plots.COLOURS[k])
        expected = fit.idata.posterior["beta"].to_numpy()[chain, :, k, 1]
        np.testing.assert_array_equal(line.get_ydata(), expected)
    assert len(grid[3, 1].lines) == 2  # a shared scale belongs to no component
    labels = [text.get_text() for text in grid[0, 0].figure.legends[0].get_texts()]
    assert labels == ["component 1", "component 2"]


def test_ranks_have_a_panel_a_parameter(fit):
    assert plots.rank(fit).size >= 7


def test_autocorrelation_starts_at_one(fit):
    grid = plots.autocorrelation(fit, lags=10)
    assert len(grid) == 4
    lag, values = grid[2].lines[1].get_data()
    np.testing.assert_array_equal(lag, np.arange(11))
    chain = fit.idata.posterior["beta"].to_numpy()[:, :, 1, 1]
    centred = chain - chain.mean(axis=1, keepdims=True)
    by_hand = [(centred[:, j:] * centred[:, : 60 - j]).sum(axis=1) for j in range(11)]
    expected = (np.array(by_hand) / by_hand[0]).mean(axis=1)
    np.testing.assert_allclose(values, expected, atol=1e-8)


def test_pairs_show_every_two_parameters_once(fit):
    grid = plots.pairs(fit)
    assert grid.shape == (2, 2)
    x, y = grid[1, 1].lines[1].get_data()
    beta = fit.draws()["beta"]
    np.testing.assert_array_equal(x, beta[:, 1, 0])
    np.testing.assert_array_equal(y, beta[:, 1, 1])
    draws, y = pair_draws(chains=1, draws=10)
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    with pytest.raises(InputError, match="two parameters"):
        plots.pairs(fit_of(model, {"y": y}, {"mu": draws["mu"]}))


def test_the_elbo_is_that_of_the_fit(fit):
    with pytest.raises(InputError, match="'nuts' has no ELBO"):
        plots.elbo(fit)
    trace = xr.DataArray([-90.0, -40.0, -39.0], {"iteration": [100, 200, 300]}, ["iteration"])
    stats = fit.idata.sample_stats.assign(elbo=trace)
    idata = convert.replace(fit.idata, {"method": "advi"}, sample_stats=stats)
    x, y = plots.elbo(stanmix.Fit(fit.model, fit.design, idata)).lines[0].get_data()
    np.testing.assert_array_equal(x, [100, 200, 300])
    np.testing.assert_array_equal(y, [-90, -40, -39])
