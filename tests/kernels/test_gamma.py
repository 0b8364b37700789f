"""Differences of log gamma functions, to 50 digits, and logs of factorials."""

import math
from decimal import Decimal, localcontext

import numpy as np
from exact import digamma, log_gamma
from mixtures import mapped
from scipy import special


def test_half_steps_of_log_gamma(library, instructions):
    x = np.concatenate([np.geomspace(1e-8, 1e12, 90), [0.5, 1, 7.999, 8, 8.001, 16]])
    values, slopes = [], []
    with localcontext() as context:
        context.prec = 75
        half = Decimal("0.5")
        for one in map(Decimal, x):
            values.append(float(log_gamma(one + half) - log_gamma(one) - one.ln() / 2))
            slopes.append(float(one * (digamma(one + half) - digamma(one)) - half))
    found = mapped(library, "log_gamma_half_step", instructions, x)
    np.testing.assert_allclose(found, values, rtol=1e-13)
    found = mapped(library, "log_gamma_half_step_slope", instructions, x)
    np.testing.assert_allclose(found, slopes, rtol=1e-12)


def to_50_digits(function, x):
    with localcontext() as context:
        context.prec = 75
        return [float(function(Decimal(one))) for one in x]


def test_log_gamma_above_one(library, instructions):
    small = np.geomspace(1e-40, 1 / 64.5, 40)
    x = np.concatenate([small, np.geomspace(1 / 63, 1e9, 47), [1]])
    found = mapped(library, "log_gamma_above_one", instructions, x)
    expected = to_50_digits(lambda d: log_gamma(1 + d), x)
    np.testing.assert_allclose(found[:40], expected[:40], rtol=1e-14)
    np.testing.assert_allclose(found[40:], expected[40:], rtol=1e-13, atol=1e-14)


def test_deficits_of_log_gamma(library, instructions):
    x = np.concatenate([np.geomspace(1e-250, 1e12, 90), [0.5, 1, 7.999, 8, 8.001, 16]])
    found = mapped(library, "log_gamma_deficit", instructions, x)
    expected = to_50_digits(lambda x: x * x.ln() - x - log_gamma(x), x)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    found = mapped(library, "log_gamma_deficit_slope", instructions, x)
    expected = to_50_digits(lambda x: x.ln() - digamma(x), x)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_log_binomial_coefficients(library):
    for n in (0, 1, 7, 255, 256, 257, 600, 10**4, 2**31 - 1):
        for y in {0, min(n, 1), n // 7 if n < 10**5 else 2000, n // 2 if n < 10**5 else 300, n}:
            found = library.functions.log_choose_of(n, y)
            np.testing.assert_allclose(found, math.log(math.comb(n, y)), rtol=1e-13, atol=1e-12)


def test_log_factorials(library):
    counts = np.concatenate([np.arange(1000), [10**5, 2**31 - 1]])
    found = [library.functions.log_factorial_of(int(count)) for count in counts]
    np.testing.assert_allclose(found, special.gammaln(counts + 1.0), rtol=1e-14)
