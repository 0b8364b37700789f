from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import optimize, stats

import stanmix
from stanmix.inference.starts.em import EM
from stanmix.inference.starts.newton import LOWEST, WIDTH, Weighted, newton
from stanmix.program.lower import lower

RNG = np.random.default_rng(5)
N = 250
X, Z = RNG.normal(size=(2, N))
FRAME = {"y": 1 + 2 * X + np.exp(0.3 * Z) * RNG.standard_t(4, N), "x": X, "z": Z}
WEIGHTS = RNG.uniform(0, 2, size=(N, 2))
# All parameters at rows but the one in turn: two components.
OTHERS = {
    "mu": 1 + 2 * X[:, None] + np.zeros(2),
    "sigma": np.array([1.0, 1.3]),
    "nu": np.array([4.0, 6.0]),
}
BEGIN = {"mu": [[0.0, 1.0]], "sigma": [[0.5, 0.0]], "nu": [[1.0, 0.0]]}


def predictors(shared=()):
    """Predictors of all parameters of a Student t, each by covariates of length one."""
    model = stanmix.Mixture(
        "y ~ x",
        2,
        family="student_t",
        formulas={"sigma": "~ z", "nu": "~ z"},
        shared=shared,
        order=None,
    )
    return EM(lower(model), model.matrices(FRAME)).parts[0].predictors


def density_of(name):
    def density(at_rows):
        values = {**OTHERS, name: at_rows}
        return stats.t.logpdf(FRAME["y"][:, None], values["nu"], values["mu"], values["sigma"])

    return density


def fitted(name, shared=(), rounds=30):
    one = predictors(shared)[name]
    rows = Weighted(one, density_of(name), WEIGHTS)
    found, here = np.repeat(BEGIN[name], 2, axis=0) * one.length, None
    width = WIDTH * OTHERS["sigma"] if name == "mu" else WIDTH
    for _ in range(rounds):
        found, here = newton(rows, found, width, here)
    np.testing.assert_allclose(here, density_of(name)(one.inverse(one.linear(found))), rtol=1e-12)
    return found / one.length


def linear(name, coefficients):
    return coefficients[0] + coefficients[1] * (X if name == "mu" else Z)


def value(name, coefficients):
    found = linear(name, coefficients)
    return (found if name == "mu" else np.exp(found))[:, None]


@pytest.mark.parametrize("name", ["mu", "sigma", "nu"])
def test_each_component_reaches_the_optimum_of_a_general_optimiser(name):
    found = fitted(name)
    for k in range(2):

        def negative(u, k=k):
            return -(WEIGHTS[:, k] @ density_of(name)(value(name, u))[:, k])

        direct = optimize.minimize(negative, BEGIN[name][0], method="BFGS", tol=1e-7)
        assert negative(found[k]) == pytest.approx(direct.fun, abs=1e-6)
        np.testing.assert_allclose(found[k], direct.x, atol=2e-3)


@pytest.mark.parametrize("name", ["sigma", "nu"])
def test_what_is_common_is_fitted_to_the_rows_of_all(name):
    found = fitted(name, shared=(name,))
    assert found.shape == (1, 2)

    def negative(u):
        return -(WEIGHTS * density_of(name)(value(name, u))).sum()

    direct = optimize.minimize(negative, BEGIN[name][0], method="BFGS", tol=1e-7)
    np.testing.assert_allclose(found[0], direct.x, atol=2e-3)


@pytest.mark.parametrize("name", ["mu", "sigma", "nu"])
def test_no_component_falls_from_wherever_it_begins(name):
    one = predictors()[name]
    rows = Weighted(one, density_of(name), WEIGHTS)
    for _ in range(50):
        begin = RNG.normal(size=(2, 2)) * (20 if name == "mu" else 1)
        before = rows.fit(rows.at(one.linear(begin)))
        found, here = newton(rows, begin)
        assert (rows.fit(here) >= before).all()
        assert np.isfinite(found).all()


def test_rows_of_weight_zero_do_not_count_even_where_they_are_impossible():
    one = predictors()["mu"]
    impossible, weights = X > 0, np.where(X[:, None] > 0, 0.0, WEIGHTS)

    def density(at_rows):
        found = density_of("mu")(at_rows)
        return np.where(impossible[:, None], -np.inf, found)

    found, here = newton(Weighted(one, density, weights), np.zeros((2, 2)))
    assert (here[impossible] == LOWEST).all()
    expected, _ = newton(Weighted(one, density_of("mu"), weights), np.zeros((2, 2)))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_predictor_stays_between_its_bounds_at_all_rows():
    one = dataclasses.replace(predictors()["nu"], low=np.log(2.0), high=np.log(5.0))

    def density(at_rows):
        return np.log(at_rows) * np.where(Z > 0, 1.0, -1.0)[:, None]

    begin = np.full((2, 2), [np.log(3.0), 0.0])
    found, _ = newton(Weighted(one, density, WEIGHTS), begin)
    at_rows = np.exp(one.linear(found))
    assert at_rows.max() == pytest.approx(5.0) or at_rows.min() == pytest.approx(2.0)
    assert ((at_rows > 2 - 1e-9) & (at_rows < 5 + 1e-9)).all()
