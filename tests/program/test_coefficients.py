"""Numbers of coefficients, and what is made of them."""

import numpy as np
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted

import stanmix
from stanmix.errors import InputError
from stanmix.program import coefficients

RNG = np.random.default_rng(3)
FRAME = {
    "y": RNG.normal(size=30),
    "x": RNG.normal(40, 2, size=30),
    "z": RNG.normal(size=30),
    "g": np.resize(list("abc"), 30),
    "c": RNG.choice(list("abc"), 30),
}
NUMBERS = np.array([[1, 2, 0, 3], [4, 2, 5, 0]])
ROWS = np.array([[1.0, 2.0, 0.0, 3.0], [4.0, 2.0, 5.0, 0.0]])


def numbers(formula, components, of="beta", **stated):
    return np.asarray(
        stanmix.Mixture(formula, components, **stated).data(FRAME)[f"{of}_number"]
    ).tolist()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (numbers("y ~ x + z", 2, shared="z"), [[1, 2, 3], [4, 5, 3]]),
        (numbers("y ~ x + g", 2, shared=("g",)), [[1, 2, 3, 4], [5, 6, 3, 4]]),
        (numbers("y ~ x + g", 2, shared=("g[T.b]",)), [[1, 2, 3, 4], [5, 6, 3, 7]]),
        (numbers("y ~ x", 2, shared=("Intercept", "beta[x]")), [[1, 2], [1, 2]]),
        (numbers("y ~ x", 2, shared=("1",)), [[1, 2], [1, 3]]),
        (numbers(["y ~ x", "y", "y ~ x"], 3), [[1, 2], [3, 0], [4, 5]]),
        (numbers(["y ~ x", "y", "y ~ x + z"], 3, shared="x"), [[1, 2, 0], [3, 0, 0], [4, 2, 5]]),
        (
            numbers("y", 2, "beta_sigma", formulas={"sigma": "~ z + x"}, shared="beta_sigma[x]"),
            [[1, 2, 3], [4, 5, 3]],
        ),
        (numbers("y", 2, "beta_sigma", formulas={"sigma": ["~ z", "~ 1"]}), [[1, 2], [3, 0]]),
        (
            numbers(["c ~ x", "c ~ x + z"], 2, family="categorical", shared="x"),
            [[[1, 2, 0], [3, 4, 0]], [[5, 2, 6], [7, 4, 8]]],
        ),
        (
            numbers(
                ["y ~ x", "y", "y ~ z"], 3, "beta_student_t",
                family=["normal", "student_t", "student_t"],
            ),
            [[1, 0, 0], [2, 0, 3]],
        ),
        (
            numbers(
                ["y ~ x", "y", "y ~ z"], 3, "beta_normal", shared="beta_student_t[z]",
                family=["normal", "student_t", "student_t"],
            ),
            [[1, 2, 0]],
        ),
    ],
)  # fmt: skip
def test_numbers(found, expected):
    assert found == expected


def test_columns_of_components_by_their_numbers():
    np.testing.assert_array_equal(coefficients.joined(np.arange(1.0, 6), NUMBERS), ROWS)
    np.testing.assert_array_equal(coefficients.gathered(ROWS, NUMBERS), np.arange(1.0, 6))
    np.testing.assert_array_equal(
        coefficients.own(NUMBERS), [[True, False, False, True], [True, False, True, False]]
    )
    apart = ROWS + np.array([[0, 1, 0, 0], [0, 3, 0, 0]])
    np.testing.assert_array_equal(coefficients.gathered(apart, NUMBERS), [1, 4, 3, 4, 5])
    of_vectors = NUMBERS[:, None] + np.where(NUMBERS > 0, 5, 0)[:, None] * [[0], [1]]
    different = np.arange(1.0, 11)
    rows = coefficients.joined(different, of_vectors)
    np.testing.assert_array_equal(rows[:, 0], ROWS)
    np.testing.assert_array_equal(rows[:, 1], np.where(ROWS > 0, ROWS + 5, 0))
    np.testing.assert_array_equal(coefficients.gathered(rows, of_vectors), different)
    several = np.stack([ROWS, apart])
    first = coefficients.first_of_each(several, NUMBERS)
    np.testing.assert_array_equal(first[0], ROWS)
    np.testing.assert_array_equal(first[1, :, 1], [3.0, 3.0])


