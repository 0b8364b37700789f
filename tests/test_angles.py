"""Angles: whatever direction they are measured from, and wherever a number for them is cut."""

from __future__ import annotations

import functools
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted
from scipy import stats

import stanmix
from stanmix import plots
from stanmix.density import angles
from stanmix.errors import InputError
from stanmix.model.responses import turned

RUN = {"engine": "stanli", "seed": 1, "progress": False}
TURN = 2 * np.pi


def frame(by: float = 0.0) -> pd.DataFrame:
    """Two clouds of angles, the second about half a turn away from zero, all turned further."""
    rng = np.random.default_rng(4)
    y = np.concatenate([rng.vonmises(0.5, 3, 70), rng.vonmises(np.pi, 8, 80)])
    return pd.DataFrame({"y": turned(y + by, 0.0), "x": rng.uniform(-1, 1, 150)})


def mixture(formula: str = "y", **stated) -> stanmix.Mixture:
    return stanmix.Mixture(formula, 2, family="von_mises", **stated)


@functools.cache
def across_the_cut() -> stanmix.Fit:
    return mixture().fit(frame(), chains=2, draws=200, warmup=150, **RUN)


def test_directions_turn_with_the_data():
    first = mixture().fit(frame(), "map", **RUN).draws()
    for by in (0.3, 2.0, 3.1):
        other = mixture().fit(frame(by), "map", **RUN).draws()
        order = np.argsort(other["kappa"][0])
        apart = turned(other["mu"][0][order] - first["mu"][0] - by, 0.0)
        np.testing.assert_allclose(apart, 0, atol=2e-4)
        np.testing.assert_allclose(other["kappa"][0][order], first["kappa"][0], rtol=2e-3)


def test_angles_up_to_a_whole_turn_are_the_same_angles():
    one, other = frame(), frame()
    other["y"] = np.where(other["y"] < 0, other["y"] + TURN, other["y"])
    assert other["y"].max() > np.pi
    first, second = mixture().data(one), mixture().data(other)
    np.testing.assert_allclose(first.pop("y"), second.pop("y"), atol=1e-15)
    for name, values in first.items():
        np.testing.assert_array_equal(second[name], values)


def test_a_component_at_the_cut_has_a_direction():
    """Its draws lie on both sides of half a turn, and have a mean, an sd and an R-hat there."""
    fit = across_the_cut()
    mu = fit.draws()["mu"][:, 1]
    assert mu.min() < np.pi < mu.max()
    table = fit.summary()
    of_draws = np.angle(np.exp(1j * mu).mean())
    assert turned(np.array(table.loc["mu[2]", "mean"] - of_draws), 0.0) == pytest.approx(
        0, abs=1e-3
    )
    assert table.loc["mu[2]", "sd"] < 0.1
    assert table.loc["mu[2]", "r_hat"] < 1.05
    data = mixture().data(frame())
    assert abs(turned(np.array(data["y_centre"] - (0.5 + np.pi) / 2), 0.0)) < 0.6
    away = turned(frame()["y"].to_numpy(), data["y_centre"]) - data["y_centre"]
    assert (np.abs(away) > 0.9 * np.pi).mean() < 0.05  # few rows lie at the cut


def test_predictions_go_around():
    fit = across_the_cut()
    draws = fit.draws()
    length = special_ratio(draws["kappa"])
    expected = (draws["theta"] * length * np.exp(1j * draws["mu"])).sum(axis=1).mean()
    np.testing.assert_allclose(fit.predict(), np.angle(expected), rtol=1e-9)
    parts = fit.predict(kind="mean", by_component=True)
    assert abs(turned(parts[0, 1].to_numpy() - np.pi, 0.0)) < 0.2
    low, high = fit.predict(quantiles=(0.05, 0.95), by_component=True)[:, 0, 1].to_numpy()
    assert low < high < low + 0.4
    assert min(abs(turned(np.array([low, high]) - np.pi, 0.0))) < 0.2
    drawn = fit.predict(kind="draws").to_numpy()
    assert (np.abs(drawn) <= np.pi).all()
    y = frame()["y"].to_numpy()
    up_to = (drawn[..., :1] < y[:5]).mean(axis=(0, 1))
    residuals = stats.norm.cdf(fit.quantile_residuals().to_numpy()[:5])
    np.testing.assert_allclose(residuals, up_to, atol=4.5 * np.sqrt(0.25 / 400))


