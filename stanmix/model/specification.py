"""What a mixture states, and what follows from the statement alone."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stanmix.data import design
from stanmix.data.formulas import one_sided, texts
from stanmix.data.rows import WEIGHTS, parse_predictor
from stanmix.model import column_blocks, families
from stanmix.model.column_blocks import Named
from stanmix.model.covariances import Covariance, covariance_of
from stanmix.model.families import Family
from stanmix.model.families.components import Component, PointMass, entry, to_plain
from stanmix.model.families.entry import Columns
from stanmix.model.families.products import independent
from stanmix.model.moments import MOMENTS, why_not
from stanmix.model.parameters import POSITIVE, REAL, Parameter, Role
from stanmix.model.predictors import Block, Predictor, Same
from stanmix.model.priors import Beta, Dirichlet, Prior
from stanmix.model.responses import Response, common
from stanmix.model.weights import DIRICHLET, GATING, KNOWN, Weights

__all__ = [
    "COEFFICIENT",
    "Specification",
    "cannot_order",
    "covariance_in",
    "equal_by_covariance",
    "having",
    "members",
    "pooled_in",
]

# What a statement calls a coefficient, unless by the name of a covariate of the location alone.
COEFFICIENT = re.compile(r"(beta\w*)\[(.+)\]", re.DOTALL)

_OF_OWN = (Role.LOADING, Role.SHAPE)  # which columns do not have in common

Fixed = Mapping[str, float | Sequence[float]]


@dataclass(frozen=True)
class Specification:
    """The statement of a mixture, as `stanmix.Mixture` takes and checks it."""

    formula: str | Sequence[str]
    components: int
    family: str | Sequence[Component] | Mapping[Named, str] = "normal"
    order: str | None = "auto"
    shared: Sequence[str] = ()
    fixed: Fixed = field(default_factory=dict)
    priors: Mapping[str, Prior | Sequence[Prior]] = field(default_factory=dict)
    gating: str | None = None
    group: str | None = None
    weights: str | None = None
    offset: str | None = None
    trials: str | None = None
    labels: str | None = None
    missing: str = "refuse"
    censoring: str | Sequence[str] | None = None
    truncation: Sequence[str | float | None] | None = None
    covariance: str | Mapping[Named, str] | None = None
    factors: int | None = None
    mean: str = "free"
    formulas: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    link: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Callable[..., Any]] = field(
        default_factory=dict, repr=False, compare=False
    )

    # A mapping has no hash, so the statement is hashed as the plain values that describe it.
    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as plain values; `Mixture.from_dict` reads it back."""
        return {
            "formula": self.formula if isinstance(self.formula, str) else list(self.formula),
            "components": self.components,
            "family": _plain(self.family),
            "order": self.order,
            "shared": list(self.shared),
            "fixed": {name: np.asarray(value).tolist() for name, value in self.fixed.items()},
            "priors": {
                name: [each.to_dict() for each in prior]
                if isinstance(prior, Sequence)
                else prior.to_dict()
                for name, prior in self.priors.items()
            },
            "gating": self.gating,
            "group": self.group,
            "weights": self.weights,
            "offset": self.offset,
            "trials": self.trials,
            "labels": self.labels,
            "missing": self.missing,
            "censoring": list(self.censoring)
            if isinstance(self.censoring, tuple)
            else self.censoring,
            "truncation": None if self.truncation is None else list(self.truncation),
            "covariance": column_blocks.to_plain(self.covariance, "covariance")
            if isinstance(self.covariance, Mapping)
            else self.covariance,
            "factors": self.factors,
            "mean": self.mean,
            "formulas": {
                name: text if isinstance(text, str) else list(text)
                for name, text in self.formulas.items()
            },
            "link": dict(self.link),
        }

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the columns that make up a response of several."""
        several = self.of_family.multivariate and not isinstance(self.formula, str)
        return tuple(self.formula) if several else ()

    @property
    def by_component(self) -> bool:
        """Whether the components have formulas of the response that differ."""
        return not (isinstance(self.formula, str) or self.responses)

    @property
    def response_formulas(self) -> tuple[str, ...]:
        """The formula of the response, or one for each component; none of several columns."""
        if isinstance(self.formula, str):
            return (self.formula,)
        return () if self.responses else tuple(self.formula)

    @property
    def title(self) -> str:
        """The formula, those of the components, or the columns of the response, as text."""
        if isinstance(self.formula, str):
            return self.formula
        return (" | " if self.by_component else ", ").join(self.formula)

    @property
    def of_family(self) -> Family:
        """The family of the response; of several the first that has parameters to estimate."""
        return self.estimated_families[0]

    @functools.cached_property
    def estimated_families(self) -> tuple[Family, ...]:
        """The families that have parameters to estimate, each once."""
        if not self.mixed:
            return (self._only_family,)
        found = dict.fromkeys(entry(one, self.link)[0] for one in self.stated_components)
        return tuple(one for one in found if not one.constant)

    @property
    def _only_family(self) -> Family:
        if isinstance(self.family, Mapping):
            return independent(tuple(map(self._of_columns, self.family)))
        covariance = covariance_of(self.covariance)
        usual = families.family(self.family, None, covariance.form if covariance else "")
        if usual.multivariate or not self.names_columns:
            return families.family(self.family, self.link, covariance.form if covariance else "")
        columns = range(len(self.formula))
        return independent(tuple((self._linked(usual, d), (d,)) for d in columns))

    def _of_columns(self, named: Named) -> tuple[Family, tuple[int, ...]]:
        """Return the family of a column or a block, and the places of its columns."""
        assert isinstance(self.family, Mapping)
        names = column_blocks.columns_of(named)
        covariance = covariance_of(self.covariance, names) if len(names) > 1 else None
        found = families.family(self.family[named], None, covariance.form if covariance else "")
        at = tuple(self.formula.index(name) for name in names)
        return self._linked(found, at[0]), at

    def _linked(self, family: Family, column: int) -> Family:
        """Return the variant of a column's family that is stated, of its location or of all."""
        of_all = family.location.name
        stated = self.link.get(f"{of_all}_{column + 1}", self.link.get(of_all, ""))
        return family.variants.get(stated, family)

    @property
    def names_columns(self) -> bool:
        """Whether the formula is a list of names of several columns, and not of formulas."""
        stated = () if isinstance(self.formula, str) else self.formula
        return len(set(stated)) > 1 and not any("~" in one for one in stated)

    @property
    def mixed(self) -> bool:
        """Whether the components are of several families."""
        return not isinstance(self.family, str | Mapping)

    @property
    def stated_components(self) -> tuple[Component, ...]:
        """What each component is, where they are of several families; else nothing."""
        return () if isinstance(self.family, str | Mapping) else tuple(self.family)

    @functools.cached_property
    def predictors(self) -> dict[str, str | tuple[str, ...]]:
        """One-sided formulas: of the weights (``"theta"``) and of parameters, where they have one.

        Several are one for each component. ``"~ 1"`` is the same as none.
        """
        stated = {of: texts(text) for of, text in self.formulas.items()}
        if self.gating is not None:
            stated = {WEIGHTS: (self.gating,), **stated}
        return {
            of: of_each if len(of_each) > 1 else of_each[0]
            for of, of_each in stated.items()
            if any(parse_predictor(of, text, self.context) != ["1"] for text in of_each)
        }

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns of the data that the mixture reads."""
        beside = (self.offset, self.trials, self.weights, self.group, self.labels)
        ends = (*(self.censored_by or ()), *self.truncated_at)
        read = {name for name in (*beside, *ends) if isinstance(name, str)}
        for text in self.response_formulas:
            formula = design.parse(text, self.context)
            read |= formula.columns | formula.response_columns
        for stated in self.predictors.values():
            for text in texts(stated):
                read |= one_sided(text, self.context).columns
        return frozenset(read | {*self.responses})

    @property
    def censored_by(self) -> tuple[str, str | None] | None:
        """The column that says how rows are censored, and that of the other ends of intervals."""
        if self.censoring is None or isinstance(self.censoring, str):
            return None if self.censoring is None else (self.censoring, None)
        return (self.censoring[0], self.censoring[1])

    @property
    def truncated_at(self) -> tuple[str | float | None, str | float | None]:
        """The ends of what is recorded, numbers or columns, the lower first; None: no end."""
        return (None, None) if self.truncation is None else (self.truncation[0], self.truncation[1])

    @property
    def regression(self) -> bool:
        """Whether components have coefficients (`beta`) instead of means (`mu`)."""
        parsed = (design.parse(text, self.context) for text in self.response_formulas)
        return any(one.terms != ("1",) for one in parsed)

    @property
    def gated(self) -> bool:
        """Whether the weights depend on covariates, through `gamma` instead of `theta`."""
        return WEIGHTS in self.predictors

    @property
    def weighting(self) -> Weights:
        """Where the weights of the components come from."""
        if self.gated:
            return GATING
        return KNOWN if "theta" in self.fixed else DIRICHLET

    @property
    def block(self) -> Block:
        """The components of the family; of several families the first with parameters."""
        return next(one for one in self.blocks if not one.family.constant)

    @functools.cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The components by family, and how the values of its parameters come about."""
        if not self.mixed:
            return (self._block(self._only_family, range(self.components), ()),)
        grouped: list[tuple[Family, list[int]]] = []
        for k, stated in enumerate(self.stated_components):
            own, _ = entry(stated, self.link)
            if grouped and grouped[-1][0] is own:
                grouped[-1][1].append(k)
            else:
                grouped.append((own, [k]))
        counted = Counter(one.name for own, _ in grouped for one in own.parameters)
        twice = [name for name, count in counted.items() if count > 1]
        return tuple(self._block(own, numbers, twice) for own, numbers in grouped)

    def _block(self, family: Family, components: Sequence[int], twice: Sequence[str]) -> Block:
        linear = self.predictors
        located = self.regression and not family.constant
        return Block(
            family.name,
            family,
            tuple(components),
            {
                one.name: Predictor(
                    one,
                    linear=located if one is family.location else one.name in linear,
                    # Of coefficients see `_common`.
                    shared=(
                        one.name in self.shared or one.name in equal_by_covariance(self, family)
                    )
                    and not (located and one is family.location),
                    known=family.constant or one.stated or one.name in self.fixed,
                    by_column=self._by_column(family, one),
                    common=self._common(family, one, twice),
                    formulas=self._formulas(family, one, components),
                    suffix=family.name if one.name in twice else "",
                )
                for one in family.parameters
            },
        )

    def _by_column(self, family: Family, one: Parameter) -> bool:
        """Return whether columns of the response have a parameter each, under one name."""
        group = family.columns_of(one.name)
        if group is not None and not group.block:
            return not group.single
        covariance = covariance_in(self, group)
        by_column = {
            Role.LOCATION: self.mean == "free",
            Role.SCALE: covariance is not None and covariance.by_column,
            Role.LOADING: True,
        }
        return family.multivariate and by_column.get(one.role, False)

    def _common(self, family: Family, one: Parameter, twice: Sequence[str]) -> tuple[str, ...]:
        """Return the terms of a parameter that components share."""
        located = one is family.location
        if family.constant or not (self.regression if located else one.name in self.predictors):
            return ()
        stem = "beta" if located else f"beta_{one.name}"
        names = {stem, f"{stem}_{family.name}"} if one.name in twice else {stem}
        of_families = {each.name for own in self.estimated_families for each in own.parameters}
        found: list[str] = []
        for stated in self.shared:
            coefficient = COEFFICIENT.fullmatch(stated)
            if located and stated in (one.name, *names):
                parsed = (design.parse(text, self.context) for text in self.response_formulas)
                found += dict.fromkeys(term for each in parsed for term in each.terms)
            elif coefficient and coefficient[1] in names:
                found.append(coefficient[2])
            elif not coefficient and located and stated not in of_families:
                found.append(stated)
        return tuple(found)

    def _formulas(
        self, family: Family, one: Parameter, components: Sequence[int]
    ) -> tuple[Same, ...]:
        """Return what the formulas of a parameter say, where components have their own."""
        located = one is family.location
        of_each = self.response_formulas if located else texts(self.predictors.get(one.name, ""))
        if family.constant or len(of_each) < 2:
            return ()
        parse = design.parse if located else one_sided
        return tuple(parse(of_each[k], self.context).same for k in components)

    @property
    def known(self) -> dict[str, Any]:
        """Known values by the names of quantities: stated ones, and those of constants."""
        found: dict[str, Any] = {
            name: self.fixed[name] for name in ("theta",) if name in self.fixed
        }
        for block in self.blocks:
            of_each = [self._stated(k) for k in block.components]
            for one in block.predictors.values():
                name = one.parameter.name
                if name in of_each[0]:
                    found[one.name] = [stated[name] for stated in of_each]
                elif one.known and name in self.fixed:
                    found[one.name] = self._fixed(block, name)
        return found

    def _fixed(self, block: Block, name: str) -> Any:
        """Return the known values of a parameter, of the components of one family."""
        value = self.fixed.get(name)
        if not isinstance(value, Sequence) or not self.mixed:
            return value
        of_all = zip(members(self, name), value, strict=True)
        return [each for k, each in of_all if k in block.components]

    def _stated(self, component: int) -> dict[str, float]:
        """Return the constants that a component states itself."""
        stated = self.stated_components
        return entry(stated[component], self.link)[1] if stated else {}

    @property
    def atoms(self) -> tuple[float, ...]:
        """Where the point masses lie."""
        return tuple(one.at for one in self.stated_components if isinstance(one, PointMass))

    @functools.cached_property
    def response(self) -> Response:
        """What responses are, beside point masses: of several families, what all of them take."""
        return common([one.family.response for one in self.blocks if not one.family.constant])

    @property
    def pooled(self) -> frozenset[str]:
        """Parameters in the response's unit that all columns of a vector have in common."""
        return pooled_in(self, None)

    @property
    def location(self) -> str:
        """Name of the location parameter: ``"mu"`` or ``"beta"``."""
        block = self.block
        return block.predictors[block.family.location.name].name

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that are estimated, as programs and draws call them."""
        weights = () if self.weighting.known else (self.weighting.name,)
        return weights + tuple(one.name for one in self.all_predictors if not one.known)

    @property
    def all_predictors(self) -> list[Predictor]:
        """What determines the parameters of all families."""
        return [one for block in self.blocks for one in block.predictors.values()]

    @property
    def component_parameters(self) -> tuple[str, ...]:
        """Names of the estimated parameters with a component dimension."""
        shared = {one.name for one in self.all_predictors if one.shared}
        return tuple(name for name in self.parameters if name not in shared)

    @property
    def priors_by_component(self) -> dict[str, list[tuple[Prior, ...]]]:
        """The lists of priors, one for each component, by the quantities that they are of."""
        found: dict[str, list[tuple[Prior, ...]]] = {}
        for name, stated in self.priors.items():
            if isinstance(stated, Sequence):
                for quantity in having(self, name):
                    found.setdefault(quantity, []).append(tuple(stated))
        return found

    @property
    def exchangeable(self) -> bool:
        """Whether the posterior is the same under some renumbering of the components."""
        return self.components == 1 or bool(self.alike)

    @property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of components, from 0, among which nothing but the data tells.

        Every renumbering within one of them gives the same posterior; those of one component are
        left out. Labels tell all of them apart (`stanmix.model.checks.check_labels`).
        """
        return () if self.labels is not None else self.alike_by_statement

    @property
    def alike_by_statement(self) -> tuple[tuple[int, ...], ...]:
        """The same but for labels of rows."""
        prior = self.priors.get("theta")
        concentration = (
            prior.alpha if isinstance(prior, Dirichlet) else
            (prior.alpha, prior.beta) if isinstance(prior, Beta) else 1.0
        )  # fmt: skip
        by_component = self.priors_by_component
        of_all: list[Any] = [
            concentration,
            self.fixed.get("theta", 1.0),
            *by_component.get("gamma", []),
        ]
        found: list[tuple[int, ...]] = []
        for block in self.blocks:
            own: list[Any] = [
                [values[k] for k in block.components] for values in filter(_one_each, of_all)
            ]
            for one in block.predictors.values():
                own += map(list, by_component.get(one.name, []))
                own += filter(_one_each, [self._fixed(block, one.parameter.name)])
                own += filter(None, [[sorted(map(sorted, same)) for same in one.formulas]])
            told_apart: dict[str, list[int]] = {}
            stated = zip(*own, strict=True) if own else itertools.repeat(())
            for k, of_one in zip(block.components, stated, strict=False):
                told_apart.setdefault(repr(of_one), []).append(k)
            if not block.family.constant:
                found += [tuple(alike) for alike in told_apart.values() if len(alike) > 1]
        return tuple(found)

    @property
    def program_order(self) -> str | None:
        """What the Stan program orders: a parameter, the coefficients ``"beta"``, or nothing."""
        if self.order in (None, "auto") or self.ordered_afterwards:
            return None
        if self.order in self.ordering_parameters:
            return self.order
        return self._located.get(str(self.ordered_column), self.location)

    @property
    def ordered_afterwards(self) -> str | None:
        """What draws are ordered by after sampling; None if the program orders.

        Stan's types for what ascends hold real and positive numbers alone, and means and variances
        of components need be no parameters.
        """
        one = next((one for one in self.all_predictors if one.name == self.order), None)
        support = None if one is None or one.linear else one.parameter.support
        afterwards = self.order in ("theta", *MOMENTS) or support not in (None, REAL, POSITIVE)
        return self.order if afterwards else None

    @property
    def ordered_column(self) -> str | None:
        """The covariate or column of the response that `order` names; None if it names none."""
        if self.order in (None, "auto", *MOMENTS, *self.ordering_parameters):
            return None
        locations = "|".join(dict.fromkeys([self.location, *self._located.values()]))
        found = re.fullmatch(rf"({locations})\[(.+)\]", str(self.order), re.DOTALL)
        if found is None:
            return self.order
        return found[2] if self._located.get(found[2], found[1]) == found[1] else self.order

    @property
    def _located(self) -> dict[str, str]:
        """The columns of a response whose locations can be in order, with the names of these."""
        block, found = self.block, dict[str, str]()
        for d, name in enumerate(self.responses):
            own = block.family.columns_at(d)
            location = (own.family if own else block.family).location
            one = block.predictors[own.names[location.name] if own else location.name]
            if location.support is REAL and one.by_column:
                found[name] = one.name
        return found

    @property
    def ordering_parameters(self) -> tuple[str, ...]:
        """The parameters of one number a component, which can order the components."""
        found = [
            one.name
            for one in self.all_predictors
            if not (one.linear or one.by_column or one.shared or one.known or one.parameter.axis)
        ]
        weights = not (self.gated or self.mixed or "theta" in self.fixed)
        return (*found, *(("theta",) if weights else ()))

    def orders(self) -> tuple[str, ...]:
        """Return what can order the components; covariates come with the data."""
        moments = [which for which in MOMENTS if cannot_order(self, which) is None]
        return (*self._located, *self.ordering_parameters, *moments)


