"""Log densities of one component, by SciPy's functions and by scipy.stats alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

# Each takes the responses, the parameters on the scales of their links, which may be complex, and
# where successes are counted the numbers of trials.


def normal(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -0.5 * z * z - log_sigma - 0.5 * np.log(2 * np.pi)


def student_t(y, mu, log_sigma, log_nu):
    nu, z = np.exp(log_nu), (y - mu) * np.exp(-log_sigma)
    heights = special.loggamma((nu + 1) / 2) - special.loggamma(nu / 2) - np.log(nu * np.pi) / 2
    return heights - log_sigma - (nu + 1) / 2 * np.log1p(z * z / nu)


def cauchy(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -np.log(np.pi) - log_sigma - np.log1p(z * z)


def laplace(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -np.log(2) - log_sigma - z * np.sign(z.real)


def asymmetric_laplace(y, mu, log_sigma, logit):
    level, z = 1 / (1 + np.exp(-logit)), (y - mu) * np.exp(-log_sigma)
    heights = np.log(2) + np.log(level) - np.log1p(np.exp(logit))
    return heights - log_sigma - 2 * z * (level - (z.real < 0))


def logistic(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    size = z * np.sign(z.real)
    return -log_sigma - size - 2 * np.log1p(np.exp(-size))


def interval_logistic(y, mu, log_sigma, upper):
    low, high = ((end - mu) * np.exp(-log_sigma) for end in (y, upper))
    return np.log(-np.expm1(low - high)) - np.log1p(np.exp(-high)) - np.log1p(np.exp(low))


def gumbel(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -log_sigma - z - np.exp(-z)


def log_phi(u):
    """Return the log of Phi: SciPy's of complex numbers has no digits where it is nearly 0."""
    value = special.log_ndtr(u.real)
    slope = np.exp(-(u.real**2) / 2 - value) / np.sqrt(2 * np.pi)
    return value + 1j * slope * u.imag if np.iscomplexobj(u) else value


def skew_normal(y, mu, log_sigma, alpha):
    z = (y - mu) * np.exp(-log_sigma)
    return normal(y, mu, log_sigma) + np.log(2) + log_phi(alpha * z)


def exgaussian(y, mu, log_sigma, log_tau):
    z, r = (y - mu) * np.exp(-log_sigma), np.exp(log_sigma - log_tau)
    return r * (r / 2 - z) + log_phi(z - r) - log_tau


def lognormal(y, mu, log_sigma):
    return normal(np.log(y), mu, log_sigma) - np.log(y)


def gamma(y, log_mu, log_shape):
    shape, log_ratio = np.exp(log_shape), np.log(y) - log_mu
    peak = shape * log_shape - special.loggamma(shape)
    return peak + shape * (log_ratio - np.exp(log_ratio)) - np.log(y)


def weibull(y, log_mu, log_shape):
    shape = np.exp(log_shape)
    t = shape * (np.log(y) - log_mu + special.loggamma(1 + 1 / shape))
    return log_shape - np.log(y) + t - np.exp(t)


def exponential(y, log_mu):
    return -log_mu - y * np.exp(-log_mu)


def inverse_gaussian(y, log_mu, log_shape):
    far = (y * np.exp(-log_mu) - 1) ** 2 / y
    return 0.5 * (log_shape - np.log(2 * np.pi) - 3 * np.log(y) - np.exp(log_shape) * far)


def frechet(y, log_mu, log_shape):
    return gumbel(np.log(y), log_mu, -log_shape) - np.log(y)


def loglogistic(y, log_mu, log_shape):
    return logistic(np.log(y), log_mu, -log_shape) - np.log(y)


def pareto(y, log_mu, log_minimum):
    return -log_mu - (np.log(y) - log_minimum) * np.exp(-log_mu) - np.log(y)


def log_bessel(kappa):
    """Log of I_0, by its power series: all terms of which are of one sign."""
    term = total = np.ones_like(kappa)
    for n in range(1, 400):
        term = term * (kappa / (2 * n)) ** 2
        total = total + term
    return np.log(total)


def von_mises(y, tangent, log_kappa):
    kappa, length = np.exp(log_kappa), 1 + tangent**2
    cosine = (np.cos(y) * (1 - tangent**2) + np.sin(y) * 2 * tangent) / length
    return kappa * cosine - np.log(2 * np.pi) - log_bessel(kappa)


