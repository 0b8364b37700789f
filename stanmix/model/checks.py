"""Whether a statement of a mixture makes sense, by itself and, for an offset, beside the data."""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.arguments import (
    Anything,
    Array,
    Check,
    Either,
    Function,
    Integer,
    ListOf,
    MappingOf,
    Number,
    OneOf,
    OrNone,
    Text,
)
from stanmix.data import design
from stanmix.data.design import Design
from stanmix.data.limits import INTERVAL, LEFT, RIGHT
from stanmix.data.rows import LARGEST_COUNT, parse_predictor
from stanmix.errors import InputError, shown
from stanmix.model import families
from stanmix.model.families.components import Component, PointMass, Truncated, component
from stanmix.model.moments import MOMENTS
from stanmix.model.parameters import LINKS, POSITIVE, Parameter, Role
from stanmix.model.priors import BY_NAME, Beta, Dirichlet, Prior, Uniform
from stanmix.model.specification import Specification, cannot_order, having

__all__ = [
    "CHECKS",
    "CONTEXT",
    "check_covariates",
    "check_formulas",
    "check_labels",
    "check_limited",
    "check_limits",
    "check_links",
    "check_offset",
    "check_order",
    "check_priors",
    "check_response",
    "check_roles",
    "check_shared",
    "checked_family",
    "checked_fixed",
]

COVARIANCES = ("spherical", "diagonal")
# Offsets of log means (nats): exposures that differ by a factor above 1e13, or lie so far from 1
# that a rate could not be written as a number, are exposures whose logarithm was not taken.
_WIDEST_OFFSET, _LARGEST_OFFSET = 30.0, 300.0

_COLUMN = OrNone(Text("the name of a column"))
# What each argument must be by itself; the functions below say what they must be together.
CHECKS: Mapping[str, Check] = {
    "formula": Either(
        Text('a formula such as "y ~ x"'),
        ListOf(Text(), 'a list of the names of columns such as ["x1", "x2"]'),
    ),
    "components": Integer(1),
    "family": Either(
        OneOf(*families.FAMILIES),
        ListOf(Anything("a component"), "a list with the family of each component", 1),
    ),
    "order": OrNone(
        Text("'auto', None, 'mean', 'variance', or the name of a parameter or covariate")
    ),
    "shared": Either(Text("the name of a parameter"), ListOf(Text(), "a list of such names")),
    "fixed": MappingOf(
        Anything("the model"), 'a mapping of names to values such as {"sigma": 1.0}'
    ),
    "priors": MappingOf(
        Anything("the model"), 'a mapping of names to priors such as {"sigma": HalfNormal(1)}'
    ),
    "gating": OrNone(Text('a formula such as "~ z"')),
    "formulas": MappingOf(
        Text('a formula such as "~ z"'),
        'a mapping of parameters to formulas such as {"sigma": "~ z"}',
    ),
    "link": MappingOf(
        Text('the name of a link such as "probit"'),
        'a mapping of parameters to links such as {"mu": "probit"}',
    ),
    "group": _COLUMN,
    "weights": _COLUMN,
    "offset": _COLUMN,
    "trials": _COLUMN,
    "labels": _COLUMN,
    "censoring": OrNone(
        Either(
            Text("the name of a column"),
            ListOf(Text(), 'a pair of columns such as ("censoring", "upper")', 2, 2),
        )
    ),
    "truncation": OrNone(
        ListOf(
            OrNone(Either(Text("the name of a column"), Number())),
            "a pair of ends, numbers, names of columns or None, such as (0, None)",
            2,
            2,
        )
    ),
    "missing": OneOf("refuse", "predict"),
    "covariance": OrNone(OneOf(*COVARIANCES)),
    "mean": OneOf("free", "common"),
    "context": MappingOf(Function(), 'a mapping of names to functions such as {"f": f}'),
}
CONTEXT = OrNone(CHECKS["context"])  # of functions that read what was saved


