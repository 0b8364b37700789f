from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.density import blocks, prediction
from stanmix.density.row_terms import RowTerms
from stanmix.model.specification import Specification

MEANS, LINES = Specification("y", 3).block, Specification("y ~ x", 3).block
RNG = np.random.default_rng(0)
S, N, K, P = 7, 11, 3, 2
Y, X = RNG.normal(size=N), RNG.normal(size=(N, P))
DRAWS = {
    "theta": RNG.dirichlet([1, 2, 3], size=S),
    "beta": RNG.normal(size=(S, K, P)),
    "mu": RNG.normal(size=(S, K)),
    "sigma": RNG.gamma(2, size=(S, K)),
}


@pytest.fixture(params=[2**22, 40], ids=["one block", "many blocks"], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", request.param)


def terms_of(covariates, y=None):
    """What predictions at rows take, with covariates or without."""
    if covariates is None:
        return RowTerms(MEANS, Y if y is None else y)
    return RowTerms(LINES, np.resize(Y, len(covariates)), {"mu": covariates})


def centres(covariates, s, k):
    return np.full(N, DRAWS["mu"][s, k]) if covariates is None else X @ DRAWS["beta"][s, k]


def by_hand(covariates):
    """Weights, locations and densities, (S, N, K), one by one."""
    weight, centre, density = np.empty((3, S, N, K))
    for s in range(S):
        for k in range(K):
            weight[s, :, k] = DRAWS["theta"][s, k]
            centre[s, :, k] = centres(covariates, s, k)
            density[s, :, k] = stats.norm.pdf(Y, centre[s, :, k], DRAWS["sigma"][s, k])
    return weight, centre, density


@pytest.mark.parametrize("covariates", [None, X], ids=["means", "regressions"])
def test_means_and_densities_are_those_of_scipy(covariates):
    weight, centre, density = by_hand(covariates)
    tails = (0.1, 0.9)
    for by_component in (False, True):
        means = centre if by_component else (weight * centre).sum(axis=-1)
        dense = weight * density if by_component else (weight * density).sum(axis=-1)
        options = {"by_component": by_component}
        close = {"rtol": 1e-10, "atol": 1e-14}
        found = prediction.mean(DRAWS, terms_of(covariates), **options)
        np.testing.assert_allclose(found, means.mean(axis=0), **close)
        found = prediction.mean(DRAWS, terms_of(covariates), **options, quantiles=tails)
        np.testing.assert_allclose(found, np.quantile(means, tails, axis=0), **close)
        found = prediction.density(DRAWS, terms_of(covariates), **options)
        np.testing.assert_allclose(found, dense.mean(axis=0), **close)
        found = prediction.density(DRAWS, terms_of(covariates), **options, quantiles=tails)
        np.testing.assert_allclose(found, np.quantile(dense, tails, axis=0), **close)


def test_responses_have_the_distribution_of_the_mixture():
    """Kolmogorov-Smirnov against the exact distribution; 40 000 draws, seeded."""
    one = {name: np.repeat(values[:1], 40_000, axis=0) for name, values in DRAWS.items()}
    drawn = prediction.responses(one, terms_of(X), seed=1)
    assert drawn.shape == (40_000, N)
    for n in (0, 5):

        def distribution(y, n=n):
            each = [
                stats.norm.cdf(y, X[n] @ DRAWS["beta"][0, k], DRAWS["sigma"][0, k])
                for k in range(K)
            ]
            return DRAWS["theta"][0] @ each

        assert stats.kstest(drawn[:, n], distribution).pvalue > 1e-3
    apart = prediction.responses(one, terms_of(X), seed=1, by_component=True)
    expected = stats.norm(X[2] @ DRAWS["beta"][0, 1], DRAWS["sigma"][0, 1])
    assert stats.kstest(apart[:, 2, 1], expected.cdf).pvalue > 1e-3


def test_responses_depend_on_the_seed_alone(monkeypatch):
    many = np.tile(X, (20, 1))
    whole = prediction.responses(DRAWS, terms_of(many), seed=1)
    np.testing.assert_array_equal(
        whole[:, :64], prediction.responses(DRAWS, terms_of(many[:64]), seed=1)
    )
    assert (whole != prediction.responses(DRAWS, terms_of(many), seed=2)).all()
    tails = prediction.responses(DRAWS, terms_of(many), seed=1, quantiles=(0.25, 0.5))
    np.testing.assert_array_equal(tails, np.quantile(whole, (0.25, 0.5), axis=0))


def test_a_component_without_weight_makes_no_response():
    draws = {name: values.copy() for name, values in DRAWS.items()}
    draws["theta"][:] = [0, 1, 0]
    draws["mu"][:, 1], draws["sigma"][:, 1] = 1000.0, 1e-3
    drawn = prediction.responses(draws, terms_of(None, np.zeros(500)), seed=1)
    assert (abs(drawn - 1000) < 1).all()
