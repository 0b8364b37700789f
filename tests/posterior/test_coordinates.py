"""Labels and sizes of the dimensions of draws, beside the frame and the text of the program."""

from __future__ import annotations

import numpy as np
import pytest
from parameters_block import value_of
from rendered import EXAMPLES

import stanmix
from stanmix.posterior.coordinates import coordinates, covariates, sizes
from stanmix.program.lower import lower

FRAME = {
    "y": [1.0, 2.0, 4.0, 3.0, 5.0],
    "n": [1, 2, 4, 3, 5],
    "x": [0.5, 1.0, 1.5, 3.0, 2.0],
    "g": ["a", "b", "a", "b", "c"],
}


def stated(**arguments):
    model = stanmix.Mixture(**{"components": 3, "order": None, **arguments})
    return lower(model), model.matrices(FRAME)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"formula": "y"}, {}),
        ({"formula": "y ~ x"}, {"covariate": ["Intercept", "x"]}),
        (
            {"formula": "y ~ 0 + x", "gating": "~ x", "formulas": {"sigma": "~ 0 + g"}},
            {
                "covariate": ["x"],
                "gating_covariate": ["Intercept", "x"],
                "sigma_covariate": ["g[a]", "g[b]", "g[c]"],
            },
        ),
        (
            {"formula": ["y", "x"], "family": "mvnormal", "covariance": "spherical"},
            {"dimension": ["y", "x"]},
        ),
    ],
)
def test_labels(arguments, expected):
    found = coordinates(*stated(**arguments), 3)
    assert found.pop("component").tolist() == [1, 2, 3]
    assert {name: values.tolist() for name, values in found.items()} == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_sizes_are_those_of_the_program_with_its_data(name):
    model, frame = EXAMPLES[name]
    program, data = lower(model), model.data(frame)
    found = sizes(program, model.matrices(frame), model.components)
    assert tuple(found) == model.parameters
    for one in program.estimated:
        assert list(found[one.name].values()) == [value_of(axis, data) for axis in one.axes]


def test_matrices_of_covariates_have_a_row_for_each_observation():
    """Also those of the weights where rows belong to groups, of which programs see one each."""
    arguments = {"formula": "y ~ x", "formulas": {"sigma": "~ x"}, "gating": "~ g", "group": "g"}
    found = covariates(*stated(**arguments))
    assert {name: dims for name, (dims, _) in found.items()} == {
        "X": ("obs_id", "covariate"),
        "X_sigma": ("obs_id", "sigma_covariate"),
        "Z": ("obs_id", "gating_covariate"),
    }
    ones, x, g = np.ones(5), np.array(FRAME["x"]), np.array(FRAME["g"])
    np.testing.assert_array_equal(found["X"][1], np.column_stack([ones, x]))
    np.testing.assert_array_equal(found["X_sigma"][1], np.column_stack([ones, x]))
    np.testing.assert_array_equal(found["Z"][1], np.column_stack([ones, g == "b", g == "c"]))
    assert covariates(*stated(formula="y")) == {}
