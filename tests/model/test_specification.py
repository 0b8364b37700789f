"""What follows from the statement of a mixture alone."""

from __future__ import annotations

import json
import shlex

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
        ({"priors": {"mu": [stanmix.Normal(0, 1), stanmix.Normal(0, 1)]}}, True),
        ({"priors": {"mu": [stanmix.Normal(0, 1), stanmix.Normal(0, 2)]}}, False),
        ({"priors": {"mu": [stanmix.Normal(0, 1), stanmix.Cauchy(0, 1)]}}, False),
    ],
)
def test_components_are_exchangeable_unless_weights_or_scales_tell_them_apart(arguments, expected):
    model = stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})
    assert model.exchangeable == expected


NORMALS = [stanmix.Normal(0, 1), stanmix.Normal(1, 1)]
A, B = NORMALS


@pytest.mark.parametrize(
    ("arguments", "alike"),
    [
        ({}, [(0, 1, 2)]),
        ({"priors": {"theta": stanmix.Dirichlet([1, 2, 1])}}, [(0, 2)]),
        ({"priors": {"theta": stanmix.Dirichlet([1, 2, 3])}}, []),
        ({"priors": {"mu": [A, A, B]}}, [(0, 1)]),
        ({"priors": {"mu": [A, B, A]}}, [(0, 2)]),
        ({"priors": {"mu": [A, A, A]}}, [(0, 1, 2)]),
        ({"priors": {"mu": [A, A, B], "theta": stanmix.Dirichlet([1, 2, 2])}}, []),
        ({"priors": {"mu": [A, A, B]}, "fixed": {"sigma": [1.0, 1.0, 2.0]}}, [(0, 1)]),
        ({"priors": {"mu": [A, A, B]}, "fixed": {"sigma": [1.0, 2.0, 1.0]}}, []),
        ({"gating": "~ z", "priors": {"gamma[z]": [A, B, B]}}, [(1, 2)]),
        ({"formula": "y ~ x", "priors": {"x": [A, B, B]}}, [(1, 2)]),
        ({"formula": "y ~ x", "priors": {"x": [A, B, B], "beta[Intercept]": [A, B, A]}}, []),
        ({"family": ["normal", "normal", "student_t"], "priors": {"mu_normal": [A, A]}}, [(0, 1)]),
        ({"family": ["normal", "normal", "student_t"], "priors": {"mu_normal": [A, B]}}, []),
        ({"family": ["normal", "student_t", "student_t"], "priors": {"nu": [A, B]}}, []),
    ],
)
def test_which_components_nothing_tells_apart(arguments, alike):
    model = stanmix.Mixture(**{"formula": "y", "components": 3, **arguments})
    assert [*model.alike] == alike
    assert model.exchangeable == bool(alike)


VECTORS = {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal"}
STUDENTS = {"formula": "y", "family": "student_t"}


@pytest.mark.parametrize(
    ("arguments", "parameters", "without_component"),
    [
        ({"formula": "y"}, "theta mu sigma", ""),
        ({"formula": "y ~ x"}, "theta beta sigma", ""),
        ({"formula": "y ~ x", "gating": "~ z"}, "gamma beta sigma", ""),
        ({"formula": "y ~ x", "gating": "~ 1"}, "theta beta sigma", ""),
        ({"formula": "y", "shared": "sigma"}, "theta mu sigma", "sigma"),
        ({"formula": "y", "fixed": {"sigma": 1.0}}, "theta mu", ""),
        ({"formula": "y", "fixed": {"theta": [0.5, 0.5]}}, "mu sigma", ""),
        ({"formula": "y", "formulas": {"sigma": "~ z"}}, "theta mu beta_sigma", ""),
        ({"formula": "y", "formulas": {"sigma": "~ 1"}}, "theta mu sigma", ""),
        (
            {"formula": "y ~ x", "formulas": {"sigma": "~ z"}, "shared": "sigma"},
            "theta beta beta_sigma",
            "beta_sigma",
        ),
        (STUDENTS, "theta mu sigma nu", ""),
        ({**STUDENTS, "fixed": {"nu": 4.0}, "shared": "sigma"}, "theta mu sigma", "sigma"),
        ({"formula": "n", "family": "poisson"}, "theta mu", ""),
        ({"formula": "n ~ x", "family": "negative_binomial"}, "theta beta phi", ""),
        (VECTORS, "theta mu sigma", ""),
        ({**VECTORS, "shared": "sigma"}, "theta mu sigma", "sigma"),
    ],
)
def test_what_is_estimated_and_what_of_it_each_component_has(
    arguments, parameters, without_component
):
    model = stanmix.Mixture(components=2, **arguments)
    assert model.parameters == tuple(parameters.split())
    once = set(without_component.split())
    assert set(model.parameters) - set(model.component_parameters) == once


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ({"formula": "y"}, "y"),
        ({"formula": "log(y) ~ x * C(g) + poly(v, 2)"}, "y x g v"),
        ({"formula": "y ~ `a b` - 1"}, "y 'a b'"),
        ({"formula": "y ~ x", "gating": "~ z + x", "formulas": {"sigma": "~ 1"}}, "y x z"),
        ({"formula": "y", "formulas": {"sigma": "~ s"}, "group": "g"}, "y s g"),
        ({"formula": "y", "offset": "o", "weights": "w"}, "y o w"),
        ({**VECTORS, "weights": "w"}, "a b w"),
    ],
)
def test_the_columns_that_a_mixture_reads(arguments, read):
    assert stanmix.Mixture(components=2, **arguments).columns == set(shlex.split(read))


