from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from rendered import render
from scipy import stats
from synthetic import at_draw, fit_of, made_up_fit

import stanmix
from stanmix import plots
from stanmix.errors import InputError

pytestmark = pytest.mark.usefixtures("few_searched")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


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
    model = stanmix.Mixture("y ~ x + z + g", 1)
    fit = model.fit(frame, method="map", seed=1, progress=False)
    ax = plots.regression(fit)
    x, y = ax.lines[0].get_data()
    beta = fit.idata.posterior["beta"][0, 0, 0]
    at = beta.sel(covariate="Intercept") + beta.sel(covariate="z") * frame["z"].mean()
    np.testing.assert_allclose(y, at.item() + beta.sel(covariate="x").item() * x)


def test_lines_of_counts_are_their_means_with_the_offset_at_its_mean():
    frame = render.grouped_lines(groups=8)
    frame = frame.assign(n=np.round(np.abs(3 * frame.y)), times=np.arange(len(frame)) % 3)
    fit = made_up_fit(
        stanmix.Mixture("n ~ x", 2, family="poisson", offset="shift", weights="times"), frame
    )
    ax = plots.regression(fit, "x")
    x, drawn = ax.lines[1].get_data()
    values = [at_draw(fit, s) for s in range(7)]
    shift = frame["shift"].mean()
    expected = np.mean([np.exp(v["beta"][1, 0] + v["beta"][1, 1] * x[17] + shift) for v in values])
    assert drawn[17] == pytest.approx(expected)
    note = ax.get_legend().get_title().get_text()
    assert "area by weight" in note and f"shift = {shift:.3g}" in note
    area = ax.collections[0].get_sizes()
    np.testing.assert_allclose(area / area[1], frame["times"])


def test_other_columns_are_held_where_told_and_far_lines_are_cut():
    frame = stanmix.datasets.load("seizure").assign(log_day=lambda f: np.log(f["Day"] / 27))
    model = stanmix.Mixture("Seizures ~ Treatment * log_day", 1, family="poisson")
    beta = np.broadcast_to([3.0, -0.5, -0.2, -6.0], (1, 5, 1, 4))
    fit = fit_of(model, frame, {"theta": np.ones((1, 5, 1)), "beta": beta})
    cut = plots.regression(fit)
    assert cut.get_ylim()[1] == 2 * frame["Seizures"].max() < cut.lines[0].get_ydata().max()
    assert "Treatment = Yes" in cut.get_legend().get_title().get_text()
    x, y = plots.regression(fit, at={"Treatment": "No"}).lines[0].get_data()
    np.testing.assert_allclose(y, np.exp(3 - 0.2 * x))
    with pytest.raises(InputError, match="do not read a column 'Hours' beside 'log_day'"):
        plots.regression(fit, at={"Hours": 3})
    with pytest.raises(InputError, match="Maybe"):
        plots.regression(fit, at={"Treatment": "Maybe"})


def test_factors_of_any_kind_are_held_at_a_level(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=30),
            "x": rng.normal(size=30),
            "year": pd.Categorical(rng.choice([2001, 2002], 30)),
            "flag": rng.random(30) < 0.9,
        }
    )
    beta = np.broadcast_to([1.0, 10.0, 100.0, 0.5], (1, 5, 1, 4))
    draws = {"theta": np.ones((1, 5, 1)), "beta": beta, "sigma": np.ones((1, 5, 1))}
    fit = fit_of(stanmix.Mixture("y ~ year + flag + x", 1), frame, draws)
    fit = stanmix.load(fit.save(tmp_path / "fit.nc"))
    pd.testing.assert_frame_equal(fit.design.columns[list(frame)], frame)
    for year, shift in ((2001, 0.0), (2002, 10.0)):
        ax = plots.regression(fit, at={"year": year})
        x, y = ax.lines[0].get_data()
        np.testing.assert_allclose(y, 101 + shift + 0.5 * x)
        note = ax.get_legend().get_title().get_text()
        assert f"year = {year}" in note and "flag = True" in note
    with pytest.raises(InputError, match="'year' has no level 1999"):
        plots.regression(fit, at={"year": 1999})


