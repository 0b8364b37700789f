"""Log densities and their derivatives, of single rows and over the range of parameters."""

import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from densities import FAMILIES
from exact import digamma, exact, log_gamma
from mixtures import INSTRUCTIONS, Mixture, engine
from scipy import special


def of_one_row(library, instructions, family, y, parameters, varying, trials=None):
    """Return a log density and its derivatives, where `varying` come by row."""
    values, X = {}, {}
    for name, value in zip(FAMILIES[family].parameters, parameters, strict=True):
        values[name] = np.array([value])
        if name in varying:
            values[name], X[name] = np.array([[value]]), np.ones((1, 1))
    n = None if trials is None else np.array([trials])
    mixture = Mixture(family, np.array([y]), values, np.ones(1), X=X, trials=n)
    value, gradient = engine(library, mixture, instructions)
    return np.array([value, *gradient[:-1]])


def masks(family):
    names = FAMILIES[family].parameters
    return {names[:0], names[1:], names[-1:], names}


def assert_exact(library, instructions, family, points):
    for y, *parameters in points:
        expected = exact(family, y, *parameters)
        for varying in masks(family):
            found = of_one_row(library, instructions, family, y, parameters, varying)
            np.testing.assert_allclose(
                found, expected, rtol=1e-9, err_msg=f"{y}, {parameters}, {varying}"
            )


def test_50_digits_are_those_of_scipy():
    x = np.concatenate([np.geomspace(1e-6, 1e12, 40), [0.5, 1.0, 2.0, 49.5, 50.0]])
    with localcontext() as context:
        context.prec = 75
        logs = [float(log_gamma(Decimal(one))) for one in x]
        slopes = [float(digamma(Decimal(one))) for one in x]
        pi = (2 * log_gamma(Decimal("0.5"))).exp()
    np.testing.assert_allclose(logs, special.gammaln(x), rtol=2e-15, atol=1e-16)
    np.testing.assert_allclose(slopes, special.digamma(x), rtol=2e-15)
    assert str(pi).startswith("3.1415926535897932384626433832795028841971693993751")


def test_normal(library, instructions):
    points = itertools.product(
        [0.3, 0.4, 1.2, -4.0, 50.0], [0.33], np.log(np.geomspace(1e-6, 1e6, 13))
    )
    assert_exact(library, instructions, "normal", points)


@pytest.mark.parametrize(
    "nu", [0.3, 1.0, 2.0, 3.3, 15.9, 16.0, 16.1, 30.0, 1e3, 1e4, 1e5, 1e6, 1e8, 1e10]
)
def test_student_t(library, instructions, nu):
    y, sigma = [0.31, 1.2, -4.0, 50.0, 1e6], [1e-6, 0.1, 2.3, 1e6]
    points = itertools.product(y, [0.3], np.log(sigma), [np.log(nu)])
    assert_exact(library, instructions, "student_t", points)


@pytest.mark.parametrize(
    "phi",
    [1e-6, 1e-4, 0.01, 0.5, 1.0, 3.0, 7.99, 8.0, 8.01, 20.0, 1e3, 1e4, 1e6, 1e8, 1e10, 1e12],
)
def test_negative_binomial(library, instructions, phi):
    counts = [0, 1, 2, 3, 7, 20, 100, 1000, 30_000, 10**6]
    mu = [1.1e-3, 0.3, 1.3, 4.7, 93, 1e5, 1.1e6]
    points = itertools.product(counts, np.log(mu), [np.log(phi)])
    assert_exact(library, instructions, "negative_binomial", points)


@pytest.mark.parametrize("phi", [1e-6, 0.5, 8.0, 1e4, 1e12])
@pytest.mark.parametrize(("count", "log_mu"), [(0, 750.0), (3, 750.0), (3, -800.0), (1000, -800.0)])
def test_negative_binomial_means_that_overflow_or_vanish(library, instructions, phi, count, log_mu):
    assert_exact(library, instructions, "negative_binomial", [(count, log_mu, np.log(phi))])


def every_instructions(library):
    return list(INSTRUCTIONS)[: library.best() + 1]


def assert_exact_everywhere(library, family, points, trials=None, least=0.0):
    """To 1e-9 of what is exact, or to the rounding of the largest number: at least `least`."""
    for y, *parameters in points:
        expected = np.array(exact(family, y, *parameters, trials=trials))
        size = max(np.abs(expected).max(), least)
        for varying, instructions in itertools.product(masks(family), every_instructions(library)):
            found = of_one_row(library, instructions, family, y, parameters, varying, trials)
            np.testing.assert_allclose(
                found, expected, rtol=1e-9, atol=1e-15 * size,
                err_msg=f"{y}, {parameters}, {trials}, {varying}, {instructions}",
            )  # fmt: skip