def checked_family(
    model: Specification,
) -> str | tuple[Component, ...]:
    """Return the family, or what each component is; one name where all are of one family.

    Raises
    ------
    InputError
        If a component is none, their number is not that of the components, or families do not go
        together.
    """
    if isinstance(model.family, str):
        return model.family
    stated = tuple(component(one) for one in model.family)
    names = ", ".join(one if isinstance(one, str) else repr(one) for one in stated)
    if len(stated) != model.components:
        raise InputError(
            f"family names {len(stated)} components ({names}), but components={model.components}; "
            "name the family of each component, or one for all."
        )
    unknown = [one for one in stated if isinstance(one, str) and one not in families.FAMILIES]
    if unknown:
        families.family(unknown[0])
    if len(set(stated)) == 1 and isinstance(stated[0], str):
        return stated[0]
    _check_together(stated, names)
    return stated


def _check_together(stated: tuple[Component, ...], names: str) -> None:
    """Refuse components of several families that make no mixture."""
    own = [one if isinstance(one, str) else one.family for one in stated
           if isinstance(one, str | Truncated)]  # fmt: skip
    if not own:
        raise InputError(
            f"family: of {names} nothing is to be estimated but weights; name a family with "
            "parameters among them."
        )
    kinds = [one if isinstance(one, str) else type(one).__name__ for one in stated]
    firsts = [name for name, _ in itertools.groupby(kinds)]
    if len(firsts) > len(set(kinds)):
        together = sorted(stated, key=lambda one: kinds.index(
            one if isinstance(one, str) else type(one).__name__))  # fmt: skip
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
    _check_circle(found, stated)
    masses = [one.at for one in stated if isinstance(one, PointMass)]
    if len(set(masses)) < len(masses):
        raise InputError(
            f"family: two point masses at {max(masses, key=masses.count):g} cannot be told apart; "
            "state one."
        )
    if integer == {True}:
        spread = [one for one in stated if isinstance(one, Uniform)]
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


def check_response(model: Specification) -> None:
    """Refuse a response that is not the family's: a formula, or the columns of a vector."""
    if not model.of_family.multivariate:
        if isinstance(model.formula, tuple):
            raise InputError(
                f"family={model.family!r} has one response, but {len(model.formula)} columns were "
                'named; use family="mvnormal", or a formula such as "y ~ x".'
            )
        design.parse(model.formula, model.context)
        for name, default in (("covariance", None), ("mean", "free")):
            if getattr(model, name) != default:
                raise InputError(
                    f"{name}={getattr(model, name)!r} is for families of several columns "
                    f'("mvnormal"), not for family={model.family!r}; remove it.'
                )
        return
    named = model.formula
    if isinstance(named, str):
        raise InputError(
            f"family={model.family!r} takes the names of its columns as a list, such as "
            f'["x1", "x2"], got {named!r}. It has no covariates yet.'
        )
    if len(named) < 2:
        raise InputError(
            f"family={model.family!r} takes two columns or more, got {list(named)!r}; for one "
            'use family="normal" and the formula "name ~ 1".'
        )
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise InputError(f"The column {twice!r} is named twice; name each once.")
    if model.covariance is None:
        raise InputError(
            f"covariance must be one of {', '.join(map(repr, COVARIANCES))}, got None: the columns "
            f"of family={model.family!r} are independent within a component, with one scale for "
            "all of them (spherical) or one for each (diagonal)."
        )


