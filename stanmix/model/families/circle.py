"""Families of angles."""

from __future__ import annotations

import numpy as np
import scipy  # its statistics are loaded when they are first asked for: they take long
from scipy.special import i0e, i1e, ndtr

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import CIRCLE, LOG, POSITIVE, TAN_HALF, Parameter, Role
from stanmix.model.priors import LogNormal, Uniform
from stanmix.model.responses import ANGLES, folded

__all__ = ["FAMILIES"]

# Beyond, 1 less the length of the resultant is taken from a series, as the difference would cancel.
_LARGE = 1e4
# Beyond, probabilities are nearly normal ones; of a series about those so many terms are enough.
_NARROW, _TERMS = 50.0, 12

DIRECTION = Parameter(
    "mu",
    "mean direction",
    "mean directions",
    CIRCLE,
    TAN_HALF,
    Role.LOCATION,
    Uniform(-np.pi, np.pi),
)
# From directions that are nearly all alike to such as differ by a few degrees: about 1 / kappa is
# their variance where that is small.
CONCENTRATION = Parameter(
    "kappa",
    "concentration",
    "concentrations",
    POSITIVE,
    LOG,
    Role.SHAPE,
    LogNormal(1.0, 2.0),
)


def _von_mises_log_density(y: Array, values: Values) -> Array:
    mu, kappa = values["mu"], values["kappa"]
    # cos(y - mu) - 1, without the difference.
    fall = -2.0 * np.sin((y - mu) / 2) ** 2
    return np.asarray(kappa * fall - np.log(2 * np.pi * i0e(kappa)))


def _von_mises_direction(values: Values) -> Array:
    return values["mu"]


def _von_mises_resultant(values: Values) -> Array:
    kappa = values["kappa"]
    return np.asarray(i1e(kappa) / i0e(kappa))


def _von_mises_variance(values: Values) -> Array:
    """Return the square of the circular standard deviation (Mardia & Jupp, 2000, section 2.3)."""
    kappa = values["kappa"]
    inverse = 1 / np.maximum(kappa, _LARGE)
    lack = inverse * (0.5 + inverse * (1 + inverse) / 8)
    with np.errstate(divide="ignore"):
        near = np.log(_von_mises_resultant(values))
    return np.asarray(-2 * np.where(kappa > _LARGE, np.log1p(-lack), near))


def _von_mises_cdf(y: Array, values: Values) -> Array:
    # Around the circle from -pi on.
    mu, kappa, at = values["mu"], values["kappa"], np.clip(folded(y), -np.pi, np.pi)
    up_to, before = (_since_half_a_turn(end - mu, kappa) for end in (at, np.asarray(-np.pi)))
    return np.asarray(np.clip(up_to - before, 0.0, 1.0))


def _since_half_a_turn(x: Array, kappa: Array) -> Array:
    """Return the probability from -pi to x of angles about 0, and one for each turn before."""
    turns = np.floor((x + np.pi) / (2 * np.pi))
    within = x - 2 * np.pi * turns
    found = scipy.stats.vonmises.cdf(within, np.minimum(kappa, _NARROW))
    if (kappa > _NARROW).any():
        tail = _tail(np.abs(within), np.maximum(kappa, _NARROW))
        found = np.where(kappa > _NARROW, np.where(within < 0, tail, 1 - tail), found)
    return np.asarray(turns + found)


def _tail(x: Array, kappa: Array) -> Array:
    """Return the probability of more than x, from 0 to pi.

    Of z = 2 sqrt(kappa) sin(x / 2) the density is the normal one times a series in z^2 / (4 kappa),
    whose terms are integrated by parts.
    """
    z = 2 * np.sqrt(kappa) * np.sin(x / 2)
    with np.errstate(under="ignore"):
        height = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    moment, coefficient = ndtr(-z), np.ones(np.shape(kappa))
    total = np.asarray(moment)
    for n in range(1, _TERMS):
        moment = (2 * n - 1) * moment + z ** (2 * n - 1) * height
        coefficient = coefficient * (2 * n - 1) / (2 * n) / (4 * kappa)
        total = total + coefficient * moment
    return np.asarray(total / (i0e(kappa) * np.sqrt(2 * np.pi * kappa)))


def _von_mises_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, kappa = np.broadcast_arrays(values["mu"], values["kappa"])
    return np.asarray(rng.vonmises(mu, kappa))


FAMILIES = (
    Family(
        "von_mises",
        "von Mises",
        "von Mises distributions",
        (DIRECTION, CONCENTRATION),
        _von_mises_log_density,
        _von_mises_direction,
        _von_mises_sample,
        _von_mises_variance,
        _von_mises_cdf,
        StanDensity(
            "circular_normal",
            ("{mu}", "{kappa}"),
            height="circular_normal_height({kappa})",
            definitions=("circular_normal.stan",),
        ),
        ANGLES,
        resultant=_von_mises_resultant,
    ),
)
