from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from rendered import render
from scipy import special, stats
from synthetic import at_draw, fit_of, made_up_fit

import stanmix
from stanmix import plots
from stanmix.plots.densities import average_density

GROUPED = render.grouped_lines(groups=8)
COUNTS = GROUPED.assign(n=np.round(np.abs(3 * GROUPED.y)))
LAMB = stanmix.datasets.load("fetal_lamb_counts")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def line(ax, label):
    return next(line for line in ax.lines if line.get_label() == label)


def test_the_density_integrates_to_one_and_is_the_mean_over_draws(unordered_pair):
    ax = plots.density(unordered_pair)
    x, density = line(ax, "posterior mean").get_data()
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.01)
    mu = unordered_pair.draws()["mu"][np.linspace(0, 3999, 1000).astype(int)]
    expected = stats.norm.pdf(x[:, None, None], mu, 1).mean(axis=(1, 2))
    np.testing.assert_allclose(density, expected, rtol=1e-10)


def test_bins_of_rounded_data_hold_equally_many_values():
    y = np.random.default_rng(0).normal(60, 10, 300).round()
    draws = {"theta": np.ones((1, 5, 1)), "mu": np.full((1, 5, 1), 60.0)}
    draws["sigma"] = np.full((1, 5, 1), 10.0)
    ax = plots.density(fit_of(stanmix.Mixture("y", 1), {"y": y}, draws))
    edges = np.array([bar.get_x() for bar in ax.patches])
    assert np.ptp(np.diff(edges)) < 1e-9 and np.diff(edges)[0] == np.round(np.diff(edges)[0])
    assert ((edges % 1) == 0.5).all()
    assert sum(bar.get_width() * bar.get_height() for bar in ax.patches) == pytest.approx(1)