def check_roles(model: Specification) -> None:
    """Refuse an offset and a gating that the rest contradicts."""
    if model.offset is not None and model.responses:
        raise InputError(
            f"offset={model.offset!r}: family={model.family!r} has no linear predictor to add it "
            "to; subtract it from the columns instead."
        )
    if model.response.trials and model.trials is None:
        raise InputError(
            f"family={model.family!r} counts successes out of a number of trials: name the column "
            'that holds it, as in trials="n" (1 in every row is family="bernoulli").'
        )
    if model.trials is not None and not model.of_family.response.trials:
        raise InputError(
            f"trials={model.trials!r} is for families that count successes "
            f"({', '.join(map(repr, _with_trials()))}), not for family={model.family!r}; remove "
            "it, or choose one of these."
        )
    if model.gating is None:
        return
    parse_predictor("gating", model.gating, model.context)
    if model.gated and "theta" in model.fixed:
        raise InputError(
            f"gating={model.gating!r} lets the weights depend on covariates, but fixed states "
            "known weights 'theta': remove one of the two."
        )
    if model.gated and "theta" in model.priors:
        raise InputError(
            f"gating={model.gating!r}: the weights follow from coefficients, so there is no "
            "parameter 'theta' to give a prior; give one to 'gamma', or to 'gamma[covariate]'."
        )
    if model.gated and model.order == "theta":
        raise InputError(
            f"order='theta': with gating={model.gating!r} each row has weights of its own, which "
            "cannot order the components; choose another parameter, or order='auto'."
        )


def _with_trials() -> list[str]:
    return [name for name, one in families.FAMILIES.items() if one.response.trials]


def check_formulas(model: Specification) -> None:
    """Refuse formulas of what has none."""
    family = model.of_family
    for name, formula in model.formulas.items():
        parameter = _parameter(model, "formulas", name)
        if _locates(model, parameter):
            raise InputError(
                f"formulas: the covariates of {name!r} stand in the formula of the response, as in "
                '"y ~ x".'
            )
        if family.multivariate:
            raise InputError(
                f"formulas: the parameters of family={family.name!r} have no covariates yet; "
                "remove formulas."
            )
        if name in model.fixed:
            raise InputError(
                f"{name!r} is both fixed and given a formula: what is known depends on nothing; "
                "remove one of the two."
            )
        parse_predictor(f"formulas[{name!r}]", formula, model.context)
        stated = [key for key in model.priors if key == name or key.startswith(f"{name}[")]
        if name in model.predictors and stated:
            raise InputError(
                f"priors: {name!r} depends on covariates here; give a prior to its coefficients, "
                f"'beta_{name}' or 'beta_{name}[covariate]'."
            )


