"""Neither the units nor the origins of the data show in what a program computes."""

from __future__ import annotations

import numpy as np
import pytest
from independent import random_points
from interpreted import interpreted
from rendered import EXAMPLES

import stanmix
from stanmix.inference.starts import multistart

pytestmark = pytest.mark.usefixtures("few_searched")

# Which columns are responses (with what is added to their mean), and which are covariates.
COLUMNS = {
    "normal_mixture": (["velocity_km_s"], []),
    "normal_mixture_ordered_sigma": (["waiting"], []),
    "normal_mixture_ordered_mu_offset_weights": (["y", "shift"], []),
    "normal_regressions": (["CO2"], ["GNP"]),
    "normal_regressions_gating": (["y"], ["x", "z"]),
    "normal_regressions_all_options": (["y", "shift"], ["x", "z"]),
    "poisson_regressions_gating": ([], ["lgRD", "RDS"]),
    "student_t_regressions_sigma_regression_shared_nu": (["y"], ["x", "z"]),
    "mvnormal_mixture_spherical": (["x1", "x2"], []),
    "mvnormal_mixture_diagonal_ordered_mu_gating_group_weights": (["x1", "x2"], ["z"]),
}
# Units of responses and of covariates, and how many spreads the origins lie away.
FACTORS = [(1e-12, 1e12, 0.0), (1e12, 1e-12, 1e6), (1.0, 7.0, -1e6), (0.3, 1e-12, 1e3)]
POWERS = [(2.0**-40, 2.0**40), (2.0**33, 2.0**-10)]


def moved(name, unit, of_covariates, origin=0.0):
    """An example's data in other units: the offset is a part of the response."""
    frame = EXAMPLES[name][1].copy()
    responses, covariates = COLUMNS[name]
    for column in responses:
        shift = 0.0 if column == "shift" else origin * frame[column].std()
        frame[column] = unit * (frame[column] + shift)
    for column in covariates:
        frame[column] = of_covariates * (frame[column] + origin * frame[column].std())
    return frame


@pytest.mark.parametrize("name", COLUMNS)
def test_log_densities_do_not_change(name):
    model, frame = EXAMPLES[name]
    if name.endswith("weights"):  # a stated prior is in the unit of its parameter
        model = stanmix.Mixture.from_dict({**model.to_dict(), "priors": {}})
    data = model.data(frame)
    points = random_points(model, data, 20, seed=1)
    expected = interpreted(model, data, points)
    for unit, of_covariates, origin in FACTORS:
        found = interpreted(model, model.data(moved(name, unit, of_covariates, origin)), points)
        np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-9)
    for unit, of_covariates in POWERS:
        found = interpreted(model, model.data(moved(name, unit, of_covariates)), points)
        np.testing.assert_array_equal(found, expected)


def test_an_offset_of_the_log_mean_has_no_origin():
    for name in ("poisson_mixture_offset", "poisson_regressions_offset",
                 "negative_binomial_regressions_offset"):  # fmt: skip
        model, frame = EXAMPLES[name]
        data = model.data(frame)
        points = random_points(model, data, 20, seed=1)
        other = model.data(frame.assign(log_hours=frame["log_hours"] - 250))
        expected, found = (interpreted(model, each, points)[:, 0] for each in (data, other))
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("name", COLUMNS)
def test_starts_do_not_change(name):
    model, frame = EXAMPLES[name]
    if name.endswith("weights"):
        model = stanmix.Mixture.from_dict({**model.to_dict(), "priors": {}})
    (expected,) = multistart.chain_starts(model, model.matrices(frame), 1, seed=1)
    for unit, of_covariates in POWERS:
        other = moved(name, unit, of_covariates)
        (found,) = multistart.chain_starts(model, model.matrices(other), 1, seed=1)
        for key, values in expected.items():
            np.testing.assert_array_equal(found[key], values)
    (found,) = multistart.chain_starts(model, model.matrices(moved(name, 3.0, 0.1, 1e3)), 1, seed=1)
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-6, atol=1e-6)


def test_draws_in_another_unit_are_the_same_to_the_last_digit(pair):
    """A power of two."""
    model = stanmix.Mixture("y", 2, shared=("sigma",))
    options = {"chains": 1, "draws": 30, "seed": 1, "engine": "stanli", "progress": False}
    one, other = (model.fit(pair * unit, **options).idata.posterior for unit in (1.0, 2.0**-40))
    for name, unit in (("mu", 2.0**-40), ("sigma", 2.0**-40), ("theta", 1.0)):
        np.testing.assert_array_equal(other[name], one[name] * unit)


def test_a_covariate_far_from_zero_keeps_its_slope():
    """Years: least squares gives .4985 (its standard error is .007), whatever the origin."""
    rng = np.random.default_rng(11)
    year = rng.integers(1985, 2025, 150)
    y = 20 + 0.5 * (year - 2005) + rng.normal(0, 1, 150)
    slope, at_zero = np.polyfit(year, y, 1)
    options = {"chains": 2, "draws": 500, "seed": 1, "progress": False}
    found = stanmix.Mixture("y ~ year", 1).fit({"y": y, "year": year}, **options).summary()["mean"]
    assert found["beta[1, year]"] == pytest.approx(slope, abs=0.002)
    assert found["beta[1, Intercept]"] == pytest.approx(at_zero, abs=4)
    assert found["sigma[1]"] == pytest.approx(1.0, abs=0.1)


def test_a_covariate_of_the_weights_far_from_zero_keeps_its_slope():
    rng = np.random.default_rng(5)
    t = rng.integers(-20, 20, 300)
    upper = rng.random(300) < 1 / (1 + np.exp(-0.3 * t))
    y = np.where(upper, 5, 0) + rng.normal(0, 1, 300)
    options = {"chains": 2, "draws": 500, "seed": 1, "engine": "stanli", "progress": False}
    x, slopes = rng.normal(size=300), []
    for origin in (0, 2005):
        model = stanmix.Mixture("y ~ x", 2, gating="~ t")
        gamma = model.fit({"y": y, "x": x, "t": t + origin}, **options).idata.posterior["gamma"]
        gamma = gamma.sel(gating_covariate="t").mean(("chain", "draw")).to_numpy()
        slopes.append(abs(gamma[1] - gamma[0]))
    assert slopes[0] == pytest.approx(slopes[1], abs=1e-4)  # the same draws, but for rounding
    assert slopes[0] == pytest.approx(0.33, abs=0.1)