def special_ratio(kappa: np.ndarray) -> np.ndarray:
    """I_1 / I_0, by its continued fraction."""
    ratio = np.zeros_like(kappa)
    for n in range(200, 0, -1):
        ratio = 1 / (2 * n / kappa + ratio)
    return ratio


def test_summaries_of_angles():
    points = np.exp(1j * np.array([[3.1], [-3.1], [3.0]]))
    mean = np.angle((np.exp(3.1j) + np.exp(-3.1j) + np.exp(3.0j)) / 3)
    assert angles.summary(points)[0] == pytest.approx(mean)
    ends = angles.summary(points, (0.0, 0.5, 1.0))[:, 0]
    np.testing.assert_allclose(turned(ends - [3.0, 3.1, -3.1], 0.0), 0, atol=1e-12)
    assert (np.diff(ends) > 0).all()


@pytest.mark.parametrize("y", [[0.1, 270.0, 3.0], [0.1, -3.2, 1.0], [0.1, 6.4, 1.0]])
def test_other_numbers_are_no_angles(y):
    with pytest.raises(InputError, match=r"angles in radians \(from -pi to pi.*row 1.*deg2rad"):
        mixture().data({"y": y})


def test_priors_hold_around_their_location():
    """A normal prior about -3 is one about 2 pi - 3, where angles are measured from there."""
    data = mixture(priors={"mu": stanmix.Normal(-3.0, 0.2)}).data(frame())
    place, width = data["mu_prior_arguments"][:2]
    assert width == 0.2
    assert place == pytest.approx(TURN - 3.0 - data["y_centre"])
    assert data["mu_lower"] == -np.pi and data["mu_upper"] == np.pi


def test_a_prior_on_an_arc_is_whole():
    data = mixture(priors={"mu": stanmix.Uniform(2.0, 4.0)}).data(frame())
    assert data["y_centre"] == pytest.approx(3.0)
    assert (data["mu_lower"], data["mu_upper"]) == pytest.approx((-1.0, 1.0))
    drawn = stanmix.prior_predictive(
        mixture(priors={"mu": stanmix.Uniform(2.0, 4.0)}), frame(), draws=50
    ).prior["mu"]
    assert 2.0 <= drawn.min() < drawn.max() <= 4.0


@pytest.mark.parametrize("prior", [stanmix.Uniform(-4, 4), stanmix.HalfNormal(1)])
def test_a_prior_of_no_angle_is_refused(prior):
    with pytest.raises(InputError, match="'mu' is an angle in radians"):
        mixture(priors={"mu": prior})


@pytest.mark.parametrize("turns", [0, 1, -3])
def test_draws_and_starts_may_be_any_turns_away(turns):
    fit = across_the_cut()
    posterior = {name: fit.posterior[name].to_numpy() for name in ("theta", "mu", "kappa")}
    moved = {**posterior, "mu": posterior["mu"] + TURN * turns}
    made = stanmix.from_draws(mixture(), frame(), moved)
    np.testing.assert_allclose(made.draws()["mu"], fit.draws()["mu"], atol=1e-12)
    start = {name: values[0, 0] for name, values in moved.items()}
    found = mixture().fit(frame(), "map", starts=[start], runs=1, **RUN).draws()["mu"][0]
    expected = mixture().fit(frame(), "map", **RUN).draws()["mu"][0]
    np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=2e-3)


def test_concentrations_of_all_sizes_keep_their_digits_in_stan():
    """Of 1e6 too, where Stan's own density has eight digits less."""
    rng = np.random.default_rng(3)
    model = mixture(priors={"kappa": stanmix.LogNormal(0, 9)})
    data = model.data({"y": np.concatenate([rng.normal(0.3, 1e-3, 30), rng.normal(2, 0.1, 9)])})
    points = random_points(model, data, 60, seed=2)
    points[:, 1] = np.log(np.pi - data["y_centre"] + 0.3) - np.log(np.pi + data["y_centre"] - 0.3)
    points[:, 1] *= -1
    points[:, -2:] = np.log(np.geomspace(1e-9, 1e6, 60))[:, None] + rng.normal(0, 0.1, (60, 2))
    found = interpreted(model, data, points)
    expected = np.array([log_posterior(model, data, u) for u in points])
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-11)
    step = 1e-6 * np.eye(points.shape[1])[-1]
    ends = [interpreted(model, data, points + side * step)[:, 0] for side in (1, -1)]
    np.testing.assert_allclose(found[:, -1], (ends[0] - ends[1]) / 2e-6, rtol=1e-4, atol=1e-3)


