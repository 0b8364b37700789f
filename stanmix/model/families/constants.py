"""Distributions without a parameter to estimate: a point mass, and a uniform one on stated ends."""

from __future__ import annotations

import numpy as np

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import IDENTITY, REAL, Parameter, Role
from stanmix.model.responses import REALS

__all__ = ["POINT_MASS", "UNIFORM"]

AT = Parameter("at", "place", "places", REAL, IDENTITY, Role.LOCATION)
LOWER = Parameter("low", "lower end", "lower ends", REAL, IDENTITY, Role.LOCATION)
UPPER = Parameter("high", "upper end", "upper ends", REAL, IDENTITY, Role.LOCATION)


def _log_mass(y: Array, values: Values) -> Array:
    return np.where(y == values["at"], 0.0, -np.inf)


def _uniform(y: Array, values: Values) -> Array:
    low, high = values["low"], values["high"]
    return np.where((y >= low) & (y <= high), -np.log(high - low), -np.inf)


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
    mean=lambda values: (values["low"] + values["high"]) / 2,
    sample=lambda rng, values: rng.uniform(values["low"], values["high"]),
    variance=lambda values: (values["high"] - values["low"]) ** 2 / 12,
    cdf=lambda y, values: np.clip((y - values["low"]) / (values["high"] - values["low"]), 0.0, 1.0),
    stan=StanDensity("uniform", ("{low}", "{high}")),
    response=REALS,
    constant=True,
)