def _plain(family: str | Sequence[Component] | Mapping[Named, str]) -> Any:
    """Return the family of all, of each component or of each column as plain values."""
    if isinstance(family, Mapping):
        return column_blocks.to_plain(family, "family")
    return family if isinstance(family, str) else [to_plain(one) for one in family]


def covariance_in(spec: Specification, group: Columns | None) -> Covariance | None:
    """Return the covariance of columns that are a block, or of all together."""
    if group is None:
        return covariance_of(spec.covariance)
    return covariance_of(spec.covariance, group.taken(spec.responses)) if group.block else None


def equal_by_covariance(spec: Specification, family: Family) -> frozenset[str]:
    """Return the parameters that components have in common by their covariances."""
    found: set[str] = set()
    for group in family.columns or (None,):
        covariance = covariance_in(spec, group)
        equal = frozenset[str]() if covariance is None else covariance.equal
        found |= equal if group is None else {group.names[own] for own in equal}
    return frozenset(found)


def pooled_in(spec: Specification, group: Columns | None) -> frozenset[str]:
    """Return the parameters in the response's unit that columns of a block have in common.

    Or all columns, of one vector.
    """
    block = spec.block
    several = block.family.multivariate
    return frozenset(
        name
        for name, one in block.predictors.items()
        if several
        and block.family.columns_of(name) is group
        and not (one.by_column or one.parameter.by_unit or one.parameter.role in _OF_OWN)
    )


