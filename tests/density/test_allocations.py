from __future__ import annotations

import numpy as np
import pytest
from independent import log_likelihood
from scipy import stats

from stanmix.density import allocations, blocks, log_joint
from stanmix.density.row_terms import RowTerms
from stanmix.model.specification import Specification

MEANS, LINES = Specification("y", 3).block, Specification("y ~ x", 3).block
RNG = np.random.default_rng(0)
S, N, K, P = 7, 11, 3, 2
Y = RNG.normal(size=N)
X = RNG.normal(size=(N, P))
DRAWS = {
    "theta": RNG.dirichlet([1, 2, 3], size=S),
    "beta": RNG.normal(size=(S, K, P)),
    "mu": RNG.normal(size=(S, K)),
    "sigma": RNG.gamma(2, size=(S, K)),
}


def terms_of(covariates, y=Y):
    """What the density of rows takes, with covariates or without."""
    return (
        RowTerms((MEANS,), y) if covariates is None else RowTerms((LINES,), y, {"mu": covariates})
    )


def by_hand(covariates):
    weighted = np.empty((S, N, K))
    for s in range(S):
        for k in range(K):
            centre = DRAWS["mu"][s, k] if covariates is None else X @ DRAWS["beta"][s, k]
            weighted[s, :, k] = DRAWS["theta"][s, k] * stats.norm.pdf(
                Y, centre, DRAWS["sigma"][s, k]
            )
    return weighted


@pytest.fixture(params=[2**22, 40], ids=["one block", "many blocks"], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", request.param)


@pytest.mark.parametrize("covariates", [None, X], ids=["means", "regressions"])
def test_responsibilities_are_bayes_rule(covariates):
    weighted = by_hand(covariates)
    expected = (weighted / weighted.sum(axis=-1, keepdims=True)).mean(axis=0)
    mean = allocations.mean_responsibilities(DRAWS, terms_of(covariates))
    np.testing.assert_allclose(mean, expected, rtol=1e-10)


@pytest.mark.parametrize("covariates", [None, X], ids=["means", "regressions"])
def test_log_likelihood_is_that_of_scipy(covariates):
    one = [{name: values[s] for name, values in DRAWS.items()} for s in range(S)]
    expected = np.array([log_likelihood(Y, covariates, values) for values in one])
    pointwise = log_joint.log_likelihood(DRAWS, terms_of(covariates), pointwise=True)
    np.testing.assert_allclose(pointwise, expected, rtol=1e-10)
    total = log_joint.log_likelihood(DRAWS, terms_of(covariates), pointwise=False)
    np.testing.assert_allclose(total, expected.sum(axis=1), rtol=1e-10)


def test_sampled_allocations_follow_the_responsibilities():
    draws = {name: np.repeat(values[:1], 20_000, axis=0) for name, values in DRAWS.items()}
    z = allocations.sample_allocations(draws, terms_of(None), seed=1)
    weighted = by_hand(None)[0]
    expected = weighted / weighted.sum(axis=-1, keepdims=True)
    for k in range(K):
        share = (z == k).mean(axis=0)
        error = np.sqrt(expected[:, k] * (1 - expected[:, k]) / len(z))
        assert (np.abs(share - expected[:, k]) < 5 * error).all()  # 5 standard errors


def test_sampled_allocations_are_seeded():
    one, two, other = (
        allocations.sample_allocations(DRAWS, terms_of(None), seed=s) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_extreme_observations_get_certain_components():
    draws = {
        "theta": np.array([[0.5, 0.5]]),
        "mu": np.array([[0.0, 1e8]]),
        "sigma": np.array([[1e-6, 1.0]]),
    }
    far = allocations.mean_responsibilities(draws, terms_of(None, np.array([0.0, 1e8, -1e9])))
    np.testing.assert_array_equal(far, [[1, 0], [0, 1], [0, 1]])


def test_a_weight_of_zero_is_no_nan():
    draws = {name: values[:1, :2].copy() for name, values in DRAWS.items()}
    draws["theta"] = np.array([[0.0, 1.0]])
    mean = allocations.mean_responsibilities(draws, terms_of(None))
    np.testing.assert_array_equal(mean, np.tile([0.0, 1.0], (N, 1)))


def test_an_observation_that_nothing_explains_has_no_component():
    joint = np.full((1, 1, 2), -np.inf)
    assert np.isnan(allocations.responsibilities(joint)).all()
