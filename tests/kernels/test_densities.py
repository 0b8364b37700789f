"""Log densities and their derivatives, of single rows and over the range of parameters."""

import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from densities import FAMILIES
from exact import digamma, exact, log_gamma
from mixtures import Mixture, engine
from scipy import special


def of_one_row(library, instructions, family, y, parameters, varying):
    """Return a log density and its derivatives, where `varying` come by row."""
    values, X = {}, {}
    for name, value in zip(FAMILIES[family].parameters, parameters, strict=True):
        values[name] = np.array([value])
        if name in varying:
            values[name], X[name] = np.array([[value]]), np.ones((1, 1))
    mixture = Mixture(family, np.array([y]), values, np.ones(1), X=X)
    value, gradient = engine(library, mixture, instructions)
    return np.array([value, *gradient[:-1]])


def masks(family):
    names = FAMILIES[family].parameters
    return [names[:0], names[1:], names[-1:], names]


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
