"""Families of categories: of any, and of such as have an order.

A response is the number of its category, from 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_ndtr, ndtr

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import (
    IDENTITY,
    LOG_STEPS,
    LOGITS,
    REAL,
    RISING,
    SIMPLEX,
    Axis,
    Parameter,
    Role,
)
from stanmix.model.priors import Dirichlet, HalfNormal, Normal
from stanmix.model.responses import CATEGORIES, LEVELS

__all__ = ["FAMILIES"]

PROBABILITIES = Parameter(
    "mu",
    "probability",
    "probabilities",
    SIMPLEX,
    LOGITS,
    Role.LOCATION,
    Dirichlet(1.0),
    unitless=True,
    axis=Axis("category", "c", "C", "other_category", "C - 1"),
    remark=" of the categories",
)


def _category(y: Array, categories: int) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return which responses are categories, and these from 0 on, with others in between."""
    possible = np.asarray((y >= 1) & (y <= categories) & (y == np.floor(y)))
    return possible, np.where(possible, y - 1, 0).astype(np.intp)


def _taken(vectors: Array, at: NDArray[np.intp]) -> Array:
    """Return of each vector (..., C) the number at a place that broadcasts with the others."""
    shape = np.broadcast_shapes(vectors.shape[:-1], at.shape)
    every = np.broadcast_to(vectors, (*shape, vectors.shape[-1]))
    places = np.broadcast_to(at, shape)[..., None]
    return np.asarray(np.take_along_axis(every, places, axis=-1)[..., 0])


def _categorical_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    possible, at = _category(y, mu.shape[-1])
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(possible, _taken(np.log(mu), at), -np.inf))


def _cumulated(probabilities: Array, y: Array) -> Array:
    """Return the probability of at most y, of probabilities (..., C) of categories."""
    up_to = np.cumsum(probabilities, axis=-1)
    up_to = np.concatenate([np.zeros_like(up_to[..., :1]), up_to], axis=-1)
    up_to[..., -1] = 1.0
    at = np.clip(np.floor(y), 0, probabilities.shape[-1]).astype(np.intp)
    return _taken(up_to, at)


def _categorical_cdf(y: Array, values: Values) -> Array:
    return _cumulated(values["mu"], y)


def _drawn(rng: np.random.Generator, probabilities: Array) -> Array:
    """Draw a category from each vector of probabilities (..., C)."""
    up_to = np.cumsum(probabilities, axis=-1)
    # Below the total as it was rounded: a category of probability 0 is never drawn.
    level = rng.random(up_to.shape[:-1]) * up_to[..., -1]
    return np.asarray((level[..., None] >= up_to[..., :-1]).sum(axis=-1) + 1.0)


def _categorical_sample(rng: np.random.Generator, values: Values) -> Array:
    return _drawn(rng, values["mu"])


def _categorical_probabilities(values: Values) -> Array:
    return values["mu"]


def _binary_variance(probabilities: Array) -> Array:
    return np.asarray(probabilities * (1 - probabilities))


def _categorical_variance(values: Values) -> Array:
    return _binary_variance(values["mu"])


def _in_small_tails(low: Array, high: Array) -> tuple[Array, Array]:
    """Return ends; those above zero mirrored, so that probabilities below them keep digits."""
    upper = low > 0
    return np.where(upper, -high, low), np.where(upper, -low, high)


@dataclasses.dataclass(frozen=True)
class _Cumulative:
    """A cumulative model, by the distribution of its latent response about the mean."""

    cdf: Callable[[Array], Array]
    log_cdf: Callable[[Array], Array]

    def probabilities(self, values: Values) -> Array:
        """Return the probabilities (..., C) of the categories."""
        left, right = _in_small_tails(*self._ends(values))
        return np.asarray(self.cdf(right) - self.cdf(left))

    def log_density(self, y: Array, values: Values) -> Array:
        low, high = self._ends(values)
        possible, at = _category(y, low.shape[-1])
        left, right = _in_small_tails(_taken(low, at), _taken(high, at))
        with np.errstate(divide="ignore", invalid="ignore"):
            below, up_to = self.log_cdf(left), self.log_cdf(right)
            found = up_to + np.log(-np.expm1(np.minimum(below - up_to, 0.0)))
        return np.asarray(np.where(possible, found, -np.inf))

    def cdf_of_categories(self, y: Array, values: Values) -> Array:
        return _cumulated(self.probabilities(values), y)

    def sample(self, rng: np.random.Generator, values: Values) -> Array:
        return _drawn(rng, self.probabilities(values))

    def variance(self, values: Values) -> Array:
        return _binary_variance(self.probabilities(values))

    def _ends(self, values: Values) -> tuple[Array, Array]:
        """Return between which ends (..., C) about the mean each category lies."""
        mu, rest = values["mu"][..., None], values["cutpoints"]
        mu, _ = np.broadcast_arrays(mu, rest[..., :1])
        rest = np.broadcast_to(rest, (*mu.shape[:-1], rest.shape[-1]))
        none = np.full(mu.shape, np.inf)
        ends = np.concatenate([-none, np.zeros(mu.shape), rest, none], axis=-1) - mu
        return ends[..., :-1], ends[..., 1:]


def _ordinal(
    latent: _Cumulative, wide: float, stan: str, definitions: tuple[str, ...] = ()
) -> Family:
    """Return the cumulative model of a latent response.

    Its first cutpoint is 0, which leaves components a level of their own where they share the
    cutpoints (Albert & Chib, 1993, J. Am. Stat. Assoc. 88, 669-679).
    """
    level = Parameter(
        "mu",
        "latent mean",
        "latent means",
        REAL,
        IDENTITY,
        Role.LOCATION,
        Normal(0.0, wide),
        unitless=True,
    )
    cutpoints = Parameter(
        "cutpoints",
        "cutpoint",
        "cutpoints",
        RISING,
        LOG_STEPS,
        Role.SHAPE,
        HalfNormal(wide),
        axis=Axis("cutpoint", "c", "C - 2"),
        remark=" after the first, which is 0",
    )
    return Family(
        "ordinal",
        "ordinal",
        "ordinal distributions",
        (level, cutpoints),
        latent.log_density,
        latent.probabilities,
        latent.sample,
        latent.variance,
        latent.cdf_of_categories,
        StanDensity(
            stan,
            ("{mu}",),
            height="append_row(0, {cutpoints})",
            held="vector[C - 1] ends",
            definitions=definitions,
        ),
        LEVELS,
        located=lambda y, values: y - 1.5,
        variants=_LINKS,
    )


_LINKS: dict[str, Family] = {}
# Wide enough for a category of any probability that some thousand rows can tell from none.
_LINKS["logit"] = _ordinal(_Cumulative(expit, log_expit), 5.0, "ordered_logistic")
_LINKS["probit"] = _ordinal(
    _Cumulative(ndtr, log_ndtr),
    3.0,
    "cumulative_probit",
    ("log_Phi.stan", "cumulative_probit.stan"),
)

FAMILIES = (
    Family(
        "categorical",
        "categorical",
        "categorical distributions",
        (PROBABILITIES,),
        _categorical_log_density,
        _categorical_probabilities,
        _categorical_sample,
        _categorical_variance,
        _categorical_cdf,
        StanDensity(
            "categorical",
            ("{mu}",),
            of_logits=StanDensity("categorical_logit", ("append_row(0, {logits})",)),
        ),
        CATEGORIES,
    ),
    _LINKS["logit"],
)
