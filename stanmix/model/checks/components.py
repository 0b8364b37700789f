"""Whether what is stated of each component makes a mixture, and whether links lead there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.checks.columns import checked_columns
from stanmix.model.column_blocks import Named
from stanmix.model.families.components import Component, PointMass, Truncated, component, entry
from stanmix.model.families.constants import UNIFORM
from stanmix.model.parameters import LINKS, Role
from stanmix.model.priors import Uniform
from stanmix.model.specification import Specification

__all__ = ["check_links", "checked_family"]


def checked_family(
    model: Specification,
) -> str | tuple[Component, ...] | dict[Named, str]:
    """Return the family, what each component or column is; one name where all are of one family.

    Raises
    ------
    InputError
        If a component is none, their number is not that of the components, or families do not go
        together; or a column has none.
    """
    if isinstance(model.family, str):
        return model.family
    if isinstance(model.family, Mapping):
        return checked_columns(model, model.family)
    stated = tuple(component(one) for one in model.family)
    names = ", ".join(one if isinstance(one, str) else repr(one) for one in stated)
    if len(stated) != model.components:
        raise InputError(
            f"family names {len(stated)} components ({names}), but components={model.components}; "
            "name the family of each component, or one for all."
        )
    for one in stated:
        entry(one, {})  # refuses a family that there is not
    if len(set(stated)) == 1 and isinstance(stated[0], str) and stated[0] != UNIFORM.name:
        return stated[0]
    _check_together(stated, names)
    return stated


def _check_together(stated: tuple[Component, ...], names: str) -> None:
    """Refuse components of several families that make no mixture."""
    own = [one if isinstance(one, str) else one.family for one in stated
           if isinstance(one, str | Truncated) and one != UNIFORM.name]  # fmt: skip
    if not own:
        raise InputError(
            f"family: of {names} nothing is to be estimated but weights; name a family with "
            "parameters among them."
        )
    of_each = [entry(one, {})[0] for one in stated]
    kinds = [one.name for one in of_each]
    unlike = [one for one, other in itertools.combinations(of_each, 2)
              if one.name == other.name and one is not other]  # fmt: skip
    if unlike:
        raise InputError(
            f"family: of [{names}] some are truncated at one end and others at both; state both "
            "ends of each."
        )
    firsts = [name for name, _ in itertools.groupby(kinds)]
    if len(firsts) > len(set(kinds)):
        places = sorted(range(len(stated)), key=lambda k: kinds.index(kinds[k]))
        together = [stated[k] for k in places]
        raise InputError(
            f"family: components of one family stand together; instead of [{names}] state "
            f"[{', '.join(map(repr, together))}]."
        )
    found = [families.family(name) for name in dict.fromkeys(own)]
    vectors = [one.name for one in found if one.multivariate]
    if vectors:
        raise InputError(
            f"family: {vectors[0]!r} has several columns, and cannot be one of several families."
        )
    integer = {one.response.integer for one in found}
    trials = {one.response.trials for one in found}
    if len(integer) > 1 or len(trials) > 1:
        raise InputError(
            f"family: {' and '.join(repr(one.name) for one in found)} have other responses "
            f"({'; '.join(dict.fromkeys(one.response.words for one in found))}); the components "
            "of a mixture have one response."
        )
    categories = [one.name for one in found if one.categories]
    if categories:
        raise InputError(
            f"family: {categories[0]!r} has categories, whose numbers no other family takes; it "
            "cannot be one of several families."
        )
    _check_circle(found, stated)
    masses = [one.at for one in stated if isinstance(one, PointMass)]
    if len(set(masses)) < len(masses):
        raise InputError(
            f"family: two point masses at {max(masses, key=masses.count):g} cannot be told apart; "
            "state one."
        )
    if integer == {True}:
        spread = [one for one in stated if isinstance(one, Uniform) or one == UNIFORM.name]
        if spread:
            raise InputError(
                f"family: {spread[0]!r} has a density, but {own[0]!r} counts; remove it."
            )
        broken = [at for at in masses if at != math.floor(at) or at < 0]
        if broken:
            raise InputError(
                f"family: PointMass({broken[0]:g}) is no count, but {own[0]!r} counts; state a "
                "whole number."
            )


def _check_circle(found: Sequence[families.Family], stated: tuple[Component, ...]) -> None:
    """Refuse what has no place on a circle beside families of angles."""
    angles = [one.name for one in found if one.response.circular]
    if not angles:
        return
    others = [one.name for one in found if not one.response.circular]
    if others:
        raise InputError(
            f"family: {angles[0]!r} has angles as responses, and {others[0]!r} has none; the "
            "components of a mixture have one response."
        )
    for one in stated:
        ends = [one.at] if isinstance(one, PointMass) else []
        ends += [one.alpha, one.beta] if isinstance(one, Uniform) else []
        if any(abs(end) > math.pi for end in ends):
            raise InputError(
                f"family: {one!r} does not lie between -pi and pi, as the angles of {angles[0]!r} "
                "do; the whole circle is Uniform(-math.pi, math.pi)."
            )


def check_links(model: Specification) -> None:
    """Refuse links of what has none, and such as do not lead to a parameter's values."""
    named = isinstance(model.family, str) and model.names_columns
    if isinstance(model.family, Mapping) or (
        named and not families.family(model.family).multivariate
    ):
        for name, link in model.link.items():
            _check_link_of_columns(model, name, link)
        return
    of_all = [model.family] if isinstance(model.family, str) else model.family
    own_families = [
        families.family(one if isinstance(one, str) else one.family)
        for one in dict.fromkeys(of_all)
        if isinstance(one, str | Truncated) and one != UNIFORM.name
    ]
    for name, link in model.link.items():
        having = [one for one in own_families if one.parameter(name) is not None]
        if not having:
            names = dict.fromkeys(one.name for family in own_families for one in family.parameters)
            raise InputError(
                f"link: {name!r} is no parameter of family={model.family!r}; those are "
                f"{', '.join(map(repr, names))}."
            )
        for family in having:
            _check_link(model, family, name, link)


