"""Families of positive responses."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, gammainc, gammaln, log_ndtr, ndtr
from scipy.special import gamma as gamma_function

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.families.tails import TAILS
from stanmix.model.parameters import (
    IDENTITY,
    LOG,
    POSITIVE,
    POSITIVE_MEAN,
    REAL,
    Parameter,
    Role,
)
from stanmix.model.priors import LogNormal
from stanmix.model.responses import POSITIVES

__all__ = ["FAMILIES"]

# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4

MEAN_LOG = Parameter(
    "mu",
    "mean of the logarithm",
    "means of the logarithms",
    REAL,
    IDENTITY,
    Role.LOCATION,
    logarithm=True,
)
MEDIAN = Parameter("mu", "median", "medians", POSITIVE, LOG, Role.LOCATION)
SCALE = Parameter("mu", "scale", "scales", POSITIVE, LOG, Role.LOCATION)
# Half of the logarithms' sd where one component spreads over a factor of e either way.
SD_LOG = Parameter(
    "sigma",
    "sd of the logarithm",
    "sds of the logarithms",
    POSITIVE,
    LOG,
    Role.SHAPE,
    LogNormal(-0.7, 1.0),
)
# From densities that fall from zero on (below 1) to such as are nearly normal.
SHAPE = Parameter("shape", "shape", "shapes", POSITIVE, LOG, Role.SHAPE, LogNormal(1.0, 1.5))
# Of the inverse Gaussian: mean^3 / variance, in units of the response.
PRECISION = Parameter("shape", "shape", "shapes", POSITIVE, LOG, Role.SCALE, LogNormal(1.0, 1.5))
# Of log(y / minimum): 1 / alpha, the index of the tail. From densities that fall at once to such as
# have no mean, from 1 on.
TAIL_INDEX = Parameter(
    "mu",
    "mean of log(y / minimum)",
    "means of log(y / minimum)",
    POSITIVE,
    LOG,
    Role.LOCATION,
    LogNormal(-0.7, 1.0),
    unitless=True,
)
MINIMUM = Parameter("minimum", "minimum", "minima", POSITIVE, LOG, Role.SCALE, stated=True)
# Of the mean excess: the least at which a start looks for one, as its logarithm has no end.
_LEAST_EXCESS = 1e-3


def _mean(values: Values) -> Array:
    return values["mu"]


def _where_positive(y: Array, density: Array) -> Array:
    return np.asarray(np.where(y > 0, density, -np.inf))


def _above_zero(y: Array, probability: Array) -> Array:
    return np.asarray(np.where(y > 0, probability, 0.0))


def _logs(y: Array) -> tuple[Array, Array]:
    """Return responses with others than positive ones replaced by 1, and their logarithms."""
    at = np.where(y > 0, y, 1.0)
    return at, np.log(at)


def _lognormal_log_density(y: Array, values: Values) -> Array:
    sigma, (_, log_y) = values["sigma"], _logs(y)
    z = (log_y - values["mu"]) / sigma
    constant = np.log(sigma) + 0.5 * np.log(2 * np.pi)
    return _where_positive(y, -0.5 * z * z - constant - log_y)


def _lognormal_mean(values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(values["mu"] + 0.5 * values["sigma"] ** 2))


def _lognormal_cdf(y: Array, values: Values) -> Array:
    return _above_zero(y, ndtr((_logs(y)[1] - values["mu"]) / values["sigma"]))


def _lognormal_sample(rng: np.random.Generator, values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(rng.normal(values["mu"], values["sigma"])))


def _lognormal_variance(values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.expm1(values["sigma"] ** 2) * _lognormal_mean(values) ** 2)


def _gamma_log_density(y: Array, values: Values) -> Array:
    mu, shape, (at, log_y) = values["mu"], values["shape"], _logs(y)
    # shape * (log(y / mu) - y / mu) + what is near -shape together with it, for large shapes.
    ratio = at / mu
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        kernel = shape * (np.log(ratio) - (ratio - 1)) - _log_gamma_part(shape)
    return _where_positive(y, kernel - log_y)


def _log_gamma_part(shape: Array) -> Array:
    """Return log gamma(a) - a log(a) + a: by Stirling's series, where logarithms would cancel."""
    near = np.minimum(shape, _LARGE)
    exact = gammaln(near) - near * np.log(near) + near
    far = np.maximum(shape, _LARGE)
    series = 0.5 * np.log(2 * np.pi / far) + 1 / (12 * far)
    return np.asarray(np.where(shape > _LARGE, series, exact))


