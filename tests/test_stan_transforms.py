from __future__ import annotations

import numpy as np
import pytest
from parameters_block import declarations
from stan_transforms import all_constrained

DATA = {"K": 3, "D": 2, "a": [0.5, -1.0], "b": [2.0, np.inf]}
KINDS = {
    "simplex": "simplex[K] x",
    "simplexes": "array[D] simplex[K] x",
    "ordered": "ordered[K] x",
    "positive and ordered": "positive_ordered[K] x",
    "free": "array[K] vector[D] x",
    "real": "real x",
    "above": "vector<lower=-1>[K] x",
    "below": "vector<upper=2>[K] x",
    "between": "real<lower=-1, upper=0.5> x",
    "each its own": "array[K] vector<lower=rep_array(a, K), upper=rep_array(b, K)>[D] x",
}
SIZES = {"simplex": 2, "simplexes": 4, "real": 1, "between": 1, "free": 6, "each its own": 6}


def read(kind, u):
    values, jacobian = all_constrained(declarations(f"parameters {{ {KINDS[kind]}; }}"), DATA, u)
    return values["x"], jacobian


def coordinates(kind, u):
    """As many of the values as there are degrees of freedom."""
    x = read(kind, u)[0]
    return (x[..., :-1] if "simplex" in kind else x).ravel()


@pytest.mark.parametrize("kind", KINDS)
def test_the_jacobian_is_that_of_differences(kind):
    rng = np.random.default_rng(0)
    for _ in range(5):
        u, step = rng.normal(size=SIZES.get(kind, 3)), 1e-6
        by_differences = [
            (coordinates(kind, u + step * e) - coordinates(kind, u - step * e)) / (2 * step)
            for e in np.eye(len(u))
        ]
        sign, expected = np.linalg.slogdet(by_differences)
        assert sign == (-1 if kind == "below" else 1)
        assert read(kind, u)[1] == pytest.approx(expected, abs=1e-7)


def test_the_values_keep_their_constraints():
    rng = np.random.default_rng(1)
    for _ in range(20):
        u = 3 * rng.normal(size=6)
        theta = read("simplexes", u[:4])[0]
        assert (theta > 0).all()
        np.testing.assert_allclose(theta.sum(axis=-1), 1, rtol=1e-12)
        assert (np.diff(read("ordered", u[:3])[0]) > 0).all()
        assert (np.diff(read("positive and ordered", u[:3])[0], prepend=0) > 0).all()
        assert (read("below", u[:3])[0] < 2).all()
        assert -1 < read("between", u[:1])[0] < 0.5
        x = read("each its own", u)[0]
        assert (x > DATA["a"]).all() and (x[:, 0] < 2).all() and x.shape == (3, 2)
        np.testing.assert_array_equal(read("free", u)[0], u.reshape(3, 2))


def test_zero_is_the_middle():
    np.testing.assert_allclose(read("simplex", np.zeros(2))[0], [1 / 3] * 3)
    np.testing.assert_allclose(read("between", np.zeros(1))[0], -0.25)
    np.testing.assert_allclose(read("ordered", np.zeros(3))[0], [0, 1, 2])
    np.testing.assert_allclose(read("positive and ordered", np.zeros(3))[0], [1, 2, 3])


@pytest.mark.parametrize("size", [3, 5])
def test_parameters_follow_each_other_and_use_all_there_is(size):
    parameters = declarations("parameters { simplex[D] theta; real<lower=0> sigma; vector[D] mu; }")
    u = np.array([0.3, -1.0, 5.0, 6.0])
    values, jacobian = all_constrained(parameters, DATA, u)
    assert list(values) == ["theta", "sigma", "mu"]
    z = 1 / (1 + np.exp(-0.3))
    np.testing.assert_allclose(values["theta"], [z, 1 - z])
    assert values["sigma"] == pytest.approx(np.exp(-1)) and values["sigma"].shape == ()
    np.testing.assert_array_equal(values["mu"], [5, 6])
    assert jacobian == pytest.approx(np.log(z * (1 - z)) - 1)
    with pytest.raises(ValueError, match=r"unconstrained values|reshape"):
        all_constrained(parameters, DATA, np.zeros(size))
