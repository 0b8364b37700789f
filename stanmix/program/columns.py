"""What the columns of a quantity are called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from stanmix.data.design import Design
from stanmix.model import factors
from stanmix.model.correlations import pairs
from stanmix.model.families import Family
from stanmix.model.families.entry import Columns
from stanmix.program.variables import Quantity

__all__ = ["category_names", "column_names", "entries", "keys", "part_names", "prior_columns"]


def column_names(one: Quantity, design: Design) -> tuple[str, ...]:
    """Return the names of a quantity's columns.

    Of covariates, of columns of the response, or of the numbers of a vector: of categories, of
    what lies between two of them, or of pairs of columns.
    """
    if one.matrix is not None:
        return design.covariates_of(one.of)
    if one.vector is not None:
        return _NUMBERS[one.vector.kind](design, one.group)
    if one.numbers is not None:
        return factors.names(_dimensions(design, one.group), one.factors)
    if one.group is not None and one.columns:
        return one.group.taken(design.dimensions)
    return design.dimensions if one.columns else ()


def category_names(design: Design, column: int | None = None) -> tuple[str, ...]:
    """Return what the categories of the response, or of a column of several, are called."""
    return tuple(map(str, design.categories_of(column)))


def part_names(family: Family, design: Design) -> tuple[str, ...]:
    """Return what the numbers are called that the mean of several columns has.

    Those are the names of columns; of a column of categories, ``"a[yes]"`` for each of them.
    """
    found: list[str] = []
    for d, name in enumerate(design.dimensions):
        of_each = [f"{name}[{one}]" for one in category_names(design, d)]
        found += of_each if family.kind_of(d).categories else [name]
    return tuple(found)


def prior_columns(one: Quantity, design: Design) -> tuple[str, ...]:
    """Return the names of the columns that have a prior each; none where one is of all."""
    return column_names(one, design) if one.prior_size else ()


def entries(one: Quantity, design: Design) -> dict[str, dict[str, str]]:
    """Return where the numbers of a component lie along the dimensions of a draw, by their names.

    Those are the names of columns; of coefficients of several predictors, ``"category, x"``.
    Nothing, of one number.
    """
    names = column_names(one, design)
    if one.predictors is None:
        return {name: {one.columns: name} for name in names}
    return {
        f"{category}, {name}": {one.predictors.linear: category, one.columns: name}
        for category in category_names(design)[1:]
        for name in names
    }


def keys(one: Quantity, design: Design) -> list[str]:
    """Return the names under which a quantity's priors stand: ``"sigma"``, or ``"beta[x]"``."""
    return [f"{one.name}[{column}]" for column in prior_columns(one, design)] or [one.name]


def _categories(design: Design, group: Columns | None) -> tuple[str, ...]:
    """Return the names of the categories of the response, or of a column by itself."""
    return category_names(design, None if group is None else group.at[0])


def _between(design: Design, group: Columns | None) -> tuple[str, ...]:
    """Return the names of what lies between categories, but for the first."""
    names = _categories(design, group)[1:]
    return tuple(f"{low}|{high}" for low, high in itertools.pairwise(names))


def _dimensions(design: Design, group: Columns | None) -> tuple[str, ...]:
    """Return the names of the columns of the response, or of a block."""
    return design.dimensions if group is None else group.taken(design.dimensions)


def _pairs(design: Design, group: Columns | None) -> tuple[str, ...]:
    """Return the names of the pairs of these."""
    names = _dimensions(design, group)
    return tuple(f"{names[j]}, {names[i]}" for i, j in pairs(len(names)))


# Of the numbers of vectors, by the kinds of their axes.
_NUMBERS: Mapping[str, Callable[[Design, Columns | None], tuple[str, ...]]] = {
    "category": _categories,
    "cutpoint": _between,
    "dimension": _dimensions,
    "pair": _pairs,
}
