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


def _over_normal(z):
    """Return Phi(z) over phi(z)."""
    return (log_normal_below(z) + z * z / 2).exp() * (2 * PI).sqrt()


def _inverse_gaussian(y, log_mu, log_shape):
    mu, shape = log_mu.exp(), log_shape.exp()
    root = (shape / y).sqrt()
    return root * (y / mu - 1), root * (y / mu + 1)


def _below_inverse_gaussian(of):
    a, c = of
    return _normal(a) + _over_normal(-c) * (-a * a / 2).exp() / (2 * PI).sqrt()


def _above_inverse_gaussian(of):
    a, c = of
    return _normal(-a) - _over_normal(-c) * (-a * a / 2).exp() / (2 * PI).sqrt()


def _exgaussian(y, mu, log_sigma, log_tau):
    return _scaled(y, mu, log_sigma), (log_sigma - log_tau).exp()


def _exponential_part(z, r):
    return (r * (r / 2 - z) + log_normal_below(z - r)).exp()


def _owen(h, a):
    """Return Owen's T of numbers that are not negative, by a series in a, which is not near 1."""
    if a > 1:
        p, q = _normal(-h), _normal(-a * h)
        return (p + q) / 2 - p * q - _owen(a * h, 1 / a)
    term = below = (-h * h / 2).exp()
    total, power = Decimal(0), a
    for k in range(10_000):
        total += power * below / (2 * k + 1)
        term *= h * h / (2 * k + 2)
        below += term
        power *= -a * a
        if abs(power) < Decimal("1e-85"):
            return total / (2 * PI)
    raise AssertionError(a)


def _skew_normal(y, mu, log_sigma, alpha):
    return _scaled(y, mu, log_sigma), alpha


def _below_skew_normal(of):
    z, alpha = of
    owen = _owen(abs(z), abs(alpha))
    return _normal(z) - 2 * (owen if alpha > 0 else -owen)


def _gamma(y, log_mu, log_shape):
    return log_shape.exp(), y * (log_shape - log_mu).exp()


def _below_gamma(of):
    a, x = of
    if x > a + 10:
        return 1 - _above_gamma(of)
    term = total = 1 / a
    n = 0
    while term > total * Decimal("1e-85"):
        n += 1
        term *= x / (a + n)
        total += term
    return total * (a * x.ln() - x - log_gamma(a)).exp()


def _above_gamma(of):
    a, x = of
    if x <= a + 10:
        return 1 - _below_gamma(of)
    under = Decimal(0)
    for n in range(600, 0, -1):  # Legendre's continued fraction
        under = n * (n - a) / (x + 2 * n + 1 - a - under)
    return (a * x.ln() - x - log_gamma(a)).exp() / (x + 1 - a - under)


def _incomplete_beta(x, rest, a, b):
    """Return the probability below x = 1 - rest."""
    if x > Decimal("0.9"):
        return 1 - _incomplete_beta(rest, x, b, a)
    log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
    term = total = 1 / a
    n = 0
    while term > total * Decimal("1e-85"):
        term *= x * (a + b + n) / (a + 1 + n)
        total += term
        n += 1
    return total * (a * x.ln() + b * rest.ln() - log_beta).exp()


def _student_t(y, mu, log_sigma, log_nu):
    return _scaled(y, mu, log_sigma), log_nu.exp()


def _below_student_t(of):
    z, nu = of
    square = z * z
    thin = _incomplete_beta(nu / (nu + square), square / (nu + square), nu / 2, Decimal("0.5")) / 2
    return thin if z < 0 else 1 - thin


def _beta(y, logit, log_phi):
    phi = log_phi.exp()
    return y, 1 - y, phi / (1 + (-logit).exp()), phi / (1 + logit.exp())


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
    "gamma": (_gamma, _below_gamma, _above_gamma),
    "student_t": (_student_t, _below_student_t, lambda of: _below_student_t((-of[0], of[1]))),
    "beta": (
        _beta,
        lambda of: _incomplete_beta(*of),
        lambda of: _incomplete_beta(of[1], of[0], of[3], of[2]),
    ),
    "inverse_gaussian": (_inverse_gaussian, _below_inverse_gaussian, _above_inverse_gaussian),
    "exgaussian": (
        _exgaussian,
        lambda of: _normal(of[0]) - _exponential_part(*of),
        lambda of: _normal(-of[0]) + _exponential_part(*of),
    ),
    "skew_normal": (
        _skew_normal,
        _below_skew_normal,
        lambda of: _below_skew_normal((-of[0], -of[1])),
    ),
}
