"""Families of counts: without an end, and of successes in trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaincc, gammaln, xlog1py, xlogy

from stanmix.model.families.entry import TRIALS, Array, Family, StanDensity, Values
from stanmix.model.families.tails import TAILS, beta_binomial_cdf
from stanmix.model.parameters import (
    FRACTION,
    LOG,
    LOGIT,
    PHI,
    POSITIVE,
    POSITIVE_MEAN,
    Parameter,
    Role,
)
from stanmix.model.priors import LogNormal, Uniform
from stanmix.model.responses import COUNTED, COUNTS, TRUTHS

__all__ = ["FAMILIES"]

# NumPy draws no Poisson counts beyond; theirs is a relative spread of 1e-9, and is left out.
_LARGEST_MEAN = 1e18
# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4
_LEAST = 1e-300  # that has a logarithm

PROBABILITY = Parameter(
    "mu", "probability", "probabilities", FRACTION, LOGIT, Role.LOCATION, Uniform(0.0, 1.0)
)
# Of successes that vary between rows as those of phi earlier trials would let them.
AGREEMENT = Parameter(
    "phi", "precision", "precisions", POSITIVE, LOG, Role.SHAPE, LogNormal(2.5, 1.5)
)


def _mean(values: Values) -> Array:
    return values["mu"]


def _counted(y: Array) -> NDArray[np.bool_]:
    return np.asarray((y >= 0) & (y == np.floor(y)))


def _poisson_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    log_mass = xlogy(y, mu) - mu - gammaln(y + 1)
    result: Array = np.where(_counted(y), log_mass, -np.inf)
    return result


def _poisson_cdf(y: Array, values: Values) -> Array:
    at = np.floor(y)
    return np.asarray(np.where(at >= 0, gammaincc(np.maximum(at, 0.0) + 1, values["mu"]), 0.0))


def _poisson_sample(rng: np.random.Generator, values: Values) -> Array:
    mu = values["mu"]
    counts = rng.poisson(np.minimum(mu, _LARGEST_MEAN)).astype(np.float64)
    return np.where(mu > _LARGEST_MEAN, mu, counts)


def _log_rising(count: Array, phi: Array) -> Array:
    """Return the log of gamma(count + phi) / (gamma(phi) phi^count).

    By Stirling's series where the logarithms would cancel.
    """
    near = np.minimum(phi, _LARGE)
    found = gammaln(count + near) - gammaln(near) - count * np.log(near)
    if (phi > _LARGE).any():
        far = np.maximum(phi, _LARGE)
        series = (far + count - 0.5) * np.log1p(count / far) - count
        found = np.where(phi > _LARGE, series + (1 / (far + count) - 1 / far) / 12, found)
    return np.asarray(found)


def _negative_binomial_log_density(y: Array, values: Values) -> Array:
    mu, phi = values["mu"], values["phi"]
    at = np.where(_counted(y), y, 0.0)
    with np.errstate(over="ignore"):
        rest = xlogy(at, mu) - gammaln(at + 1) - (at + phi) * np.log1p(mu / phi)
    return np.asarray(np.where(_counted(y), _log_rising(at, phi) + rest, -np.inf))


def _negative_binomial_cdf(y: Array, values: Values) -> Array:
    mu, phi, at = values["mu"], values["phi"], np.floor(y)
    up_to = betainc(phi, np.maximum(at, 0.0) + 1, phi / (phi + mu))
    return np.asarray(np.where(at >= 0, up_to, 0.0))


def _negative_binomial_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, phi = np.broadcast_arrays(values["mu"], values["phi"])
    with np.errstate(over="ignore"):
        # A Poisson count whose mean is gamma distributed.
        mean = mu * (rng.standard_gamma(phi) / phi)
    return _poisson_sample(rng, {"mu": mean})


def _negative_binomial_variance(values: Values) -> Array:
    mu = values["mu"]
    return np.asarray(mu + mu**2 / values["phi"])


def _with_phi_one(values: Values) -> Values:
    return {"mu": values["mu"], "phi": np.ones_like(values["mu"])}


def _geometric_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    at = np.where(_counted(y), y, 0.0)
    with np.errstate(over="ignore"):
        return np.asarray(np.where(_counted(y), xlogy(at, mu) - (at + 1) * np.log1p(mu), -np.inf))


def _geometric_cdf(y: Array, values: Values) -> Array:
    at = np.floor(y)
    beyond = -(np.maximum(at, 0.0) + 1) * np.log1p(1 / np.maximum(values["mu"], 1e-300))
    return np.asarray(np.where(at >= 0, -np.expm1(beyond), 0.0))


def _geometric_sample(rng: np.random.Generator, values: Values) -> Array:
    return _negative_binomial_sample(rng, _with_phi_one(values))


def _geometric_variance(values: Values) -> Array:
    return _negative_binomial_variance(_with_phi_one(values))


def _log_choose(n: Array, y: Array) -> Array:
    return np.asarray(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1))


def _possible(y: Array, trials: Array) -> tuple[NDArray[np.bool_], Array]:
    """Return which counts there can be, and the counts with others replaced by none."""
    possible = np.asarray(_counted(y) & (y <= trials))
    return possible, np.where(possible, y, 0.0)


def _binomial_log_density(y: Array, values: Values) -> Array:
    mu, trials = values["mu"], values[TRIALS]
    possible, at = _possible(y, trials)
    mass = _log_choose(trials, at) + xlogy(at, mu) + xlog1py(trials - at, -mu)
    return np.asarray(np.where(possible, mass, -np.inf))


def _binomial_mean(values: Values) -> Array:
    return np.asarray(values[TRIALS] * values["mu"])


def _binomial_cdf(y: Array, values: Values) -> Array:
    mu, trials = np.broadcast_arrays(values["mu"], values[TRIALS])
    at = np.minimum(np.floor(y), trials)
    inside = (at >= 0) & (at < trials)
    count = np.where(inside, at, 0.0)
    up_to = betainc(np.maximum(trials - count, 1.0), count + 1, 1 - mu)
    return np.asarray(np.where(inside, up_to, (at >= trials) * 1.0))


def _binomial_sample(rng: np.random.Generator, values: Values) -> Array:
    trials, mu = np.broadcast_arrays(values[TRIALS], values["mu"])
    return rng.binomial(trials.astype(np.int64), mu).astype(np.float64)


def _binomial_variance(values: Values) -> Array:
    return np.asarray(values[TRIALS] * values["mu"] * (1 - values["mu"]))


def _once(values: Values) -> Values:
    return {**values, TRIALS: np.ones_like(values["mu"])}


def _bernoulli_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    with np.errstate(divide="ignore"):  # of a probability of 0 or 1
        success, failure = np.log(mu), np.log1p(-mu)
    return np.asarray(np.where(y == 1, success, np.where(y == 0, failure, -np.inf)))


def _bernoulli_cdf(y: Array, values: Values) -> Array:
    return _binomial_cdf(y, _once(values))


def _bernoulli_sample(rng: np.random.Generator, values: Values) -> Array:
    return _binomial_sample(rng, _once(values))


def _bernoulli_variance(values: Values) -> Array:
    return _binomial_variance(_once(values))


def _beta_binomial_log_density(y: Array, values: Values) -> Array:
    mu, phi, trials = values["mu"], values["phi"], values[TRIALS]
    possible, at = _possible(y, trials)
    a, b = mu * phi, (1 - mu) * phi
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = betaln(at + a, trials - at + b) - betaln(a, b)
    if (phi > _LARGE).any():  # where those cancel: beside the binomial's, which is next to it
        rising = _log_rising(at, np.maximum(a, _LEAST)) - _log_rising(trials, phi)
        rising = rising + _log_rising(trials - at, np.maximum(b, _LEAST))
        far = xlogy(at, mu) + xlog1py(trials - at, -mu) + rising
        rest = np.where(phi > _LARGE, far, rest)
    return np.asarray(np.where(possible, _log_choose(trials, at) + rest, -np.inf))


def _beta_binomial_cdf(y: Array, values: Values) -> Array:
    mu, phi, trials = values["mu"], values["phi"], values[TRIALS]
    return beta_binomial_cdf(y, trials, mu * phi, (1 - mu) * phi)


def _beta_binomial_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, phi, trials = np.broadcast_arrays(values["mu"], values["phi"], values[TRIALS])
    p = rng.beta(np.maximum(mu * phi, 1e-300), np.maximum((1 - mu) * phi, 1e-300))
    return rng.binomial(trials.astype(np.int64), p).astype(np.float64)


def _beta_binomial_variance(values: Values) -> Array:
    trials, phi = values[TRIALS], values["phi"]
    return np.asarray(_binomial_variance(values) * (trials + phi) / (1 + phi))


FAMILIES = (
    Family(
        "poisson",
        "Poisson",
        "Poisson distributions",
        (POSITIVE_MEAN,),
        _poisson_log_density,
        _mean,
        _poisson_sample,
        _mean,
        _poisson_cdf,
        StanDensity(
            "poisson",
            ("{mu}",),
            StanDensity("poisson_log", ("{log_mu}",)),
            tails="poisson_count",
            tails_definitions=("log_Phi.stan", "incomplete_gamma.stan", "poisson_tails.stan"),
        ),
        COUNTS,
        tails=TAILS["poisson"],
    ),
    Family(
        "negative_binomial",
        "negative binomial",
        "negative binomial distributions",
        (POSITIVE_MEAN, PHI),
        _negative_binomial_log_density,
        _mean,
        _negative_binomial_sample,
        _negative_binomial_variance,
        _negative_binomial_cdf,
        StanDensity(
            "neg_binomial_2",
            ("{mu}", "{phi}"),
            StanDensity("neg_binomial_2_log", ("{log_mu}", "{phi}")),
            tails="neg_binomial_count",
            tails_definitions=("incomplete_beta.stan", "neg_binomial_tails.stan"),
        ),
        COUNTS,
        tails=TAILS["negative_binomial"],
    ),
    Family(
        "geometric",
        "geometric",
        "geometric distributions",
        (POSITIVE_MEAN,),
        _geometric_log_density,
        _mean,
        _geometric_sample,
        _geometric_variance,
        _geometric_cdf,
        StanDensity(
            "neg_binomial_2",
            ("{mu}", "1"),
            StanDensity("neg_binomial_2_log", ("{log_mu}", "1")),
            tails="neg_binomial_count",
            tails_definitions=("incomplete_beta.stan", "neg_binomial_tails.stan"),
        ),
        COUNTS,
        tails=TAILS["geometric"],
    ),
    Family(
        "bernoulli",
        "Bernoulli",
        "Bernoulli distributions",
        (PROBABILITY,),
        _bernoulli_log_density,
        _mean,
        _bernoulli_sample,
        _bernoulli_variance,
        _bernoulli_cdf,
        StanDensity("bernoulli", ("{mu}",)),
        TRUTHS,
    ),
    Family(
        "binomial",
        "binomial",
        "binomial distributions",
        (PROBABILITY,),
        _binomial_log_density,
        _binomial_mean,
        _binomial_sample,
        _binomial_variance,
        _binomial_cdf,
        StanDensity(
            "binomial",
            ("{trials}", "{mu}"),
            tails="binomial_count",
            tails_definitions=("incomplete_beta.stan", "binomial_tails.stan"),
        ),
        COUNTED,
        tails=TAILS["binomial"],
    ),
    Family(
        "beta_binomial",
        "beta-binomial",
        "beta-binomial distributions",
        (PROBABILITY, AGREEMENT),
        _beta_binomial_log_density,
        _binomial_mean,
        _beta_binomial_sample,
        _beta_binomial_variance,
        _beta_binomial_cdf,
        StanDensity(
            "counted_successes",
            ("{trials}", "{mu} * {phi}", "(1 - {mu}) * {phi}"),
            definitions=("counted_successes.stan",),
            tails_definitions=("counted_successes_tails.stan",),
        ),
        COUNTED,
        tails=TAILS["beta_binomial"],
    ),
)
