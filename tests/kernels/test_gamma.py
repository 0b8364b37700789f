"""Differences of log gamma functions, to 50 digits, and logs of factorials."""

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


def test_log_factorials(library):
    counts = np.concatenate([np.arange(1000), [10**5, 2**31 - 1]])
    found = [library.functions.log_factorial_of(int(count)) for count in counts]
    np.testing.assert_allclose(found, special.gammaln(counts + 1.0), rtol=1e-14)