def _check_link_of_columns(model: Specification, name: str, link: str) -> None:
    """Refuse a link that makes no other densities of columns, which depend on no covariates."""
    possible = {
        stated: one.family
        for one in model.of_family.columns
        if one.family.variants
        for stated in (one.family.location.name, one.names[one.family.location.name])
    }
    if name not in possible:
        known = f"; {' and '.join(map(repr, possible))} have other densities" if possible else ""
        raise InputError(
            f"link={dict(model.link)!r}: nothing depends on covariates where there are several "
            f"columns, so that a link of {name!r} says nothing{known}; remove it."
        )
    if link not in possible[name].variants:
        raise InputError(
            f"link: {name!r} of family={possible[name].name!r} can have "
            f"{' or '.join(map(repr, possible[name].variants))}, got {link!r}."
        )


def _check_link(model: Specification, family: families.Family, name: str, link: str) -> None:
    parameter = family.parameter(name)
    assert parameter is not None
    located = parameter is family.location
    of_unit = parameter.moves or parameter.role is Role.SCALE
    has_unit = family.response.unit and of_unit
    own = LINKS[parameter.support]
    variants = family.variants if located else {}
    possible = [*variants] or [one.name for one in (own[:1] if has_unit else own)]
    if link not in possible:
        why = (
            " (it has the unit of the response, and with another link the result would depend "
            "on that unit)"
            if has_unit and link in [one.name for one in own]
            else ""
        )
        raise InputError(
            f"link: {name!r} of family={family.name!r} can have "
            f"{' or '.join(map(repr, possible))}, got {link!r}{why}."
        )
    if variants:
        return
    linear = model.regression if located else name in model.predictors
    if link != parameter.link.name and not linear and not (located and model.offset):
        raise InputError(
            f"link: {name!r} does not depend on covariates here, so that a link says nothing; "
            "remove it, or give it a formula."
        )
