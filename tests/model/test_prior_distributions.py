"""Priors as distributions of SciPy: the densities that programs have, and quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from independent import PRIORS
from scipy import integrate

import stanmix
from stanmix.model.prior_distributions import distribution, known

STATED = [
    stanmix.Normal(1, 2), stanmix.StudentT(3, 0.5, 2.5), stanmix.Cauchy(0.2, 1.5),
    stanmix.Laplace(0.3, 2), stanmix.Logistic(0.1, 1.2), stanmix.HalfNormal(1.7),
    stanmix.HalfStudentT(4, 2.1), stanmix.Exponential(0.7), stanmix.Gamma(2, 3),
    stanmix.InverseGamma(3, 2), stanmix.LogNormal(0.4, 1.3), stanmix.Uniform(0.5, 9),
    stanmix.Weibull(1.5, 2), stanmix.Frechet(2.5, 1.3), stanmix.LogLogistic(1.2, 2.5),
    stanmix.Pareto(0.5, 2.5), stanmix.ParetoType2(-0.2, 1.5, 3), stanmix.Beta(2, 3),
    stanmix.Gumbel(0.3, 1.5), stanmix.SkewNormal(0.2, 1.5, 2),
    stanmix.AsymmetricLaplace(0.4, 2, 0.3),
    stanmix.ExGaussian(0.1, 1.2, 0.7),
]  # fmt: skip


def of(prior):
    return distribution(prior.code, prior.arguments())


@pytest.mark.parametrize("prior", STATED, ids=repr)
def test_the_density_is_that_of_the_prior(prior):
    """Of a half, which is cut at zero, the density is twice that of the whole."""
    assert known(prior.code)
    x = np.linspace(0.6, min(8.0, prior.support[1] - 0.1), 9)
    half = np.log(2) if isinstance(prior, stanmix.HalfNormal | stanmix.HalfStudentT) else 0.0
    expected = PRIORS[prior.code](x, prior.arguments())
    np.testing.assert_allclose(of(prior).logpdf(x) + half, expected, rtol=1e-12)
    low, high = prior.support
    assert of(prior).cdf(low) == pytest.approx(0.5 if half else 0.0)
    assert of(prior).cdf(high) == pytest.approx(1.0)


@pytest.mark.parametrize("prior", STATED, ids=repr)
def test_a_quantile_has_the_mass_below_it(prior):
    """The density written out in the tests, integrated up to the upper quartile from the median."""
    median, upper = of(prior).ppf([0.5, 0.75])
    half = 2 if isinstance(prior, stanmix.HalfNormal | stanmix.HalfStudentT) else 1
    mass, _ = integrate.quad(
        lambda x: np.exp(PRIORS[prior.code](x, prior.arguments())), median, upper
    )
    assert mass / half == pytest.approx(0.25, rel=1e-8)


def test_a_flat_prior_is_no_distribution_and_padding_says_nothing():
    assert not known(stanmix.Flat().code)
    padded, plain = distribution(8, [0.5, 0.0, 0.0]), distribution(8, [0.5])
    assert padded.mean() == plain.mean() == 2.0
