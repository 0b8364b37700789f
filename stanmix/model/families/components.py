"""What may be stated as one component of several families: a name, a point mass, an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stanmix.errors import InputError, shown
from stanmix.model.families.constants import POINT_MASS, UNIFORM
from stanmix.model.families.entry import Family
from stanmix.model.priors import Uniform

__all__ = ["Component", "PointMass", "component", "constant_of", "to_plain"]


@dataclass(frozen=True)
class PointMass:
    """A component that is one value: zeros of their own, or a spike.

    Parameters
    ----------
    at : float
        The value.

    Raises
    ------
    InputError
        If it is not finite.

    Notes
    -----
    Beside densities a row at `at` belongs to the point mass, as its probability there is not
    zero and theirs is. Beside counts both have a probability there: a zero may be a Poisson zero.
    """

    at: float

    def __post_init__(self) -> None:
        if not isinstance(self.at, int | float) or not math.isfinite(self.at):
            raise InputError(f"PointMass: at must be a finite number, got {shown(self.at)}.")
        object.__setattr__(self, "at", float(self.at))


Component = str | PointMass | Uniform


def constant_of(stated: Component) -> tuple[Family, dict[str, float]] | None:
    """Return the family of a component without parameters, and what it states; else None."""
    if isinstance(stated, PointMass):
        return POINT_MASS, {"at": stated.at}
    if isinstance(stated, Uniform):
        return UNIFORM, {"low": stated.alpha, "high": stated.beta}
    return None


def component(stated: Any) -> Component:
    """Return a component as `Mixture` takes it, or `to_plain` wrote it.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(stated, str | PointMass | Uniform):
        return stated
    if isinstance(stated, Mapping):
        match stated:
            case {"component": "point_mass", "at": at, **rest} if not rest:
                return PointMass(at)
            case {"component": "uniform", "low": low, "high": high, **rest} if not rest:
                return Uniform(low, high)
    raise InputError(
        "family: each component must be the name of a family, stanmix.PointMass(at) or "
        f"stanmix.Uniform(lower, upper), got {shown(stated)}."
    )


def to_plain(stated: Component) -> Any:
    """Return a component as plain values."""
    constant = constant_of(stated)
    if constant is None:
        return stated
    family, values = constant
    return {"component": family.name, **values}
