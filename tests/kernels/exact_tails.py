"""Log probabilities of intervals to 50 digits, and their derivatives."""

from __future__ import annotations

import functools
import math
from decimal import Decimal, localcontext

from exact import LOG_DENSITIES, PI, WRITTEN_OUT, log_gamma, log_normal_below

STEP = Decimal("1e-20")  # the derivatives have its square as an error


@functools.cache
def exact_interval(family, low, high, *parameters):
    """Return a log probability and its derivatives in parameters on the scales of their links.

    A tuple of floats.
    """
    with localcontext() as context:
        context.prec = 90
        given = [Decimal(one) for one in parameters]
        ends = Decimal(low), Decimal(high)

        def moved(i, by):
            return _log_between(family, ends, [*given[:i], given[i] + by, *given[i + 1 :]])

        slopes = [(moved(i, STEP) - moved(i, -STEP)) / (2 * STEP) for i in range(len(given))]
        return tuple(float(one) for one in (moved(0, 0), *slopes))


def _log_between(family, ends, parameters):
    """Return the log of the difference of the smaller tails."""
    standardised, below, above = FAMILIES[family]
    least, most = (None if end.is_infinite() else standardised(end, *parameters) for end in ends)
    if least is None:
        return below(most).ln()
    if most is None:
        return above(least).ln()
    if above(least) < below(most):
        return (above(least) - above(most)).ln()
    return (below(most) - below(least)).ln()


@functools.cache
def exact_counts(family, y, least, most, *parameters, trials):
    """Return a log probability of a truncated count and its derivatives, as `exact_interval`."""
    with localcontext() as context:
        context.prec = 120
        given, more = [Decimal(one) for one in parameters], [Decimal(trials)] if trials else []

        def log_mass(count, of):
            if family == "poisson":
                return count * of[0] - of[0].exp() - Decimal(math.factorial(count)).ln()
            if family in WRITTEN_OUT:
                return WRITTEN_OUT[family](Decimal(count), *of)[0]
            return LOG_DENSITIES[family](Decimal(count), *of, *more)

        def moved(i, by):
            of = [*given[:i], given[i] + by, *given[i + 1 :]]
            last = min(most, trials) if trials else most
            if math.isinf(last):
                recorded = 1 - sum(log_mass(count, of).exp() for count in range(int(least)))
            else:
                counts = range(int(least), int(last) + 1)
                recorded = sum(log_mass(count, of).exp() for count in counts)
            return log_mass(y, of) - recorded.ln()

        slopes = [(moved(i, STEP) - moved(i, -STEP)) / (2 * STEP) for i in range(len(given))]
        return tuple(float(one) for one in (moved(0, 0), *slopes))


def _mirrored(one):
    return lambda z: one(-z)


def _normal(z):
    return log_normal_below(z).exp()


def _arctangent(x):
    """Return that of x from 0 to 1, by its series at a sixteenth of the angle."""
    for _ in range(4):
        x = x / (1 + (1 + x * x).sqrt())
    return 16 * sum((-1) ** n * x ** (2 * n + 1) / (2 * n + 1) for n in range(60))


def _cauchy(z):
    size = abs(z)
    thin = _arctangent(1 / size) / PI if size > 1 else Decimal("0.5") - _arctangent(size) / PI
    return thin if z < 0 else 1 - thin


def _laplace(z):
    thin = (-abs(z)).exp() / 2
    return thin if z < 0 else 1 - thin


def _logistic(z):
    return 1 / (1 + (-z).exp())


def _gumbel(z):
    return (-(-z).exp()).exp()


def _above_gumbel(z):
    e = (-z).exp()
    if e > Decimal("1e-8"):
        return 1 - (-e).exp()
    term = total = e
    for n in range(2, 12):
        term *= -e / n
        total += term
    return total


def _scaled(y, mu, log_sigma):
    return (y - mu) / log_sigma.exp()


def _shaped(y, log_mu, log_shape):
    return log_shape.exp() * (y.ln() - log_mu)


def _weibull(y, log_mu, log_shape):
    return log_shape.exp() * (y.ln() - log_mu + log_gamma(1 + (-log_shape).exp()))


def _pareto(y, log_mu, log_minimum):
    return (y.ln() - log_minimum).ln() - log_mu


def _logit_of_asymmetric_laplace(y, mu, log_sigma, logit):
    level, rest = 1 / (1 + (-logit).exp()), 1 / (1 + logit.exp())
    z = _scaled(y, mu, log_sigma)
    if z < 0:
        below = level * (2 * rest * z).exp()
        return (below / (1 - below)).ln()
    above = rest * (-2 * level * z).exp()
    return ((1 - above) / above).ln()


_OF_MINIMUM = _mirrored(_above_gumbel), _mirrored(_gumbel)
# The standardised response, and the probabilities below and above it.
FAMILIES = {
    "normal": (_scaled, _normal, _mirrored(_normal)),
    "lognormal": (lambda y, *of: _scaled(y.ln(), *of), _normal, _mirrored(_normal)),
    "cauchy": (_scaled, _cauchy, _mirrored(_cauchy)),
    "laplace": (_scaled, _laplace, _mirrored(_laplace)),
    "logistic": (_scaled, _logistic, _mirrored(_logistic)),
    "asymmetric_laplace": (_logit_of_asymmetric_laplace, _logistic, _mirrored(_logistic)),
    "gumbel": (_scaled, _gumbel, _above_gumbel),
    "frechet": (_shaped, _gumbel, _above_gumbel),
    "loglogistic": (_shaped, _logistic, _mirrored(_logistic)),
    "weibull": (_weibull, *_OF_MINIMUM),
    "exponential": (lambda y, log_mu: y.ln() - log_mu, *_OF_MINIMUM),
    "pareto": (_pareto, *_OF_MINIMUM),
}