def test_the_diagnosis_names_directions_at_the_cut():
    """Draws that no data bind go around the circle; those of a component at +-pi do not."""
    fit = across_the_cut()
    with pytest.raises(KeyError):
        fit.diagnose().about("directions")
    posterior = {name: fit.posterior[name].to_numpy().copy() for name in ("theta", "mu", "kappa")}
    rng = np.random.default_rng(1)
    cut = float(fit.units.y_centre) + np.pi
    posterior["mu"][..., 1] = cut + rng.normal(0, 0.25, posterior["mu"].shape[:2])
    made = stanmix.from_draws(mixture(), frame(), posterior).diagnose().about("directions")
    assert made.level == "note"
    assert f"component 2 lie on both sides of {turned(np.array(cut), 0.0):.3g} rad" in made.text
    sd = float(re.search(r"their sd is ([\d.]+)\)", made.text)[1])
    assert sd == pytest.approx(0.25, abs=0.03)


def test_a_rose_goes_around():
    fit = across_the_cut()
    ax = plots.density(fit)
    assert ax.name == "polar"
    lines = {line.get_label(): line for line in ax.lines}
    whole = lines["posterior mean"]
    around, radius = whole.get_xdata(), whole.get_ydata()
    area = np.trapezoid(radius**2, around)  # twice that of a sector of the circle
    assert area == pytest.approx(1, abs=1e-3)
    petals = sum(bar.get_height() ** 2 * bar.get_width() for bar in ax.containers[0])
    assert petals == pytest.approx(1, abs=1e-9)
    assert plots.density(fit, plt.subplots(subplot_kw={"projection": "polar"})[1]).name == "polar"
    with pytest.raises(InputError, match=r"projection 'rectilinear'.*\"polar\""):
        plots.density(fit, plt.subplots()[1])
    plt.close("all")


def test_lines_of_regressions_break_at_the_cut():
    rng = np.random.default_rng(6)
    x = np.linspace(-1, 1, 80)
    y = turned(2 * np.arctan(6 + 8 * x) + rng.vonmises(0, 40, 80), 0.0)
    model = stanmix.Mixture("y ~ x", 1, family="von_mises")
    fit = model.fit(pd.DataFrame({"x": x, "y": y}), "map", **RUN)
    beta = fit.draws()["beta"][0, 0]
    np.testing.assert_allclose(beta, [6, 8], rtol=0.25)
    line = np.asarray(plots.regression(fit).lines[0].get_ydata())
    whole = line[np.isfinite(line)]
    assert (np.abs(whole) <= np.pi).all() and np.abs(np.diff(line[np.isfinite(line)])).max() < 0.5
    plt.close("all")


def test_noise_around_the_circle_points_nowhere():
    noise = pd.DataFrame({"y": np.linspace(-np.pi, np.pi, 41)[:-1]})
    rows = pd.concat([frame()[["y"]], noise], ignore_index=True)
    family = ["von_mises", "von_mises", stanmix.Uniform(-np.pi, np.pi)]
    fit = stanmix.Mixture("y", 3, family=family).fit(rows, "map", **RUN)
    draws = fit.draws()
    theta, mu, kappa = (draws[name][0] for name in ("theta", "mu", "kappa"))
    of_each = theta[:2] * special_ratio(kappa[:2]) * np.exp(1j * mu[:2])
    np.testing.assert_allclose(fit.predict(), np.angle(of_each.sum()), rtol=1e-9)
    y = rows["y"].to_numpy()
    dense = theta[2] / TURN + theta[:2] @ stats.vonmises.pdf(y, kappa[:2, None], mu[:2, None])
    np.testing.assert_allclose(fit.predict(kind="density"), dense, rtol=1e-9)
    assert abs(stats.norm.cdf(fit.quantile_residuals()).mean() - 0.5) < 0.05
    assert plots.density(fit).name == "polar"
    plt.close("all")
