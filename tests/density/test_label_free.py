"""Quantities without labels, against sums and sorts that are written out for each draw."""

from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix.density.label_free import column_names, label_free
from stanmix.program.lower import lower

S, K = 40, 3
LINES, MEANS = (lower(stanmix.Mixture(formula, K, order=None)) for formula in ("y ~ x", "y"))


@pytest.fixture
def draws():
    rng = np.random.default_rng(0)
    return {
        "theta": rng.dirichlet([2.0] * K, S),
        "beta": rng.normal(size=(S, K, 2)),
        "sigma": np.exp(rng.normal(size=(S, K))),
    }


def standardised(values):
    return (values - values.mean()) / values.std()


def test_each_quantity_of_a_draw(draws):
    names = {"beta": ("Intercept", "x")}
    found = label_free(draws, LINES, draws["beta"][..., 1], names=names)
    expected = {name: np.empty(S) for name in found}
    labels = {
        "theta": draws["theta"],
        "beta[Intercept]": draws["beta"][..., 0],
        "beta[x]": draws["beta"][..., 1],
        "sigma": draws["sigma"],
    }
    for s in range(S):
        theta, slope, sigma = (labels[name][s] for name in ("theta", "beta[x]", "sigma"))
        centre = np.prod(sigma) ** (1 / K)
        for name, values in labels.items():
            one = values[s]
            for k in range(K):
                expected[f"{name}, rank {k + 1}"][s] = sorted(one)[k]
                nth = list(slope).index(sorted(slope)[k])
                expected[f"{name}, component {k + 1}"][s] = one[nth]
            if name != "theta":
                expected[f"{name}, average by weight"][s] = sum(theta[k] * one[k] for k in range(K))
            if name != "sigma":
                expected[f"{name} with log sigma"][s] = sum(
                    one[k] * np.log(sigma[k] / centre) for k in range(K)
                )
    assert len(found) == 4 * 2 * K + 3 + 3
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], err_msg=name)


def test_labels_have_no_part_in_them(draws):
    rng = np.random.default_rng(1)
    perm = np.stack([rng.permutation(K) for _ in range(S)])
    switched = {
        name: np.stack([one[p] for one, p in zip(values, perm, strict=True)])
        for name, values in draws.items()
    }
    for order in (None, "sigma"):
        by, other_by = (None, None) if order is None else (draws[order], switched[order])
        one, other = label_free(draws, LINES, by), label_free(switched, LINES, other_by)
        assert set(one) == set(other)
        for name, values in one.items():
            np.testing.assert_allclose(values, other[name], rtol=1e-10, atol=1e-12, err_msg=name)


def test_they_compare_alike_in_any_unit_and_from_any_origin(draws):
    means = {"theta": draws["theta"], "mu": draws["beta"], "sigma": draws["sigma"]}
    unit, origin = 1000.0, np.array([-7e3, 5e3])
    moved = {**means, "mu": origin + unit * means["mu"], "sigma": unit * means["sigma"]}
    here, there = label_free(means, MEANS), label_free(moved, MEANS)
    for name, values in here.items():
        np.testing.assert_allclose(
            standardised(there[name]), standardised(values), atol=1e-8, err_msg=name
        )


def test_what_is_shared_has_no_rank(draws):
    shared = {"theta": draws["theta"], "sigma": np.exp(np.arange(2.0 * S).reshape(S, 2) / S)}
    plane = stanmix.Mixture(
        ["a", "b"], K, family="mvnormal", covariance="diagonal", shared=("sigma",)
    )
    found = label_free(shared, lower(plane), names={"sigma": ("a", "b")})
    assert set(found) == {f"theta, rank {k}" for k in (1, 2, 3)} | {"sigma[a]", "sigma[b]"}
    np.testing.assert_array_equal(found["sigma[b]"], shared["sigma"][:, 1])
    program = lower(stanmix.Mixture("y", K, shared=("sigma",)))
    alone = label_free({"mu": draws["theta"], "sigma": shared["sigma"][:, 0]}, program)
    np.testing.assert_array_equal(alone["sigma"], shared["sigma"][:, 0])


def test_what_belongs_together_tells_two_posteriors_of_the_same_ranks_apart():
    """The wide component is the upper one, or the lower: nothing else differs."""
    mu = np.tile([-1.0, 1.0], (S, 1))
    up, down = np.tile([1.0, 3.0], (S, 1)), np.tile([3.0, 1.0], (S, 1))
    one, other = (label_free({"mu": mu, "sigma": sigma}, MEANS) for sigma in (up, down))
    assert {name for name in one if not np.allclose(one[name], other[name])} == {
        "mu with log sigma"
    }
    np.testing.assert_allclose(one["mu with log sigma"], np.log(3.0))


def test_columns_are_called_what_the_draws_call_them():
    frame = {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 0.0, 1.0], "z": [0.0, 1.0, 2.0, 5.0]}
    lines = stanmix.Mixture("y ~ x", 2, gating="~ z")
    names = column_names(lower(lines), lines.matrices(frame))
    assert (names["beta"], names["gamma"]) == (("Intercept", "x"), ("Intercept", "z"))
    plane = stanmix.Mixture(["x", "z"], 2, family="mvnormal", covariance="diagonal")
    names = column_names(lower(plane), plane.matrices(frame))
    assert (names["mu"], names["sigma"]) == (("x", "z"), ("x", "z"))
    found = label_free({"mu": np.zeros((S, K, 2))}, lower(plane))
    assert set(found) == {f"mu[{j}], rank {k}" for j in (1, 2) for k in (1, 2, 3)}


def test_shapes_are_on_the_scale_of_their_link(draws):
    """A posterior of degrees of freedom or of a precision may have no mean."""
    program = lower(stanmix.Mixture("y", K, family="student_t", order=None))
    nu = np.exp(5 * draws["beta"][..., 0])
    own = {"theta": draws["theta"], "mu": draws["beta"][..., 1], "sigma": draws["sigma"], "nu": nu}
    found = label_free(own, program, draws["beta"][..., 1])
    ranks = np.sort(np.log(nu), axis=1)
    first = np.argmin(draws["beta"][..., 1], axis=1)
    np.testing.assert_allclose(found["log nu, rank 3"], ranks[:, 2], rtol=1e-12)
    np.testing.assert_allclose(
        found["log nu, component 1"], np.log(nu)[np.arange(S), first], rtol=1e-12
    )
    assert not any(name.startswith("nu") for name in found)
    shared = lower(stanmix.Mixture("y", K, family="student_t", shared="nu", order=None))
    found = label_free({**own, "nu": nu[:, 0]}, shared)
    np.testing.assert_allclose(found["log nu"], np.log(nu[:, 0]), rtol=1e-12)
