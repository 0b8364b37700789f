from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError

FRAME = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 1.0, 3.0, 2.0]})


def test_defaults_follow_the_scale_of_the_data():
    data = stanmix.Mixture("y ~ x", 2).data(FRAME)
    scaled = stanmix.Mixture("y ~ x", 2).data(FRAME * 1000)
    mean, sd, sd_x = 3.75, np.std(FRAME.y), np.std(FRAME.x)
    assert data["beta_prior"] == [stanmix.Normal.code] * 2
    np.testing.assert_allclose(
        data["beta_prior_arguments"], [[mean, 2.5 * sd, 0], [0, 2.5 * sd / sd_x, 0]]
    )
    np.testing.assert_allclose(
        scaled["beta_prior_arguments"],
        [[1000 * mean, 2500 * sd, 0], [0, 2.5 * sd / sd_x, 0]],
    )
    assert data["sigma_prior"] == stanmix.LogNormal.code
    np.testing.assert_allclose(data["sigma_prior_arguments"], [math.log(sd / 2), 1.0, 0.0])
    np.testing.assert_array_equal(data["theta_prior"], [1.0, 1.0])
    assert (data["sigma_lower"], data["sigma_upper"]) == (0.0, math.inf)


@pytest.mark.parametrize("key", ["x", "beta[x]", "beta"])
def test_priors_of_coefficients_go_by_name(key):
    data = stanmix.Mixture("y ~ 0 + x", 2, priors={key: stanmix.Cauchy(0, 2)}).data(FRAME)
    assert data["beta_prior"] == [stanmix.Cauchy.code]
    assert data["beta_prior_arguments"] == [[0.0, 2.0, 0.0]]


def test_the_more_special_prior_wins():
    priors = {"x": stanmix.Cauchy(0, 2), "beta": stanmix.Normal(0, 1)}
    data = stanmix.Mixture("y ~ x", 2, priors=priors).data(FRAME)
    assert data["beta_prior"] == [stanmix.Normal.code, stanmix.Cauchy.code]


def test_a_covariate_called_like_a_parameter():
    frame = FRAME.rename(columns={"x": "sigma"})
    priors = {"sigma": stanmix.HalfNormal(2), "beta[sigma]": stanmix.Normal(7, 1)}
    data = stanmix.Mixture("y ~ 0 + sigma", 2, order=None, priors=priors).data(frame)
    assert data["sigma_prior"] == stanmix.HalfNormal.code
    assert data["beta_prior_arguments"] == [[7.0, 1.0, 0.0]]


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
    assert (data["sigma_lower"], data["sigma_upper"]) == (0.5, 3.0)


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
