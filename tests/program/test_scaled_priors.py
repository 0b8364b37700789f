from __future__ import annotations

import numpy as np
import pytest
from independent import PRIORS
from scipy import stats

import stanmix
from stanmix.errors import InputError
from stanmix.model.priors import BY_NAME
from stanmix.program.scaled_priors import scaled, unscaled

OF_ANY = [
    stanmix.Normal(1, 2), stanmix.StudentT(3, 0.5, 2.5), stanmix.Cauchy(0.2, 1.5),
    stanmix.Laplace(0.3, 2), stanmix.Logistic(0.1, 1.2), stanmix.Uniform(-1, 9),
    stanmix.Gumbel(0.3, 1.5), stanmix.SkewNormal(0.2, 1.5, 2),
    stanmix.AsymmetricLaplace(0.4, 2, 0.3),
    stanmix.ExGaussian(0.1, 1.2, 0.7),
    stanmix.ParetoType2(-0.2, 1.5, 3),
]  # fmt: skip
OF_POSITIVE = [
    stanmix.HalfNormal(1.7), stanmix.HalfStudentT(4, 2.1), stanmix.Exponential(0.7),
    stanmix.Gamma(2, 3), stanmix.InverseGamma(3, 2), stanmix.LogNormal(0.4, 1.3),
    stanmix.Weibull(1.5, 2), stanmix.Frechet(2.5, 1.3), stanmix.LogLogistic(1.2, 2.5),
    stanmix.Pareto(0.1, 2.5),
]  # fmt: skip
CASES = [(prior, -3.0, 250.0) for prior in OF_ANY] + [(prior, 0.0, 0.004) for prior in OF_POSITIVE]


@pytest.mark.parametrize(("prior", "centre", "scale"), CASES)
def test_the_density_is_that_of_the_prior_in_other_units(prior, centre, scale):
    """p(x) = p((x - centre) / scale) / scale, by SciPy."""
    x = np.array([0.2, 0.7, 1.5, 4.0])
    moved = scaled(prior, centre, scale)
    assert type(moved) is type(prior)
    expected = PRIORS[prior.code](x, prior.arguments()) + np.log(scale)
    found = PRIORS[prior.code]((x - centre) / scale, moved.arguments())
    np.testing.assert_allclose(found, expected, rtol=1e-12)


NAMES = {  # of distributions that programs know by another
    stanmix.StdNormal(): stats.norm(0, 1),
    stanmix.HalfCauchy(1.5): stats.halfcauchy(scale=1.5),
    stanmix.ChiSquare(3): stats.chi2(3),
    stanmix.InvChiSquare(3): stats.invgamma(1.5, scale=0.5),
    stanmix.ScaledInvChiSquare(3, 1.5): stats.invgamma(1.5, scale=1.5 * 1.5**2),
    stanmix.Rayleigh(1.4): stats.rayleigh(scale=1.4),
}


@pytest.mark.parametrize("prior", NAMES, ids=repr)
def test_other_names_of_a_distribution_are_scaled_as_it_is(prior):
    x, scale = np.array([0.2, 0.7, 1.5, 4.0]), 0.004
    moved = scaled(prior, 0.0, scale)
    assert moved.plain() == moved
    found = PRIORS[moved.code](x / scale, moved.arguments()) - np.log(scale)
    np.testing.assert_allclose(found, NAMES[prior].logpdf(x), rtol=1e-12)


@pytest.mark.parametrize(("prior", "centre", "scale"), CASES)
def test_there_and_back(prior, centre, scale):
    back = unscaled(scaled(prior, centre, scale), centre, scale)
    np.testing.assert_allclose(back.arguments(), prior.arguments(), rtol=1e-12, atol=1e-13)


def test_every_prior_of_a_number_can_be_scaled():
    assert scaled(stanmix.Flat(), 3.0, 2.0) == stanmix.Flat()
    covered = {type(prior) for prior in OF_ANY + OF_POSITIVE + [*NAMES]} | {stanmix.Flat}
    without_unit = {stanmix.Beta, stanmix.BetaProportion}
    assert covered == set(BY_NAME.values()) - without_unit - {stanmix.Dirichlet, stanmix.LKJ}
    assert scaled(stanmix.BetaProportion(0.25, 8), 0.0, 1.0) == stanmix.Beta(2, 6)


@pytest.mark.parametrize(
    ("prior", "scale"),
    [(stanmix.Normal(0, 1e300), 1e-100), (stanmix.HalfNormal(1e-300), 1e100)],
)
def test_what_cannot_be_represented_is_said_in_words(prior, scale):
    with pytest.raises(InputError, match=r"Normal\(.*cannot be brought to the scale of the data"):
        scaled(prior, 0.0, scale)
