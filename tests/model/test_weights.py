"""Weights of the components at rows."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.model.weights import DIRICHLET, GATING, KNOWN

RNG = np.random.default_rng(3)
S, K, Q, M = 4, 3, 2, 5


def test_constant_weights_are_the_same_at_all_rows():
    theta = RNG.dirichlet(np.ones(K), size=S)
    theta[0] = [0.0, 0.25, 0.75]
    for weights in (DIRICHLET, KNOWN):
        found = weights.log({"theta": theta}, None)
        assert found.shape == (S, 1, K)
        np.testing.assert_allclose(np.exp(found[:, 0]), theta)
    assert found[0, 0, 0] == -np.inf


def test_weights_of_rows_are_the_softmax_of_their_predictors():
    gamma, Z = RNG.normal(size=(S, K, Q)), RNG.normal(size=(M, Q))
    found = GATING.log({"gamma": gamma}, Z)
    assert found.shape == (S, M, K)
    for s, m, k in np.ndindex(S, M, K):
        odds = [np.exp(Z[m] @ (gamma[s, j] - gamma[s, k])) for j in range(K)]
        assert np.exp(found[s, m, k]) == pytest.approx(1 / sum(odds), rel=1e-12)


def test_weights_of_rows_stay_finite_where_predictors_are_large():
    gamma = np.array([[[400.0], [-400.0], [0.0]]])
    found = GATING.log({"gamma": gamma}, np.array([[2.0], [-2.0]]))
    np.testing.assert_allclose(found[0], [[0, -1600, -800], [-1600, 0, -800]], atol=1e-300)