def check_links(model: Specification) -> None:
    """Refuse links of what has none, and such as do not lead to a parameter's values."""
    of_all = [model.family] if isinstance(model.family, str) else model.family
    own_families = [
        families.family(one if isinstance(one, str) else one.family)
        for one in dict.fromkeys(of_all)
        if isinstance(one, str | Truncated)
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


def _check_link(model: Specification, family: families.Family, name: str, link: str) -> None:
    parameter = family.parameter(name)
    assert parameter is not None
    located = parameter is family.location
    of_unit = parameter.moves or parameter.role is Role.SCALE
    has_unit = family.response.unit and of_unit
    own = LINKS[parameter.support]
    possible = [one.name for one in (own[:1] if has_unit else own)]
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
    linear = model.regression if located else name in model.predictors
    if link != parameter.link.name and not linear and not (located and model.offset):
        raise InputError(
            f"link: {name!r} does not depend on covariates here, so that a link says nothing; "
            "remove it, or give it a formula."
        )


def check_offset(model: Specification, offset: NDArray[np.float64] | None) -> None:
    """Refuse an offset of a log mean whose exponential is no exposure that anyone has measured."""
    if offset is None or not model.of_family.location.log_link:
        return  # of other links an offset is in units of the predictor, whatever these are
    low, high = float(offset.min()), float(offset.max())
    if high - low > _WIDEST_OFFSET or max(-low, high) > _LARGEST_OFFSET:
        raise InputError(
            f"offset={model.offset!r}: its values run from {low:g} to {high:g}, and their "
            f"exponentials multiply the mean of family={model.family!r}. An offset is added to "
            "the logarithm of the mean: of an exposure (time, area, people at risk) give the "
            f"logarithm, as in frame.assign(log_exposure=np.log(frame[{model.offset!r}]))."
        )


def check_limited(model: Specification) -> None:
    """Refuse censored or truncated responses where a distribution cannot be cut off."""
    stated = {"censoring": model.censoring, "truncation": model.truncation}
    for name, value in stated.items():
        unable = [block.family.name for block in model.blocks if block.family.tails is None]
        if value is not None and unable:
            able = [one.name for one in families.FAMILIES.values() if one.tails is not None]
            raise InputError(
                f"{name}={value!r} is for families of one response whose distribution function "
                f"Stan has ({', '.join(map(repr, able))}), not for family={unable[0]!r}; remove "
                "it, or choose one of these."
            )
    low, high = model.truncated_at
    if model.truncation is not None and low is None and high is None:
        raise InputError("truncation=(None, None) cuts nothing off; name an end, or remove it.")
    if isinstance(low, float) and isinstance(high, float) and low >= high:
        raise InputError(
            f"truncation={model.truncation!r}: the lower end must be less than the upper one."
        )


def check_limits(model: Specification, design: Design) -> None:
    """Refuse ends of intervals, and of what is recorded, at which there can be no responses."""
    limits, y = design.rows.limits, design.y
    if limits is None:
        return
    kind, counts = model.response, model.response.integer

    def refuse(wrong: NDArray[np.bool_], words: str, *values: NDArray[np.float64] | None) -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            held = " and ".join(f"{v[rows[0]]:g}" for v in values if v is not None)
            raise InputError(
                f"{words}: row {design.row(rows[0])} (counted from 0) has {held}, and "
                f"{len(rows)} row(s) do so in all; correct them."
            )

    named = f"censoring={model.censoring!r}"
    kinds = np.zeros(len(y), dtype=np.intp) if limits.kinds is None else limits.kinds
    to = y if limits.to is None else np.where(kinds == INTERVAL, limits.to, y)
    refuse(to < y if counts else (kinds == INTERVAL) & (to <= y),
           f"{named}: an interval must end after the response, where it begins", y, to)  # fmt: skip
    refuse(~kind.holds(to), f"{named}: an interval ends where there are no {kind.words}", to)
    named = f"truncation={model.truncation!r}"
    for end in (limits.least, limits.most):
        if end is not None:
            inside = (end >= kind.ends[0]) & (
                end <= min(kind.ends[1], LARGEST_COUNT if counts else np.inf)
            )
            refuse(~inside, f"{named}: there are no {kind.words} beyond an end", end)
            if counts:
                refuse(end != np.floor(end), f"{named}: an end of counts is a whole number", end)
    least = np.full(len(y), -np.inf) if limits.least is None else limits.least
    most = np.full(len(y), np.inf) if limits.most is None else limits.most
    refuse(least >= most, f"{named}: the lower end must be less than the upper one", least, most)
    # Nothing that is recorded lies beyond, and what lies at an end of a density is no part of it.
    low = y <= least if not counts else y < least
    high = y >= most if not counts else y > most
    below = np.where(kinds == LEFT, low, y < least)
    above = np.where(kinds == RIGHT, high, to > most)
    refuse(below | above | (y > most), f"{named}: a response lies beyond", y)


def check_labels(model: Specification, design: Design) -> None:
    """Refuse labels of other components than there are, or of so few that others stay nameless."""
    rows = design.rows
    if rows.labels is None:
        return
    K, counted = model.components, rows.labels.numbers
    names = len(rows.labels.names) or int(counted.max())
    if names > K:
        held = ", ".join(map(repr, rows.labels.names)) or f"{names}, the number of a component"
        raise InputError(
            f"labels={model.labels!r} holds {held}, but components={K}; state components={names} "
            "or correct the labels."
        )
    _check_atoms(model, design)
    if rows.weights is not None:
        counted = counted[rows.weights > 0]
    there = {*counted.tolist()}
    for alike in model.alike_by_statement:
        without = [k for k in alike if k + 1 not in there]
        if len(without) > 1:
            raise InputError(
                f"labels={model.labels!r}: {len(without)} of {K} components have the label of no "
                "row that counts, and nothing tells them from one another; label a row of each but "
                f"one, or state components={K - len(without) + 1}."
            )


def _check_atoms(model: Specification, design: Design) -> None:
    """Refuse the label of a component that cannot have made the row: beside or at a point mass."""
    assert design.rows.labels is not None
    numbers, atoms = design.rows.labels.numbers, iter(model.atoms)
    mass = {k + 1: next(atoms) for block in model.blocks for k in block.components
            if block.family.name == "point_mass"}  # fmt: skip
    for place in map(int, np.flatnonzero(numbers) if mass else ()):
        label, y = int(numbers[place]), float(design.y[place])
        beside = label not in mass and y in mass.values() and not model.response.integer
        if mass.get(label, y) != y or beside:
            raise InputError(
                f"labels={model.labels!r}: row {design.row(place)} (counted from 0) is {y:g} and "
                f"has the label {design.rows.labels.text(label)}, of a component that makes "
                f"{'other values alone' if beside else f'nothing but {mass[label]:g}'}; correct it."
            )


def checked_fixed(model: Specification) -> dict[str, Any]:
    """Return the known parameters as plain numbers."""
    checked: dict[str, Any] = {}
    for family in model.estimated_families:
        own = () if family.base else family.stated  # a truncation states its ends itself
        missing = [one for one in own if one.name not in model.fixed]
        if missing:
            raise InputError(
                f"family={family.name!r} has a {missing[0].word} that is known and not estimated, "
                f"and fixed does not state it; state it as in fixed={{{missing[0].name!r}: 1.0}}, "
                "one number, or one a component."
            )
    for name, value in model.fixed.items():
        if name != "theta" and _locates(model, _parameter(model, "fixed", name)):
            raise InputError(
                f"fixed: {name!r} cannot be fixed; {_named(model, 'theta')} can. To leave a term "
                'out, leave it out of the formula ("0 + x" has no intercept).'
            )
        array = Array("a number, or an array of numbers")(f"fixed: {name}", value).astype(float)
        shapes = _known_shapes(model, name)
        if array.shape not in shapes:
            table = f", or a table {shapes[-1]} of them" if len(shapes[-1]) == 2 else ""
            raise InputError(
                f"fixed: {name} must be one number a component ({model.components}){table}, got "
                f"{shown(value)}."
            )
        support = POSITIVE if name == "theta" else _parameter(model, "fixed", name).support
        if not support.holds(array):
            raise InputError(f"fixed: {name} must be {support.words}, got {shown(value)}.")
        if name == "theta" and (array.ndim == 0 or abs(array.sum() - 1) > 1e-8):
            raise InputError(
                f"fixed: theta must be {model.components} weights that sum to 1, got "
                f"{shown(value)}."
            )
        checked[name] = array.tolist()
    return checked


def _known_shapes(model: Specification, name: str) -> list[tuple[int, ...]]:
    """Return the shapes that a known parameter may be given in."""
    K = model.components
    if name == "theta":
        return [(), (K,)]  # one number is refused by its sum
    of = next(block for block in model.blocks if block.family.parameter(name))
    K = len(of.components)
    shapes: list[tuple[int, ...]] = [()] if K == 1 and not model.mixed else [(), (K,)]
    if of.predictors[name].by_column:
        shapes.append((K, len(model.responses)))
    return shapes


def check_shared(model: Specification) -> None:
    """Refuse shared parameters that are unknown or known."""
    for name in model.shared:
        if _locates(model, _parameter(model, "shared", name)):
            raise InputError(f"shared: {name!r} cannot be shared; {_named(model)} can.")
        if name in model.fixed:
            raise InputError(
                f"{name!r} is both shared and fixed: a known parameter is not estimated; "
                "remove it from shared."
            )


def check_priors(model: Specification) -> None:
    """Refuse priors of unknown parameters, or on other values than the parameter takes."""
    check_covariates(model, None)
    for name, stated in model.priors.items():
        by_component = isinstance(stated, Sequence)
        priors = stated if isinstance(stated, Sequence) else [stated]
        for prior in priors:
            if type(prior) not in BY_NAME.values():
                raise InputError(
                    f"priors: {name!r} must be a prior such as stanmix.Normal(0, 2), or a list of "
                    f"them, one for each component, got {shown(stated)}."
                )
        if name.partition("[")[0] in model.fixed:
            raise InputError(f"{name!r} is both fixed and given a prior: remove one of the two.")
        if by_component:
            _check_by_component(model, name, priors)
        for prior in priors:
            if name == "theta":
                _check_weight_prior(model, prior)
            elif isinstance(prior, Dirichlet):
                raise InputError(
                    f"priors: Dirichlet is a prior of the weights 'theta', not of {name!r}."
                )
            else:
                _check_support(name, _constant(model, name), prior)


def _check_by_component(model: Specification, name: str, priors: Sequence[Prior]) -> None:
    """Refuse a list of priors of another length, or of what components have no priors of."""
    if name == "theta":
        raise InputError(
            "priors: the weights 'theta' have one prior together; give them a concentration each, "
            "as in Dirichlet([5, 1]), instead of a list of priors."
        )
    of = having(model, name)
    if len(of) > 1:
        raise InputError(
            f"priors: {name!r} has a list of priors, but it is a parameter of several families; "
            f"state one for each: {', '.join(map(repr, of))}."
        )
    (quantity, components) = next(iter(of.items()))
    if any(one.name == quantity and one.shared for one in model.all_predictors):
        raise InputError(
            f"priors: {name!r} is shared by all components, so that it has one prior; give one "
            "instead of a list."
        )
    if len(priors) != len(components):
        whose = "of that family" if model.mixed else ""
        raise InputError(
            f"priors: {name!r} has a list of {len(priors)} prior(s), but the mixture has "
            f"{len(components)} components{' ' * bool(whose)}{whose}; give one for each, or one "
            "for all without a list."
        )
    if model.order not in (None, "auto"):
        raise InputError(
            f"order={model.order!r}: the priors of {name!r} tell the components apart, which then "
            "need no order; remove the order, or give one prior for all."
        )


def _constant(model: Specification, name: str) -> Parameter | None:
    """Return the parameter, constant in a component, that a prior is of; None: a coefficient."""
    own, _, column = name.partition("[")
    named = [one for block in model.blocks for one in block.predictors.values()]
    predictor = next((one for one in named if own in (one.name, one.stem)), None)
    if predictor is None or predictor.linear or (column and model.regression):
        return None
    return predictor.parameter


def _check_support(name: str, parameter: Parameter | None, prior: Prior) -> None:
    """Refuse a prior on other values than those of its parameter, or of a coefficient."""
    low, high = prior.support
    if parameter is None or not parameter.constrained:
        if not np.isinf(prior.support).all():
            raise InputError(
                f"priors: {name!r} can take any value, but {prior!r} cuts it off at "
                f"{min(prior.support, key=abs):g}; use Normal, StudentT, Cauchy, Laplace, "
                "Logistic, Gumbel, SkewNormal, AsymmetricLaplace, ExGaussian or Flat."
            )
        return
    if parameter.angle:
        arc = isinstance(prior, Uniform) and prior.beta - prior.alpha <= 2 * np.pi
        if not arc and not np.isinf(prior.support).all():
            raise InputError(
                f"priors: {name!r} is an angle in radians, but its prior is {prior!r}; use Normal, "
                "StudentT, Cauchy, Laplace or Logistic, which hold within half a turn of their "
                "location, or Uniform on an arc of at most 2 pi."
            )
        return
    ends = parameter.support
    if isinstance(prior.plain(), Beta) and (ends.lower, ends.upper) != prior.support:
        raise InputError(
            f"priors: {name!r} is {ends.words}, but {prior!r} has values between 0 and 1 alone; "
            "use Gamma, LogNormal or another prior of positive values."
        )
    if not parameter.positive:
        if prior.bounding and not ends.lower <= low < min(high, ends.upper):
            raise InputError(
                f"priors: {parameter.name} lies {ends.words}, but its prior is {prior!r}."
            )
        if np.isfinite(high) and high > ends.upper:
            raise InputError(
                f"priors: {parameter.name} lies {ends.words}, but its prior is {prior!r}."
            )
    elif parameter.role is Role.LOCATION:
        if not np.isinf(high) or low > 0:
            raise InputError(
                f"priors: {name!r} can take any positive value, but {prior!r} cuts it off "
                f"at {high if np.isfinite(high) else low:g}; use LogNormal, Gamma or Exponential."
            )
    elif prior.bounding and low < 0:
        raise InputError(f"priors: {parameter.name} is positive, but its prior is {prior!r}.")


def _check_weight_prior(model: Specification, prior: Prior) -> None:
    if isinstance(prior, Dirichlet):
        prior.concentration(model.components)
    elif not isinstance(prior, Beta):
        raise InputError(
            f"priors: the weights 'theta' take Dirichlet (or Beta for two components), "
            f"got {prior!r}."
        )
    elif model.components != 2:
        raise InputError(
            f"priors: Beta is a prior for the weights of two components; with "
            f"{model.components} use Dirichlet."
        )


def check_covariates(model: Specification, covariates: Mapping[str, Sequence[str]] | None) -> None:
    """Refuse priors of unknown parameters, and an order by an unknown covariate.

    Parameters
    ----------
    model : Specification
    covariates : mapping of str to sequence of str, or None
        Of each estimated predictor, by the name of its coefficients; None before data are seen,
        when names of covariates are not known.
    """
    _check_prior_names(model, covariates)
    if covariates is None or not model.regression:
        return
    own = covariates[model.location]
    if model.ordered_column not in (None, *own):
        raise InputError(
            f"order={model.order!r}: unknown; this mixture can be ordered by "
            f"{', '.join(map(repr, model.orders()))} or a covariate: {', '.join(map(repr, own))}."
        )


def _check_prior_names(
    model: Specification, covariates: Mapping[str, Sequence[str]] | None
) -> None:
    linear = ["gamma"] if model.gated else []
    valid = ["gamma" if model.gated else "theta"]
    estimated = [block for block in model.blocks if not block.family.constant]
    for one in (found for block in estimated for found in block.predictors.values()):
        if one.linear and one.parameter.role is Role.LOCATION:
            continue
        valid += dict.fromkeys([one.stem, one.name])
        linear += [one.name] if one.linear else []
        valid += [f"{one.name}[{name}]" for name in model.responses if one.by_column]
    if covariates is not None:
        valid += [f"{of}[{name}]" for of in linear for name in covariates[of]]
    if covariates is not None and model.regression:
        names, of = covariates[model.location], model.location
        coefficients = [name for name in names if name not in valid]
        valid += [of, *names, *(f"{of}[{name}]" for name in names)]
        twice = [name for name in coefficients if {name, f"{of}[{name}]"} <= set(model.priors)]
        if twice:
            raise InputError(
                f"priors: {twice[0]!r} and '{of}[{twice[0]}]' are one coefficient; remove one of "
                "the two."
            )
    for name in model.priors:
        # Names of covariates are known only with the data.
        waits = model.regression or str(name).partition("[")[0] in linear
        if name not in valid and not (covariates is None and waits):
            known = [v for v in valid if not v.startswith("beta[")]
            close = difflib.get_close_matches(str(name), known, n=1)
            raise InputError(
                f"priors: there is no parameter {name!r}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" This mixture has {', '.join(map(repr, known))}."
            )


def check_order(model: Specification) -> None:
    """Refuse an order by a parameter that the model does not have, or that cannot order."""
    if model.order is None or model.order == "auto":
        return
    if model.labels is not None:
        raise InputError(
            f"order={model.order!r} and labels={model.labels!r} both name the components; remove "
            "one of the two."
        )
    if model.order in MOMENTS:
        _check_moment(model)
        _check_labels(model)
        return
    if model.order in _OF_SOME_FAMILY and not model.regression:
        _parameter(model, "order", model.order)
    if model.order in model.fixed or model.order in model.shared:
        state = "fixed" if model.order in model.fixed else "shared by all components"
        raise InputError(
            f"order={model.order!r}: that parameter is {state}, so it cannot order the "
            "components; choose another, or order='auto'."
        )
    if not model.regression and (model.ordered_column or model.order) not in model.orders():
        raise InputError(
            f"order={model.order!r}: this mixture can be ordered by "
            f"{', '.join(map(repr, model.orders()))}."
        )
    _check_labels(model)
    if model.regression and model.order in (model.of_family.location.name, model.location):
        raise InputError(
            f"order={model.order!r}: a regression has a coefficient for each covariate; name "
            "the covariate to order by."
        )
    prior = model.priors.get(str(model.program_order))
    if isinstance(prior, Prior) and prior.bounding:
        raise InputError(
            f"order={model.order!r} needs a prior without ends of its own, such as an upper end, "
            f"and {type(prior).__name__} has one; use another prior or another order."
        )


def _check_labels(model: Specification) -> None:
    """Refuse to put draws in order where no components can be exchanged."""
    if model.ordered_afterwards and not model.exchangeable:
        raise InputError(
            f"order={model.order!r}: families, priors or known parameters tell the components "
            "apart already, so that draws cannot be put in another order; leave the order to "
            '"auto".'
        )


def _check_moment(model: Specification) -> None:
    """Refuse an order by a moment that components do not have, or have in common."""
    assert model.order is not None
    why = cannot_order(model, model.order)
    if why is None:
        return
    others = " or ".join(map(repr, model.orders()))
    others += " or a covariate" if model.regression else ""
    column = f"; a column of that name is '{model.location}[{model.order}]'"
    raise InputError(
        f"order={model.order!r}: {why}; order by {others}, or use order='auto'"
        f"{column if model.regression or model.responses else ''}."
    )


_OF_SOME_FAMILY = {one.name for family in families.FAMILIES.values() for one in family.parameters}


def _locates(model: Specification, parameter: Parameter) -> bool:
    """Return whether a parameter says where components of some family lie."""
    return any(parameter is family.location for family in model.estimated_families)


def _parameter(model: Specification, where: str, name: str) -> Parameter:
    """Return a parameter of the model's family, or refuse its name."""
    estimated = model.estimated_families
    found = [one for family in estimated if (one := family.parameter(name))]
    if found:
        return found[0]
    if name in _OF_SOME_FAMILY:
        own = dict.fromkeys(one.name for family in estimated for one in family.parameters)
        raise InputError(
            f"{where}: {name!r} is no parameter of family={model.family!r}, which has "
            f"{', '.join(map(repr, own))}; remove it."
        )
    raise InputError(f"{where}: there is no parameter {name!r}; {_named(model)} can stand there.")


def _named(model: Specification, *others: str) -> str:
    """Return the names of the parameters but for the location, as a sentence lists them."""
    estimated = model.estimated_families
    own = dict.fromkeys(one.name for family in estimated for one in family.others)
    names = [*others, *own]
    return " and ".join(map(repr, names)) or "none of this family's parameters"
