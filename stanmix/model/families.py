"""Families as data: the response distribution of one component.

A family names its parameters, in order, and gives its density in NumPy and in Stan. Nothing else
in stanmix knows a family's parameters by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from stanmix.errors import InputError
from stanmix.model.parameters import MEAN, NU, PHI, POSITIVE_MEAN, SCALE, Parameter, Role

__all__ = ["FAMILIES", "Family", "StanDensity", "family"]

Array = NDArray[np.float64]
Values = Mapping[str, Array]

# NumPy draws no Poisson counts beyond; theirs is a relative spread of 1e-9, and is left out.
_LARGEST_MEAN = 1e18
# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4


@dataclass(frozen=True)
class StanDensity:
    """A density as Stan's library has it.

    Attributes
    ----------
    name : str
        ``"normal"``, without ``_lpdf`` or ``_lpmf``.
    arguments : tuple of str
        Names of the parameters, in Stan's order.
    of_log_mean : str, optional
        The same density of the log of ``mu`` instead of ``mu``.
    """

    name: str
    arguments: tuple[str, ...]
    of_log_mean: str | None = None


@dataclass(frozen=True)
class Family:
    """The distribution of a response within one component.

    Attributes
    ----------
    name : str
        Name by which users and programs know it.
    adjective, plural : str
        How a sentence calls it, and several of its distributions.
    parameters : tuple of Parameter
        The first is the location.
    log_density : callable
        ``log_density(y, values)`` with arrays of parameters by name that broadcast with the
        response. A multivariate family takes coordinates along the last axis and returns the
        density of the whole vector.
    mean : callable
        ``mean(values)``, the expected response.
    sample : callable
        ``sample(rng, values)``, a response for each element of the arrays.
    variance : callable
        ``variance(values)``, of the response; infinite where it has none.
    stan : StanDensity
    counts : bool
        Whether the response counts: 0, 1, 2, ...
    multivariate : bool
        Whether the response is a vector.
    """

    name: str
    adjective: str
    plural: str
    parameters: tuple[Parameter, ...]
    log_density: Callable[[Array, Values], Array]
    mean: Callable[[Values], Array]
    sample: Callable[[np.random.Generator, Values], Array]
    variance: Callable[[Values], Array]
    stan: StanDensity
    counts: bool = False
    multivariate: bool = False
    _by_name: dict[str, Parameter] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({parameter.name: parameter for parameter in self.parameters})

    def __hash__(self) -> int:
        return hash(self.name)

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of a name; None if there is no such."""
        return self._by_name.get(name)

    @property
    def location(self) -> Parameter:
        """The parameter that says where the response lies."""
        return self.parameters[0]

    @property
    def others(self) -> tuple[Parameter, ...]:
        """The parameters but for the location."""
        return self.parameters[1:]

    @property
    def scale(self) -> Parameter | None:
        """The parameter that grows with the unit of the response; None if it has none."""
        return next((one for one in self.parameters if one.role is Role.SCALE), None)


def _location(values: Values) -> Array:
    return values["mu"]


def _normal_log_density(y: Array, values: Values) -> Array:
    scale = values["sigma"]
    z = (y - values["mu"]) / scale
    # What is the same in all rows is added up first: these arrays may be large.
    result: Array = -0.5 * z * z - (np.log(scale) + 0.5 * np.log(2 * np.pi))
    return result


def _normal_sample(rng: np.random.Generator, values: Values) -> Array:
    result: Array = rng.normal(values["mu"], values["sigma"])
    return result


def _normal_variance(values: Values) -> Array:
    return np.asarray(values["sigma"] ** 2)


def _mvnormal_log_density(y: Array, values: Values) -> Array:
    # Coordinates are independent within a component.
    return np.asarray(_normal_log_density(y, values).sum(axis=-1))


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


def _student_t_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, scale, nu = np.broadcast_arrays(values["mu"], values["sigma"], values["nu"])
    return np.asarray(mu + scale * rng.standard_t(nu))


