"""Logarithms of the probabilities of both tails, to all digits where they are small.

`below` is of at most y, `above` of more than y, for any real y. Of censored rows and truncated
responses the likelihood is made of these.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import (
    betainc,
    betaln,
    erfcx,
    gammainc,
    gammaincc,
    gammaln,
    log_expit,
    log_ndtr,
    ndtr,
    owens_t,
    stdtr,
)

from stanmix.model.families.entry import TRIALS, Array, Tails, Values
from stanmix.model.families.far_tails import (
    TINY,
    log_beta_below,
    log_gamma_above,
    log_gamma_below,
)

__all__ = ["TAILS", "beta_binomial_cdf"]

_TOGETHER = 500_000  # masses that are computed at once


def _log1m_exp(x: Array) -> Array:
    """Return log(1 - exp(x)) of x that is not positive."""
    with np.errstate(divide="ignore", over="ignore"):
        near = x > -np.log(2.0)
        small = np.log(-np.expm1(np.where(near, x, -1.0)))
        return np.asarray(np.where(near, small, np.log1p(-np.exp(np.where(near, -1.0, x)))))


def _log(probability: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability))


def _log_of_either(
    probability: Array, complement: Array, far: Callable[..., Array] | None = None, *of: Array
) -> Array:
    """Return the log of a probability, which the smaller of it and its complement gives.

    Where it is too small for a number, ``far(*of)`` gives its log.
    """
    small = probability < 0.5
    rest = np.log1p(-np.where(small, 0.0, complement))
    found = np.where(small, _log(probability), rest)
    lost = probability < TINY
    if far is not None and lost.any():
        with np.errstate(all="ignore"):  # there may be none at all
            there = far(*(np.broadcast_to(one, lost.shape)[lost] for one in of))
        found[lost] = np.where(np.isnan(there), -np.inf, there)
    return np.asarray(found)


def _sum_or_rest(total: Array, log_rest: Array) -> Array:
    """Return the log of a sum; where that is large, as what is left beside the rest."""
    return np.asarray(np.where(total < -0.5, total, _log1m_exp(log_rest)))


def _z(y: Array, values: Values) -> Array:
    return np.asarray((y - values["mu"]) / values["sigma"])


# Real line -----------------------------------------------------------------------------------


def _normal(y: Array, values: Values) -> Array:
    return np.asarray(log_ndtr(_z(y, values)))


def _normal_above(y: Array, values: Values) -> Array:
    return np.asarray(log_ndtr(-_z(y, values)))


def _far_student_t(z: Array, nu: Array) -> Array:
    total = nu + z * z
    below = log_beta_below(nu / 2, np.asarray(0.5), nu / total, z * z / total)
    return np.asarray(below - np.log(2.0))


def _of_student_t(z: Array, nu: Array) -> Array:
    # stdtr gives no number for very many degrees of freedom, where it is the normal one.
    few = np.minimum(nu, 1e10)
    exact = _log_of_either(stdtr(few, z), stdtr(few, -z), _far_student_t, z, few)
    return np.asarray(np.where(nu > 1e10, log_ndtr(z), exact))


def _student_t(y: Array, values: Values) -> Array:
    return _of_student_t(_z(y, values), values["nu"])


def _student_t_above(y: Array, values: Values) -> Array:
    return _of_student_t(-_z(y, values), values["nu"])


def _of_cauchy(z: Array) -> Array:
    return _log_of_either(np.arctan2(1.0, -z) / np.pi, np.arctan2(1.0, z) / np.pi)


def _cauchy(y: Array, values: Values) -> Array:
    return _of_cauchy(_z(y, values))


def _cauchy_above(y: Array, values: Values) -> Array:
    return _of_cauchy(-_z(y, values))


def _of_laplace(z: Array) -> Array:
    tail = -np.abs(z) - np.log(2.0)
    return np.asarray(np.where(z < 0, tail, _log1m_exp(tail)))


def _laplace(y: Array, values: Values) -> Array:
    return _of_laplace(_z(y, values))


def _laplace_above(y: Array, values: Values) -> Array:
    return _of_laplace(-_z(y, values))


def _asymmetric_laplace(y: Array, values: Values) -> Array:
    z, level = _z(y, values), values["quantile"]
    left = np.log(level) + 2 * (1 - level) * np.minimum(z, 0.0)
    right = np.log1p(-level) - 2 * level * np.maximum(z, 0.0)
    return np.asarray(np.where(z < 0, left, _log1m_exp(right)))


def _asymmetric_laplace_above(y: Array, values: Values) -> Array:
    mirrored = {**values, "mu": -values["mu"], "quantile": 1 - values["quantile"]}
    return _asymmetric_laplace(-y, mirrored)


def _logistic(y: Array, values: Values) -> Array:
    return np.asarray(log_expit(_z(y, values)))


def _logistic_above(y: Array, values: Values) -> Array:
    return np.asarray(log_expit(-_z(y, values)))


def _gumbel(y: Array, values: Values) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(-np.exp(-_z(y, values)))


def _gumbel_above(y: Array, values: Values) -> Array:
    return _log1m_exp(_gumbel(y, values))


def _of_skew_normal(z: Array, alpha: Array) -> Array:
    probability = np.maximum(ndtr(z) - 2 * owens_t(z, alpha), 0.0)
    complement = np.clip(ndtr(-z) + 2 * owens_t(z, alpha), 0.0, 1.0)
    found = _log_of_either(probability, complement)
    # Far out on the thin side, where the difference has lost its digits.
    thin = (z < 0) & (alpha > 0) & (probability <= 1e-9 * ndtr(z))
    if not thin.any():
        return found
    z, alpha = np.where(thin, z, -10.0), np.where(thin, alpha, 1.0)
    x, s = (1 + alpha**2) * z**2 / 2, 1 / (alpha * z) ** 2
    # Of Mill's ratio in the density, term by term exponential integrals.
    series = sum(
        of * s**m * (1 - (m + 1) / x * (1 - (m + 2) / x * (1 - (m + 3) / x)))
        for m, of in enumerate((1.0, -1.0, 3.0))
    )
    return np.where(thin, np.log(series / (2 * np.pi * alpha * x)) - x, found)


def _skew_normal(y: Array, values: Values) -> Array:
    return _of_skew_normal(_z(y, values), values["alpha"])


def _skew_normal_above(y: Array, values: Values) -> Array:
    return _of_skew_normal(-_z(y, values), -values["alpha"])


def _exgaussian_tail(y: Array, values: Values) -> Array:
    """Return log of P(normal <= y) - P(sum <= y): the mean of the tail times the density."""
    z, ratio = _z(y, values), values["sigma"] / values["tau"]
    u = z - ratio
    with np.errstate(over="ignore", invalid="ignore"):
        plain = ratio * (0.5 * ratio - z) + log_ndtr(u)
        far = -0.5 * z * z + np.log(erfcx(-np.minimum(u, -1.0) / np.sqrt(2.0))) - np.log(2.0)
    return np.asarray(np.where(u < -5.0, far, plain))


def _exgaussian(y: Array, values: Values) -> Array:
    whole = log_ndtr(_z(y, values))
    return np.asarray(whole + _log1m_exp(np.minimum(_exgaussian_tail(y, values) - whole, 0.0)))


def _exgaussian_above(y: Array, values: Values) -> Array:
    total = np.logaddexp(log_ndtr(-_z(y, values)), _exgaussian_tail(y, values))
    return _sum_or_rest(total, _exgaussian(y, values))


# Positive numbers ----------------------------------------------------------------------------


def _inside(y: Array) -> Array:
    return np.where(y > 0, y, 1.0)


def _below_zero(y: Array, log_probability: Array) -> Array:
    return np.asarray(np.where(y > 0, log_probability, -np.inf))


def _above_zero(y: Array, log_probability: Array) -> Array:
    return np.asarray(np.where(y > 0, log_probability, 0.0))


def _lognormal(y: Array, values: Values) -> Array:
    return _below_zero(y, _normal(np.log(_inside(y)), values))


def _lognormal_above(y: Array, values: Values) -> Array:
    return _above_zero(y, _normal_above(np.log(_inside(y)), values))


def _gamma_below(shape: Array, at: Array) -> Array:
    """Return the log of what a gamma distribution of scale one has up to a positive number."""
    return _log_of_either(gammainc(shape, at), gammaincc(shape, at), log_gamma_below, shape, at)


def _gamma_beyond(shape: Array, at: Array) -> Array:
    return _log_of_either(gammaincc(shape, at), gammainc(shape, at), log_gamma_above, shape, at)


def _gamma_at(y: Array, values: Values) -> Array:
    return np.asarray(values["shape"] * (_inside(y) / values["mu"]))


def _gamma(y: Array, values: Values) -> Array:
    return _below_zero(y, _gamma_below(values["shape"], _gamma_at(y, values)))


def _gamma_above(y: Array, values: Values) -> Array:
    return _above_zero(y, _gamma_beyond(values["shape"], _gamma_at(y, values)))


def _exponential_above(y: Array, values: Values) -> Array:
    return _above_zero(y, -_inside(y) / values["mu"])


def _exponential(y: Array, values: Values) -> Array:
    return _below_zero(y, _log1m_exp(-_inside(y) / values["mu"]))


def _weibull_hazard(y: Array, values: Values) -> Array:
    shape = values["shape"]
    with np.errstate(over="ignore"):
        log_ratio = np.log(_inside(y)) - np.log(values["mu"]) + gammaln(1 + 1 / shape)
        return np.asarray(np.exp(shape * log_ratio))


def _weibull(y: Array, values: Values) -> Array:
    return _below_zero(y, _log1m_exp(-_weibull_hazard(y, values)))


def _weibull_above(y: Array, values: Values) -> Array:
    return _above_zero(y, -_weibull_hazard(y, values))


def _inverse_gaussian_ends(y: Array, values: Values) -> tuple[Array, Array, Array]:
    """Return log Phi at z and -z, and the log of what is added (Giner & Smyth, 2016, R J. 8, 339).

    The second is exp(2 shape / mu) times Phi at a value whose square holds that exponent.
    """
    mu, shape, at = values["mu"], values["shape"], _inside(y)
    root = np.sqrt(shape / at)
    z, far = root * (at / mu - 1), root * (at / mu + 1)
    added = -0.5 * z * z + np.log(erfcx(far / np.sqrt(2.0))) - np.log(2.0)
    return log_ndtr(z), log_ndtr(-z), added


def _inverse_gaussian(y: Array, values: Values) -> Array:
    at, _, added = _inverse_gaussian_ends(y, values)
    rest = _inverse_gaussian_above(_inside(y), values)
    return _below_zero(y, _sum_or_rest(np.logaddexp(at, added), rest))


def _inverse_gaussian_above(y: Array, values: Values) -> Array:
    _, beyond, added = _inverse_gaussian_ends(y, values)
    return _above_zero(y, beyond + _log1m_exp(np.minimum(added - beyond, 0.0)))


def _frechet(y: Array, values: Values) -> Array:
    with np.errstate(over="ignore"):
        log_ratio = np.log(values["mu"]) - np.log(_inside(y))
        return _below_zero(y, -np.exp(values["shape"] * log_ratio))


def _frechet_above(y: Array, values: Values) -> Array:
    return _above_zero(y, _log1m_exp(np.where(y > 0, _frechet(y, values), -1.0)))


def _loglogistic_at(y: Array, values: Values) -> Array:
    return np.asarray(values["shape"] * (np.log(_inside(y)) - np.log(values["mu"])))


def _loglogistic(y: Array, values: Values) -> Array:
    return _below_zero(y, log_expit(_loglogistic_at(y, values)))


def _loglogistic_above(y: Array, values: Values) -> Array:
    return _above_zero(y, log_expit(-_loglogistic_at(y, values)))


def _pareto_above(y: Array, values: Values) -> Array:
    excess = np.log(_inside(y)) - np.log(values["minimum"])
    return _above_zero(y, -np.maximum(excess, 0.0) / values["mu"])


def _pareto(y: Array, values: Values) -> Array:
    return _below_zero(y, _log1m_exp(_pareto_above(y, values)))


# Fractions -----------------------------------------------------------------------------------


def _beta_below(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """Return the log of what a beta distribution has up to x, where `rest` is 1 - x."""
    return _log_of_either(betainc(a, b, x), betainc(b, a, rest), log_beta_below, a, b, x, rest)


def _beta_shapes(values: Values) -> tuple[Array, Array]:
    return values["mu"] * values["phi"], (1 - values["mu"]) * values["phi"]


def _beta(y: Array, values: Values) -> Array:
    a, b = _beta_shapes(values)
    return _beta_below(a, b, np.clip(y, 0, 1), 1 - np.clip(y, 0, 1))


def _beta_above(y: Array, values: Values) -> Array:
    a, b = _beta_shapes(values)
    return _beta_below(b, a, 1 - np.clip(y, 0, 1), np.clip(y, 0, 1))


# Counts --------------------------------------------------------------------------------------


def _count(y: Array) -> Array:
    return np.maximum(np.floor(y), 0.0)


def _below_none(y: Array, log_probability: Array) -> Array:
    return np.asarray(np.where(np.floor(y) >= 0, log_probability, -np.inf))


def _above_none(y: Array, log_probability: Array) -> Array:
    return np.asarray(np.where(np.floor(y) >= 0, log_probability, 0.0))


def _poisson(y: Array, values: Values) -> Array:
    return _below_none(y, _gamma_beyond(_count(y) + 1, values["mu"]))


def _poisson_above(y: Array, values: Values) -> Array:
    return _above_none(y, _gamma_below(_count(y) + 1, values["mu"]))


def _negative_binomial(y: Array, values: Values) -> Array:
    mu, phi = values["mu"], values["phi"]
    return _below_none(y, _beta_below(phi, _count(y) + 1, phi / (phi + mu), mu / (phi + mu)))


def _negative_binomial_above(y: Array, values: Values) -> Array:
    mu, phi = values["mu"], values["phi"]
    return _above_none(y, _beta_below(_count(y) + 1, phi, mu / (phi + mu), phi / (phi + mu)))


def _geometric_above(y: Array, values: Values) -> Array:
    mu = np.maximum(values["mu"], 1e-300)
    return _above_none(y, -(_count(y) + 1) * np.log1p(1 / mu))


def _geometric(y: Array, values: Values) -> Array:
    return _below_none(y, _log1m_exp(np.where(y >= 0, _geometric_above(y, values), -1.0)))


def _binomial(y: Array, values: Values) -> Array:
    mu, trials = values["mu"], values[TRIALS]
    some = np.maximum(trials - _count(y), 1.0)  # beyond the trials another value takes its place
    inside = _beta_below(some, _count(y) + 1, 1 - mu, mu)
    return _below_none(y, np.where(np.floor(y) >= trials, 0.0, inside))


def _binomial_above(y: Array, values: Values) -> Array:
    mu, trials = values["mu"], values[TRIALS]
    some = np.maximum(trials - _count(y), 1.0)
    inside = _beta_below(_count(y) + 1, some, mu, 1 - mu)
    return _above_none(y, np.where(np.floor(y) >= trials, -np.inf, inside))


def _beta_binomial(y: Array, values: Values) -> Array:
    below, above = _beta_binomial_ends(y, values)
    return _below_none(
        y, np.where(np.floor(y) >= values[TRIALS], 0.0, _log_of_either(below, above))
    )


def _beta_binomial_above(y: Array, values: Values) -> Array:
    below, above = _beta_binomial_ends(y, values)
    end = np.floor(y) >= values[TRIALS]
    return _above_none(y, np.where(end, -np.inf, _log_of_either(above, below)))


def _beta_binomial_ends(y: Array, values: Values) -> tuple[Array, Array]:
    """Return both tails: more than y successes are at most trials - y - 1 failures."""
    mu, phi, trials = values["mu"], values["phi"], values[TRIALS]
    a, b = mu * phi, (1 - mu) * phi
    return beta_binomial_cdf(y, trials, a, b), beta_binomial_cdf(
        trials - np.floor(y) - 1, trials, b, a
    )


def beta_binomial_cdf(y: Array, trials: Array, a: Array, b: Array) -> Array:
    """Return the sum of the masses up to y, of all values at once: SciPy takes each by itself."""
    y, trials, a, b = np.broadcast_arrays(np.floor(y), trials, a, b)
    most = np.where(np.isnan(y), -1.0, np.minimum(y, trials))
    found = np.zeros(y.shape)
    end, together = int(most.max(initial=-1.0)) + 1, max(1, _TOGETHER // max(1, y.size))
    for first in range(0, end, together):
        at = np.arange(first, min(first + together, end)).reshape(-1, *[1] * y.ndim)
        some = np.minimum(at, trials)
        mass = betaln(some + a, trials - some + b) - betaln(trials - some + 1, some + 1)
        mass = np.exp(mass - betaln(a, b) - np.log1p(trials))
        found = found + np.where(at <= most, mass, 0.0).sum(axis=0)
    return np.asarray(np.where(np.isnan(y), np.nan, np.minimum(found, 1.0)))


TAILS = {
    "normal": Tails(_normal, _normal_above),
    "student_t": Tails(_student_t, _student_t_above),
    "cauchy": Tails(_cauchy, _cauchy_above),
    "laplace": Tails(_laplace, _laplace_above),
    "asymmetric_laplace": Tails(_asymmetric_laplace, _asymmetric_laplace_above),
    "logistic": Tails(_logistic, _logistic_above),
    "gumbel": Tails(_gumbel, _gumbel_above),
    "skew_normal": Tails(_skew_normal, _skew_normal_above),
    "exgaussian": Tails(_exgaussian, _exgaussian_above),
    "lognormal": Tails(_lognormal, _lognormal_above),
    "gamma": Tails(_gamma, _gamma_above),
    "exponential": Tails(_exponential, _exponential_above),
    "weibull": Tails(_weibull, _weibull_above),
    "inverse_gaussian": Tails(_inverse_gaussian, _inverse_gaussian_above),
    "frechet": Tails(_frechet, _frechet_above),
    "loglogistic": Tails(_loglogistic, _loglogistic_above),
    "pareto": Tails(_pareto, _pareto_above),
    "beta": Tails(_beta, _beta_above),
    "poisson": Tails(_poisson, _poisson_above),
    "negative_binomial": Tails(_negative_binomial, _negative_binomial_above),
    "geometric": Tails(_geometric, _geometric_above),
    "binomial": Tails(_binomial, _binomial_above),
    "beta_binomial": Tails(_beta_binomial, _beta_binomial_above),
}
