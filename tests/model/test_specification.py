"""What follows from the statement of a mixture alone."""

from __future__ import annotations

import json

import pytest

import stanmix


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, None),
        ({"mean": "common"}, None),
        ({"mean": "common", "order": "mu"}, "mu"),
        ({"order": "x2"}, "mu"),
        ({"order": "sigma"}, "sigma"),
        ({"order": "theta"}, None),
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
        ({}, None),
        ({"order": "mu"}, "mu"),
        ({"order": None}, None),
        ({"order": "theta"}, None),
        ({"order": "sigma"}, "sigma"),
        ({"formula": "y ~ x"}, None),
        ({"formula": "y ~ 0 + x"}, None),
        ({"formula": "y ~ x", "order": "x"}, "beta"),
    ],
)
def test_the_program_orders_what_is_asked_for(arguments, expected):
    model = stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})
    assert model.program_order == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, True),
        ({"formula": "y ~ x"}, True),
        ({"fixed": {"theta": [0.3, 0.7]}}, False),
        ({"fixed": {"theta": [0.5, 0.5]}}, True),
        ({"fixed": {"sigma": 2.0}}, True),
        ({"fixed": {"sigma": [1.0, 2.0]}}, False),
        ({"priors": {"theta": stanmix.Dirichlet([1, 2])}}, False),
        ({"priors": {"theta": stanmix.Beta(5, 5)}}, True),
        ({"priors": {"theta": stanmix.Beta(5, 2)}}, False),
    ],
)
def test_components_are_exchangeable_unless_weights_or_scales_tell_them_apart(arguments, expected):
    model = stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})
    assert model.exchangeable == expected
