"""Families of responses on the real line."""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, expit, gammaln, log_ndtr, ndtr, owens_t, stdtr

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.families.tails import TAILS
from stanmix.model.parameters import (
    FRACTION,
    IDENTITY,
    LOG,
    LOGIT,
    MEAN,
    NU,
    POSITIVE,
    REAL,
    SCALE,
    Parameter,
    Role,
)
from stanmix.model.priors import Normal, Uniform

__all__ = ["FAMILIES"]

# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4
EULER = float(np.euler_gamma)

MEDIAN = Parameter("mu", "median", "medians", REAL, IDENTITY, Role.LOCATION)
MODE = Parameter("mu", "mode", "modes", REAL, IDENTITY, Role.LOCATION)
LOCATION = Parameter("mu", "location", "locations", REAL, IDENTITY, Role.LOCATION)
QUANTILE = Parameter("mu", "quantile", "quantiles", REAL, IDENTITY, Role.LOCATION)
# Skewness of 0.995, the most there is, is approached at alpha of about 20.
ALPHA = Parameter("alpha", "skewness", "skewnesses", REAL, IDENTITY, Role.SHAPE, Normal(0.0, 4.0))
TAIL = Parameter("tau", "mean of the tail", "means of the tails", POSITIVE, LOG, Role.SCALE)
LEVEL = Parameter(
    "quantile",
    "level of the quantile",
    "levels of the quantiles",
    FRACTION,
    LOGIT,
    Role.SHAPE,
    Uniform(0.0, 1.0),
)


def _location(values: Values) -> Array:
    return values["mu"]


def _standardised(y: Array, values: Values) -> Array:
    return np.asarray((y - values["mu"]) / values["sigma"])


def _nowhere(values: Values) -> Array:
    return np.full(np.broadcast_shapes(*(np.shape(v) for v in values.values())), np.nan)


def _infinite(values: Values) -> Array:
    return np.full(np.broadcast_shapes(*(np.shape(v) for v in values.values())), np.inf)


def _drawn(values: Values, *names: str) -> list[Array]:
    return [np.asarray(v) for v in np.broadcast_arrays(*(values[name] for name in names))]


def _normal_log_density(y: Array, values: Values) -> Array:
    scale = values["sigma"]
    z = (y - values["mu"]) / scale
    # What is the same in all rows is added up first: these arrays may be large.
    result: Array = -0.5 * z * z - (np.log(scale) + 0.5 * np.log(2 * np.pi))
    return result


def _normal_cdf(y: Array, values: Values) -> Array:
    return np.asarray(ndtr(_standardised(y, values)))


def _normal_sample(rng: np.random.Generator, values: Values) -> Array:
    result: Array = rng.normal(values["mu"], values["sigma"])
    return result


def _normal_variance(values: Values) -> Array:
    return np.asarray(values["sigma"] ** 2)


def _student_t_log_density(y: Array, values: Values) -> Array:
    scale, nu = values["sigma"], values["nu"]
    z = (y - values["mu"]) / scale
    half = nu / 2
    # gamma((nu + 1) / 2) / gamma(nu / 2), whose logarithms cancel for large nu.
    near, part = np.minimum(half, _LARGE), 1 / np.maximum(half, _LARGE)
    series = 0.5 * np.log(half) - part * (1 - (part / 4) ** 2) / 8
    ratio = np.where(half > _LARGE, series, gammaln(near + 0.5) - gammaln(near))
    constant = ratio - 0.5 * (np.log(np.pi) + np.log(nu)) - np.log(scale)
    with np.errstate(over="ignore"):
        return np.asarray(constant - (half + 0.5) * np.log1p(z * z / nu))


def _student_t_cdf(y: Array, values: Values) -> Array:
    # stdtr gives no number for very many degrees of freedom, where it is the normal one.
    z, nu = _standardised(y, values), values["nu"]
    return np.asarray(np.where(nu > 1e10, ndtr(z), stdtr(np.minimum(nu, 1e10), z)))


def _student_t_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, scale, nu = np.broadcast_arrays(values["mu"], values["sigma"], values["nu"])
    return np.asarray(mu + scale * rng.standard_t(nu))


