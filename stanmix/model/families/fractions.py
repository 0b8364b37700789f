"""Families of responses between 0 and 1."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, xlog1py, xlogy

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.families.tails import TAILS
from stanmix.model.parameters import FRACTION, LOG, LOGIT, POSITIVE, Parameter, Role
from stanmix.model.priors import LogNormal, Uniform
from stanmix.model.responses import FRACTIONS

__all__ = ["FAMILIES"]

MEAN = Parameter("mu", "mean", "means", FRACTION, LOGIT, Role.LOCATION, Uniform(0.0, 1.0))
# The variance is mu (1 - mu) / (1 + phi): from densities that heap at both ends to narrow ones.
PRECISION = Parameter(
    "phi", "precision", "precisions", POSITIVE, LOG, Role.SHAPE, LogNormal(2.5, 1.5)
)


def _mean(values: Values) -> Array:
    return values["mu"]


def _beta_log_density(y: Array, values: Values) -> Array:
    a, b = values["mu"] * values["phi"], (1 - values["mu"]) * values["phi"]
    inside = (y > 0) & (y < 1)
    at = np.where(inside, y, 0.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = xlogy(a - 1, at) + xlog1py(b - 1, -at) - betaln(a, b)
    return np.asarray(np.where(inside, density, -np.inf))


def _beta_cdf(y: Array, values: Values) -> Array:
    a, b = values["mu"] * values["phi"], (1 - values["mu"]) * values["phi"]
    return np.asarray(betainc(a, b, np.clip(y, 0.0, 1.0)))


def _beta_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, phi = np.broadcast_arrays(values["mu"], values["phi"])
    drawn = rng.beta(np.maximum(mu * phi, 1e-300), np.maximum((1 - mu) * phi, 1e-300))
    return np.asarray(np.clip(drawn, np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)))


def _beta_variance(values: Values) -> Array:
    mu = values["mu"]
    return np.asarray(mu * (1 - mu) / (1 + values["phi"]))


FAMILIES = (
    Family(
        "beta",
        "beta",
        "beta distributions",
        (MEAN, PRECISION),
        _beta_log_density,
        _mean,
        _beta_sample,
        _beta_variance,
        _beta_cdf,
        StanDensity(
            "beta_proportion",
            ("{mu}", "{phi}"),
            tails="incomplete_beta",
            tails_definitions=("incomplete_beta.stan", "beta_tails.stan"),
        ),
        FRACTIONS,
        tails=TAILS["beta"],
    ),
)
