"""Logarithms of probabilities of gamma and beta tails that are too small for a number.

Continued fractions and a series of Abramowitz & Stegun (1964, 6.5.29, 6.5.31 and 26.5.8), which
end soon so far out.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln

from stanmix.model.families.entry import Array

__all__ = ["TINY", "log_beta_below", "log_gamma_above", "log_gamma_below"]

TINY = 1e-290  # below, probabilities lose digits
_TERMS = 500
_SERIES = 20_000


def log_gamma_above(a: Array, z: Array) -> Array:
    """Return the log of the probability above z, well above its mean a."""
    rest = np.zeros(np.broadcast_shapes(np.shape(a), np.shape(z)))
    for n in range(_TERMS, 0, -1):
        rest = n * (a - n) / (z + 2 * n + 1 - a + rest)
    return np.asarray(a * np.log(z) - z - gammaln(a) - np.log(z + 1 - a + rest))


def log_gamma_below(a: Array, z: Array) -> Array:
    """Return the log of the probability below z, well below its mean a."""
    term = np.ones(np.broadcast_shapes(np.shape(a), np.shape(z)))
    total = term
    for n in range(1, _SERIES):
        term = term * z / (a + n)
        total = total + term
        if (term <= 1e-17 * total).all():
            break
    return np.asarray(a * np.log(z) - z - gammaln(a + 1) + np.log(total))


def log_beta_below(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """Return the log of the probability below x, well below the mean; `rest` is 1 - x."""
    fraction = np.ones(np.broadcast_shapes(np.shape(a), np.shape(b), np.shape(x)))
    for n in range(_TERMS, 0, -1):
        even = n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n))
        odd = -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1))
        fraction = 1 + even / (1 + odd / fraction)
    first = -(a + b) * x / (a + 1)
    log_front = a * np.log(x) + b * np.log(rest) - betaln(a, b) - np.log(a)
    return np.asarray(log_front - np.log(1 + first / fraction))