def _student_t_mean(values: Values) -> Array:
    return np.asarray(np.where(values["nu"] > 1, values["mu"], np.nan))


def _student_t_variance(values: Values) -> Array:
    nu = values["nu"]
    with np.errstate(divide="ignore", invalid="ignore"):
        inflated = np.where(nu > 2, nu / (nu - 2), np.inf)
    return np.asarray(values["sigma"] ** 2 * inflated)


def _cauchy_log_density(y: Array, values: Values) -> Array:
    z = _standardised(y, values)
    with np.errstate(over="ignore"):
        return np.asarray(-np.log1p(z * z) - np.log(values["sigma"]) - np.log(np.pi))


def _cauchy_cdf(y: Array, values: Values) -> Array:
    # Both tails to all digits.
    return np.asarray(np.arctan2(1.0, -_standardised(y, values)) / np.pi)


def _cauchy_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, sigma = _drawn(values, "mu", "sigma")
    return np.asarray(mu + sigma * rng.standard_cauchy(mu.shape))


def _laplace_log_density(y: Array, values: Values) -> Array:
    return np.asarray(-np.abs(_standardised(y, values)) - np.log(2 * values["sigma"]))


def _laplace_cdf(y: Array, values: Values) -> Array:
    z = _standardised(y, values)
    tail = 0.5 * np.exp(-np.abs(z))
    return np.asarray(np.where(z < 0, tail, 1 - tail))


def _laplace_sample(rng: np.random.Generator, values: Values) -> Array:
    return np.asarray(rng.laplace(values["mu"], values["sigma"]))


def _laplace_variance(values: Values) -> Array:
    return np.asarray(2 * values["sigma"] ** 2)


def _logistic_log_density(y: Array, values: Values) -> Array:
    z = np.abs(_standardised(y, values))
    return np.asarray(-z - 2 * np.log1p(np.exp(-z)) - np.log(values["sigma"]))


def _logistic_cdf(y: Array, values: Values) -> Array:
    return np.asarray(expit(_standardised(y, values)))


def _logistic_sample(rng: np.random.Generator, values: Values) -> Array:
    return np.asarray(rng.logistic(values["mu"], values["sigma"]))


def _logistic_variance(values: Values) -> Array:
    return np.asarray((np.pi * values["sigma"]) ** 2 / 3)


def _gumbel_log_density(y: Array, values: Values) -> Array:
    z = _standardised(y, values)
    with np.errstate(over="ignore"):
        return np.asarray(-z - np.exp(-z) - np.log(values["sigma"]))


def _gumbel_mean(values: Values) -> Array:
    return np.asarray(values["mu"] + EULER * values["sigma"])


def _gumbel_cdf(y: Array, values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-np.exp(-_standardised(y, values))))


def _gumbel_sample(rng: np.random.Generator, values: Values) -> Array:
    return np.asarray(rng.gumbel(values["mu"], values["sigma"]))


def _gumbel_variance(values: Values) -> Array:
    return np.asarray((np.pi * values["sigma"]) ** 2 / 6)


def _skew_normal_log_density(y: Array, values: Values) -> Array:
    z = _standardised(y, values)
    tail = np.log(2.0) + log_ndtr(values["alpha"] * z)
    return np.asarray(tail + _normal_log_density(y, values))


def _delta(values: Values) -> Array:
    alpha = values["alpha"]
    return np.asarray(alpha / np.sqrt(1 + alpha**2))


def _skew_normal_mean(values: Values) -> Array:
    return np.asarray(values["mu"] + values["sigma"] * _delta(values) * np.sqrt(2 / np.pi))


def _skew_normal_cdf(y: Array, values: Values) -> Array:
    z = _standardised(y, values)
    return np.asarray(np.clip(ndtr(z) - 2 * owens_t(z, values["alpha"]), 0.0, 1.0))


def _skew_normal_sample(rng: np.random.Generator, values: Values) -> Array:
    # Azzalini (1985, Scand. J. Stat. 12, 171-178).
    mu, sigma, delta = _drawn({**values, "delta": _delta(values)}, "mu", "sigma", "delta")
    half, other = np.abs(rng.standard_normal(mu.shape)), rng.standard_normal(mu.shape)
    return np.asarray(mu + sigma * (delta * half + np.sqrt(1 - delta**2) * other))


