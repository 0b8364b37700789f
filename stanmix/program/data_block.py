"""What a program reads: each declaration of its block ``data``, with the value that goes there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.data.limits import Limits
from stanmix.model import factors
from stanmix.model.families.entry import Columns
from stanmix.model.families.products import filled
from stanmix.model.parameters import IDENTITY, Role
from stanmix.model.priors import Dirichlet, Prior
from stanmix.program import patterns
from stanmix.program.columns import column_names
from stanmix.program.named_priors import arguments
from stanmix.program.plan import Part, Program
from stanmix.program.units import Units
from stanmix.program.variables import Matrix, Order, Quantity

__all__ = ["DataBlock", "Datum", "Source", "data_block"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """What the values of a program's data are taken from.

    Attributes
    ----------
    components : int
        K.
    numbers : mapping of str to int
        How many components are of each family.
    design : Design
    units : Units
        Its centres and scales.
    known : mapping of str to ndarray
        Known parameters, spread out over the components.
    priors : mapping of str to list of Prior or of sequences of Prior
        Of each estimated quantity, one or one for each column, on the scale that is sampled; a
        sequence has one for each component.
    stated : mapping of str to list of bool
        Whether they were stated, rather than defaults.
    concentration : sequence of float
        Of the Dirichlet prior of the weights.
    ordered : int
        Which column the program orders, from 1.
    numbered : mapping of str to ndarray of int
        Which coefficients a component has; see `stanmix.program.coefficients.numbers`.
    """

    components: int
    numbers: Mapping[str, int]
    design: Design
    units: Units
    known: Mapping[str, Array]
    priors: Mapping[str, list[Prior | Sequence[Prior]]]
    stated: Mapping[str, list[bool]]
    concentration: Any
    ordered: int
    numbered: Mapping[str, NDArray[np.intp]]


Value = Callable[[Source], Any]


@dataclass(frozen=True)
class Datum:
    """A declaration in the block ``data``.

    Attributes
    ----------
    name : str
    type : str
        ``"vector[N]"``
    comment : str
        Empty for none.
    value : callable
        Of a `Source`.
    """

    name: str
    type: str
    comment: str
    value: Value


@dataclass(frozen=True)
class DataBlock:
    """The declarations of a block ``data``, in three paragraphs."""

    rows: tuple[Datum, ...]
    units: tuple[Datum, ...]
    priors: tuple[Datum, ...]

    def __iter__(self) -> Any:
        return iter((*self.rows, *self.units, *self.priors))


def data_block(program: Program) -> DataBlock:
    """Return what a program reads."""
    return DataBlock(tuple(_rows(program)), tuple(_units(program)), tuple(_priors(program)))


def _rows(program: Program) -> list[Datum]:
    found = [
        Datum("N", "int<lower=1>", "observations", lambda s: len(s.design.y)),
        Datum("K", "int<lower=1>", "components", lambda s: s.components),
    ]
    if program.minibatch:
        at_most = "rows of which a gradient is made, at most"
        found.append(Datum("batch_size", "int<lower=1>", at_most, lambda s: len(s.design.y)))
    if program.mixed:
        found += [_number(part) for part in program.parts if not part.family.constant]
    found += _numbers_of_columns(program)
    found += [_how_many(one) for one in program.of_family if one.numbers is not None]
    if program.response.categories:
        found.append(Datum("C", "int<lower=2>", "categories", lambda s: len(s.design.categories)))
    declared = {one.matrix.name: one for one in reversed(program.of_family) if one.matrix}
    for one in reversed(declared.values()):
        assert one.matrix is not None
        found += _of_matrix(one, one.matrix)
    for one in program.numbered:
        found += _numbers(one)
    for group in program.family.columns:
        found += _columns(program, group)
    found += [] if program.family.columns else [_response(program)]
    if program.incomplete and not program.family.columns:
        found += _patterns(None)
    if program.offset:
        parameter = program.family.location
        link = "" if parameter.link is IDENTITY else f"{parameter.link.name} of the "
        added = f"added to the {link}{parameter.word}"
        found.append(Datum("offsets", "vector[N]", added, lambda s: s.design.rows.offset))
    if program.response.trials:
        found.append(
            Datum(
                "trials",
                "array[N] int<lower=1>",
                "of which y counts the successes",
                lambda s: np.asarray(s.design.rows.trials).astype(np.int64),
            )
        )
    if program.frequency:
        found.append(
            Datum(
                "weights",
                "vector<lower=0>[N]",
                "a row of weight w counts as w equal rows",
                lambda s: s.design.rows.weights,
            )
        )
    if program.group:
        found += [
            Datum("G", "int<lower=1>", "groups", lambda s: s.design.rows.groups),
            Datum(
                "group",
                "array[N] int<lower=1, upper=G>",
                "the rows of a group share one class",
                lambda s: np.asarray(s.design.rows.group) + 1,
            ),
        ]
    found += _limits(program)
    if program.labels:
        found.append(_labels(program))
    gates = program.of("theta").matrix
    if gates is not None:
        found += _of_matrix(program.of("theta"), gates)
    return found + [_known(one) for one in program.quantities if one.known]


def _limits(program: Program) -> list[Datum]:
    """Return what is known of responses that were not seen."""
    found = []
    if program.censoring:
        kinds = "0 to 3" if program.intervals else "0 to 2"
        most = 3 if program.intervals else 2
        found.append(
            Datum(
                "censoring",
                f"array[N] int<lower=0, upper={most}>",
                f"{kinds}: the response is y, at most y, at least y"
                f"{', from y to y_to' if program.intervals else ''}",
                lambda s: _limits_of(s).kinds,
            )
        )
    words = {"y_to": "", "y_least": "no response below is recorded", "y_most": "nor any above"}
    if not program.least:
        words["y_most"] = "no response above is recorded"
    return found + [_end(program, name, words[name]) for name in program.ends]


def _end(program: Program, name: str, comment: str) -> Datum:
    counts, each = program.response.integer, name == "y_to" or program.ends_vary
    attribute = name.removeprefix("y_")

    def value(s: Source) -> Any:
        ends = getattr(_limits_of(s), attribute)
        ends = np.where(np.isnan(ends), s.design.y, ends)  # where there is no interval
        ends = ends.astype(np.int64) if counts else ends
        return ends if each else ends[0].item()

    types = ("array[N] int", "vector[N]") if each else ("int", "real")
    return Datum(name, types[not counts], comment, value)


def _limits_of(s: Source) -> Limits:
    limits = s.design.rows.limits
    assert limits is not None  # of a program that has them
    return limits


def _labels(program: Program) -> Datum:
    """Return the known classes, of rows or of groups."""

    def values(s: Source) -> Any:
        rows = s.design.rows
        assert rows.labels is not None
        return rows.labels.numbers[rows.first_of_groups]

    size, of = ("G", "group") if program.group else ("N", "row")
    words = f"component of a {of}, or 0: not known"
    return Datum("labels", f"array[{size}] int<lower=0, upper=K>", words, values)


def _how_many(one: Quantity) -> Datum:
    words = f"{one.words}{one.note}"
    return Datum(one.size, "int<lower=1>", words, lambda s: len(column_names(one, s.design)))


def _number(part: Part) -> Datum:
    return Datum(
        part.number,
        "int<lower=1, upper=K>",
        f"{part.family.name} components",
        lambda s: s.numbers[part.family.name],
    )


def _numbers_of_columns(program: Program) -> list[Datum]:
    """Return how many columns the response has, or of each family."""
    if program.several and not program.family.columns:
        words = "coordinates of an observation"
        return [Datum("D", "int<lower=1>", words, lambda s: s.design.y.shape[1])]
    return [_number_of_columns(group) for group in program.family.columns if not group.single] + [
        _number_of_categories(group) for group in program.family.columns if group.single
    ]


def _number_of_columns(group: Columns) -> Datum:
    several = f"{group.family.adjective} columns" if group.suffix else ""
    if group.block:
        several = f"columns{group.whose}"
    return Datum(
        group.named("D"),
        "int<lower=1>",
        several or "coordinates of an observation",
        lambda s: len(group.taken(s.design.dimensions)),
    )


def _number_of_categories(group: Columns) -> Datum:
    return Datum(
        group.named("C"),
        "int<lower=2>",
        f"categories{group.whose}",
        lambda s: len(s.design.categories_of(group.at[0])),
    )


def _columns(program: Program, group: Columns) -> list[Datum]:
    """Return the responses of columns of one family, and which of them are not missing."""
    whole, ends = group.family.counts, group.family.response.constraint
    ends = re.sub(r"\bC\b", group.named("C"), ends)
    words = "any number where it is missing" if program.incomplete else ""

    def y(s: Source) -> Any:
        values = filled(group.of(s.design.y), group.family)
        return values.astype(np.int64) if whole else values

    size = "N" if group.single else f"N, {group.named('D')}"
    type_ = f"array[{size}] int{ends}" if whole else f"matrix{ends}[{size}]"
    found = [Datum(group.named("y"), type_, words, y)]
    if program.incomplete and group.block:
        found += _patterns(group)
    elif program.incomplete:
        words = "whether a row has it" if group.single else "whether a row has a column"
        type_ = f"array[{size}] int<lower=0, upper=1>"

        def observed(s: Source) -> Any:
            return np.isfinite(group.of(s.design.y)).astype(int)

        found.append(Datum(group.named("observed"), type_, words, observed))
    return found


def _patterns(group: Columns | None) -> list[Datum]:
    """Return which columns of a vector, or of a block, rows have."""
    name = patterns.named_in(group)
    each, rows_of = name("patterns"), name("rows_of")
    what = f"columns{group.whose}" if group else "columns"

    def of(key: str) -> Value:
        def value(s: Source) -> Any:
            return patterns.of_data(s.design.y if group is None else group.of(s.design.y))[key]

        return value

    return [
        Datum(each, "int<lower=1>", f"of {what} that rows have", of("patterns")),
        Datum(
            name("observed"),
            f"array[{each}, {name('D')}] int<lower=0, upper=1>",
            "which columns those of a pattern have",
            of("observed"),
        ),
        Datum(
            rows_of,
            f"array[{each}] int<lower=1, upper=N>",
            "how many rows are of a pattern",
            of("rows_of"),
        ),
        Datum(
            name("by_pattern"),
            f"array[sum({rows_of})] int<lower=1, upper=N>",
            "these, those of one pattern after another",
            of("by_pattern"),
        ),
    ]


def _response(program: Program) -> Datum:
    if program.several:
        words = "any number where it is missing" if program.incomplete else ""
        return Datum("y", "matrix[N, D]", words, lambda s: filled(s.design.y, program.family))
    # A point mass may lie outside of what the other components take.
    constraint = "" if program.atoms else program.response.constraint
    if program.family.counts:
        type_ = f"array[N] int{constraint}"
        return Datum("y", type_, "", lambda s: s.design.y.astype(np.int64))
    return Datum("y", f"vector{constraint}[N]", "", lambda s: s.design.y)


def _of_matrix(one: Quantity, matrix: Matrix) -> list[Datum]:
    of = f" of the {one.parameter.words}" if one.parameter else " of the weights"
    located = one.parameter is not None and one.parameter.role is Role.LOCATION
    of = "" if located else of
    return [
        Datum(
            matrix.size,
            "int<lower=1>",
            f"covariates{of}, the intercept among them",
            lambda s: len(s.design.covariates_of(matrix.of)),
        ),
        Datum(
            matrix.name,
            f"matrix[{matrix.rows}, {matrix.size}]",
            "",
            lambda s: s.design.matrix(matrix.of),
        ),
    ]


def _numbers(one: Quantity) -> list[Datum]:
    """Return which of its different coefficients a component has."""
    size, name = one.different, f"{one.name}_number"
    return [
        Datum(
            size,
            "int<lower=1>",
            f"different {one.words}{one.whose}",
            lambda s: int(s.numbered[one.name].max()),
        ),
        Datum(
            name,
            f"array[{', '.join(one.axes)}] int<lower=0, upper={size}>",
            "which of them a component has; 0: none",
            lambda s: s.numbered[one.name],
        ),
    ]


def _known(one: Quantity) -> Datum:
    value: Value = lambda s: s.known[one.name]  # noqa: E731
    if one.weights:
        return Datum(one.name, "simplex[K]", "known weights", value)
    if one.whole:
        assert one.parameter is not None  # weights are no whole numbers
        whole: Value = lambda s: s.known[one.name].astype(int)  # noqa: E731
        return Datum(one.name, f"array[{one.number}] int", f"known {one.parameter.words}", whole)
    ends = [
        f"{which}={end:g}"
        for which, end in (("lower", one.support.lower), ("upper", one.support.upper))
        if math.isfinite(end)
    ]
    constraint = f"<{', '.join(ends)}>" if ends else ""
    words = f"known {one.parameter.words}" if one.parameter else ""
    K = one.number
    each = f"vector{constraint}[{K}]"
    if one.size:
        each = f"array[{K}] vector{constraint}[{one.size}]"
    return Datum(one.name, each, words, value)


def _units(program: Program) -> list[Datum]:
    """Return what parameters are sampled about, and in units of."""
    of_columns = (_units_of_columns(program, group) for group in program.family.columns)
    found = [one for of_group in of_columns for one in of_group]
    if program.has_unit and not program.family.columns:
        mean = program.location.columns == "dimension"
        one = program.one_unit()
        if program.has_origin:
            type_ = "vector[D]" if mean else "real"
            found.append(Datum("y_centre", type_, "", lambda s: s.units.y_centre))
        found += [
            Datum(
                "y_scale",
                "real<lower=0>" if one else "vector<lower=0>[D]",
                "",
                lambda s: s.units.y_scale,
            ),
        ]
    if program.turned:
        comment = "angles are measured from here on; opposite to it they are rarest"
        found.append(Datum("y_centre", "real", comment, lambda s: s.units.y_centre))
    if program.offset_centred:
        alone = not program.matrices
        comment = f"{program.location.scaled}, and its prior, are of means at this offset"
        found.append(
            Datum(
                "offset_centre", "real", comment if alone else "", lambda s: s.units.offset_centre
            )
        )
    for number, matrix in enumerate(program.matrices):
        found += _units_of_matrix(matrix, first=number == 0)
    return found


def _units_of_columns(program: Program, group: Columns) -> list[Datum]:
    """Return the same of columns of one family."""
    found, D, response = [], group.named("D"), group.family.response
    if response.origin:
        together = program.one_mean(group)
        at = group.at[0] if together else group.places
        centres: Value = lambda s: s.units.y_centre[at]  # noqa: E731
        type_ = "real" if together else f"vector[{D}]"
        found.append(Datum(group.named("y_centre"), type_, "", centres))
    if response.unit:
        alike = group.block and program.one_unit(group)
        of = group.at[0] if alike else group.places
        scales: Value = lambda s: s.units.y_scale[of]  # noqa: E731
        type_ = "real<lower=0>" if alike else f"vector<lower=0>[{D}]"
        found.append(Datum(group.named("y_scale"), type_, "", scales))
    return found


def _units_of_matrix(matrix: Matrix, first: bool) -> list[Datum]:
    name, size, of = matrix.name, matrix.size, matrix.of
    said = (
        f"{name} * {name}_ones is a column of ones, or {name}_ones is zero where there is no such"
        if first
        else f"the same for {name}"
    )
    return [
        Datum(f"{name}_centre", f"vector[{size}]", "", lambda s: s.units.columns[of].centre),
        Datum(f"{name}_scale", f"vector<lower=0>[{size}]", "", lambda s: s.units.columns[of].scale),
        Datum(f"{name}_ones", f"vector[{size}]", said, lambda s: s.units.columns[of].ones),
    ]


def _priors(program: Program) -> list[Datum]:
    found: list[Datum] = []
    one = program.ordered
    if one is not None and one.order is Order.COLUMN:
        what = "covariate" if one.matrix else "coordinate"
        whose = "coefficients" if one.matrix else "means"
        found.append(
            Datum(
                f"ordered_{what}",
                f"int<lower=1, upper={one.size}>",
                f"the one whose {whose} are in ascending order",
                lambda s: s.ordered,
            )
        )
    for quantity in program.estimated:
        found += _PRIORS.get(quantity.together, _prior)(quantity)
    return found


def _dirichlet(one: Quantity) -> list[Datum]:
    """Return the concentrations of the weights, or of vectors of probabilities."""

    def value(s: Source) -> Any:
        if one.weights:
            return s.concentration
        (stated,) = s.priors[one.name]
        parts = "columns" if one.vector and one.vector.kind == "dimension" else "categories"
        of_each = [stated] if isinstance(stated, Prior) else stated
        found = [
            prior.concentration(len(column_names(one, s.design)), "the response", parts)
            for prior in of_each
            if isinstance(prior, Dirichlet)
        ]
        return found if one.apart else found[0]

    each = f"array[{one.number}] " if one.apart else ""
    size, words = one.axes[-1], f"concentration{'s' * one.apart} of the Dirichlet prior"
    return [Datum(f"{one.name}_prior", f"{each}vector<lower=0>[{size}]", words, value)]


def _prior(one: Quantity) -> list[Datum]:
    """Return the prior of a quantity: by number, or a number for each column and component."""
    name, axes = one.name, one.prior_axes
    each = f"array[{', '.join(axes)}] " if axes else ""
    column = "a covariate" if one.matrix else "a coordinate"
    of_each = " and ".join(["a component"] * one.apart + [column] * bool(one.prior_size))
    at_a_time = f", {of_each} at a time" if axes else ""
    of = _of_priors(one)
    if one.prior is None:
        found = [
            Datum(
                f"{name}_prior",
                f"{each}int<lower=0>",
                f"distribution{at_a_time}",
                of(lambda prior: prior.code),
            ),
            Datum(
                f"{name}_prior_arguments",
                f"{each}vector[3]",
                "",
                of(lambda prior: prior.arguments()),
            ),
        ]
    else:
        count = arguments(one.prior)
        words = f"arguments of the prior{at_a_time}"
        given = of(lambda prior: prior.arguments()[:count])
        found = [Datum(f"{name}_prior", f"{each}vector[{count}]", words, given)] if count else []
    if one.matrix is not None:
        found.append(
            Datum(
                f"{name}_prior_at_zero",
                f"array[{one.size}] int<lower=0, upper=1>",
                f"0: holds at the centres of {one.matrix.name}, 1: at zero",
                lambda s: [int(stated) for stated in s.stated[name]],
            )
        )
    elif one.numbers is not None:
        found += _ends_of_loadings(one, of)
    elif one.bounded:
        kind = "real<lower={}>"
        if axes:
            kind = f"vector<lower={{}}>[{axes[-1]}]"
        if len(axes) > 1:
            kind = f"array[{axes[0]}] {kind}"
        lower = "-pi()" if one.parameter and one.parameter.angle else f"{one.support.lower:g}"
        words = "supports of the priors" if axes else "support of the prior"
        found += [
            Datum(
                f"{name}_lower",
                kind.format(lower),
                words,
                of(lambda prior: max(one.support.lower, prior.support[0])),
            ),
            Datum(
                f"{name}_upper",
                kind.format(f"{name}_lower"),
                "",
                of(lambda prior: min(one.support.upper, prior.support[1])),
            ),
        ]
    return found


def _ends_of_loadings(one: Quantity, of: Callable[[Callable[[Prior], Any]], Value]) -> list[Datum]:
    """Return the ends of loadings, of which those on the diagonal are not negative."""

    def least(s: Source) -> Any:
        size = len(column_names(one, s.design))
        floors = factors.floors(factors.columns(size, one.factors), size)
        return np.maximum(of(lambda prior: prior.support[0])(s), floors).tolist()

    kind = f"array[{one.number}] vector[{one.size}]" if one.apart else f"vector[{one.size}]"
    words = f"between which {one.words} lie: a factor's first is not negative"
    most = of(lambda prior: prior.support[1])
    return [
        Datum(f"{one.name}_lower", kind, words, least),
        Datum(f"{one.name}_upper", kind, "", most),
    ]


def _of_priors(one: Quantity) -> Callable[[Callable[[Prior], Any]], Value]:
    """Return what takes something of each prior of a quantity: components first, then columns."""

    def of(value: Callable[[Prior], Any]) -> Value:
        def of_columns(s: Source, k: int) -> Any:
            priors = [of if isinstance(of, Prior) else of[k] for of in s.priors[one.name]]
            return [value(prior) for prior in priors] if one.prior_size else value(priors[0])

        def taken(s: Source) -> Any:
            if not one.apart:
                return of_columns(s, 0)
            number = s.numbers[one.family] if one.family else s.components
            return [of_columns(s, k) for k in range(number)]

        return taken

    return of


def _lkj(one: Quantity) -> list[Datum]:
    """Return the shape of the prior of correlations."""
    shape = _of_priors(one)(lambda prior: prior.arguments()[0])
    kind = f"vector<lower=0>[{one.number}]" if one.apart else "real<lower=0>"
    return [Datum(f"{one.name}_prior", kind, f"shape{'s' * one.apart} of the LKJ prior", shape)]


# Of quantities whose numbers have one prior together.
_PRIORS: Mapping[str, Callable[[Quantity], list[Datum]]] = {
    "dirichlet": _dirichlet,
    "lkj_corr_cholesky": _lkj,
}
