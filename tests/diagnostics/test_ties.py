from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, noisy, pair_draws

import stanmix
from stanmix.diagnostics.ties import share_of_one_value

RNG = np.random.default_rng(0)
ROUNDED = np.concatenate([RNG.normal(55, 6, 60), RNG.normal(80, 6, 100)]).round()
CONTINUOUS = np.concatenate([np.zeros(12), RNG.normal(5, 1, 60)])


def three(y, mu, sigma, **options):
    rng = np.random.default_rng(1)
    draws = {
        "theta": rng.dirichlet([60, 20, 80], size=(2, 60)),
        "mu": noisy(rng, mu, 0.02, 2, 60),
        "sigma": np.exp(noisy(rng, np.log(sigma), 0.05, 2, 60)),
    }
    return fit_of(stanmix.Mixture("y", 3, **{"order": "mu", **options}), {"y": y}, draws)


def test_a_component_on_a_tie_of_rounded_data_is_named():
    at, times = np.unique(ROUNDED[ROUNDED < 70], return_counts=True)
    value, number = at[times.argmax()], times.max()
    diagnosis = three(ROUNDED, [55, value, 80], [6, 0.05, 6]).diagnose()
    finding = diagnosis.about("collapsed scale")
    assert finding.level == "problem" and not diagnosis.ok
    assert "component 2 holds a single value in 100% of the draws" in finding.text
    assert f"(mostly {value:g}, which occurs {number} times; its sigma is 0.05" in finding.text
    assert "the next value is 1 away" in finding.text
    assert "stanmix.Uniform(1, " in finding.advice and "elpd" in finding.advice
    assert diagnosis.figures["collapsed_components"] == 1


def test_a_mass_in_continuous_data_is_named():
    rng = np.random.default_rng(2)
    draws = {
        "theta": rng.dirichlet([12, 60], size=(2, 60)),
        "mu": noisy(rng, [0, 5], 1e-4, 2, 60),
        "sigma": np.exp(noisy(rng, [np.log(1e-3), 0.0], 0.05, 2, 60)),
    }
    diagnosis = fit_of(stanmix.Mixture("y", 2), {"y": CONTINUOUS}, draws).diagnose()
    assert "(mostly 0, which occurs 12 times" in diagnosis.about("collapsed scale").text


@pytest.mark.parametrize("sigma", [1.0, 6.0])
def test_a_scale_of_the_rounding_or_more_is_not(sigma):
    diagnosis = three(ROUNDED, [50, 60, 80], [6, sigma, 6]).diagnose()
    assert diagnosis.figures["collapsed_components"] == 0
    with pytest.raises(KeyError):
        diagnosis.about("collapsed scale")


def test_without_ties_or_a_free_scale_there_is_nothing_to_ask():
    draws, y = pair_draws()
    assert (
        "collapsed_components"
        not in fit_of(stanmix.Mixture("y", 2), {"y": y}, draws).diagnose().figures
    )
    known = {name: values for name, values in draws.items() if name != "sigma"}
    fit = fit_of(stanmix.Mixture("y", 2, fixed={"sigma": 1.0}), {"y": y.round()}, known)
    assert "collapsed_components" not in fit.diagnose().figures


@pytest.mark.parametrize("weighted", [False, True])
def test_shares_are_sums_of_responsibilities(weighted):
    rng = np.random.default_rng(3)
    frame = {"y": rng.integers(0, 5, 40).astype(float), "w": rng.integers(1, 4, 40).astype(float)}
    draws = pair_draws(chains=1, draws=4)[0]
    fit = fit_of(stanmix.Mixture("y", 2, weights="w" if weighted else None), frame, draws)
    values, share, size = share_of_one_value(fit)
    counts = frame["w"] if weighted else np.ones(40)
    for s in range(4):
        d = {name: found[s] for name, found in fit.draws().items()}
        dense = d["theta"] * stats.norm.pdf(frame["y"][:, None], d["mu"], d["sigma"])
        p = counts[:, None] * dense / dense.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(size[s], p.sum(axis=0), rtol=1e-10)
        for k in range(2):
            of = [p[frame["y"] == v, k].sum() for v in range(5)]
            assert values[s, k] == np.argmax(of)
            assert share[s, k] == pytest.approx(max(of) / p[:, k].sum(), rel=1e-10)