ALL = {"offset": "shift", "weights": "times", "group": "group", "gating": "~ z"}
CASES = {
    "normals": (stanmix.Mixture("y ~ x", 2, **ALL), GROUPED),
    "means": (stanmix.Mixture("y", 2, offset="shift"), GROUPED),
    "counts": (stanmix.Mixture("n ~ x", 2, family="poisson", **ALL), COUNTS),
    "gating": (stanmix.Mixture("n", 2, family="poisson", gating="~ z"), COUNTS),
    "scales": (stanmix.Mixture("y", 2, formulas={"sigma": "~ x"}, weights="times"), GROUPED),
    "students": (
        stanmix.Mixture("y ~ x", 2, family="student_t", formulas={"sigma": "~ x"}, **ALL),
        GROUPED,
    ),
    "negative binomials": (
        stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ x"}, **ALL),
        COUNTS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_densities_of_rows_are_averaged_by_weight(name):
    model, frame = CASES[name]
    fit, grid = made_up_fit(model, frame), np.arange(0.0, 9.0)
    expected = np.zeros((7, len(grid), 2))
    for s in range(7):
        values = at_draw(fit, s)
        for _, row in frame.iterrows():
            weight = row["times"] if model.weights else 1.0
            share = weight / (frame["times"].sum() if model.weights else len(frame))
            theta = values.get("theta")
            if model.gated:
                theta = special.softmax(values["gamma"] @ [1, row["z"]])
            for k in range(2):
                at = values["beta"][k] @ [1, row["x"]] if model.regression else values["mu"][k]
                shift = row["shift"] if model.offset else 0.0
                rate = np.exp(at + shift) if model.regression else at * np.exp(shift)
                scale, phi = (
                    np.exp(values[f"beta_{name}"][k] @ [1, row["x"]])
                    if name in model.formulas
                    else values.get(name, np.ones(2))[k]
                    for name in ("sigma", "phi")
                )
                if model.family == "normal":
                    density = stats.norm.pdf(grid, at + shift, scale)
                elif model.family == "student_t":
                    density = stats.t.pdf(grid, values["nu"][k], at + shift, scale)
                elif model.family == "poisson":
                    density = stats.poisson.pmf(grid, rate)
                else:
                    density = stats.nbinom.pmf(grid, phi, phi / (phi + rate))
                expected[s, :, k] += share * theta[k] * density
    found = average_density(fit, grid)
    np.testing.assert_allclose(found.by_component, expected, rtol=1e-9, atol=1e-300)
    by = " by weight" if model.weights else ""
    assert found.averaged == f"fit: mean over the 24 rows{by}"
    assert plots.density(fit).get_legend().get_title().get_text() == found.averaged


def test_many_rows_are_sampled_and_the_picture_says_so():
    frame = render.grouped_lines(groups=100)
    fit = made_up_fit(stanmix.Mixture("y ~ x", 2), frame)
    title = plots.density(fit).get_legend().get_title().get_text()
    assert title == "fit: mean over 200 of the 300 rows"


def test_bars_are_frequencies_and_masses_are_those_of_scipy():
    fit = made_up_fit(stanmix.Mixture("movements", 2, family="poisson", weights="freq"), LAMB)
    ax = plots.density(fit)
    bars = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(bars, np.append(LAMB["freq"], 0) / 240)
    counts, mass = line(ax, "posterior mean").get_data()
    np.testing.assert_array_equal(counts, np.arange(9))
    d = fit.draws()
    each = d["theta"][:, None] * stats.poisson.pmf(np.arange(9)[:, None], d["mu"][:, None])
    np.testing.assert_allclose(mass, each.sum(axis=-1).mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(
        line(ax, "component 2").get_ydata(), each[..., 1].mean(axis=0), rtol=1e-10
    )
    band = ax.collections[0].get_segments()
    np.testing.assert_allclose(band[0][:, 1], np.quantile(each[:, 0].sum(axis=-1), [0.05, 0.95]))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["data", "posterior mean", "90% band", "component 1", "component 2"]


def test_a_wide_range_of_counts_is_taken_together():
    rng = np.random.default_rng(0)
    n = rng.poisson(150, size=200) + rng.integers(0, 200, 200)
    draws = {"theta": np.ones((1, 5, 1)), "mu": rng.gamma(400, 0.6, size=(1, 5, 1))}
    fit = fit_of(stanmix.Mixture("n", 1, family="poisson"), {"n": n}, draws)
    ax = plots.density(fit)
    centre, mass = line(ax, "posterior mean").get_data()
    width = int(centre[1] - centre[0])
    assert width > 1 and ax.get_ylabel() == f"probability of {width} counts together"
    mu = draws["mu"].ravel()
    low = np.round(centre - (width - 1) / 2).astype(int)
    expected = [(stats.poisson.cdf(a + width - 1, mu) - stats.poisson.cdf(a - 1, mu)) for a in low]
    np.testing.assert_allclose(mass, np.mean(expected, axis=1), atol=1e-12)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_counts_of_a_huge_range_are_a_curve():
    rng = np.random.default_rng(0)
    n = rng.poisson(np.repeat([5.0, 8000.0], 50))
    draws = {"theta": np.ones((1, 5, 1)), "mu": np.full((1, 5, 1), 8000.0)}
    ax = plots.density(fit_of(stanmix.Mixture("n", 1, family="poisson"), {"n": n}, draws))
    x, density = line(ax, "posterior mean").get_data()
    np.testing.assert_array_equal(x, np.round(x))
    np.testing.assert_allclose(density, stats.poisson.pmf(x, 8000), rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize(
    ("family", "y", "draws"),
    [
        ("gamma", np.linspace(0.1, 9, 30), {"mu": [2.0, 6.0], "shape": [0.7, 5.0]}),
        ("beta", np.linspace(0.01, 0.99, 30), {"mu": [0.2, 0.6], "phi": [0.7, 9.0]}),
        ("exponential", np.linspace(0.1, 9, 30), {"mu": [1.0, 6.0]}),
    ],
)
def test_curves_end_where_the_support_does(family, y, draws):
    """There the density may have no end itself; data near by are followed to the ends."""
    made = {name: np.tile(v, (1, 3, 1)) for name, v in {"theta": [0.5, 0.5], **draws}.items()}
    ax = plots.density(fit_of(stanmix.Mixture("y", 2, family=family), {"y": y}, made))
    x, density = line(ax, "posterior mean").get_data()
    low, high = (0.0, 1.0 if family == "beta" else np.inf)
    assert low < x[0] < 1e-2 and x[-1] < high and x[-1] > y.max()
    assert np.isfinite(density).all() and (density > 0).all()


@pytest.mark.parametrize(("family", "most"), [("bernoulli", 1), ("binomial", 12)])
def test_masses_end_at_the_most_trials(family, most):
    rng = np.random.default_rng(0)
    trials = rng.integers(5, most + 1, 40) if family == "binomial" else np.ones(40, dtype=int)
    trials[0] = most
    rows = {"y": np.minimum(rng.binomial(trials, 0.8), trials), "n": trials}
    rows["y"][:2] = most, 0
    rows["n"][0] = most
    draws = {"theta": np.tile([0.5, 0.5], (1, 3, 1)), "mu": np.tile([0.4, 0.9], (1, 3, 1))}
    stated = {"trials": "n"} if family == "binomial" else {}
    ax = plots.density(fit_of(stanmix.Mixture("y", 2, family=family, **stated), rows, draws))
    x, mass = line(ax, "posterior mean").get_data()
    assert x[-1] == most and mass.sum() == pytest.approx(1)
