from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, special, stats

from stanmix.inference.starts.multivariate_em import MultivariateEM

RNG = np.random.default_rng(0)
Y = np.concatenate(
    [RNG.normal([-2, 0], [1, 0.6], (60, 2)), RNG.normal([2, 1], [0.7, 1.2], (40, 2))]
)
HALVES = np.eye(2)[(Y[:, 0] > 0).astype(int)]
SHAPES = list(itertools.product([True, False], repeat=3))


def em_of(spherical=False, common=False, shared=False, **known):
    ones = np.ones((len(Y), 1))
    return MultivariateEM(Y, ones, spherical=spherical, common=common, shared_sigma=shared, **known)


def log_likelihood(theta, mu, sigma):
    terms = [
        np.log(theta[k]) + stats.multivariate_normal.logpdf(Y, mu[k], np.diag(sigma[k] ** 2))
        for k in range(2)
    ]
    return special.logsumexp(terms, axis=0).sum()


def unpacked(u, spherical, common, shared):
    theta = special.softmax([u[0], 0.0])
    means, u = (u[1:3], u[3:]) if common else (u[1:5], u[5:])
    mu = np.repeat(means[:, None], 2, axis=1) if common else means.reshape(2, 2)
    rows = np.exp(u).reshape(1 if shared else 2, -1)
    return theta, mu, np.broadcast_to(rows, (2, 2))


@pytest.mark.parametrize(("spherical", "common", "shared"), SHAPES)
def test_the_optimum_is_that_of_a_general_optimiser(spherical, common, shared):
    shape = (spherical, common, shared)
    state = em_of(*shape).run(HALVES, steps=3000)
    scales = state.sigma[:, None] if spherical else state.sigma
    values = (state.theta, state.beta, np.broadcast_to(scales, (2, 2)))
    assert state.log_likelihood == pytest.approx(log_likelihood(*values), abs=1e-9)
    start = [0.4] + ([-1, 1.5] if common else [-2, 0, 2, 1])
    start += [0.0] * ((1 if shared else 2) * (1 if spherical else 2))
    direct = optimize.minimize(
        lambda u: -log_likelihood(*unpacked(u, *shape)), start, method="BFGS", tol=1e-7
    )
    assert state.log_likelihood == pytest.approx(-direct.fun, abs=1e-4)
    np.testing.assert_allclose(state.beta, unpacked(direct.x, *shape)[1], atol=5e-3)


def test_the_log_likelihood_never_falls():
    em = em_of(common=True)
    values = [em.run(HALVES, steps=n).log_likelihood for n in range(1, 30)]
    assert (np.diff(values) > -1e-9).all()


def test_what_is_known_stays():
    theta, sigma = np.array([0.3, 0.7]), np.array([[1.0, 2.0], [3.0, 4.0]])
    state = em_of(theta=theta, sigma=sigma).run(HALVES)
    np.testing.assert_array_equal(state.theta, theta)
    np.testing.assert_array_equal(state.sigma, sigma)
    assert state.log_likelihood == pytest.approx(log_likelihood(theta, state.beta, sigma), abs=1e-9)