@pytest.mark.parametrize("family", ["cauchy", "laplace", "logistic", "gumbel"])
def test_location_and_scale(library, family):
    y = [0.31, 1.2, -4.0, 50.0] if family == "gumbel" else [0.31, 1.2, -4.0, 50.0, 1e6]
    sigma = [0.01, 0.1, 2.3, 1e6] if family == "gumbel" else [1e-6, 0.1, 2.3, 1e6]
    y = [one for one in y if one > -5]
    assert_exact_everywhere(library, family, itertools.product(y, [0.3], np.log(sigma)))


def test_asymmetric_laplace(library):
    y, sigma, logits = [0.31, -4.0, 1e6], [1e-6, 2.3, 1e6], [-100.0, -30.0, -0.7, 0.01, 3.0, 36.0]
    points = itertools.product(y, [0.3], np.log(sigma), logits)
    assert_exact_everywhere(library, "asymmetric_laplace", points)


@pytest.mark.parametrize("alpha", [-1e6, -30.0, -1.3, -1e-9, 0.0, 0.4, 7.0, 1e6])
def test_skew_normal(library, alpha):
    """Far on the thin side as well."""
    points = itertools.product([0.31, 0.3000001, 1.2, -4.0, 50.0], [0.3], np.log([0.01, 2.3, 1e6]))
    assert_exact_everywhere(library, "skew_normal", [(*point, alpha) for point in points])


@pytest.mark.parametrize("tau", [1e-8, 1e-3, 0.3, 2.0, 40.0, 1e6])
def test_exgaussian(library, tau):
    """Tails that are short, so that it is nearly normal, or long, nearly exponential."""
    points = itertools.product([0.31, 1.2, -4.0, 50.0], [0.3], np.log([1e-3, 0.1, 2.3, 1e3]))
    points = [(*point, np.log(tau)) for point in points]
    assert_exact_everywhere(library, "exgaussian", points)


POSITIVE = [1e-300, 1e-12, 0.013, 0.98, 1.7, 40.0, 1e9, 1e300]


def test_lognormal(library):
    points = itertools.product(POSITIVE, [-3.1, 0.3, 400.0], np.log([1e-3, 0.1, 2.3, 1e3]))
    assert_exact_everywhere(library, "lognormal", points)


@pytest.mark.parametrize("shape", [1e-6, 1e-3, 0.3, 1.0, 6.3, 7.99, 8.01, 60.0, 1e3, 1e6, 1e9])
def test_gamma(library, shape):
    near = 1 + np.array([-2.3, 0.4, 1.9]) / np.sqrt(shape)
    y = [*POSITIVE[:-1], *(2.5 * near[near > 0])]
    points = itertools.product(y, [np.log(2.5), 9.0], [np.log(shape)])
    assert_exact_everywhere(library, "gamma", points)


def of_logarithm(shape, log_mu):
    """Responses where a density of their logarithm, of this shape, is not all but 0."""
    return np.exp(log_mu + np.array([-2.0, -0.3, 0.7, 3.1]) / shape)


@pytest.mark.parametrize("family", ["weibull", "frechet", "loglogistic"])
@pytest.mark.parametrize("shape", [0.01, 0.3, 1.0, 2.2, 8.0, 63.0, 65.0, 1e3, 1e5])
@pytest.mark.parametrize("log_mu", [-7.0, 0.3, 5.0])
def test_densities_of_logarithms(library, family, shape, log_mu):
    centre = log_mu - special.gammaln(1 + 1 / shape) if family == "weibull" else log_mu
    points = itertools.product(of_logarithm(shape, centre), [log_mu], [np.log(shape)])
    assert_exact_everywhere(library, family, points)


def test_exponential(library):
    assert_exact_everywhere(library, "exponential", itertools.product(POSITIVE, [-9.0, 0.3, 500.0]))


@pytest.mark.parametrize("shape", [1e-6, 1e-3, 0.3, 1.0, 60.0, 1e3, 1e6, 1e9])
def test_inverse_gaussian(library, shape):
    near = 2.5 * (1 + np.array([-0.3, 0.4, 1.9]) * np.sqrt(2.5 / (shape + 10)))
    points = itertools.product([*POSITIVE[1:-1], *near], [np.log(2.5), 9.0], [np.log(shape)])
    assert_exact_everywhere(library, "inverse_gaussian", points)