@pytest.mark.parametrize(
    ("place", "match"), [((1, 1), "'b' is shared"), ((0, 2), "component 1 has no 'c'")]
)
def test_coefficients_that_are_none_are_refused(place, match):
    coefficients.check("beta", ROWS, NUMBERS, "abcd")
    wrong = np.stack([ROWS, ROWS])
    wrong[(1, *place)] += 0.01
    with pytest.raises(InputError, match=match):
        coefficients.check("beta", wrong, NUMBERS, "abcd")


STATED = {
    "an intercept in common, far from zero": {
        "formula": "y ~ x + z", "shared": ("Intercept", "z"),
        "priors": {"Intercept": stanmix.Normal(3, 2), "x": stanmix.Normal(1, 1)},
    },
    "a component without an intercept": {"formula": ["y ~ x", "y ~ 0 + x"]},
    "scales": {
        "formula": "y ~ x", "shared": ("x", "beta_sigma[z]"), "formulas": {"sigma": "~ z + x"},
    },
    "scales by component": {"formula": "y", "formulas": {"sigma": ["~ z + x", "~ z"]}},
    "categories": {"formula": "c ~ x + z", "family": "categorical", "shared": ("x", "Intercept")},
    "categories by component": {"formula": ["c ~ x", "c ~ z"], "family": "categorical"},
    "priors by component": {
        "formula": ["y ~ x", "y ~ z"], "priors": {"x": [stanmix.Normal(0, 1)] * 2},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
@pytest.mark.parametrize("priors", ["coded", "named"])
def test_the_density_is_that_of_scipy(name, priors):
    model = stanmix.Mixture(components=2, **STATED[name])
    data = model.data(FRAME)
    points = random_points(model, data, 4, seed=5)
    expected = np.array([log_posterior(model, data, u) for u in points])
    found = interpreted(model, model.data(FRAME, priors=priors), points, priors=priors)[:, 0]
    apart = found - expected  # statements with a tilde leave out what is the same everywhere
    np.testing.assert_allclose(apart, apart[0] if priors == "named" else 0, atol=1e-8)


def test_in_one_component_everything_shared_is_a_regression():
    shared = stanmix.Mixture("y ~ x + g", 1, shared=("Intercept", "x", "g"))
    plain = stanmix.Mixture("y ~ x + g", 1)
    points = np.random.default_rng(0).normal(size=(3, 5))
    found, expected = (interpreted(each, each.data(FRAME), points) for each in (shared, plain))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_covariates_stay_where_a_shared_constant_would_change():
    data = stanmix.Mixture("y ~ x + z", 2, shared=("Intercept", "z")).data(FRAME)
    assert data["X_centre"][1] == 0.0 and data["X_centre"][2] != 0.0 and data["X_ones"][0] == 1
    alone = stanmix.Mixture(["y ~ x", "y ~ 0 + x"], 2).data(FRAME)
    assert not np.any(alone["X_centre"]) and not np.any(alone["X_ones"])
    assert alone["y_centre"] == 0.0
    free = stanmix.Mixture(["y ~ x", "y"], 2).data(FRAME)
    assert free["X_centre"][1] != 0.0 and free["y_centre"] != 0.0


def test_another_unit_of_the_data_is_another_unit_of_the_parameters():
    """Whatever components share or lack: the density is the same but for the unit of y."""
    other = {**FRAME, "y": 100 + 1000 * FRAME["y"], "x": FRAME["x"] / 60 - 5}
    for stated in ({"formula": "y ~ x + z", "shared": ("z",)}, {"formula": ["y ~ x", "y ~ z"]}):
        model = stanmix.Mixture(components=2, **stated)
        points = random_points(model, model.data(FRAME), 3, seed=5)
        first, second = (interpreted(model, model.data(each), points) for each in (FRAME, other))
        np.testing.assert_allclose(first, second, rtol=1e-8, atol=1e-8)
