"""All families by their names."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from stanmix.errors import InputError
from stanmix.model.families import (
    categories,
    circle,
    counts,
    fractions,
    positive,
    real_line,
    vectors,
)
from stanmix.model.families.entry import Family
from stanmix.model.parameters import LINKS

__all__ = ["FAMILIES", "family"]

FAMILIES: dict[str, Family] = {
    one.name: one
    for kind in (real_line, vectors, positive, fractions, circle, counts, categories)
    for one in kind.FAMILIES
}


def family(
    name: object, links: Mapping[str, str] | None = None, covariance: str | None = None
) -> Family:
    """Return the family called `name`.

    Parameters
    ----------
    name : str
    links : mapping of str to str, optional
        Names of links of its parameters, other than their own.
    covariance : str, optional
        Form of the covariance of a component, by which a multivariate family has a variant.

    Raises
    ------
    InputError
        If there is no such family; the message lists those there are.
    """
    if isinstance(name, str) and name in FAMILIES:
        of_form = FAMILIES[name].forms.get(covariance or "", FAMILIES[name])
        return _linked(of_form, tuple(sorted((links or {}).items())))
    raise InputError(f"Unknown family {name!r}; known families: {', '.join(sorted(FAMILIES))}.")


@functools.cache
def _linked(found: Family, links: tuple[tuple[str, str], ...]) -> Family:
    if not links:
        return found
    variant = found.variants.get(dict(links).get(found.location.name, ""))
    if variant is not None:
        return variant
    by_name = {link.name: link for of_one in LINKS.values() for link in of_one}
    stated = dict(links)
    parameters = tuple(
        dataclasses.replace(one, link=by_name[stated[one.name]]) if one.name in stated else one
        for one in found.parameters
    )
    return dataclasses.replace(found, parameters=parameters, _by_name={})