@pytest.mark.parametrize("log_mu", [-9.0, -0.3, 0.7, 5.0])
def test_pareto(library, log_mu):
    minima = [1e-200, 0.3, 2.0, 1e100]
    points = [
        (minimum * np.exp(times * np.exp(log_mu)), log_mu, np.log(minimum))
        for minimum, times in itertools.product(minima, [0.01, 0.4, 2.1])
    ]
    assert_exact_everywhere(library, "pareto", points)


def test_pareto_at_and_below_its_minimum(library):
    for minimum in (1e-200, 0.1, 3.0, 1e200):
        at, below = (
            of_one_row(library, "baseline", "pareto", y, [np.log(0.4), np.log(minimum)], ())[0]
            for y in (minimum, minimum * (1 - 1e-9))
        )
        assert at == pytest.approx(-np.log(0.4 * minimum), rel=1e-12)
        assert below == -np.inf


@pytest.mark.parametrize(
    "kappa", [1e-9, 1e-3, 0.7, 3.0, 7.999, 8.001, 20.0, 60.0, 1e3, 1e5, 1e6, 1e9]
)
def test_von_mises(library, kappa):
    for tangent in (-40.0, -0.7, 0.0, 0.3, 5.0, 1e6):
        mu = 2 * np.arctan(tangent)
        near = mu + np.array([-1.3, 0.4, 2.1]) / np.sqrt(kappa + 1)
        for y in (*near, mu + 2.0, mu - 2 * np.pi, 3.1, -40.0):
            expected = np.array(exact("von_mises", y, tangent, np.log(kappa)))
            # By so much the sine of half the distance changes with the last digits of y / 2.
            half = 3e-16 * max(1.0, np.abs(y) / 6)
            sine, cosine = np.abs([np.sin((y - mu) / 2), np.cos((y - mu) / 2)])
            lost = kappa * half * np.array([sine * cosine, 1 / (1 + tangent**2), sine * cosine])
            for varying, instructions in itertools.product(
                masks("von_mises"), every_instructions(library)
            ):
                found = of_one_row(
                    library, instructions, "von_mises", y, [tangent, np.log(kappa)], varying
                )
                limit = 1e-10 * np.abs(expected) + 8 * (lost + kappa * half**2) + 1e-13
                assert (np.abs(found - expected) <= limit).all(), (y, tangent, varying)


LOGITS = [-90.0, -40.0, -7.0, -0.3, 0.01, 2.0, 33.0, 80.0]


@pytest.mark.parametrize("count", [0, 1, 2, 30, 10**6, 2 * 10**9])
def test_counts_of_odds(library, count):
    assert_exact_everywhere(library, "geometric", itertools.product([count], LOGITS))
    for trials in (count, count + 1, count + 57):
        points = itertools.product([count], LOGITS)
        assert_exact_everywhere(library, "binomial", points, trials)
    if count < 2:
        assert_exact_everywhere(library, "bernoulli", itertools.product([count], LOGITS))


@pytest.mark.parametrize("phi", [1e-6, 1e-3, 0.3, 2.0, 7.9, 16.1, 300.0, 1e6, 1e12])
def test_beta(library, phi):
    for logit in (-40.0, -5.0, -0.3, 0.02, 3.0, 30.0):
        mean, rest = special.expit(logit), special.expit(-logit)
        near = mean + np.array([-1.3, 0.4, 2.1]) * np.sqrt(mean * rest / (phi + 1))
        y = [1e-300, 1e-9, 0.013, 0.5, 0.97, 1 - 1e-9, *near[(near > 0) & (near < 1)]]
        points = itertools.product(y, [logit], [np.log(phi)])
        assert_exact_everywhere(library, "beta", points)


@pytest.mark.parametrize("phi", [1e-6, 1e-3, 0.3, 2.0, 7.9, 16.1, 300.0, 1e6, 1e12])
def test_beta_binomial(library, phi):
    for trials, counts in (
        (0, [0]), (1, [0, 1]), (9, [0, 4, 9]), (1000, [0, 13, 1000]), (10**6, [0, 7, 480_000])
    ):  # fmt: skip
        points = itertools.product(counts, [-40.0, -5.0, -0.3, 0.02, 3.0, 30.0], [np.log(phi)])
        assert_exact_everywhere(library, "beta_binomial", points, trials, least=30.0)