def poisson(y, log_mu):
    return y * log_mu - np.exp(log_mu) - special.gammaln(y + 1)


def negative_binomial(y, log_mu, log_phi):
    mu, phi = np.exp(log_mu), np.exp(log_phi)
    ways = special.loggamma(y + phi) - special.loggamma(phi) - special.gammaln(y + 1)
    return ways + y * log_mu + phi * log_phi - (y + phi) * np.log(mu + phi)


def geometric(y, log_mu):
    return y * log_mu - (y + 1) * np.log1p(np.exp(log_mu))


def log_choose(n, y):
    return special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)


def binomial(y, logit, trials):
    return log_choose(trials, y) + y * logit - trials * np.log1p(np.exp(logit))


def bernoulli(y, logit):
    return y * logit - np.log1p(np.exp(logit))


def log_beta(a, b):
    return special.loggamma(a) + special.loggamma(b) - special.loggamma(a + b)


def beta(y, logit, log_phi):
    a, b = (np.exp(log_phi) / (1 + np.exp(sign * logit)) for sign in (-1, 1))
    return (a - 1) * np.log(y) + (b - 1) * np.log1p(-y) - log_beta(a, b)


def beta_binomial(y, logit, log_phi, trials):
    a, b = (np.exp(log_phi) / (1 + np.exp(sign * logit)) for sign in (-1, 1))
    return log_choose(trials, y) + log_beta(a + y, b + trials - y) - log_beta(a, b)


# By scipy.stats, of real parameters ---------------------------------------------------------------


def _interval_logistic(y, mu, log_sigma, upper):
    of = stats.logistic(mu, np.exp(log_sigma))
    smaller = of.sf(y) < of.cdf(upper)
    return np.log(np.where(smaller, of.sf(y) - of.sf(upper), of.cdf(upper) - of.cdf(y)))


def _scaled(distribution):
    return lambda y, mu, log_sigma: distribution.logpdf(y, mu, np.exp(log_sigma))


def _student_t(y, mu, log_sigma, log_nu):
    return stats.t.logpdf(y, df=np.exp(log_nu), loc=mu, scale=np.exp(log_sigma))


def _asymmetric_laplace(y, mu, log_sigma, logit):
    level, rest = special.expit(logit), special.expit(-logit)
    scale = np.exp(log_sigma) / (2 * np.sqrt(level * rest))
    return stats.laplace_asymmetric.logpdf(y, np.sqrt(level / rest), mu, scale)


def _skew_normal(y, mu, log_sigma, alpha):
    return stats.skewnorm.logpdf(y, alpha, mu, np.exp(log_sigma))


def _exgaussian(y, mu, log_sigma, log_tau):
    return stats.exponnorm.logpdf(y, np.exp(log_tau - log_sigma), mu, np.exp(log_sigma))


def _lognormal(y, mu, log_sigma):
    return stats.lognorm.logpdf(y, np.exp(log_sigma), scale=np.exp(mu))


def _gamma(y, log_mu, log_shape):
    return stats.gamma.logpdf(y, np.exp(log_shape), scale=np.exp(log_mu - log_shape))


def _weibull(y, log_mu, log_shape):
    shape = np.exp(log_shape)
    return stats.weibull_min.logpdf(y, shape, scale=np.exp(log_mu) / special.gamma(1 + 1 / shape))


def _exponential(y, log_mu):
    return stats.expon.logpdf(y, scale=np.exp(log_mu))


def _inverse_gaussian(y, log_mu, log_shape):
    return stats.invgauss.logpdf(y, np.exp(log_mu - log_shape), scale=np.exp(log_shape))


def _frechet(y, log_mu, log_shape):
    # Not scipy.stats.invweibull, which takes powers that overflow.
    return stats.gumbel_r.logpdf(np.log(y), log_mu, np.exp(-log_shape)) - np.log(y)


def _loglogistic(y, log_mu, log_shape):
    return stats.fisk.logpdf(y, np.exp(log_shape), scale=np.exp(log_mu))


def _pareto(y, log_mu, log_minimum):
    return stats.pareto.logpdf(y, np.exp(-log_mu), scale=np.exp(log_minimum))


def _von_mises(y, tangent, log_kappa):
    return stats.vonmises.logpdf(y, np.exp(log_kappa), 2 * np.arctan(tangent))


