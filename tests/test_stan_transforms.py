from __future__ import annotations

import numpy as np
import pytest
import stanli
from parameters_block import declarations
from scipy import special
from stan_transforms import (
    all_constrained,
    isometric_log_ratio,
    simplex_of,
    stick_breaking,
)

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


SIMPLEXES = [isometric_log_ratio, stick_breaking]
both = pytest.mark.parametrize("simplex", SIMPLEXES, ids=lambda simplex: simplex.__name__)


def read(kind, u, simplex=isometric_log_ratio):
    found = declarations(f"parameters {{ {KINDS[kind]}; }}")
    values, jacobian = all_constrained(found, DATA, u, simplex)
    return values["x"], jacobian


def coordinates(kind, u, simplex):
    """As many of the values as there are degrees of freedom."""
    x = read(kind, u, simplex)[0]
    return (x[..., :-1] if "simplex" in kind else x).ravel()


@both
@pytest.mark.parametrize("kind", KINDS)
def test_the_jacobian_is_that_of_differences(kind, simplex):
    rng = np.random.default_rng(0)
    for _ in range(5):
        u, step = rng.normal(size=SIZES.get(kind, 3)), 1e-6
        by_differences = [
            (coordinates(kind, u + e, simplex) - coordinates(kind, u - e, simplex)) / (2 * step)
            for e in step * np.eye(len(u))
        ]
        sign, expected = np.linalg.slogdet(by_differences)
        assert sign == (-1 if kind == "below" else 1)
        assert read(kind, u, simplex)[1] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_those_of_stan(kind):
    """A program without a density has the log Jacobian alone."""
    sizes = "data { int K; int D; vector[D] a; vector[D] b; }"
    stan = stanli.Model(stan_code=f"{sizes} parameters {{ {KINDS[kind]}; }}", data=DATA)
    rng = np.random.default_rng(2)
    for _ in range(5):
        u = rng.normal(size=SIZES.get(kind, 3))
        x, jacobian = read(kind, u)
        in_order = x.ravel(order="F").tolist() if x.shape else float(x)  # first index fastest
        np.testing.assert_allclose(stan.unconstrain({"x": in_order}), u, rtol=1e-10)
        assert stan.log_prob_grad(u)[0] == pytest.approx(jacobian, rel=1e-12, abs=1e-14)


def test_breaks_of_a_stick_are_logits_of_what_is_left():
    """Stan before 2.37: at zero all weights are equal."""
    theta = np.array([0.1, 0.4, 0.2, 0.3])
    part = theta[:-1] / theta[::-1].cumsum()[:0:-1]
    u = special.logit(part) + np.log([3, 2, 1])
    np.testing.assert_allclose(stick_breaking(u)[0], theta, rtol=1e-12)
    np.testing.assert_allclose(stick_breaking(np.zeros(3))[0], [0.25] * 4, rtol=1e-12)


def test_a_simplex_is_that_of_the_version():
    assert simplex_of((2, 36, 1)) is stick_breaking is simplex_of((2, 33, 0))
    assert simplex_of((2, 37, 0)) is isometric_log_ratio is simplex_of((3, 0))


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
    z = 1 / (1 + np.exp(-0.3 * np.sqrt(2)))
    np.testing.assert_allclose(values["theta"], [z, 1 - z])
    assert values["sigma"] == pytest.approx(np.exp(-1)) and values["sigma"].shape == ()
    np.testing.assert_array_equal(values["mu"], [5, 6])
    assert jacobian == pytest.approx(np.log(np.sqrt(2) * z * (1 - z)) - 1)
    with pytest.raises(ValueError, match=r"unconstrained values|reshape"):
        all_constrained(parameters, DATA, np.zeros(size))
