"""Families as data: the response distribution of one component.

A family names its parameters, in order, and gives its density in NumPy and in Stan. Nothing else
in stanmix knows a family's parameters by name.
"""

from __future__ import annotations

from stanmix.errors import InputError
from stanmix.model.families import counts, fractions, positive, real_line
from stanmix.model.families.entry import TRIALS, Family, StanDensity

__all__ = ["FAMILIES", "TRIALS", "Family", "StanDensity", "family"]

FAMILIES: dict[str, Family] = {
    one.name: one for kind in (real_line, positive, fractions, counts) for one in kind.FAMILIES
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
