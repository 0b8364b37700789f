from __future__ import annotations

import json

import pytest

import stanmix
from stanmix.errors import InputError


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"components": 0}, "at least 1, got 0"),
        ({"components": 2.5}, "must be an integer"),
        ({"components": True}, "must be an integer"),
        ({"family": "gausian"}, "Unknown family 'gausian'.*normal"),
        ({"formula": "y ~ ("}, "Cannot parse"),
        ({"formula": "~ x"}, "no response"),
        ({"formula": "y ~ 0"}, "no term on the right"),
        ({"formula": 3}, "must be a string"),
        ({"formula": "y1 + y2 ~ x"}, "one response"),
        ({"priors": {"sigma": "normal(0, 1)"}}, "must be a prior such as"),
        ({"priors": {"sgima": stanmix.HalfNormal(1)}}, "did you mean 'sigma'"),
        ({"priors": {"mu": stanmix.HalfNormal(1)}}, "cuts it off"),
        ({"priors": {"mu": stanmix.Uniform(0, 1)}}, "cuts it off"),
        ({"priors": {"theta": stanmix.Normal(0, 1)}}, "take Dirichlet"),
        ({"priors": {"theta": stanmix.Dirichlet([1, 1, 1])}}, "3 entries"),
        ({"components": 3, "priors": {"theta": stanmix.Beta(5, 5)}}, "two components"),
        ({"priors": {"mu": stanmix.Dirichlet(1.0)}}, "prior of the weights"),
        ({"priors": {"sigma": stanmix.Uniform(-1, 1)}}, "sigma is positive"),
        ({"shared": ("mu",)}, "'mu' cannot be shared"),
        ({"fixed": {"mu": 1.0}}, "'mu' cannot be fixed"),
        ({"fixed": {"sigma": -1.0}}, "positive"),
        ({"fixed": {"sigma": [1.0, 2.0, 3.0]}}, "one number a component"),
        ({"fixed": {"theta": [0.5, 0.6]}}, "sum to 1"),
        ({"fixed": {"theta": 0.5}}, "sum to 1"),
        ({"fixed": {"sigma": "one"}}, "numeric"),
        ({"fixed": {"sigma": 1.0}, "shared": ("sigma",)}, "both shared and fixed"),
        ({"fixed": {"sigma": 1.0}, "priors": {"sigma": stanmix.HalfNormal(1)}}, "both fixed"),
        ({"order": "sigma", "shared": ("sigma",)}, "shared by all"),
        ({"order": "theta", "fixed": {"theta": [0.5, 0.5]}}, "is fixed"),
        ({"order": "size"}, "can be ordered by 'mu'"),
        ({"order": 1}, "must be 'auto'"),
        ({"formula": "y ~ x", "order": "mu"}, "name the covariate"),
        ({"order": "sigma", "priors": {"sigma": stanmix.Uniform(0, 1)}}, "upper end"),
        ({"weights": 3}, "weights must be the name of a column"),
        ({"gating": "y ~ z"}, "has no response"),
        ({"gating": "z"}, "has no response"),
        ({"gating": "~ 0"}, "at least one term"),
        ({"gating": "~ z", "fixed": {"theta": [0.5, 0.5]}}, "known weights 'theta'"),
        ({"gating": "~ z", "priors": {"theta": stanmix.Dirichlet(2.0)}}, "no parameter 'theta'"),
        ({"gating": "~ z", "priors": {"gamma": stanmix.HalfNormal(2.0)}}, "cuts it off"),
        ({"priors": {"gamma": stanmix.Normal(0, 1)}}, "no parameter 'gamma'"),
        ({"gating": "~ z", "order": "theta"}, "weights of its own"),
        ({"family": "poisson", "fixed": {"sigma": 1.0}}, "'sigma' is no parameter"),
        ({"family": "poisson", "shared": ("sigma",)}, "'sigma' is no parameter"),
        ({"family": "poisson", "order": "sigma"}, "'sigma' is no parameter"),
        ({"family": "poisson", "priors": {"sigma": stanmix.HalfNormal(1)}}, "no parameter 'sigma'"),
        ({"family": "poisson", "priors": {"mu": stanmix.Uniform(0, 9)}}, "without an upper end"),
    ],
)
def test_contradictions_and_mistakes_are_refused_at_once(arguments, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"formula": "x1 ~ x2"}, "names of its columns as a list"),
        ({"formula": ["x1", 2]}, "names of its columns as a list"),
        ({"formula": ["x1"]}, "two columns or more"),
        ({"formula": ["x1", "x2", "x1"]}, "'x1' is named twice"),
        ({"family": "normal"}, "has one response, but 2 columns"),
        ({"formula": "y ~ 1", "family": "normal"}, "covariance='diagonal' is for families of"),
        ({"covariance": None}, "covariance must be one of 'spherical', 'diagonal', got None"),
        ({"covariance": "full"}, "covariance must be one of 'spherical', 'diagonal', got 'full'"),
        ({"mean": "shared"}, "mean must be one of 'free', 'common'"),
        ({"offset": "shift"}, "no linear predictor"),
        ({"order": "mu"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"order": "sigma"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"order": "x1", "mean": "common"}, "can be ordered by 'mu', 'theta'"),
        ({"fixed": {"sigma": [[1.0, 2.0, 3.0]] * 2}}, r"table \(2, 2\) of them"),
        ({"fixed": {"sigma": 1.0}, "priors": {"sigma[x1]": stanmix.HalfNormal(1)}}, "both fixed"),
        ({"priors": {"mu[x3]": stanmix.Normal(0, 1)}}, r"no parameter 'mu\[x3\]'"),
        ({"priors": {"sigma[x1]": stanmix.Uniform(-1, 1)}}, "sigma is positive"),
        ({"priors": {"mu[x1]": stanmix.HalfNormal(1)}}, "cuts it off"),
        (
            {"covariance": "spherical", "priors": {"sigma[x1]": stanmix.HalfNormal(1)}},
            r"no parameter 'sigma\[x1\]'",
        ),
    ],
)
def test_contradictions_about_several_columns_are_refused_at_once(arguments, word):
    plain = {"formula": ["x1", "x2"], "components": 2, "family": "mvnormal"}
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{**plain, "covariance": "diagonal", **arguments})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, None),
        ({"mean": "common"}, "mu"),
        ({"order": "x2"}, "mu"),
        ({"order": "sigma"}, "sigma"),
        ({"order": "theta"}, None),
        ({"mean": "common", "fixed": {"sigma": [1.0, 2.0]}}, None),
    ],
)
def test_what_orders_vectors_in_the_program(arguments, expected):
    plain = {"components": 2, "family": "mvnormal", "covariance": "spherical"}
    model = stanmix.Mixture(["x1", "x2"], **{**plain, **arguments})
    assert model.program_order == expected
    assert stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict()))) == model


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "mu"),
        ({"order": "mu"}, "mu"),
        ({"order": None}, None),
        ({"order": "theta"}, None),
        ({"order": "sigma"}, "sigma"),
        ({"formula": "y ~ x"}, None),
        ({"formula": "y ~ 0 + x"}, "beta"),
        ({"formula": "y ~ x", "order": "x"}, "beta"),
        ({"fixed": {"theta": [0.3, 0.7]}}, None),
        ({"fixed": {"theta": [0.5, 0.5]}}, "mu"),
        ({"fixed": {"sigma": [1.0, 2.0]}}, None),
        ({"priors": {"theta": stanmix.Dirichlet([1, 2])}}, None),
        ({"priors": {"theta": stanmix.Beta(5, 5)}}, "mu"),
    ],
)
def test_what_the_program_orders(arguments, expected):
    model = stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})
    assert model.program_order == expected


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


def test_a_response_alone_is_a_mixture_of_means():
    assert stanmix.Mixture("y", 2).program() == stanmix.Mixture("y ~ 1", 2).program()
    assert not stanmix.Mixture("y", 2).regression
    assert stanmix.Mixture("y ~ 0 + x", 2).regression


def test_a_statement_cannot_be_changed():
    model = stanmix.Mixture("y", 2)
    with pytest.raises(AttributeError):
        model.components = 3