def _skew_normal_variance(values: Values) -> Array:
    return np.asarray(values["sigma"] ** 2 * (1 - 2 * _delta(values) ** 2 / np.pi))


def _exgaussian_log_density(y: Array, values: Values) -> Array:
    sigma, tau = values["sigma"], values["tau"]
    z, ratio = _standardised(y, values), sigma / tau
    # With log_ndtr of a far tail the squares cancel: -z^2 / 2 is taken out of it.
    u = z - ratio
    with np.errstate(over="ignore", invalid="ignore"):
        plain = ratio * (0.5 * ratio - z) + log_ndtr(u)
        far = -0.5 * z * z + _log_mills(np.minimum(u, -1.0))
    return np.asarray(np.where(u < -5.0, far, plain) - np.log(tau))


def _log_mills(u: Array) -> Array:
    """Return the log of Phi(u) exp(u^2 / 2) for negative u."""
    return np.asarray(np.log(erfcx(-u / np.sqrt(2.0))) - np.log(2.0))


def _exgaussian_mean(values: Values) -> Array:
    return np.asarray(values["mu"] + values["tau"])


def _exgaussian_cdf(y: Array, values: Values) -> Array:
    # The density is (P(normal <= y) - P(sum <= y)) / tau.
    below = values["tau"] * np.exp(_exgaussian_log_density(y, values))
    return np.asarray(np.clip(ndtr(_standardised(y, values)) - below, 0.0, 1.0))


def _exgaussian_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, sigma, tau = _drawn(values, "mu", "sigma", "tau")
    return np.asarray(rng.normal(mu, sigma) + rng.exponential(tau))


def _exgaussian_variance(values: Values) -> Array:
    return np.asarray(values["sigma"] ** 2 + values["tau"] ** 2)


def _asymmetric_laplace_log_density(y: Array, values: Values) -> Array:
    # Koenker & Machado (1999, J. Am. Stat. Assoc. 94, 1296-1310), with Stan's scale, which is
    # half of theirs.
    z, level = _standardised(y, values), values["quantile"]
    loss = 2 * z * np.where(z > 0, level, level - 1)
    return np.asarray(np.log(2 * level * (1 - level) / values["sigma"]) - loss)


def _asymmetric_laplace_mean(values: Values) -> Array:
    level, half = values["quantile"], values["sigma"] / 2
    return np.asarray(values["mu"] + half * (1 - 2 * level) / (level * (1 - level)))


def _asymmetric_laplace_cdf(y: Array, values: Values) -> Array:
    z, level = 2 * _standardised(y, values), values["quantile"]
    below = level * np.exp((1 - level) * np.minimum(z, 0.0))
    return np.asarray(np.where(z < 0, below, 1 - (1 - level) * np.exp(-level * np.maximum(z, 0.0))))


def _asymmetric_laplace_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, sigma, level = _drawn(values, "mu", "sigma", "quantile")
    up, down = rng.standard_exponential(mu.shape), rng.standard_exponential(mu.shape)
    return np.asarray(mu + sigma / 2 * (up / level - down / (1 - level)))


def _asymmetric_laplace_variance(values: Values) -> Array:
    level, half = values["quantile"], values["sigma"] / 2
    return np.asarray(half**2 * (1 / level**2 + 1 / (1 - level) ** 2))


_LOCATION_SCALE = ("{mu}", "{sigma}")

