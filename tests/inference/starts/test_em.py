from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from stanmix.inference.starts.em import EM

RNG = np.random.default_rng(0)
Y = np.concatenate([RNG.normal(-2, 1, 60), RNG.normal(3, 0.5, 40)])
HALVES = np.eye(2)[(Y > 0).astype(int)]


def negative_log_likelihood(u):
    p = 1 / (1 + np.exp(-u[0]))
    density = p * stats.norm.pdf(Y, u[1], np.exp(u[3])) + (1 - p) * stats.norm.pdf(
        Y, u[2], np.exp(u[4])
    )
    return -np.log(density).sum()


def test_the_optimum_is_that_of_a_general_optimiser():
    state = EM(Y, np.ones((100, 1))).run(HALVES)
    direct = optimize.minimize(
        negative_log_likelihood, [0.4, -2, 3, 0, -0.7], method="BFGS", tol=1e-9
    )
    assert state.log_likelihood == pytest.approx(-direct.fun, abs=1e-6)
    np.testing.assert_allclose(state.beta[:, 0], direct.x[1:3], atol=1e-3)


def test_one_component_is_least_squares():
    X = np.column_stack([np.ones(100), RNG.normal(size=100) * 1e4])
    state = EM(Y, X).run(np.ones((100, 1)))
    beta, squares, *_ = np.linalg.lstsq(X, Y, rcond=None)
    np.testing.assert_allclose(state.beta[0], beta, rtol=1e-6)
    np.testing.assert_allclose(state.sigma[0], np.sqrt(squares[0] / 100), rtol=1e-6)


def test_the_log_likelihood_never_falls():
    em = EM(Y, np.ones((100, 1)))
    start = RNG.dirichlet([1, 1], size=100)
    values = [em.run(start, steps=n).log_likelihood for n in range(1, 30)]
    assert (np.diff(values) > -1e-9).all()


def test_known_and_shared_parameters_stay():
    theta, sigma = np.array([0.6, 0.4]), np.array([1.0, 0.5])
    state = EM(Y, np.ones((100, 1)), theta=theta, sigma=sigma).run(HALVES)
    np.testing.assert_array_equal(state.theta, theta)
    np.testing.assert_array_equal(state.sigma, sigma)
    shared = EM(Y, np.ones((100, 1)), shared_sigma=True).run(HALVES)
    assert shared.sigma[0] == shared.sigma[1]


def test_weights_count_rows():
    weights = RNG.integers(1, 4, 100).astype(float)
    weighted = EM(Y, np.ones((100, 1))).run(HALVES, weights)
    index = np.repeat(np.arange(100), weights.astype(int))
    repeated = EM(Y[index], np.ones((len(index), 1))).run(HALVES[index])
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, abs=1e-5)


def test_without_a_component_is_em_of_the_others():
    sigma = np.array([2.0, 1.0, 0.5])
    smaller = EM(Y, np.ones((100, 1)), sigma=sigma).without(0)
    alone = EM(Y, np.ones((100, 1)), sigma=sigma[1:])
    found, expected = smaller.run(HALVES), alone.run(HALVES)
    np.testing.assert_array_equal(found.beta, expected.beta)
    np.testing.assert_array_equal(found.sigma, sigma[1:])
    assert found.log_likelihood == expected.log_likelihood
