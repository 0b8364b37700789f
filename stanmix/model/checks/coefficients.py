"""Whether formulas of components, and coefficients that they share, are such as can be."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from stanmix.data import design
from stanmix.data.design import Design
from stanmix.data.formulas import one_sided
from stanmix.data.frames import listed
from stanmix.data.rows import parse_predictor
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.checks.names import OF_SOME_FAMILY
from stanmix.model.moments import MOMENTS, why_not
from stanmix.model.predictors import Block, Predictor
from stanmix.model.specification import COEFFICIENT, Specification

__all__ = [
    "check_coefficient",
    "check_common",
    "checked_formula",
    "checked_formulas",
    "is_all_coefficients",
    "is_coefficient",
]


def checked_formula(model: Specification) -> str | tuple[str, ...]:
    """Return the formula, those of the components where they differ, or the response's columns.

    Raises
    ------
    InputError
        If several formulas are not one for each component, or are of several responses.
    """
    if isinstance(model.formula, str) or model.of_family.multivariate:
        return model.formula if isinstance(model.formula, str) else tuple(model.formula)
    stated = tuple(model.formula)
    if not any("~" in text for text in stated):
        raise InputError(
            f"family={model.family!r} has one response, but {len(stated)} columns were named; name "
            'each column once and one family of all, or give a formula such as "y ~ x".'
        )
    parsed = [design.parse(text, model.context) for text in stated]
    responses = dict.fromkeys(one.response.text for one in parsed if one.response is not None)
    if len(responses) > 1:
        raise InputError(
            f"formula: {list(stated)!r} have {len(responses)} responses "
            f"({listed(list(responses))}); formulas in a list are one for each component, and of "
            "one response. Several responses with covariates are not known yet."
        )
    _check_number("formula", stated, model)
    for k, one in enumerate(parsed):
        if one.terms != ("1",) and _of(model, k).constant:
            raise InputError(
                f"formula: component {k + 1} is {model.stated_components[k]!r}, of which nothing "
                f'depends on covariates, got {stated[k]!r}; write "{next(iter(responses))} ~ 1" '
                "there."
            )
    return stated[0] if len({one.same for one in parsed}) == 1 else stated


def checked_formulas(model: Specification) -> dict[str, str | tuple[str, ...]]:
    """Return the formulas of other parameters, of each component where they differ.

    Raises
    ------
    InputError
        If several formulas of a parameter are not one for each component.
    """
    found: dict[str, str | tuple[str, ...]] = {}
    for name, stated in model.formulas.items():
        if isinstance(stated, str):
            found[name] = stated
            continue
        where = f"formulas[{name!r}]"
        _check_number(where, stated, model)
        terms = [parse_predictor(where, text, model.context) for text in stated]
        for k, own in enumerate(terms):
            if own != ["1"] and _of(model, k).parameter(name) is None:
                raise InputError(
                    f"{where}: component {k + 1} is {model.stated_components[k]!r}, which has no "
                    f'{name!r}, got {stated[k]!r}; write "~ 1" there.'
                )
        if name in model.shared:
            raise InputError(
                f"{where}: {name!r} is shared by all components, so that it has one formula; give "
                "one, or remove it from shared."
            )
        alike = len({one_sided(text, model.context).same for text in stated}) == 1
        found[name] = stated[0] if alike else tuple(stated)
    return found


def _check_number(where: str, stated: Sequence[str], model: Specification) -> None:
    if len(stated) != model.components:
        raise InputError(
            f"{where} names {len(stated)} formula(s) ({listed(list(stated))}), but "
            f"components={model.components}; give one for each component, or one for all."
        )


def _of(model: Specification, component: int) -> families.Family:
    """Return the family of a component, from 0."""
    return next(block.family for block in model.blocks if component in block.components)


def is_coefficient(model: Specification, name: str) -> bool:
    """Return whether what is shared is named as a coefficient is, and not as a parameter."""
    if re.fullmatch(r"(beta\w*|gamma)\[.+\]", name, re.DOTALL):
        return True
    parameter = name.removeprefix("beta_")  # of which they are all coefficients
    return model.regression and parameter not in {"beta", *OF_SOME_FAMILY}


def is_all_coefficients(model: Specification, name: str) -> bool:
    """Return whether what is shared is all coefficients of the location of a regression."""
    names: set[str] = set()
    for block in model.blocks:
        if not block.family.constant:
            names |= {block.location.name, block.location.stem, block.family.location.name}
    return model.regression and name in names


def check_coefficient(model: Specification, name: str) -> None:
    """Refuse a shared coefficient of weights, of what has none, and of what is shared itself."""
    if name.startswith("gamma[") or (name == "gamma" and model.gated):
        raise InputError(
            f"shared: {name!r} cannot be shared: the coefficients of the weights sum to zero over "
            "the components, so that one in common would change nothing; leave its term out of "
            "gating."
        )
    found = COEFFICIENT.fullmatch(name)
    having = [
        one
        for block in model.blocks
        if not block.family.constant
        for one in block.predictors.values()
        if one.linear and (found[1] in (one.name, one.stem) if found else True)
    ]
    if not having:
        assert found is not None  # others are of the location of a regression
        raise InputError(
            f"shared: {name!r} is a coefficient of what has no covariates here; remove it, or give "
            "it a formula."
        )
    located = any(is_all_coefficients(model, one.name) for one in having)
    whole = [other for other in model.shared if located and is_all_coefficients(model, other)]
    whole += [one.parameter.name for one in having if found is not None and one.shared]
    if whole:
        raise InputError(
            f"shared: {whole[0]!r} and {name!r} are both named, and the first shares all of its "
            "coefficients; remove one of the two."
        )


def check_common(model: Specification, read: Design) -> None:
    """Refuse shared coefficients that the data have no covariate for, or that have priors apart.

    And components that share all that there is.
    """
    for block in model.blocks:
        for one in block.predictors.values():
            if one.common:
                _check_common(model, read, block, one)
        several = len(block.components) > 1 and not block.family.constant
        if several and not any(_differs(model, read, block, one) for one in block.predictors):
            of = f" of family={block.family.name!r}" if model.mixed else ""
            raise InputError(
                f"shared: {', '.join(map(repr, model.shared))}: the components{of} then differ in "
                "nothing but their weights, and are one component; share less, or state one."
            )


def _differs(model: Specification, read: Design, block: Block, name: str) -> bool:
    """Return whether a parameter of a family may differ between its components."""
    one = block.predictors[name]
    if one.known:
        return np.unique(np.asarray(model.known[one.name])).size > 1
    if one.shared or not one.linear:
        return not one.shared
    of = model.of_family.location.name if one is block.location else name
    return bool(one.formulas) or len(_shared(one, read, of)) < len(read.covariates_of(of))


def _shared(one: Predictor, read: Design, of: str) -> list[str]:
    """Return the covariates whose coefficients are in common."""
    named = zip(read.covariates_of(of), read.terms_of(of), strict=True)
    return [name for name, term in named if {name, term} & {*one.common}]


def _check_common(model: Specification, read: Design, block: Block, one: Predictor) -> None:
    of = model.of_family.location.name if one is block.location else one.parameter.name
    names, terms = read.covariates_of(of), read.terms_of(of)
    for stated in one.common:
        if stated not in (*names, *terms):
            known = dict.fromkeys([*names, *terms])
            raise InputError(
                f"shared: there is no parameter and no covariate {stated!r}; "
                f"{one.name!r} has coefficients of {', '.join(map(repr, known))}."
            )
    shared = _shared(one, read, of)
    if len(shared) == len(names) and model.order in MOMENTS:
        alike = dataclasses.replace(one, shared=True)
        predictors = {**block.predictors, one.parameter.name: alike}
        why = why_not(dataclasses.replace(block, predictors=predictors), model.known, model.order)
        if why is not None:
            raise InputError(f"order={model.order!r}: {why}; order by another, or 'auto'.")
    for key in model.priors:
        plain = one is block.location and key in shared
        keyed = re.fullmatch(rf"({one.name}|{one.stem})(\[(.+)\])?", key, re.DOTALL)
        if not isinstance(model.priors[key], Sequence):
            continue
        if plain or (keyed and (keyed[3] is None or keyed[3] in shared)):
            raise InputError(
                f"priors: {key!r} has a list of priors, but the coefficient of {shared[0]!r} is "
                "shared by all components, so that it has one prior; give one instead of a list."
            )