def _gamma_cdf(y: Array, values: Values) -> Array:
    shape = values["shape"]
    return _above_zero(y, gammainc(shape, shape * (_logs(y)[0] / values["mu"])))


def _gamma_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, shape = np.broadcast_arrays(values["mu"], values["shape"])
    return np.asarray(mu * (rng.standard_gamma(shape) / shape))


def _gamma_variance(values: Values) -> Array:
    return np.asarray(values["mu"] ** 2 / values["shape"])


def _exponential_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    with np.errstate(over="ignore"):
        return _where_positive(y, -y / mu - np.log(mu))


def _exponential_cdf(y: Array, values: Values) -> Array:
    return _above_zero(y, -np.expm1(-_logs(y)[0] / values["mu"]))


def _exponential_sample(rng: np.random.Generator, values: Values) -> Array:
    return np.asarray(rng.exponential(values["mu"]))


def _squared_mean(values: Values) -> Array:
    return np.asarray(values["mu"] ** 2)


def _inverse_gaussian_log_density(y: Array, values: Values) -> Array:
    mu, shape, (at, log_y) = values["mu"], values["shape"], _logs(y)
    with np.errstate(over="ignore"):
        far = shape * ((at - mu) / mu) ** 2 / (2 * at)
    return _where_positive(y, 0.5 * (np.log(shape) - np.log(2 * np.pi) - 3 * log_y) - far)


def _inverse_gaussian_cdf(y: Array, values: Values) -> Array:
    mu, shape, (at, _) = values["mu"], values["shape"], _logs(y)
    root = np.sqrt(shape / at)
    # Of a large number and a small one, as the sum of their logarithms.
    second = np.exp(2 * shape / mu + log_ndtr(-root * (at / mu + 1)))
    return _above_zero(y, np.clip(ndtr(root * (at / mu - 1)) + second, 0.0, 1.0))


def _inverse_gaussian_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, shape = np.broadcast_arrays(values["mu"], values["shape"])
    return np.asarray(rng.wald(mu, shape))


def _inverse_gaussian_variance(values: Values) -> Array:
    return np.asarray(values["mu"] ** 3 / values["shape"])


def _weibull_scale(values: Values) -> Array:
    return np.asarray(values["mu"] / gamma_function(1 + 1 / values["shape"]))


def _weibull_log_density(y: Array, values: Values) -> Array:
    shape, (_, log_y) = values["shape"], _logs(y)
    with np.errstate(over="ignore"):
        log_ratio = log_y - np.log(values["mu"]) + gammaln(1 + 1 / shape)
        return _where_positive(
            y, np.log(shape) - log_y + shape * log_ratio - np.exp(shape * log_ratio)
        )


def _weibull_cdf(y: Array, values: Values) -> Array:
    with np.errstate(over="ignore"):
        return _above_zero(
            y, -np.expm1(-((_logs(y)[0] / _weibull_scale(values)) ** values["shape"]))
        )


def _weibull_sample(rng: np.random.Generator, values: Values) -> Array:
    scale, shape = np.broadcast_arrays(_weibull_scale(values), values["shape"])
    return np.asarray(scale * rng.weibull(shape))


def _weibull_variance(values: Values) -> Array:
    shape = values["shape"]
    with np.errstate(over="ignore"):
        ratio = np.exp(gammaln(1 + 2 / shape) - 2 * gammaln(1 + 1 / shape))
    return np.asarray(values["mu"] ** 2 * (ratio - 1))


def _frechet_log_density(y: Array, values: Values) -> Array:
    shape, (_, log_y) = values["shape"], _logs(y)
    log_ratio = np.log(values["mu"]) - log_y
    with np.errstate(over="ignore"):
        return _where_positive(
            y, np.log(shape) - log_y + shape * log_ratio - np.exp(shape * log_ratio)
        )


def _frechet_mean(values: Values) -> Array:
    shape = values["shape"]
    above = np.maximum(shape, 1.0 + 1e-12)
    return np.asarray(values["mu"] * np.where(shape > 1, gamma_function(1 - 1 / above), np.inf))


