"""What the columns of quantities are called, whatever kind these are of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.program.columns import (
    category_names,
    column_names,
    entries,
    keys,
    part_names,
    prior_columns,
)
from stanmix.program.lower import lower

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(12, 4)), columns=["a", "b", "c", "x"]).assign(
    level=np.resize([3, 4, 5], 12), kind=np.resize(["red", "blue", "green"], 12)
)
FULL = {"family": "mvnormal", "covariance": "full"}
BLOCK = {
    "family": {"a": "normal", ("b", "c", "x"): "mvnormal"},
    "covariance": {("b", "c", "x"): "full"},
}


def names(model, function):
    design = model.matrices(FRAME)
    return {one.name: function(one, design) for one in lower(model).quantities}


@pytest.mark.parametrize(
    ("formula", "stated", "expected"),
    [
        ("a", {}, {"theta": (), "mu": (), "sigma": ()}),
        ("a ~ x + b", {}, {"beta": ("Intercept", "x", "b"), "sigma": ()}),
        ("a", {"gating": "~ x"}, {"gamma": ("Intercept", "x")}),
        # The first of two cutpoints is where the locations begin.
        ("level", {"family": "ordinal"}, {"mu": (), "cutpoints": ("4|5",)}),
        ("kind", {"family": "categorical"}, {"mu": ("blue", "green", "red")}),
        (["a", "b", "c"], FULL, {"mu": ("a", "b", "c"), "rho": ("a, b", "a, c", "b, c")}),
        (["a", "b", "c", "x"], BLOCK, {"rho_2": ("b, c", "b, x", "c, x"), "mu_2": ("b", "c", "x")}),
    ],
)
def test_columns_are_covariates_responses_categories_or_pairs(formula, stated, expected):
    found = names(stanmix.Mixture(formula, 2, **stated), column_names)
    assert {name: found[name] for name in expected} == expected


def test_numbers_lie_where_draws_have_them():
    line = names(stanmix.Mixture("a ~ x", 2), entries)["beta"]
    assert line == {name: {"covariate": name} for name in ("Intercept", "x")}
    found = names(stanmix.Mixture("kind ~ x", 2, family="categorical"), entries)["beta"]
    assert [*found] == ["green, Intercept", "green, x", "red, Intercept", "red, x"]
    (one,) = {tuple(sorted(at)) for at in found.values()}
    assert "covariate" in one and {*found["red, x"].values()} == {"red", "x"}
    assert names(stanmix.Mixture("a", 2), entries)["sigma"] == {}


def test_priors_stand_under_columns_where_each_has_one():
    model = stanmix.Mixture(["a", "b"], 2, **FULL)
    assert names(model, keys) == {
        "theta": ["theta"], "mu": ["mu[a]", "mu[b]"], "sigma": ["sigma[a]", "sigma[b]"],
        "rho": ["rho"],
    }  # fmt: skip
    assert names(model, prior_columns)["rho"] == ()


def test_the_mean_of_categories_has_a_number_for_each():
    model = stanmix.Mixture(["a", "kind"], 2, family={"a": "normal", "kind": "categorical"})
    design = model.matrices(FRAME)
    expected = ("a", "kind[blue]", "kind[green]", "kind[red]")
    assert part_names(model.of_family, design) == expected
    assert category_names(design, 1) == ("blue", "green", "red") and category_names(design, 0) == ()
