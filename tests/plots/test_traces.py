from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import same_color
from synthetic import fit_of, made_up_fit, noisy, pair_draws

import stanmix
from stanmix import containers, plots
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


def test_the_weights_of_rows_have_panels_named_by_their_covariates():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.normal(size=20), "x": rng.normal(size=20), "z": np.arange(20.0)})
    gated = made_up_fit(stanmix.Mixture("y ~ 0 + x", 2, gating="~ z"), frame, draws=30)
    names = [ax.get_ylabel() for ax in plots.trace(gated)[:, 0]]
    assert names == ["gamma[Intercept]", "gamma[z]", "beta[x]", "sigma"]


def test_ranks_are_counted_by_chain(fit):
    grid = plots.rank(fit)
    assert grid.shape == (4, 2)
    values = fit.idata.posterior["beta"].to_numpy()[:, :, 1, 0]
    ranks = values.ravel().argsort().argsort().reshape(2, 60)
    for chain, stairs in enumerate(grid[1, 1].patches[-2:]):
        expected = np.bincount(ranks[chain] // 6, minlength=20)
        np.testing.assert_array_equal(stairs.get_data()[0], expected)
    one = stanmix.Fit(fit.model, fit.design, fit.idata.isel(chain=[0]))
    half = plots.rank(one)[1, 1].patches[-1].get_data()[0]  # the second half of the chain
    ranks = values[0].argsort().argsort()[30:]
    np.testing.assert_array_equal(half, np.bincount(ranks // 5, minlength=12))
    with pytest.raises(InputError, match="more draws than one"):
        plots.rank(stanmix.Fit(fit.model, fit.design, one.idata.isel(draw=[0])))


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
    idata = containers.replace(fit.idata, {"method": "advi"}, sample_stats=stats)
    ax = plots.elbo(stanmix.Fit(fit.model, fit.design, idata))
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(x, [100, 200, 300])
    np.testing.assert_array_equal(y, [-90, -40, -39])
    assert ax.get_ylim()[0] > -90  # the end is to be seen, and what is cut off is marked
    assert list(ax.lines[1].get_xdata()) == [100]
    assert ax.get_legend().get_texts()[0].get_text() == "below the axis: down to -90"
