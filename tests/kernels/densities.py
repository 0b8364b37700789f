"""Log densities of one component: by SciPy's functions, and to 50 digits."""

import functools
from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb

import numpy as np
from scipy import special, stats

# Each takes the responses and the parameters on the scales of their links, which may be complex.


def normal(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -0.5 * z * z - log_sigma - 0.5 * np.log(2 * np.pi)


def student_t(y, mu, log_sigma, log_nu):
    nu, z = np.exp(log_nu), (y - mu) * np.exp(-log_sigma)
    heights = special.loggamma((nu + 1) / 2) - special.loggamma(nu / 2) - np.log(nu * np.pi) / 2
    return heights - log_sigma - (nu + 1) / 2 * np.log1p(z * z / nu)


def poisson(y, log_mu):
    return y * log_mu - np.exp(log_mu) - special.gammaln(y + 1)


def negative_binomial(y, log_mu, log_phi):
    mu, phi = np.exp(log_mu), np.exp(log_phi)
    ways = special.loggamma(y + phi) - special.loggamma(phi) - special.gammaln(y + 1)
    return ways + y * log_mu + phi * log_phi - (y + phi) * np.log(mu + phi)


DENSITIES = {
    "normal": normal,
    "student_t": student_t,
    "poisson": poisson,
    "negative_binomial": negative_binomial,
}


def scipy_log_densities(family, y, mu, *logs):
    """Return the same by scipy.stats alone."""
    others = [np.exp(log) for log in logs]
    if family == "normal":
        return stats.norm.logpdf(y, mu, *others)
    if family == "student_t":
        return stats.t.logpdf(y, df=others[1], loc=mu, scale=others[0])
    if family == "poisson":
        return stats.poisson.logpmf(y, np.exp(mu))
    phi = others[0]
    return stats.nbinom.logpmf(y, phi, phi / (phi + np.exp(mu)))


# To 50 digits ----------------------------------------------------------------------------------

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640629")


@functools.cache
def bernoulli(n):
    """Return a Bernoulli number, by their recurrence."""
    if n == 0:
        return Fraction(1)
    return -sum(comb(n + 1, k) * bernoulli(k) for k in range(n)) / (n + 1)


def _moved_up(x):
    """Return the product and the sum of reciprocals of x, x + 1, ... below 50, and their end."""
    product, reciprocals = Decimal(1), Decimal(0)
    while x < 50:
        product, reciprocals, x = product * x, reciprocals + 1 / x, x + 1
    return product, reciprocals, x


def _series(x, divisor, power):
    terms = ((bernoulli(2 * k), 2 * k * divisor(k), x ** (2 * k - power)) for k in range(1, 25))
    return sum(Decimal(b.numerator) / b.denominator / by / x_power for b, by, x_power in terms)


def log_gamma(x):
    product, _, x = _moved_up(x)
    series = _series(x, lambda k: 2 * k - 1, 1)
    return (x - Decimal("0.5")) * x.ln() - x + (2 * PI).ln() / 2 + series - product.ln()


def digamma(x):
    _, reciprocals, x = _moved_up(x)
    return x.ln() - 1 / (2 * x) - _series(x, lambda k: 1, 0) - reciprocals


def exact(family, y, mu, *logs):
    """Return a log density and its derivatives in the parameters on the scales of their links."""
    with localcontext() as context:
        context.prec = 75
        y, mu = Decimal(y), Decimal(mu)
        logs = [Decimal(log) for log in logs]
        if family == "student_t":
            result = _exact_student_t(y, mu, *logs)
        elif family == "negative_binomial":
            result = _exact_negative_binomial(y, mu, *logs)
        else:
            result = _exact_normal(y, mu, *logs)
        return np.array([float(number) for number in result])


def _exact_normal(y, mu, log_sigma):
    sigma = log_sigma.exp()
    z = (y - mu) / sigma
    return -z * z / 2 - log_sigma - (2 * PI).ln() / 2, z / sigma, z * z - 1


def _exact_student_t(y, mu, log_sigma, log_nu):
    sigma, nu = log_sigma.exp(), log_nu.exp()
    half, z = nu / 2, (y - mu) / sigma
    over, log = 1 + z * z / nu, (1 + z * z / nu).ln()
    heights = log_gamma(half + Decimal("0.5")) - log_gamma(half) - (nu * PI).ln() / 2
    slopes = digamma(half + Decimal("0.5")) - digamma(half)
    return (
        heights - log_sigma - (nu + 1) / 2 * log,
        (nu + 1) * z / (nu * over) / sigma,
        (nu + 1) * z * z / (nu * over) - 1,
        nu / 2 * (slopes - log) - Decimal("0.5") + (nu + 1) / 2 * (1 - 1 / over),
    )


def _exact_negative_binomial(y, log_mu, log_phi):
    mu, phi = log_mu.exp(), log_phi.exp()
    log = (mu + phi).ln()
    ways = log_gamma(y + phi) - log_gamma(phi) - log_gamma(y + 1)
    slopes = digamma(y + phi) - digamma(phi)
    return (
        ways + y * log_mu + phi * log_phi - (y + phi) * log,
        y - (y + phi) * mu / (mu + phi),
        phi * (slopes + log_phi - log + (mu - y) / (mu + phi)),
    )
