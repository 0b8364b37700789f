from __future__ import annotations

import numpy as np
from scipy import optimize, special

from stanmix.inference.starts.weighted_fits import multinomial_logit, poisson_log_linear

RNG = np.random.default_rng(3)
X = np.column_stack([np.ones(80), RNG.normal(size=80)])


def test_poisson_regressions_reach_the_optimum_of_a_general_optimiser():
    y = RNG.poisson(np.exp(1 + 0.5 * X[:, 1])).astype(float)
    offset, weights = 0.1 * RNG.normal(size=80), RNG.uniform(0, 2, size=(80, 2))
    beta = np.zeros((2, 2))
    for _ in range(10):
        beta = poisson_log_linear(y, X, offset, weights, beta)
    for k in range(2):

        def negative(b, k=k):
            eta = X @ b + offset
            return -(weights[:, k] @ (y * eta - np.exp(eta)))

        direct = optimize.minimize(negative, [0.0, 0.0], method="BFGS", options={"gtol": 1e-7})
        np.testing.assert_allclose(beta[k], direct.x, atol=1e-5)


def test_weights_by_covariates_reach_the_optimum_of_a_general_optimiser():
    shares = RNG.dirichlet([1, 1, 1], size=80) * RNG.uniform(0.5, 2, size=(80, 1))
    gamma = np.zeros((3, 2))
    for _ in range(10):
        gamma = multinomial_logit(X, shares, gamma)

    def negative(free):
        logits = np.column_stack([np.zeros(80), X @ free.reshape(2, 2).T])
        return -(shares * special.log_softmax(logits, axis=1)).sum()

    direct = optimize.minimize(negative, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    np.testing.assert_allclose((gamma[1:] - gamma[0]).ravel(), direct.x, atol=1e-4)
    np.testing.assert_allclose(gamma.sum(axis=0), 0, atol=1e-12)


def test_a_component_of_zeros_stays_finite():
    beta = np.zeros((1, 1))
    for _ in range(200):
        beta = poisson_log_linear(np.zeros(5), np.ones((5, 1)), np.zeros(5), np.ones((5, 1)), beta)
    assert -30 < beta[0, 0] < -5


def test_rows_of_weight_zero_do_not_count_however_far_off():
    """From coefficients that pass through few rows, means elsewhere are beyond any number."""
    rng = np.random.default_rng(0)
    x = np.concatenate([np.linspace(-0.01, 0, 25), np.linspace(0.1, 1, 25)])
    X = np.column_stack([np.ones(50), x])
    y = rng.poisson(3, 50).astype(float)
    weights = np.repeat([1.0, 0.0], 25)[:, None]
    none = np.zeros(50)

    def target(beta):
        eta = X[:25] @ beta[0]
        return float((y[:25] * eta - np.exp(eta)).sum())

    begin = np.array([[0.0, 800.0]])
    far = poisson_log_linear(y, X, none, weights, begin)
    assert target(far) > target(begin)
    alone = poisson_log_linear(y[:25], X[:25], none[:25], weights[:25], begin)
    np.testing.assert_allclose(far, alone, rtol=1e-9)