@pytest.mark.parametrize(
    ("arguments", "pooled", "orders"),
    [
        ({"covariance": "diagonal"}, "", "a b theta"),
        ({"covariance": "spherical"}, "sigma", "a b sigma theta"),
        ({"covariance": "diagonal", "mean": "common"}, "mu", "mu theta"),
        ({"covariance": "spherical", "mean": "common"}, "mu sigma", "mu sigma theta"),
        ({"covariance": "spherical", "shared": "sigma"}, "sigma", "a b theta"),
        ({"covariance": "spherical", "fixed": {"sigma": 1}}, "sigma", "a b theta"),
    ],
)
def test_what_columns_have_in_common_and_what_can_order(arguments, pooled, orders):
    model = stanmix.Mixture(components=2, **{**VECTORS, **arguments})
    assert model.pooled == set(pooled.split())
    assert model.orders() == tuple(orders.split())
    for order in model.orders():
        assert stanmix.Mixture(components=2, **{**VECTORS, **arguments}, order=order).order == order


@pytest.mark.parametrize(
    ("arguments", "orders"),
    [
        ({}, "mu sigma nu theta mean"),
        ({"shared": "nu"}, "mu sigma theta mean"),
        ({"fixed": {"sigma": 2.0}}, "mu nu theta mean"),
        ({"fixed": {"nu": 4.0}}, "mu sigma theta mean variance"),
        ({"formulas": {"sigma": "~ z"}}, "mu nu theta mean"),
        ({"gating": "~ z"}, "mu sigma nu mean"),
        ({"formula": "y ~ x"}, "sigma nu theta mean"),
    ],
)
def test_what_is_one_number_a_component_can_order(arguments, orders):
    assert stanmix.Mixture(components=2, **{**STUDENTS, **arguments}).orders() == tuple(
        orders.split()
    )


@pytest.mark.parametrize(
    ("arguments", "weights", "words"),
    [
        ({}, ("theta", False, False), ""),
        ({"fixed": {"theta": [0.2, 0.8]}}, ("theta", True, False), "known weights"),
        ({"gating": "~ z"}, ("gamma", False, True), "weights that depend on covariates"),
    ],
)
def test_where_weights_come_from(arguments, weights, words):
    found = stanmix.Mixture("y", 2, **arguments).weighting
    assert (found.name, found.known, found.gated) == weights
    assert found.words == words


def test_the_block_says_how_each_parameter_comes_about():
    model = stanmix.Mixture(
        "y ~ x",
        2,
        family="student_t",
        formulas={"sigma": "~ z", "nu": "~ 1"},
        shared=("sigma", "nu"),
    )
    found = {
        name: (one.linear, one.shared, one.known, one.by_column)
        for name, one in model.block.predictors.items()
    }
    assert list(found) == ["mu", "sigma", "nu"]
    assert found["mu"] == (True, False, False, False)
    assert found["sigma"] == (True, True, False, False)
    assert found["nu"] == (False, True, False, False)
    vectors = stanmix.Mixture(components=2, **VECTORS, fixed={"sigma": 1.0}).block.predictors
    assert vectors["mu"].by_column and vectors["sigma"].by_column and vectors["sigma"].known


def test_a_statement_differs_by_all_that_it_says():
    plain = {"formula": "y ~ x", "components": 2}
    others = [
        {"components": 3}, {"formula": "y ~ 0 + x"}, {"family": "student_t"}, {"order": "x"},
        {"shared": "sigma"}, {"fixed": {"sigma": 1.0}}, {"priors": {"x": stanmix.Normal(0, 1)}},
        {"priors": {"x": [stanmix.Normal(0, 1), stanmix.Normal(0, 1)]}},
        {"gating": "~ z"}, {"group": "g"}, {"weights": "w"}, {"offset": "o"},
        {"formulas": {"sigma": "~ z"}},
    ]  # fmt: skip
    models = [stanmix.Mixture(**plain), *(stanmix.Mixture(**{**plain, **one}) for one in others)]
    assert len({model: None for model in models}) == len(models)
    assert len({hash(model) for model in models}) == len(models)
    for model in models:
        again = stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict())))
        assert again == model and hash(again) == hash(model)


def test_known_values_in_a_list_are_of_the_components_that_have_the_parameter():
    """Of several families one after the other; those of one family may differ."""
    families = ["normal", "normal", "student_t"]
    model = stanmix.Mixture("y", 3, family=families, fixed={"sigma": [1.0, 1.0, 3.0], "nu": [4.0]})
    assert model.known == {"sigma_normal": [1.0, 1.0], "sigma_student_t": [3.0], "nu": [4.0]}
    assert model.alike == ((0, 1),)
    apart = stanmix.Mixture("y", 3, family=families, fixed={"sigma": [1.0, 2.0, 3.0]})
    assert apart.alike == ()
    assert apart.data({"y": [1.0, 2.0, 4.0, 5.0]})["sigma_normal"].tolist() == [1.0, 2.0]
    with pytest.raises(stanmix.InputError, match=r"one number a component \(3\)"):
        stanmix.Mixture("y", 3, family=families, fixed={"sigma": [1.0, 2.0]})
