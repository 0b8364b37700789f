"""Log densities of one component to 50 digits, and their derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb

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


@functools.cache
def exact(family, y, *parameters, trials=None):
    """Return a log density and its derivatives in the parameters on the scales of their links.

    A tuple of floats. The derivatives are central differences where they are not written out.
    """
    with localcontext() as context:
        context.prec = 75
        given = [Decimal(one) for one in (y, *parameters)]
        of_data = [] if trials is None else [Decimal(trials)]
        if family in WRITTEN_OUT:
            result = WRITTEN_OUT[family](*given)
        else:
            result = _by_differences(LOG_DENSITIES[family], given, of_data)
        return tuple(float(number) for number in result)


def _by_differences(log_density, given, of_data):
    step = Decimal("1e-20")  # the derivatives have its square as an error, and 55 digits

    def moved(i, by):
        return log_density(*given[:i], given[i] + by, *given[i + 1 :], *of_data)

    slopes = [(moved(i, step) - moved(i, -step)) / (2 * step) for i in range(1, len(given))]
    return log_density(*given, *of_data), *slopes


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


WRITTEN_OUT = {
    "normal": _exact_normal,
    "student_t": _exact_student_t,
    "negative_binomial": _exact_negative_binomial,
}


def _standardised(y, mu, log_sigma):
    return (y - mu) / log_sigma.exp()


def _cauchy(y, mu, log_sigma):
    return -(PI * (1 + _standardised(y, mu, log_sigma) ** 2)).ln() - log_sigma


def _laplace(y, mu, log_sigma):
    return -abs(_standardised(y, mu, log_sigma)) - Decimal(2).ln() - log_sigma


def _logistic(y, mu, log_sigma):
    z = abs(_standardised(y, mu, log_sigma))
    return -z - 2 * (1 + (-z).exp()).ln() - log_sigma


def _gumbel(y, mu, log_sigma):
    z = _standardised(y, mu, log_sigma)
    return -z - (-z).exp() - log_sigma


def _fraction(logit):
    """Return the probability and 1 less it."""
    return 1 / (1 + (-logit).exp()), 1 / (1 + logit.exp())


def _asymmetric_laplace(y, mu, log_sigma, logit):
    (level, rest), z = _fraction(logit), _standardised(y, mu, log_sigma)
    return (2 * level * rest).ln() - log_sigma - 2 * z * (level if z > 0 else -rest)


def _tail_ratio(x):
    """Return Phi(-x) over phi(x), by the power series of Phi or a continued fraction."""
    if x > 3:
        found = x
        for n in range(600, 0, -1):
            found = x + n / found
        return 1 / found
    term, total, n = x, x, 1
    while abs(term) > Decimal("1e-80"):
        n += 2
        term *= x * x / n
        total += term
    return (PI / 2).sqrt() * (x * x / 2).exp() - total


def log_normal_below(u):
    if u < 0:
        return _tail_ratio(-u).ln() - u * u / 2 - (2 * PI).ln() / 2
    return (1 - _tail_ratio(u) * (-u * u / 2).exp() / (2 * PI).sqrt()).ln()


def _skew_normal(y, mu, log_sigma, alpha):
    z = _standardised(y, mu, log_sigma)
    return _exact_normal(y, mu, log_sigma)[0] + Decimal(2).ln() + log_normal_below(alpha * z)


def _exgaussian(y, mu, log_sigma, log_tau):
    z, r = _standardised(y, mu, log_sigma), (log_sigma - log_tau).exp()
    return r * (r / 2 - z) + log_normal_below(z - r) - log_tau


def _lognormal(y, mu, log_sigma):
    return _exact_normal(y.ln(), mu, log_sigma)[0] - y.ln()


def _gamma(y, log_mu, log_shape):
    shape = log_shape.exp()
    rate = shape / log_mu.exp()
    return shape * rate.ln() - log_gamma(shape) + (shape - 1) * y.ln() - rate * y


def _weibull(y, log_mu, log_shape):
    shape = log_shape.exp()
    t = shape * (y.ln() - log_mu + log_gamma(1 + 1 / shape))
    return log_shape - y.ln() + t - t.exp()


def _exponential(y, log_mu):
    return -log_mu - y / log_mu.exp()


def _inverse_gaussian(y, log_mu, log_shape):
    mu, shape = log_mu.exp(), log_shape.exp()
    return (shape / (2 * PI * y**3)).ln() / 2 - shape * (y - mu) ** 2 / (2 * mu * mu * y)


def _frechet(y, log_mu, log_shape):
    return _gumbel(y.ln(), log_mu, -log_shape) - y.ln()


def _loglogistic(y, log_mu, log_shape):
    return _logistic(y.ln(), log_mu, -log_shape) - y.ln()


def _log_choose(n, y):
    if min(y, n - y) < 100:
        return Decimal(comb(int(n), int(y))).ln()
    return log_gamma(n + 1) - log_gamma(y + 1) - log_gamma(n - y + 1)


def _geometric(y, log_mu):
    event, other = _fraction(log_mu)
    return y * event.ln() + other.ln()


def _binomial(y, logit, trials):
    success, failure = _fraction(logit)
    return _log_choose(trials, y) + y * success.ln() + (trials - y) * failure.ln()


def _bernoulli(y, logit):
    return _fraction(logit if y == 1 else -logit)[0].ln()


def _log_beta(a, b):
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b)


def _beta(y, logit, log_phi):
    mean, rest = _fraction(logit)
    a, b = mean * log_phi.exp(), rest * log_phi.exp()
    return (a - 1) * y.ln() + (b - 1) * (1 - y).ln() - _log_beta(a, b)


def _beta_binomial(y, logit, log_phi, trials):
    mean, rest = _fraction(logit)
    a, b = mean * log_phi.exp(), rest * log_phi.exp()
    return _log_choose(trials, y) + _log_beta(a + y, b + trials - y) - _log_beta(a, b)


def _pareto(y, log_mu, log_minimum):
    return -log_mu - (y.ln() - log_minimum) / log_mu.exp() - y.ln()


def _log_bessel(kappa):
    """Return the log of I_0: its power series, or beyond 3000 its asymptotic one."""
    term = total = Decimal(1)
    if kappa > 3000:
        for n in range(1, 60):
            term *= (2 * n - 1) ** 2 / (8 * n * kappa)
            total += term
        return kappa - (2 * PI * kappa).ln() / 2 + total.ln()
    n = 0
    while term > total * Decimal("1e-80"):
        n += 1
        term *= kappa * kappa / (4 * n * n)
        total += term
    return total.ln()


def _cos_and_sin(x):
    term, found, n = Decimal(1), [Decimal(0)] * 4, 0
    while n < 400:
        found[n % 4] += term
        n += 1
        term *= x / n
    return found[0] - found[2], found[1] - found[3]


def _von_mises(y, tangent, log_kappa):
    cos_y, sin_y = _cos_and_sin(y)
    cos = (cos_y * (1 - tangent**2) + sin_y * 2 * tangent) / (1 + tangent**2)
    kappa = log_kappa.exp()
    return kappa * cos - (2 * PI).ln() - _log_bessel(kappa)


LOG_DENSITIES: dict[str, Callable[..., Decimal]] = {
    "cauchy": _cauchy,
    "laplace": _laplace,
    "logistic": _logistic,
    "gumbel": _gumbel,
    "asymmetric_laplace": _asymmetric_laplace,
    "skew_normal": _skew_normal,
    "exgaussian": _exgaussian,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "exponential": _exponential,
    "inverse_gaussian": _inverse_gaussian,
    "frechet": _frechet,
    "loglogistic": _loglogistic,
    "pareto": _pareto,
    "von_mises": _von_mises,
    "geometric": _geometric,
    "bernoulli": _bernoulli,
    "binomial": _binomial,
    "beta": _beta,
    "beta_binomial": _beta_binomial,
}