def _frechet_cdf(y: Array, values: Values) -> Array:
    with np.errstate(over="ignore"):
        return _above_zero(y, np.exp(-((values["mu"] / _logs(y)[0]) ** values["shape"])))


def _frechet_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, shape = np.broadcast_arrays(values["mu"], values["shape"])
    with np.errstate(over="ignore"):
        return np.asarray(mu * rng.standard_exponential(mu.shape) ** (-1 / shape))


def _frechet_variance(values: Values) -> Array:
    shape = values["shape"]
    above = np.maximum(shape, 2.0 + 1e-12)
    ratio = gamma_function(1 - 2 / above) - gamma_function(1 - 1 / above) ** 2
    return np.asarray(values["mu"] ** 2 * np.where(shape > 2, ratio, np.inf))


def _loglogistic_log_density(y: Array, values: Values) -> Array:
    shape, (_, log_y) = values["shape"], _logs(y)
    z = np.abs(shape * (log_y - np.log(values["mu"])))
    return _where_positive(y, np.log(shape) - log_y - z - 2 * np.log1p(np.exp(-z)))


def _loglogistic_mean(values: Values) -> Array:
    angle = np.pi / np.maximum(values["shape"], 1.0 + 1e-12)
    return np.asarray(values["mu"] * np.where(values["shape"] > 1, angle / np.sin(angle), np.inf))


def _loglogistic_cdf(y: Array, values: Values) -> Array:
    return _above_zero(y, expit(values["shape"] * (_logs(y)[1] - np.log(values["mu"]))))


def _loglogistic_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, shape = np.broadcast_arrays(values["mu"], values["shape"])
    with np.errstate(over="ignore"):
        return np.asarray(mu * np.exp(rng.logistic(size=mu.shape) / shape))


def _loglogistic_variance(values: Values) -> Array:
    angle = np.pi / np.maximum(values["shape"], 2.0 + 1e-12)
    ratio = 2 * angle / np.sin(2 * angle) - (angle / np.sin(angle)) ** 2
    return np.asarray(values["mu"] ** 2 * np.where(values["shape"] > 2, ratio, np.inf))


def _log_excess(y: Array, values: Values) -> Array:
    """Return log(y / minimum), negative below the minimum."""
    minimum = values["minimum"]
    return np.asarray(_logs(y)[1] - np.log(minimum))


def _pareto_log_density(y: Array, values: Values) -> Array:
    mu, minimum = values["mu"], values["minimum"]
    at, log_y = _logs(y)
    # Not of the logarithms' difference: its rounding would put rows at the end below it.
    density = -np.log(mu) - np.log(np.maximum(at / minimum, 1.0)) / mu - log_y
    return np.asarray(np.where((y > 0) & (y >= minimum), density, -np.inf))


def _pareto_mean(values: Values) -> Array:
    mu = values["mu"]
    return np.asarray(np.where(mu < 1, values["minimum"] / (1 - np.minimum(mu, 1 - 1e-12)), np.inf))


def _pareto_cdf(y: Array, values: Values) -> Array:
    excess = np.maximum(_log_excess(y, values), 0.0)
    return _above_zero(y, -np.expm1(-excess / values["mu"]))


def _pareto_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, minimum = np.broadcast_arrays(values["mu"], values["minimum"])
    with np.errstate(over="ignore"):
        return np.asarray(minimum * np.exp(mu * rng.standard_exponential(mu.shape)))


def _pareto_variance(values: Values) -> Array:
    mu = values["mu"]
    below = np.minimum(mu, 0.5 - 1e-12)
    variance = (values["minimum"] * below / (1 - below)) ** 2 / (1 - 2 * below)
    return np.asarray(np.where(mu < 0.5, variance, np.inf))


def _pareto_ends(values: Values) -> tuple[Array, Array]:
    return values["minimum"], np.full_like(values["minimum"], np.inf)


