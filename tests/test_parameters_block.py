from __future__ import annotations

import numpy as np
import pytest
from independent import base
from parameters_block import Declaration, declarations, value_of
from rendered import COPIES, EXAMPLES

DATA = {
    "K": 3,
    "P": 2,
    "Q": 4,
    "D": np.int64(2),
    "sigma_lower": [0.1, 0.2],
    "sigma_upper": [5.0, np.inf],
    "nu_lower": 1.5,
}
PROGRAM = """
data {
  int K;  // parameters { real no; }
}
transformed data { real a = 1; }
parameters {
  simplex[K] theta;  // weights
  ordered[K] mu_ordered;
  array[K] vector[D - 1] mu_rest;  // a comment; with what ends a declaration
  array[K] vector<lower=rep_array(sigma_lower, K), upper=rep_array(sigma_upper, K)>[D] sigma_scaled;
  vector<lower=sigma_lower,
         upper=sigma_upper>[D] tau;
  positive_ordered[ K ] phi;
  real<lower=nu_lower> nu;
  real<upper=2 * K + 1> below; /* vector[K] not_there; */
  real free;
  array[K-1] vector[Q] gamma_free;
  array[2, K] simplex[P] table;
}
transformed parameters {
  vector[K] mu_scaled;
}
model {
}
"""


def test_every_known_form_is_read():
    found = {each.name: each for each in declarations(PROGRAM)}
    assert list(found) == [
        "theta", "mu_ordered", "mu_rest", "sigma_scaled", "tau", "phi", "nu", "below", "free",
        "gamma_free", "table",
    ]  # fmt: skip
    assert found["theta"] == Declaration("theta", "simplex", ("K",))
    assert found["gamma_free"] == Declaration("gamma_free", "vector", ("K - 1", "Q"))
    assert {name: each.shape(DATA) for name, each in found.items()} == {
        "theta": (3,), "mu_ordered": (3,), "mu_rest": (3, 1), "sigma_scaled": (3, 2), "tau": (2,),
        "phi": (3,), "nu": (), "below": (), "free": (), "gamma_free": (2, 4), "table": (2, 3, 2),
    }  # fmt: skip
    kinds = {"simplex": ["theta", "table"], "ordered": ["mu_ordered"], "positive_ordered": ["phi"]}
    for kind, names in kinds.items():
        assert [name for name, each in found.items() if each.kind == kind] == names


def test_bounds_are_those_of_the_data_value_by_value():
    found = {each.name: each.bounds(DATA) for each in declarations(PROGRAM)}
    infinite = {
        "theta": (3,), "mu_rest": (3, 1), "gamma_free": (2, 4), "free": (), "table": (2, 3, 2),
    }  # fmt: skip
    for name, shape in infinite.items():
        np.testing.assert_array_equal(found[name][0], np.full(shape, -np.inf))
        np.testing.assert_array_equal(found[name][1], np.full(shape, np.inf))
    np.testing.assert_array_equal(found["sigma_scaled"][0], [[0.1, 0.2]] * 3)
    np.testing.assert_array_equal(found["sigma_scaled"][1], [[5, np.inf]] * 3)
    np.testing.assert_array_equal(found["tau"], [[0.1, 0.2], [5, np.inf]])
    assert found["nu"] == (1.5, np.inf)
    assert found["below"] == (-np.inf, 7)


def test_an_empty_block_declares_nothing():
    assert declarations("data {\n}\nparameters {\n  // all is known\n}\nmodel {\n}\n") == ()


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ("corr_matrix[K] omega;", "cannot read the declaration"),
        ("matrix[K, P] beta;", "cannot read the declaration"),
        ("vector[sizes[1]] mu;", "cannot read the declaration"),
        ("real x = 3;", "cannot read the declaration"),
        ("real a, b;", "cannot read the declaration"),
        ("vector mu;", "no such sizes"),
        ("real[K] mu;", "no such sizes"),
        ("simplex<lower=0>[K] theta;", "no such sizes or bounds"),
        ("vector<offset=a, multiplier=b>[K] mu;", "cannot read the bounds"),
        ("vector<0, 1>[K] mu;", "cannot read the bounds"),
        ("vector<lower=a ./ b>[K] mu;", "cannot read"),
        ("vector[K] mu", "no ';' ends"),
    ],
)
def test_what_is_not_known_is_an_error(declaration, words):
    with pytest.raises(ValueError, match=words):
        declarations(f"parameters {{\n  {declaration}\n}}\n")


def test_a_program_without_one_block_of_parameters_is_an_error():
    for program in ("data {\n}\n", "transformed parameters {\n}\n", "parameters {} parameters {}"):
        with pytest.raises(ValueError, match="one block of parameters"):
            declarations(program)


@pytest.mark.parametrize(
    "expression", ["J", "K / 2", "max(K, 2)", "sigma_lower[1]", "'K'", "rep_array()", "K ** 2"]
)
def test_what_cannot_be_computed_from_the_data_is_an_error(expression):
    with pytest.raises(ValueError, match="cannot compute"):
        value_of(expression, DATA)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_shipped_programs_can_be_read(name):
    """Their size on the unconstrained scale, and their names, are Stan's (see test_program)."""
    model, frame = EXAMPLES[name]
    found = declarations((COPIES / f"{name}.stan").read_text())
    data = model.data(frame, priors="named")
    # Those that choose their priors by number have other bounds, and nothing else.
    of_fits = declarations(model.program())
    assert [(one.name, one.kind, one.sizes) for one in found] == [
        (one.name, one.kind, one.sizes) for one in of_fits
    ]
    for declaration in found:
        lower, upper = declaration.bounds(data)
        assert lower.shape == declaration.shape(data) and (lower < upper).all()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_shipped_programs_have_the_constraints_of_their_statements(name):
    model, frame = EXAMPLES[name]
    data, found = model.data(frame), declarations(model.program())
    by_name = {base(declaration): declaration for declaration in found}
    for key in data:
        parameter, _, end = key.rpartition("_")
        if end in ("lower", "upper"):
            bound = by_name[parameter].bounds(data)[end == "upper"]
            np.testing.assert_array_equal(bound, np.broadcast_to(data[key], bound.shape))
    if "sigma" in by_name:
        positive = by_name["sigma"].kind == "positive_ordered"
        assert positive or (by_name["sigma"].bounds(data)[0] >= 0).all()
    ordered = [each.name for each in found if each.kind in ("ordered", "positive_ordered")]
    assert len(ordered) == (model.order not in (None, "auto", "theta"))
