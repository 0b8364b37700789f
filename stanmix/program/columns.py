"""What the columns of a quantity are called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from stanmix.data.design import Design
from stanmix.model import factors
from stanmix.model.correlations import pairs
from stanmix.program.variables import Quantity

__all__ = ["category_names", "column_names", "entries", "keys", "prior_columns"]


def column_names(one: Quantity, design: Design) -> tuple[str, ...]:
    """Return the names of a quantity's columns.

    Of covariates, of columns of the response, or of the numbers of a vector: of categories, of
    what lies between two of them, or of pairs of columns.
    """
    if one.matrix is not None:
        return design.covariates_of(one.of)
    if one.vector is not None:
        return _NUMBERS[one.vector.name](design)
    if one.group is not None:
        return one.group.taken(design.dimensions)
    if one.numbers is not None:
        return factors.names(design.dimensions, one.factors)
    return design.dimensions if one.columns else ()


def category_names(design: Design) -> tuple[str, ...]:
    """Return what the categories of the response are called."""
    return tuple(map(str, design.categories))


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


def _between(design: Design) -> tuple[str, ...]:
    """Return the names of what lies between categories, but for the first."""
    return tuple(f"{low}|{high}" for low, high in itertools.pairwise(category_names(design)[1:]))


def _pairs(design: Design) -> tuple[str, ...]:
    """Return the names of the pairs of columns of the response."""
    names = design.dimensions
    return tuple(f"{names[j]}, {names[i]}" for i, j in pairs(len(names)))


# Of the numbers of vectors, by their axes.
_NUMBERS: Mapping[str, Callable[[Design], tuple[str, ...]]] = {
    "category": category_names,
    "cutpoint": _between,
    "dimension": lambda design: design.dimensions,
    "pair": _pairs,
}