FAMILIES = (
    Family(
        "normal",
        "normal",
        "normals",
        (MEAN, SCALE),
        _normal_log_density,
        _location,
        _normal_sample,
        _normal_variance,
        _normal_cdf,
        StanDensity(
            "normal",
            _LOCATION_SCALE,
            tails="gaussian",
            tails_definitions=("log_Phi.stan", "normal_tails.stan"),
        ),
        tails=TAILS["normal"],
    ),
    Family(
        "student_t",
        "Student t",
        "Student t distributions",
        (MEAN, SCALE, NU),
        _student_t_log_density,
        _student_t_mean,
        _student_t_sample,
        _student_t_variance,
        _student_t_cdf,
        StanDensity(
            "student_t",
            ("{nu}", "{mu}", "{sigma}"),
            tails="long_tailed",
            tails_definitions=("log_Phi.stan", "incomplete_beta.stan", "student_t_tails.stan"),
        ),
        tails=TAILS["student_t"],
    ),
    Family(
        "cauchy",
        "Cauchy",
        "Cauchy distributions",
        (MEDIAN, SCALE),
        _cauchy_log_density,
        _nowhere,
        _cauchy_sample,
        _infinite,
        _cauchy_cdf,
        StanDensity(
            "cauchy",
            _LOCATION_SCALE,
            tails="far_reaching",
            tails_definitions=("cauchy_tails.stan",),
        ),
        tails=TAILS["cauchy"],
    ),
    Family(
        "laplace",
        "Laplace",
        "Laplace distributions",
        (MEAN, SCALE),
        _laplace_log_density,
        _location,
        _laplace_sample,
        _laplace_variance,
        _laplace_cdf,
        StanDensity(
            "double_exponential",
            _LOCATION_SCALE,
            tails="peaked",
            tails_definitions=("laplace_tails.stan",),
        ),
        tails=TAILS["laplace"],
    ),
    Family(
        "asymmetric_laplace",
        "asymmetric Laplace",
        "asymmetric Laplace distributions",
        (QUANTILE, SCALE, LEVEL),
        _asymmetric_laplace_log_density,
        _asymmetric_laplace_mean,
        _asymmetric_laplace_sample,
        _asymmetric_laplace_variance,
        _asymmetric_laplace_cdf,
        StanDensity(
            "skew_double_exponential",
            ("{mu}", "{sigma}", "{quantile}"),
            tails="skewed_peaked",
            tails_definitions=("asymmetric_laplace_tails.stan",),
        ),
        tails=TAILS["asymmetric_laplace"],
    ),
    Family(
        "logistic",
        "logistic",
        "logistic distributions",
        (MEAN, SCALE),
        _logistic_log_density,
        _location,
        _logistic_sample,
        _logistic_variance,
        _logistic_cdf,
        StanDensity(
            "logistic",
            _LOCATION_SCALE,
            tails="sigmoid",
            tails_definitions=("logistic_tails.stan",),
        ),
        tails=TAILS["logistic"],
    ),
    Family(
        "gumbel",
        "Gumbel",
        "Gumbel distributions",
        (MODE, SCALE),
        _gumbel_log_density,
        _gumbel_mean,
        _gumbel_sample,
        _gumbel_variance,
        _gumbel_cdf,
        StanDensity(
            "gumbel",
            _LOCATION_SCALE,
            tails="largest",
            tails_definitions=("gumbel_tails.stan",),
        ),
        tails=TAILS["gumbel"],
    ),
    Family(
        "skew_normal",
        "skew normal",
        "skew normal distributions",
        (LOCATION, SCALE, ALPHA),
        _skew_normal_log_density,
        _skew_normal_mean,
        _skew_normal_sample,
        _skew_normal_variance,
        _skew_normal_cdf,
        StanDensity(
            "skewed_normal",
            ("{mu}", "{sigma}", "{alpha}"),
            definitions=("skewed_normal.stan",),
            tails_definitions=("skewed_normal_tails.stan",),
        ),
        tails=TAILS["skew_normal"],
    ),
    Family(
        "exgaussian",
        "ex-Gaussian",
        "ex-Gaussian distributions",
        (LOCATION, SCALE, TAIL),
        _exgaussian_log_density,
        _exgaussian_mean,
        _exgaussian_sample,
        _exgaussian_variance,
        _exgaussian_cdf,
        StanDensity(
            "exgaussian",
            ("{mu}", "{sigma}", "{tau}"),
            definitions=("exgaussian.stan",),
            tails_definitions=("log_Phi.stan", "exgaussian_tails.stan"),
        ),
        tails=TAILS["exgaussian"],
    ),
)