def _poisson(y, log_mu):
    return stats.poisson.logpmf(y, np.exp(log_mu))


def _negative_binomial(y, log_mu, log_phi):
    phi = np.exp(log_phi)
    return stats.nbinom.logpmf(y, phi, phi / (phi + np.exp(log_mu)))


def _geometric(y, log_mu):
    return stats.geom.logpmf(y + 1, special.expit(-log_mu))


def _bernoulli(y, logit):
    return stats.bernoulli.logpmf(y, special.expit(logit))


def _binomial(y, logit, trials):
    return stats.binom.logpmf(y, trials, special.expit(logit))


def _sizes(logit, log_phi):
    return np.exp(log_phi) * special.expit(logit), np.exp(log_phi) * special.expit(-logit)


def _beta(y, logit, log_phi):
    return stats.beta.logpdf(y, *_sizes(logit, log_phi))


def _beta_binomial(y, logit, log_phi, trials):
    return stats.betabinom.logpmf(y, trials, *_sizes(logit, log_phi))


@dataclass(frozen=True)
class Family:
    """A family as its kernel has it.

    Attributes
    ----------
    parameters : tuple of str
    log_density : callable
        By SciPy's functions.
    of_scipy : callable
        The same, by scipy.stats.
    response : str
        ``"real"``, ``"interval"`` (which has an upper end as well), ``"positive"``, ``"above"`` a
        minimum, ``"fraction"``, ``"angle"``, ``"count"``, ``"truth"`` or ``"successes"``.
    """

    parameters: tuple[str, ...]
    log_density: Callable[..., np.ndarray]
    of_scipy: Callable[..., np.ndarray]
    response: str = "real"


_SCALED = ("mu", "sigma")
_SHAPED = ("mu", "shape")
_PRECISE = ("mu", "phi")
FAMILIES = {
    "normal": Family(_SCALED, normal, _scaled(stats.norm)),
    "student_t": Family((*_SCALED, "nu"), student_t, _student_t),
    "cauchy": Family(_SCALED, cauchy, _scaled(stats.cauchy)),
    "laplace": Family(_SCALED, laplace, _scaled(stats.laplace)),
    "asymmetric_laplace": Family((*_SCALED, "quantile"), asymmetric_laplace, _asymmetric_laplace),
    "logistic": Family(_SCALED, logistic, _scaled(stats.logistic)),
    # For what all intervals have in common; `test_tails.py` has their probabilities to 50 digits.
    "interval_logistic": Family(_SCALED, interval_logistic, _interval_logistic, "interval"),
    "gumbel": Family(_SCALED, gumbel, _scaled(stats.gumbel_r)),
    "skew_normal": Family((*_SCALED, "alpha"), skew_normal, _skew_normal),
    "exgaussian": Family((*_SCALED, "tau"), exgaussian, _exgaussian),
    "lognormal": Family(_SCALED, lognormal, _lognormal, "positive"),
    "gamma": Family(_SHAPED, gamma, _gamma, "positive"),
    "weibull": Family(_SHAPED, weibull, _weibull, "positive"),
    "exponential": Family(("mu",), exponential, _exponential, "positive"),
    "inverse_gaussian": Family(_SHAPED, inverse_gaussian, _inverse_gaussian, "positive"),
    "frechet": Family(_SHAPED, frechet, _frechet, "positive"),
    "loglogistic": Family(_SHAPED, loglogistic, _loglogistic, "positive"),
    "pareto": Family(("mu", "minimum"), pareto, _pareto, "above"),
    "von_mises": Family(("mu", "kappa"), von_mises, _von_mises, "angle"),
    "poisson": Family(("mu",), poisson, _poisson, "count"),
    "negative_binomial": Family(_PRECISE, negative_binomial, _negative_binomial, "count"),
    "geometric": Family(("mu",), geometric, _geometric, "count"),
    "bernoulli": Family(("mu",), bernoulli, _bernoulli, "truth"),
    "binomial": Family(("mu",), binomial, _binomial, "successes"),
    "beta": Family(_PRECISE, beta, _beta, "fraction"),
    "beta_binomial": Family(_PRECISE, beta_binomial, _beta_binomial, "successes"),
}
COUNTED = ("count", "truth", "successes")