def _student_t_variance(values: Values) -> Array:
    nu = values["nu"]
    with np.errstate(divide="ignore", invalid="ignore"):
        inflated = np.where(nu > 2, nu / (nu - 2), np.inf)
    return np.asarray(values["sigma"] ** 2 * inflated)


def _counted(y: Array) -> Array:
    return np.asarray((y >= 0) & (y == np.floor(y)))


def _poisson_log_density(y: Array, values: Values) -> Array:
    mu = values["mu"]
    log_mass = xlogy(y, mu) - mu - gammaln(y + 1)
    result: Array = np.where(_counted(y), log_mass, -np.inf)
    return result


def _poisson_sample(rng: np.random.Generator, values: Values) -> Array:
    mu = values["mu"]
    counts = rng.poisson(np.minimum(mu, _LARGEST_MEAN)).astype(np.float64)
    return np.where(mu > _LARGEST_MEAN, mu, counts)


def _negative_binomial_log_density(y: Array, values: Values) -> Array:
    mu, phi = values["mu"], values["phi"]
    at = np.where(_counted(y), y, 0.0)
    # gamma(y + phi) / (gamma(phi) phi^y), by Stirling's series where the logarithms would cancel.
    near = np.minimum(phi, _LARGE)
    rising = gammaln(at + near) - gammaln(near) - at * np.log(near)
    if (phi > _LARGE).any():
        series = (phi + at - 0.5) * np.log1p(at / phi) - at + (1 / (phi + at) - 1 / phi) / 12
        rising = np.where(phi > _LARGE, series, rising)
    with np.errstate(over="ignore"):
        rest = xlogy(at, mu) - gammaln(at + 1) - (at + phi) * np.log1p(mu / phi)
    return np.asarray(np.where(_counted(y), rising + rest, -np.inf))


def _negative_binomial_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, phi = np.broadcast_arrays(values["mu"], values["phi"])
    with np.errstate(over="ignore"):
        # A Poisson count whose mean is gamma distributed.
        mean = mu * (rng.standard_gamma(phi) / phi)
    return _poisson_sample(rng, {"mu": mean})


def _negative_binomial_variance(values: Values) -> Array:
    mu = values["mu"]
    return np.asarray(mu + mu**2 / values["phi"])


FAMILIES: dict[str, Family] = {
    one.name: one
    for one in (
        Family(
            "normal",
            "normal",
            "normals",
            (MEAN, SCALE),
            _normal_log_density,
            _location,
            _normal_sample,
            _normal_variance,
            StanDensity("normal", ("mu", "sigma")),
        ),
        Family(
            "mvnormal",
            "multivariate normal",
            "multivariate normals",
            (MEAN, SCALE),
            _mvnormal_log_density,
            _location,
            _normal_sample,
            _normal_variance,
            StanDensity("normal", ("mu", "sigma")),
            multivariate=True,
        ),
        Family(
            "student_t",
            "Student t",
            "Student t distributions",
            (MEAN, SCALE, NU),
            _student_t_log_density,
            _location,
            _student_t_sample,
            _student_t_variance,
            StanDensity("student_t", ("nu", "mu", "sigma")),
        ),
        Family(
            "poisson",
            "Poisson",
            "Poisson distributions",
            (POSITIVE_MEAN,),
            _poisson_log_density,
            _location,
            _poisson_sample,
            _location,
            StanDensity("poisson", ("mu",), "poisson_log"),
            counts=True,
        ),
        Family(
            "negative_binomial",
            "negative binomial",
            "negative binomial distributions",
            (POSITIVE_MEAN, PHI),
            _negative_binomial_log_density,
            _location,
            _negative_binomial_sample,
            _negative_binomial_variance,
            StanDensity("neg_binomial_2", ("mu", "phi"), "neg_binomial_2_log"),
            counts=True,
        ),
    )
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