def _pareto_geometric_mean(values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(values["minimum"] * np.exp(values["mu"]))


def _pareto_located(y: Array, values: Values) -> Array:
    excess = np.maximum(_log_excess(y, values), 0.0)
    return np.asarray(np.maximum(excess, _LEAST_EXCESS * excess.mean()))


FAMILIES = (
    Family(
        "lognormal",
        "log-normal",
        "log-normal distributions",
        (MEAN_LOG, SD_LOG),
        _lognormal_log_density,
        _lognormal_mean,
        _lognormal_sample,
        _lognormal_variance,
        _lognormal_cdf,
        StanDensity(
            "lognormal",
            ("{mu}", "{sigma}"),
            tails="log_gaussian",
            tails_definitions=("log_Phi.stan", "lognormal_tails.stan"),
        ),
        POSITIVES,
        tails=TAILS["lognormal"],
    ),
    Family(
        "gamma",
        "gamma",
        "gamma distributions",
        (POSITIVE_MEAN, SHAPE),
        _gamma_log_density,
        _mean,
        _gamma_sample,
        _gamma_variance,
        _gamma_cdf,
        StanDensity(
            "gamma",
            ("{shape}", "{shape} / {mu}"),
            tails="incomplete_gamma",
            tails_definitions=("log_Phi.stan", "incomplete_gamma.stan", "gamma_tails.stan"),
        ),
        POSITIVES,
        tails=TAILS["gamma"],
    ),
    Family(
        "exponential",
        "exponential",
        "exponential distributions",
        (POSITIVE_MEAN,),
        _exponential_log_density,
        _mean,
        _exponential_sample,
        _squared_mean,
        _exponential_cdf,
        StanDensity(
            "exponential",
            ("1 / {mu}",),
            tails="waiting",
            tails_definitions=("exponential_tails.stan",),
        ),
        POSITIVES,
        tails=TAILS["exponential"],
    ),
    Family(
        "weibull",
        "Weibull",
        "Weibull distributions",
        (POSITIVE_MEAN, SHAPE),
        _weibull_log_density,
        _mean,
        _weibull_sample,
        _weibull_variance,
        _weibull_cdf,
        StanDensity(
            "weibull",
            ("{shape}", "{mu} / tgamma(1 + 1 / {shape})"),
            tails="least_of_positive",
            tails_definitions=("weibull_tails.stan",),
        ),
        POSITIVES,
        tails=TAILS["weibull"],
    ),
    Family(
        "inverse_gaussian",
        "inverse Gaussian",
        "inverse Gaussian distributions",
        (POSITIVE_MEAN, PRECISION),
        _inverse_gaussian_log_density,
        _mean,
        _inverse_gaussian_sample,
        _inverse_gaussian_variance,
        _inverse_gaussian_cdf,
        StanDensity(
            "inverse_gaussian",
            ("{mu}", "{shape}"),
            definitions=("inverse_gaussian.stan",),
            tails_definitions=("log_Phi.stan", "inverse_gaussian_tails.stan"),
        ),
        POSITIVES,
        tails=TAILS["inverse_gaussian"],
    ),
    Family(
        "frechet",
        "Fréchet",
        "Fréchet distributions",
        (SCALE, SHAPE),
        _frechet_log_density,
        _frechet_mean,
        _frechet_sample,
        _frechet_variance,
        _frechet_cdf,
        StanDensity(
            "frechet",
            ("{shape}", "{mu}"),
            tails="largest_of_positive",
            tails_definitions=("frechet_tails.stan",),
        ),
        POSITIVES,
        tails=TAILS["frechet"],
    ),
    Family(
        "loglogistic",
        "log-logistic",
        "log-logistic distributions",
        (MEDIAN, SHAPE),
        _loglogistic_log_density,
        _loglogistic_mean,
        _loglogistic_sample,
        _loglogistic_variance,
        _loglogistic_cdf,
        StanDensity(
            "loglogistic",
            ("{mu}", "{shape}"),
            tails="log_logistic",
            tails_definitions=("log_logistic_tails.stan",),
        ),
        POSITIVES,
        tails=TAILS["loglogistic"],
    ),
    Family(
        "pareto",
        "Pareto",
        "Pareto distributions",
        (TAIL_INDEX, MINIMUM),
        _pareto_log_density,
        _pareto_mean,
        _pareto_sample,
        _pareto_variance,
        _pareto_cdf,
        StanDensity(
            "pareto",
            ("{minimum}", "1 / {mu}"),
            tails="power_law",
            tails_definitions=("pareto_tails.stan",),
        ),
        POSITIVES,
        ends=_pareto_ends,
        located=_pareto_located,
        middle=("geometric means", _pareto_geometric_mean),
        tails=TAILS["pareto"],
    ),
)
