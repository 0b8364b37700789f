"""Distributions without a parameter to estimate: a point mass, and a uniform one on stated ends."""

from __future__ import annotations

import numpy as np

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import IDENTITY, REAL, Parameter, Role
from stanmix.model.responses import REALS

__all__ = ["POINT_MASS", "UNIFORM"]

AT = Parameter("at", "place", "places", REAL, IDENTITY, Role.LOCATION)
LOWER = Parameter("lower", "lower end", "lower ends", REAL, IDENTITY, Role.LOCATION)
UPPER = Parameter("upper", "upper end", "upper ends", REAL, IDENTITY, Role.LOCATION)


def _log_mass(y: Array, values: Values) -> Array:
    return np.where(y == values["at"], 0.0, -np.inf)


def _uniform(y: Array, values: Values) -> Array:
    lower, upper = values["lower"], values["upper"]
    return np.where((y >= lower) & (y <= upper), -np.log(upper - lower), -np.inf)


POINT_MASS = Family(
    name="point_mass",
    adjective="a point mass",
    plural="point masses",
    parameters=(AT,),
    log_density=_log_mass,
    mean=lambda values: values["at"],
    sample=lambda rng, values: np.array(values["at"]),
    variance=lambda values: np.zeros(np.shape(values["at"])),
    cdf=lambda y, values: np.where(y >= values["at"], 1.0, 0.0),
    stan=StanDensity("point_mass", ("{at}",)),
    response=REALS,
    constant=True,
)
UNIFORM = Family(
    name="uniform",
    adjective="uniform",
    plural="uniform",
    parameters=(LOWER, UPPER),
    log_density=_uniform,
    mean=lambda values: (values["lower"] + values["upper"]) / 2,
    sample=lambda rng, values: rng.uniform(values["lower"], values["upper"]),
    variance=lambda values: (values["upper"] - values["lower"]) ** 2 / 12,
    cdf=lambda y, values: np.clip(
        (y - values["lower"]) / (values["upper"] - values["lower"]), 0.0, 1.0
    ),
    stan=StanDensity("uniform", ("{lower}", "{upper}")),
    response=REALS,
    constant=True,
)
