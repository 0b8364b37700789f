from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError

FRAME = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 1.0, 3.0, 2.0]})


def coefficient_priors(data):
    """Location and scale of the priors of coefficients, in the units of the data."""
    scaled = np.array(data["beta_prior_arguments"])[:, :2]
    in_units = scaled * data["y_scale"] / np.array(data["X_scale"])[:, None]
    return in_units + np.outer(data["X_ones"], [data["y_centre"], 0.0])


def test_data_have_centres_and_scales_beside_them():
    """Median 3, median absolute deviation 1.5; the covariate's mean and sd, 1.5 and 1.118."""
    data = stanmix.Mixture("y ~ x", 2).data(FRAME)
    np.testing.assert_array_equal(data["y"], FRAME["y"])
    assert (data["y_centre"], data["y_scale"]) == (3.0, pytest.approx(1.5 * 1.4826, rel=1e-5))
    np.testing.assert_allclose(data["X_centre"], [0.0, 1.5], rtol=1e-15)
    np.testing.assert_allclose(data["X_scale"], [1.0, math.sqrt(1.25)], rtol=1e-15)
    np.testing.assert_array_equal(data["X_ones"], [1.0, 0.0])
    assert (data["sigma_lower"], data["sigma_upper"]) == (0.0, math.inf)
    np.testing.assert_array_equal(data["theta_prior"], [1.0, 1.0])


def test_stated_priors_hold_at_zero_and_defaults_at_the_centres():
    priors = {"Intercept": stanmix.Normal(1, 2)}
    data = stanmix.Mixture("y ~ x", 2, priors=priors).data(FRAME)
    assert data["beta_prior_at_zero"] == [1, 0]
    np.testing.assert_allclose(coefficient_priors(data)[0], [1.0, 2.0], rtol=1e-14)
    gated = stanmix.Mixture("y", 2, gating="~ x", priors={"gamma": stanmix.Normal(0, 1)})
    assert gated.data(FRAME)["gamma_prior_at_zero"] == [1, 1]


@pytest.mark.parametrize("key", ["x", "beta[x]", "beta"])
def test_priors_of_coefficients_go_by_name(key):
    data = stanmix.Mixture("y ~ 0 + x", 2, priors={key: stanmix.Cauchy(0, 2)}).data(FRAME)
    assert data["beta_prior"] == [stanmix.Cauchy.code]
    np.testing.assert_allclose(coefficient_priors(data), [[0.0, 2.0]], rtol=1e-15)


def test_the_more_special_prior_wins():
    priors = {"x": stanmix.Cauchy(0, 2), "beta": stanmix.Normal(0, 1)}
    data = stanmix.Mixture("y ~ x", 2, priors=priors).data(FRAME)
    assert data["beta_prior"] == [stanmix.Normal.code, stanmix.Cauchy.code]


def test_a_covariate_called_like_a_parameter():
    frame = FRAME.rename(columns={"x": "sigma"})
    priors = {"sigma": stanmix.HalfNormal(2), "beta[sigma]": stanmix.Normal(7, 1)}
    data = stanmix.Mixture("y ~ 0 + sigma", 2, order=None, priors=priors).data(frame)
    assert data["sigma_prior"] == stanmix.HalfNormal.code
    np.testing.assert_allclose(coefficient_priors(data), [[7.0, 1.0]], rtol=1e-15)


def test_order_and_known_parameters():
    model = stanmix.Mixture("y ~ x", 2, order="x", fixed={"theta": [0.5, 0.5], "sigma": 2.0})
    data = model.data(FRAME)
    assert data["ordered_covariate"] == 2
    np.testing.assert_array_equal(data["theta"], [0.5, 0.5])
    np.testing.assert_array_equal(data["sigma"], [2.0, 2.0])
    assert not {"theta_prior", "sigma_prior", "sigma_lower"} & set(data)


def test_beta_is_a_dirichlet_of_two():
    model = stanmix.Mixture("y", 2, priors={"theta": stanmix.Beta(5, 5)})
    assert list(model.data(FRAME)["theta_prior"]) == [5.0, 5.0]


def test_a_uniform_prior_bounds_the_scale():
    model = stanmix.Mixture("y", 2, priors={"sigma": stanmix.Uniform(0.5, 3)})
    data = model.data(FRAME)
    bounds = np.array([data["sigma_lower"], data["sigma_upper"]]) * data["y_scale"]
    np.testing.assert_allclose(bounds, [0.5, 3.0], rtol=1e-15)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (stanmix.Mixture("y", 5), "components=5, but the data have only 4 rows"),
        (stanmix.Mixture("y ~ x", 2, order="z"), "order='z'.*'x'"),
        (stanmix.Mixture("y ~ x", 2, priors={"z": stanmix.Flat()}), "no parameter 'z'"),
        (stanmix.Mixture("y ~ x", 2, priors={"Intrcept": stanmix.Flat()}), "mean 'Intercept'"),
    ],
)
def test_what_only_the_data_can_show_is_refused_too(model, word):
    with pytest.raises(InputError, match=word):
        model.data(FRAME)
