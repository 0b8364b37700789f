"""What may be stated as one component of several families: a name, a point mass, an interval."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stanmix.errors import InputError, shown
from stanmix.model.families.constants import POINT_MASS, UNIFORM
from stanmix.model.families.entry import Family
from stanmix.model.families.registry import FAMILIES
from stanmix.model.families.registry import family as registered
from stanmix.model.families.truncated import truncated
from stanmix.model.priors import Uniform

__all__ = ["Component", "PointMass", "Truncated", "component", "entry", "to_plain"]


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


@dataclass(frozen=True)
class Truncated:
    """A component whose responses lie between stated ends: of counts above zero, and the like.

    Parameters
    ----------
    family : str
        Name of a family.
    lower, upper : float, optional
        The least and the largest response there is, both among them; None: no end. Beside a point
        mass at zero, ``Truncated("poisson", lower=1)`` makes a hurdle model.

    Raises
    ------
    InputError
        If there is no such family, it has no distribution function, or the ends hold nothing.
    """

    family: str
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        own = registered(self.family)
        if own.tails is None:
            able = [one.name for one in FAMILIES.values() if one.tails]
            raise InputError(
                f"Truncated: family={self.family!r} cannot be truncated: it has no distribution "
                f"function of one response. Choose one of {', '.join(map(repr, able))}."
            )
        for name in ("lower", "upper"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"Truncated: {name} must be a finite number, got {shown(value)}.")
            if own.counts and value != math.floor(value):
                raise InputError(
                    f"Truncated: {self.family!r} counts, so that {name} must be whole, got "
                    f"{value:g}."
                )
            object.__setattr__(self, name, float(value))
        low, high = own.response.ends
        if self.lower is not None and self.lower <= low:
            raise InputError(
                f"Truncated: {self.family!r} has no responses below {low:g}, so that lower="
                f"{self.lower:g} cuts nothing off; leave it out."
            )
        lower, upper = (self.lower, self.upper)
        if lower is None and upper is None:
            raise InputError(
                f"Truncated: no end is stated; give lower or upper, or name {self.family!r} itself."
            )
        least = low if lower is None else max(lower, low)
        most = high if upper is None else min(upper, high)
        if not least < most:
            raise InputError(
                f"Truncated: from {least:g} to {most:g} there is no room for {self.family!r}."
            )


Component = str | PointMass | Uniform | Truncated


def entry(stated: Component, links: Mapping[str, str]) -> tuple[Family, dict[str, float]]:
    """Return the family of a component, and the constants that it states itself.

    Parameters
    ----------
    stated : str, PointMass, Uniform or Truncated
    links : mapping of str to str
        Of parameters, of which the family may have some.
    """
    if isinstance(stated, PointMass):
        return POINT_MASS, {"at": stated.at}
    if isinstance(stated, Uniform):
        return UNIFORM, {"low": stated.alpha, "high": stated.beta}
    if stated == UNIFORM.name:  # on the range of the data
        return UNIFORM, {"low": math.nan, "high": math.nan}
    name = stated if isinstance(stated, str) else stated.family
    own = registered(name)
    found = registered(name, {of: link for of, link in links.items() if own.parameter(of)})
    if isinstance(stated, str):
        return found, {}
    ends = {"least": stated.lower, "most": stated.upper}
    known = {end: value for end, value in ends.items() if value is not None}
    return truncated(found, "least" in known, "most" in known), known


def component(stated: Any) -> Component:
    """Return a component as `Mixture` takes it, or `to_plain` wrote it.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(stated, str | PointMass | Uniform | Truncated):
        return stated
    if isinstance(stated, Mapping):
        match stated:
            case {"component": "point_mass", "at": at, **rest} if not rest:
                return PointMass(at)
            case {"component": "uniform", "low": low, "high": high, **rest} if not rest:
                return Uniform(low, high)
            case {
                "component": "truncated",
                "family": name,
                "lower": low,
                "upper": high,
                **rest,
            } if not rest:
                return Truncated(name, low, high)
    raise InputError(
        'family: each component must be the name of a family, "uniform", stanmix.PointMass(at), '
        "stanmix.Uniform(lower, upper) or stanmix.Truncated(family, lower, upper), got "
        f"{shown(stated)}."
    )


def to_plain(stated: Component) -> Any:
    """Return a component as plain values."""
    if isinstance(stated, str):
        return stated
    if isinstance(stated, Truncated):
        return {"component": "truncated", **dataclasses.asdict(stated)}
    family, values = entry(stated, {})
    return {"component": family.name, **values}