def collapsed_regression(family, formulas, **draws):
    rng = np.random.default_rng(1)
    at, times = np.unique(ROUNDED[ROUNDED < 70], return_counts=True)
    value = at[times.argmax()]
    common = {
        "theta": rng.dirichlet([60, 20, 80], size=(2, 60)),
        "mu": noisy(rng, [55, value, 80], 0.02, 2, 60),
    }
    model = stanmix.Mixture("y", 3, family=family, order="mu", formulas=formulas)
    frame = {"y": ROUNDED, "z": np.tile([-1.0, 1.0], len(ROUNDED) // 2)}
    return fit_of(model, frame, {**common, **draws}).diagnose().about("collapsed scale")


def test_a_scale_of_any_family_collapses():
    rng = np.random.default_rng(2)
    finding = collapsed_regression(
        "student_t",
        {},
        sigma=np.exp(noisy(rng, np.log([6, 0.01, 6]), 0.05, 2, 60)),
        nu=np.full((2, 60, 3), 30.0),
    )
    assert (
        "component 2 holds a single value" in finding.text and "its sigma is 0.01" in finding.text
    )


def test_a_scale_that_depends_on_covariates_is_given_at_the_rows_of_the_value():
    rng = np.random.default_rng(2)
    beta = [[np.log(6), 0.0], [np.log(0.05), 0.0], [np.log(6), 0.0]]
    finding = collapsed_regression(
        "normal", {"sigma": "~ z"}, beta_sigma=noisy(rng, beta, 0.001, 2, 60)
    )
    assert "its sigma is 0.05" in finding.text
    assert "give beta_sigma a prior" in finding.advice and "Uniform" not in finding.advice


def test_weights_of_equal_rows_are_summed():
    rng = np.random.default_rng(3)
    frame = {"y": np.repeat(np.arange(5.0), 8), "w": rng.integers(1, 4, 40).astype(float)}
    draws = pair_draws(chains=1, draws=4)[0]
    weighted = fit_of(stanmix.Mixture("y", 2, weights="w"), frame, draws)
    repeated = {"y": np.repeat(frame["y"], frame["w"].astype(int))}
    plain = fit_of(stanmix.Mixture("y", 2), repeated, draws)
    for one, other in zip(share_of_one_value(weighted), share_of_one_value(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


SKEWED = np.concatenate([RNG.gamma(9, 2, 80), RNG.gamma(30, 2, 80)]).round() + 1


@pytest.mark.parametrize(
    ("family", "name", "values", "sd"),
    [
        ("gamma", "shape", [9, 1e6, 30], lambda v, shape: v / np.sqrt(shape)),
        (
            "lognormal",
            "sigma",
            [0.3, 1e-3, 0.3],
            lambda v, sigma: stats.lognorm.std(sigma, scale=v),
        ),
        ("inverse_gaussian", "shape", [150, 1e9, 1000], lambda v, shape: np.sqrt(v**3 / shape)),
    ],
)
def test_a_shape_collapses_where_there_is_no_scale(family, name, values, sd):
    """The prior that is proposed ends where a component is as wide as the rounding."""
    rng = np.random.default_rng(2)
    at, times = np.unique(SKEWED[SKEWED < 30], return_counts=True)
    value = at[times.argmax()]
    mu = np.array([18.0, value, 60.0])
    draws = {
        "theta": rng.dirichlet([60, 20, 80], size=(2, 60)),
        "mu": noisy(rng, np.log(mu) if family == "lognormal" else mu, 1e-4, 2, 60),
        name: np.exp(noisy(rng, np.log(values), 0.05, 2, 60)),
    }
    model = stanmix.Mixture("y", 3, family=family, order="mu")
    finding = fit_of(model, {"y": SKEWED}, draws).diagnose().about("collapsed scale")
    assert f"(mostly {value:g}, which occurs {times.max()} times; its {name} is" in finding.text
    way = "small" if family == "lognormal" else "large"
    assert f"only that it is {way}" in finding.text
    bounds = re.search(r"stanmix\.Uniform\(([\d.e+-]+), ([\d.e+-]+)\)", finding.advice)
    end = float(bounds[1 if family == "lognormal" else 2])
    assert sd(value, end) == pytest.approx(1, rel=0.01)
    assert stanmix.Uniform(float(bounds[1]), float(bounds[2]))


def test_equal_counts_are_no_collapse():
    rng = np.random.default_rng(2)
    draws = {
        "theta": rng.dirichlet([60, 60], size=(2, 60)),
        "mu": noisy(rng, [3.0, 20.0], 0.02, 2, 60),
        "phi": np.exp(noisy(rng, np.log([1e6, 5]), 0.05, 2, 60)),
    }
    y = np.concatenate([np.full(60, 3), rng.poisson(20, 60)])
    model = stanmix.Mixture("y", 2, family="negative_binomial")
    assert "collapsed_components" not in fit_of(model, {"y": y}, draws).diagnose().figures