def members(spec: Specification, parameter: str) -> tuple[int, ...]:
    """Return the numbers, from 0, of the components whose family estimates a parameter."""
    blocks = [one for one in spec.blocks if not one.family.constant]
    return tuple(k for one in blocks if one.family.parameter(parameter) for k in one.components)


def having(spec: Specification, name: str) -> dict[str, tuple[int, ...]]:
    """Return the quantities that a prior of a name is of, with the numbers of their components.

    Names that are none of a parameter are those of covariates of the location.
    """
    stem = name.partition("[")[0]
    if stem == spec.weighting.name:
        return {stem: tuple(range(spec.components))}
    estimated = [block for block in spec.blocks if not block.family.constant]
    found = {
        one.name: block.components
        for block in estimated
        for one in block.predictors.values()
        if stem in (one.name, one.stem)
    }
    return found or {block.location.name: block.components for block in estimated}


def cannot_order(spec: Specification, which: str) -> str | None:
    """Return why the mean or the variance cannot order the components; None if it can."""
    blocks = [one for one in spec.blocks if not one.family.constant]
    several = [one for one in blocks if len(one.components) > 1] or blocks
    found = (why_not(one, spec.known, which) for one in several)
    return next((why for why in found if why is not None), None)


def _one_each(value: Any) -> bool:
    """Return whether a value is stated for each component."""
    return isinstance(value, Sequence) or np.ndim(value) > 0
