"""Parameters by the names that a statement gives, or the refusal of a name."""

from __future__ import annotations

from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.parameters import Parameter
from stanmix.model.specification import Specification

__all__ = ["OF_SOME_FAMILY", "locates", "named", "parameter_of"]

OF_SOME_FAMILY = {one.name for family in families.FAMILIES.values() for one in family.parameters}


def locates(model: Specification, parameter: Parameter) -> bool:
    """Return whether a parameter says where components of some family lie."""
    return any(parameter in family.locations for family in model.estimated_families)


def parameter_of(model: Specification, where: str, name: str) -> Parameter:
    """Return a parameter of the model's family, or refuse its name."""
    estimated = model.estimated_families
    found = [one for family in estimated if (one := family.parameter(name))]
    if found:
        return found[0]
    if name in OF_SOME_FAMILY:
        own = dict.fromkeys(one.name for family in estimated for one in family.parameters)
        raise InputError(
            f"{where}: {name!r} is no parameter of family={model.family!r}, which has "
            f"{', '.join(map(repr, own))}; remove it."
        )
    raise InputError(f"{where}: there is no parameter {name!r}; {named(model)} can stand there.")


def named(model: Specification, *others: str) -> str:
    """Return the names of the parameters but for the location, as a sentence lists them."""
    estimated = model.estimated_families
    own = dict.fromkeys(one.name for family in estimated for one in family.others)
    names = [*others, *own]
    return " and ".join(map(repr, names)) or "none of this family's parameters"
