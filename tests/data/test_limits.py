"""Censored rows and ends of what is recorded: what data and statements may say of them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.model.families.components import PointMass

FRAME = pd.DataFrame(
    {
        "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "n": [1, 2, 3, 4, 5, 6],
        "c": ["none", "left", "right", "interval", "none", "none"],
        "to": [np.nan, np.nan, np.nan, 4.5, np.nan, np.nan],
        "high": [9.0, 9.0, 9.0, 9.0, 9.0, 9.0],
        "event": [1, 0, 1, 1, 0, 1],
        "words": ["none", "left", "right", "gone", "none", "none"],
        "hole": ["none", "left", None, "none", "none", "none"],
        "left at 1": ["left", "none", "none", "none", "none", "none"],
        "right at 6": ["none", "none", "none", "none", "none", "right"],
        "whole": [1, 2, 3, 6, 5, 6],
    }
)


def test_limits_become_data():
    model = stanmix.Mixture("y", 2, censoring=("c", "to"), truncation=(0.5, "high"))
    data = model.data(FRAME)
    np.testing.assert_array_equal(data["censoring"], [0, 1, 2, 3, 0, 0])
    np.testing.assert_array_equal(data["y_to"], [1, 2, 3, 4.5, 5, 6])
    np.testing.assert_array_equal(data["y_least"], np.full(6, 0.5))
    np.testing.assert_array_equal(data["y_most"], FRAME.high)
    assert model.columns == {"y", "c", "to", "high"}
    again = model.matrices(model.matrices(FRAME).columns).rows.limits
    np.testing.assert_array_equal(again.kinds, [0, 1, 2, 3, 0, 0])
    assert stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    assert hash(model) == hash(stanmix.Mixture.from_dict(model.to_dict()))


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ({"censoring": "c"}, r"row 3 .* is an interval, .*censoring=\('c', \"upper\"\)"),
        ({"censoring": ("c", "hole")}, "1 interval.s. have|not numeric"),
        ({"censoring": ("c", "event")}, r"an interval must end after .*: row 3 .* has 4 and 1"),
        ({"censoring": "words"}, "row 3 .counted from 0. has 'gone'; the values are 'none', 'le"),
        ({"censoring": "event"}, "has '0'; the values are .*np.where"),
        ({"censoring": "hole"}, "'hole' has 1 missing value"),
        ({"censoring": "q"}, "Unknown column 'q'"),
        ({"truncation": ("q", None)}, "Unknown column 'q'"),
        ({"truncation": (2, None)}, r"truncation=\(2.0, None\): a response lies beyond: row 0"),
        ({"truncation": (None, 5.5)}, "a response lies beyond: row 5 .* has 6"),
        ({"censoring": ("c", "to"), "truncation": (None, 4.2)}, "a response lies beyond: row 3"),
        ({"censoring": "left at 1", "truncation": (1, None)}, "lie below the lower end.*row 0"),
        ({"censoring": "right at 6", "truncation": (None, 6)}, "lie above the upper end.*row 5"),
        ({"truncation": ("y", None)}, "it reads it too|cannot explain itself"),
        ({"family": "gamma", "truncation": (-1, None)}, "no positive numbers beyond an end"),
        ({"formula": "n", "family": "poisson", "truncation": (0.5, None)}, "is a whole number"),
        ({"formula": "n", "family": "poisson", "truncation": (2, None)}, "lies beyond: row 0"),
        ({"formula": "n", "family": "poisson", "censoring": ("c", "to")}, "no counts"),
    ],
)
def test_limits_that_cannot_be_are_refused_with_the_data(stated, word):
    model = stanmix.Mixture(**{"formula": "y", "components": 2, **stated})
    with pytest.raises(InputError, match=word):
        model.data(FRAME)


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ({"truncation": (None, None)}, "cuts nothing off"),
        ({"truncation": (3, 1)}, "the lower end must be less than the upper"),
        ({"truncation": (0,)}, "truncation must be a pair of ends"),
        ({"truncation": 3}, "truncation must be a pair of ends"),
        ({"censoring": ("a", "b", "c")}, "censoring must be the name of a column or a pair of"),
        ({"family": "bernoulli", "censoring": "c"}, "censoring='c' is for .*not for family='bern"),
        ({"family": ["normal", PointMass(0)], "truncation": (0, None)}, "'point_mass'"),
        (
            {"formula": ["y", "n"], "family": "mvnormal", "covariance": "diagonal",
             "censoring": "c"},
            "not for family='mvnormal'",
        ),
    ],
)  # fmt: skip
def test_statements_that_cut_nothing_off_are_refused_at_once(stated, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{"formula": "y", "components": 2, **stated})


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"truncation": (0, "high"), "components": 8, "family": [
            "normal", "cauchy", "laplace", "logistic", "gumbel", "asymmetric_laplace", "exgaussian",
            "skew_normal"]}, "so many families at once: 35 parameters, .* at most 32"),
    ],
)  # fmt: skip
def test_limits_that_fused_likelihoods_do_not_know_are_refused(stated, words):
    model = stanmix.Mixture(**{"formula": "y", "components": 2, **stated})
    assert model.program(kernel="auto") == model.program(kernel="stan")
    with pytest.raises(InputError, match=f"fused likelihoods do not know .*{words}.*kernel='auto'"):
        model.program(kernel="fused")


@pytest.mark.parametrize(
    "stated",
    [
        {"censoring": "c"},
        {"truncation": (0, None)},
        {"truncation": (0, "high")},
        {"truncation": (0, None), "formula": "y ~ x"},
        {"truncation": (0, None), "formulas": {"sigma": "~ x"}},
        {"truncation": (0, None), "offset": "x"},
        {"truncation": (0, 9), "family": "binomial", "trials": "t"},
        {"truncation": (0, None), "family": "gamma"},
    ],
)
def test_other_limits_have_a_fused_likelihood_by_default(stated):
    model = stanmix.Mixture(**{"formula": "y", "components": 2, **stated})
    assert model.program(kernel="auto") == model.program(kernel="fused")


def test_counts_include_their_ends():
    model = stanmix.Mixture("n", 2, family="poisson", censoring=("c", "whole"), truncation=(1, 6))
    data = model.data(FRAME)
    expected = np.where(FRAME.c == "interval", FRAME.whole, FRAME.n)
    np.testing.assert_array_equal(data["y_to"], expected)
    assert data["y_to"].dtype == np.int64
    assert (data["y_least"], data["y_most"]) == (1, 6)
    assert isinstance(data["y_least"], int)
