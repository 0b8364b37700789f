"""Families as data: the response distribution of one component.

A family names its parameters and gives its log density in NumPy; the Stan programs hold the same
density in ``stan_models/templates/functions``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from stanmix.errors import InputError

__all__ = ["FAMILIES", "Family", "family"]

Array = NDArray[np.float64]

# NumPy draws no Poisson counts beyond; theirs is a relative spread of 1e-9, and is left out.
_LARGEST_MEAN = 1e18


@dataclass(frozen=True)
class Family:
    """The distribution of a response within one component.

    Attributes
    ----------
    name : str
        Name by which users and templates know it.
    adjective : str
        How a sentence calls it.
    scale : str or None
        Name of the scale parameter, if there is one.
    log_density : callable
        ``log_density(y, location, scale)`` with arrays that broadcast; the location is on the
        scale of the response. A multivariate family takes coordinates along the last axis and
        returns the density of the whole vector.
    mean : callable
        ``mean(location, scale)``, the expected response.
    sample : callable
        ``sample(rng, location, scale)``, a response for each element of the arrays.
    positive : bool
        Whether the mean is positive, and coefficients are those of its logarithm.
    counts : bool
        Whether the response counts: 0, 1, 2, ...
    multivariate : bool
        Whether the response is a vector.
    """

    name: str
    adjective: str
    scale: str | None
    log_density: Callable[[Array, Array, Array], Array]
    mean: Callable[[Array, Array], Array]
    sample: Callable[[np.random.Generator, Array, Array], Array]
    positive: bool = False
    counts: bool = False
    multivariate: bool = False


def _normal_log_density(y: Array, location: Array, scale: Array) -> Array:
    z = (y - location) / scale
    # What is the same in all rows is added up first: these arrays may be large.
    result: Array = -0.5 * z * z - (np.log(scale) + 0.5 * np.log(2 * np.pi))
    return result


def _normal_mean(location: Array, scale: Array) -> Array:
    return location


def _normal_sample(rng: np.random.Generator, location: Array, scale: Array) -> Array:
    result: Array = rng.normal(location, scale)
    return result


def _mvnormal_log_density(y: Array, location: Array, scale: Array) -> Array:
    # Coordinates are independent within a component.
    return np.asarray(_normal_log_density(y, location, scale).sum(axis=-1))


def _poisson_log_density(y: Array, location: Array, scale: Array) -> Array:
    counted = (y >= 0) & (y == np.floor(y))
    log_mass = xlogy(y, location) - location - gammaln(y + 1)
    result: Array = np.where(counted, log_mass, -np.inf)
    return result


def _poisson_mean(location: Array, scale: Array) -> Array:
    return location


def _poisson_sample(rng: np.random.Generator, location: Array, scale: Array) -> Array:
    counts = rng.poisson(np.minimum(location, _LARGEST_MEAN)).astype(np.float64)
    return np.where(location > _LARGEST_MEAN, location, counts)


FAMILIES: dict[str, Family] = {
    "normal": Family(
        "normal", "normal", "sigma", _normal_log_density, _normal_mean, _normal_sample
    ),
    "mvnormal": Family(
        "mvnormal",
        "multivariate normal",
        "sigma",
        _mvnormal_log_density,
        _normal_mean,
        _normal_sample,
        multivariate=True,
    ),
    "poisson": Family(
        "poisson",
        "Poisson",
        None,
        _poisson_log_density,
        _poisson_mean,
        _poisson_sample,
        positive=True,
        counts=True,
    ),
}


def family(name: object) -> Family:
    """Return the family called `name`.

    Raises
    ------
    InputError
        If there is no such family; the message lists those there are.
    """
    if isinstance(name, str) and name in FAMILIES:
        return FAMILIES[name]
    raise InputError(f"Unknown family {name!r}; known families: {', '.join(sorted(FAMILIES))}.")
