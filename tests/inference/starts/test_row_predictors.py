"""Parameters at rows, of quantities; bounds of predictors from default priors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.inference.starts.row_predictors import WIDER, row_predictor
from stanmix.model.parameters import LOG
from stanmix.program.lower import lower

RNG = np.random.default_rng(4)
N, K = 30, 2
FRAME = {
    "y": RNG.normal(size=N),
    "y2": RNG.normal(size=N),
    "n": RNG.poisson(4, N),
    "x": 50 + 1e4 * RNG.normal(size=N),
    "z": RNG.normal(size=N),
    "o": RNG.normal(size=N),
}
ONES = np.ones(N)
WITH_X, WITH_Z = np.column_stack([ONES, FRAME["x"]]), np.column_stack([ONES, FRAME["z"]])
COUNTS = {"formula": "n ~ x", "family": "negative_binomial", "formulas": {"phi": "~ z"}}
VECTORS = {"formula": ["y", "y2"], "family": "mvnormal"}


def predictor(of, known=None, floor=(0.01,), **stated):
    model = stanmix.Mixture(components=K, order=None, **stated)
    program, design = lower(model), model.matrices(FRAME)
    return row_predictor(program, program.parts[0], program.of(of), design, known, np.array(floor))


BETA = RNG.normal(size=(K, 2)) * [1.0, 1e-5]
AT_ROWS = {
    "linear": ({"formula": "y ~ x"}, "mu", BETA, WITH_X @ BETA.T),
    "log": (COUNTS, "phi", BETA, np.exp(WITH_Z @ BETA.T)),
    "log with offset": (
        {**COUNTS, "offset": "o"},
        "mu",
        BETA,
        np.exp(WITH_X @ BETA.T + FRAME["o"][:, None]),
    ),
    # An offset is the location's alone.
    "beside an offset": ({**COUNTS, "offset": "o"}, "phi", BETA, np.exp(WITH_Z @ BETA.T)),
    "constant": ({"formula": "y"}, "sigma", np.array([0.5, 2.0]), np.array([0.5, 2.0])),
    "constant with offset": (
        {"formula": "n", "family": "poisson", "offset": "o"},
        "mu",
        np.array([0.5, 2.0]),
        np.exp(FRAME["o"])[:, None] * [0.5, 2.0],
    ),
    "columns": (
        {**VECTORS, "covariance": "diagonal"},
        "mu",
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1.0, 2.0], [3.0, 4.0]]),
    ),
    "one of all columns": (
        {**VECTORS, "covariance": "spherical"},
        "sigma",
        np.array([1.0, 2.0]),
        np.array([[1.0], [2.0]]),
    ),
}


@pytest.mark.parametrize("name", AT_ROWS)
def test_the_parameter_at_rows(name):
    stated, of, values, expected = AT_ROWS[name]
    one = predictor(of, floor=(0.01, 0.01), **stated)
    found = one.at_rows(values)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", AT_ROWS)
def test_coefficients_there_and_back(name):
    stated, of, values, _ = AT_ROWS[name]
    one = predictor(of, floor=(0.01, 0.01), **stated)
    coefficients = one.coefficients(values)
    assert coefficients.ndim == 2 and len(coefficients) == K
    np.testing.assert_allclose(one.values(coefficients), values, rtol=1e-12)
    np.testing.assert_allclose(one.inverse(one.linear(coefficients)), one.at_rows(values))


def test_covariates_are_brought_to_about_one_size():
    one = predictor("mu", formula="y ~ x")
    np.testing.assert_allclose((one.X**2).mean(axis=0), 1)
    np.testing.assert_allclose(one.X * one.length, WITH_X)


@pytest.mark.parametrize(
    ("formulas", "constant"), [({"sigma": "~ z"}, 1.3), ({"sigma": "~ 0 + g"}, -0.4)]
)
def test_a_quantity_whose_predictor_is_constant(formulas, constant):
    frame = {**FRAME, "g": np.resize(["a", "b", "c"], N)}
    model = stanmix.Mixture("y", K, order=None, formulas=formulas)
    program = lower(model)
    one = row_predictor(
        program,
        program.parts[0],
        program.of("sigma"),
        model.matrices(frame),
        None,
        np.array([1e-3]),
    )
    values = one.of_constant(np.array([constant, 2 * constant]))
    np.testing.assert_allclose(one.at_rows(values), np.exp(constant * np.outer(ONES, [1, 2])))


PRIORS = {  # default priors of shapes, by SciPy
    "nu": stats.gamma(2, scale=10),
    "phi": stats.invgamma(0.4, scale=0.3),
}


@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize("formulas", [{}, "~ z"])
def test_a_shape_is_held_between_quantiles_of_its_default_prior(name, formulas):
    family = "student_t" if name == "nu" else "negative_binomial"
    stated = {name: formulas} if formulas else {}
    one = predictor(name, formula="n", family=family, formulas=stated)
    low, middle, high = np.log(PRIORS[name].ppf([0.001, 0.5, 0.99]))
    wider = WIDER if formulas else 0.0
    assert one.middle == pytest.approx(middle)
    assert (one.low, one.high) == pytest.approx((low - wider, high + wider))
    if not formulas:
        held = one.values(np.array([[-50.0], [50.0]]))
        np.testing.assert_allclose(held, PRIORS[name].ppf([0.001, 0.99]))


def test_a_scale_is_not_below_the_floor_and_a_location_is_free():
    by_column = predictor("sigma", floor=(0.1, 0.3), **VECTORS, covariance="diagonal")
    np.testing.assert_allclose(
        by_column.values(np.full((K, 2), -9.0)), np.broadcast_to([0.1, 0.3], (K, 2))
    )
    common = predictor("sigma", floor=(0.1, 0.3), **VECTORS, covariance="spherical")
    np.testing.assert_allclose(common.values(np.full((K, 1), -9.0)), [0.2, 0.2])
    location = predictor("mu", formula="y")
    assert location.free and not common.free
    np.testing.assert_array_equal(location.values(np.array([[-1e9], [1e9]])), [-1e9, 1e9])


def test_a_positive_parameter_is_finite_and_not_zero_wherever_its_predictor_is():
    one = predictor("phi", **COUNTS)
    at = one.inverse(np.array([-np.inf, -1e5, 0.0, 1e5, np.inf]))
    np.testing.assert_allclose(
        np.log(at), [LOG.reach[0], LOG.reach[0], 0, LOG.reach[1], LOG.reach[1]]
    )
