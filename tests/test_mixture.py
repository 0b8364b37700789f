from __future__ import annotations

import json

import numpy as np
import pytest

import stanmix
from stanmix.errors import InputError


def test_a_statement_survives_plain_values():
    model = stanmix.Mixture(
        "y ~ x * g",
        3,
        order="x",
        shared=("sigma",),
        fixed={"theta": [0.2, 0.3, 0.5]},
        priors={"x": stanmix.StudentT(3, 0, 1), "sigma": stanmix.Uniform(0, 1)},
    )
    again = stanmix.Mixture.from_dict(model.to_dict())
    assert again == model
    assert hash(again) == hash(model)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (None, "from_dict: values must be a mapping"),
        ([("formula", "y ~ 1")], "from_dict: values must be a mapping"),
        ({}, "formula and components are needed"),
        ({"formula": "y ~ 1", "components": 2, "K": 3}, "got .'K', 'components'"),
        ({"formula": "y ~ 1", "components": 2, "priors": [1]}, "priors must be a mapping"),
        ({"formula": "y ~ 1", "components": 2, "priors": {"mu": 1}}, "a prior must be"),
        ({"formula": "y ~ 1", "components": "2"}, "components must be an integer"),
    ],
)
def test_values_of_anything_else_are_no_mixture(values, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture.from_dict(values)


def test_scalars_of_numpy_state_a_mixture():
    plain = stanmix.Mixture("y ~ 1", 2, fixed={"theta": [0.25, 0.75]})
    same = stanmix.Mixture(np.str_("y ~ 1"), np.int8(2), fixed={"theta": np.array([0.25, 0.75])})
    assert same == plain and hash(same) == hash(plain)
    assert json.dumps(same.to_dict()) == json.dumps(plain.to_dict())


def test_the_name_of_a_parameter_means_the_parameter():
    frame = {"y": [1.0, 2.0, 4.0, 3.0], "sigma": [1.0, 3.0, 2.0, 5.0], "x": [0.0, 1.0, 0.0, 1.0]}
    scale = stanmix.Mixture("y ~ x + sigma", 2, order="sigma")
    assert scale.program_order == "sigma" and scale.ordered_column is None
    scale.data(frame)
    for order, place in (("beta[sigma]", 3), ("beta[x]", 2), ("x", 2)):
        slope = stanmix.Mixture("y ~ x + sigma", 2, order=order)
        assert slope.program_order == "beta"
        assert slope.data(frame)["ordered_covariate"] == place
    with pytest.raises(InputError, match=r"order='beta\[z\]': unknown.*'sigma', 'theta', 'mean'"):
        stanmix.Mixture("y ~ x + sigma", 2, order="beta[z]").data(frame)
    counts = stanmix.Mixture("y ~ sigma", 2, family="poisson", order="beta[sigma]")
    assert counts.data(frame)["ordered_covariate"] == 2


def test_the_name_of_a_parameter_means_the_parameter_of_vectors():
    plain = {"components": 2, "family": "mvnormal", "covariance": "spherical"}
    frame = {"sigma": [1.0, 2.0, 4.0, 3.0], "theta": [0.0, 1.0, 0.0, 1.0]}
    columns = ["sigma", "theta"]
    assert stanmix.Mixture(columns, **plain, order="sigma").program_order == "sigma"
    by_mean = stanmix.Mixture(columns, **plain, order="mu[theta]")
    assert by_mean.data(frame)["ordered_coordinate"] == 2


def test_a_response_alone_is_a_mixture_of_means():
    assert stanmix.Mixture("y", 2).program() == stanmix.Mixture("y ~ 1", 2).program()
    assert not stanmix.Mixture("y", 2).regression
    assert stanmix.Mixture("y ~ 0 + x", 2).regression


def test_a_statement_cannot_be_changed():
    model = stanmix.Mixture("y", 2)
    with pytest.raises(AttributeError):
        model.components = 3


def test_the_priors_of_a_fit_are_those_stated_and_the_defaults():
    frame = {"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 1.0, 3.0, 2.0]}
    stated = {"x": stanmix.Normal(0, 3), "sigma": stanmix.HalfNormal(2)}
    table = stanmix.Mixture("y ~ x", 2, priors=stated).priors_for(frame)
    assert list(table.columns) == [
        "parameter", "component", "column", "prior", "source", "reason"
    ]  # fmt: skip
    assert list(table.index) == ["theta", "beta[Intercept]", "beta[x]", "sigma"]
    assert list(table["source"]) == ["default", "default", "stated", "stated"]
    assert list(table["column"]) == ["", "Intercept", "x", ""]
    found = table["prior"]
    assert found["beta[x]"] == stated["x"] and found["sigma"] == stated["sigma"]
    assert found["theta"] == stanmix.Dirichlet(1.0)
    # About the mean of y with 2.5 of its standard deviations.
    assert found["beta[Intercept]"].mu == pytest.approx(np.mean(frame["y"]))
    assert found["beta[Intercept]"].sigma == pytest.approx(2.5 * np.std(frame["y"]))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"priors": {"q": stanmix.Normal(0, 1)}}, "no parameter 'q'"),
        ({"order": "q"}, "order='q'"),
        ({"components": 9}, "only 4 rows"),
        ({"formulas": {"sigma": "~ 0 + x"}}, "has no intercept"),
    ],
)
def test_the_priors_of_what_cannot_be_fitted_are_refused(stated, said):
    model = stanmix.Mixture(**{"formula": "y ~ x", "components": 2, **stated})
    with pytest.raises(InputError, match=said):
        model.priors_for({"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 1.0, 3.0, 2.0]})