def test_a_scale_that_depends_on_covariates_shows_in_what_components_predict():
    """Dotted lines against the quantiles of the draws' own distributions, at 5 standard errors."""
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=30), "x": rng.uniform(-1, 1, 30), "z": rng.normal(size=30)}
    S = 1_000
    draws = {
        "theta": np.full((1, S, 2), 0.5),
        "beta": np.broadcast_to([[0.0, 1.0], [5.0, -1.0]], (1, S, 2, 2)),
        "beta_sigma": np.broadcast_to([[0.0, 1.0], [-0.5, -0.5]], (1, S, 2, 2)),
    }
    fit = fit_of(stanmix.Mixture("y ~ x", 2, formulas={"sigma": "~ x"}), frame, draws)
    ax = plots.regression(fit, prob=0.8)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert len(dotted) == 4
    x = dotted[0].get_xdata()
    quantile = stats.norm.ppf(0.9)
    error = np.sqrt(0.9 * 0.1 / S) / stats.norm.pdf(quantile)
    for number, line in enumerate(dotted):
        sign, k = (-1, 1)[number // 2], number % 2
        centre = draws["beta"][0, 0, k] @ [np.ones_like(x), x]
        sigma = np.exp(draws["beta_sigma"][0, 0, k] @ [np.ones_like(x), x])
        # In sds of a component all lines are level: the numbers drawn are the same at each x.
        level = (line.get_ydata() - centre) / sigma
        np.testing.assert_allclose(level, level[0], rtol=1e-9)
        assert abs(level[0] - sign * quantile) < 5 * error
    assert "dotted: 80% of a component's responses" in ax.get_legend().get_title().get_text()


def test_covariates_of_a_scale_alone_can_be_the_horizontal_axis():
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=30), "x": rng.normal(size=30), "z": rng.normal(5, 1, size=30)}
    fit = made_up_fit(
        stanmix.Mixture("y", 2, family="student_t", formulas={"sigma": "~ x + z"}), frame
    )
    ax = plots.regression(fit, "z")
    mean = fit.draws()["mu"].mean(axis=0)
    for k, line in enumerate(line for line in ax.lines if line.get_linestyle() == "-"):
        np.testing.assert_allclose(line.get_ydata(), mean[k])
    assert "x = " in ax.get_legend().get_title().get_text()
    plain = made_up_fit(stanmix.Mixture("y ~ x", 2, gating="~ z"), frame)
    assert not [line for line in plots.regression(plain).lines if line.get_linestyle() == ":"]
    with pytest.raises(InputError, match="no numeric column of the formula; there are 'x'"):
        plots.regression(plain, "z")


def test_locations_are_drawn_where_there_are_no_means():
    frame = {"y": np.arange(9.0), "x": np.linspace(0, 1, 9)}
    beta = np.tile([[0.0, 1.0], [3.0, 2.0]], (1, 4, 1, 1))
    draws = {"theta": np.full((1, 4, 2), 0.5), "beta": beta, "sigma": np.ones((1, 4, 2))}
    ax = plots.regression(fit_of(stanmix.Mixture("y ~ x", 2, family="cauchy"), frame, draws))
    x, y = ax.lines[1].get_data()
    np.testing.assert_allclose(y, 3 + 2 * x)
    assert "lines: medians, as there are no means" in ax.get_legend().get_title().get_text()


def test_successes_are_drawn_as_shares_of_the_trials():
    rng = np.random.default_rng(0)
    trials = rng.integers(3, 20, 30)
    frame = {"y": rng.binomial(trials, 0.4), "n": trials, "x": rng.normal(size=30)}
    beta = np.tile([[0.0, 1.0], [1.0, -1.0]], (1, 4, 1, 1))
    draws = {"theta": np.full((1, 4, 2), 0.5), "beta": beta}
    model = stanmix.Mixture("y ~ x", 2, family="binomial", trials="n")
    ax = plots.regression(fit_of(model, frame, draws))
    x, y = ax.lines[1].get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(x - 1)))
    points = ax.collections[0].get_offsets()
    np.testing.assert_allclose(points[:, 1], frame["y"] / frame["n"])
    assert ax.get_ylabel() == "y / n"
    assert f"n = {np.round(np.median(trials)):g}" in ax.get_legend().get_title().get_text()
