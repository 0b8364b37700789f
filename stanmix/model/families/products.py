"""Families of several columns that are independent of one another within a component."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from stanmix.model.families.entry import Array, Columns, Family, Values
from stanmix.model.responses import REALS, Response

__all__ = ["FILLING", "filled", "independent", "product"]

# What stands for a missing number where any will do that a family takes: of whole numbers, and of
# others.
FILLING = {True: 1.0, False: 0.5}


def independent(family: Family) -> Family:
    """Return the family of vectors whose columns are independent, each of one family.

    Each column has parameters of its own. A column that is not a number is missing, and says
    nothing: the density is that of the others.
    """
    return product(((family, ()),))


@functools.cache
def product(groups: tuple[tuple[Family, tuple[int, ...]], ...]) -> Family:
    """Return the family of vectors whose columns are independent, some of each of some families.

    Parameters
    ----------
    groups : tuple of Family and tuple of int
        Families, each once, with the places of their columns; of one the places are empty, and
        stand for all. A parameter that several have bears the family's name behind its own.
    """
    counted = Counter(one.name for family, _ in groups for one in family.parameters)
    columns = tuple(
        Columns(
            family,
            at,
            {
                one.name: f"{one.name}_{family.name}" if counted[one.name] > 1 else one.name
                for one in family.parameters
            },
            family.name if at else "",
        )
        for family, at in groups
    )
    first = columns[0].family

    def log_density(y: Array, values: Values) -> Array:
        return sum(
            (_log_density(one.family, y[..., one.places], one.own(values)) for one in columns),
            start=np.zeros(()),
        )

    def cdf(y: Array, values: Values) -> Array:
        return _beside(columns, lambda one: one.family.cdf(y[..., one.places], one.own(values)))

    def sample(rng: np.random.Generator, values: Values) -> Array:
        return _beside(columns, lambda one: one.family.sample(rng, one.own(values)))

    def of_each(what: str) -> Callable[[Values], Array]:
        return lambda values: _beside(
            columns, lambda one: np.asarray(getattr(one.family, what)(one.own(values)))
        )

    kinds = [one.family.response for one in columns]
    return replace(
        first,
        name="_".join(one.family.name for one in columns),
        adjective=f"independent {_listed([one.family.adjective for one in columns])}",
        plural=f"independent {_listed([one.family.plural for one in columns])}",
        parameters=tuple(
            replace(parameter, name=one.names[parameter.name])
            for one in columns
            for parameter in one.family.parameters
        ),
        log_density=log_density,
        mean=of_each("mean"),
        sample=sample,
        variance=of_each("variance"),
        cdf=cdf,
        response=kinds[0] if len(kinds) == 1 else _together(kinds),
        multivariate=True,
        tails=None,
        located=None,
        middle=(first.words_without_mean, of_each("without_mean")),
        of_columns=_of_columns if len(columns) == 1 else None,
        columns=columns,
        _by_name={},
    )


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _together(kinds: Sequence[Response]) -> Response:
    """Return what stands for the responses of columns of several kinds."""
    return replace(
        REALS,
        words="what the family of each column takes",
        origin=any(one.origin for one in kinds),
        unit=any(one.unit for one in kinds),
    )


def _log_density(family: Family, y: Array, values: Values) -> Array:
    """Return the log density of columns of one family, without those that are missing."""
    missing = np.isnan(y)
    if not missing.any():
        return np.asarray(family.log_density(y, values).sum(axis=-1))
    of_each = family.log_density(filled(y, family), values)
    return np.asarray(np.where(missing, 0.0, of_each).sum(axis=-1))


def _beside(columns: Sequence[Columns], compute: Callable[[Columns], Array]) -> Array:
    """Return what is computed of each group of columns, in the order of the columns."""
    found = [compute(one) for one in columns]
    if len(columns) == 1:
        return np.asarray(found[0])
    shape = np.broadcast_shapes(*(each.shape[:-1] for each in found))
    whole = np.empty((*shape, sum(len(one.at) for one in columns)))
    for one, each in zip(columns, found, strict=True):
        whole[..., one.places] = each
    return whole


def _of_columns(values: Values, at: Sequence[int]) -> dict[str, Array]:
    return {name: each[..., list(at)] for name, each in values.items()}


def filled(y: Array, family: Family) -> Array:
    """Return responses with something that the family takes in place of those that are missing."""
    return np.where(np.isnan(y), FILLING[family.response.integer], y)
