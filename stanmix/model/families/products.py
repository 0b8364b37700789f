"""Families of several columns of which each, or a block, is independent of the others."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from stanmix.model.families.entry import Array, Columns, Family, Values
from stanmix.model.parameters import Parameter
from stanmix.model.responses import REALS, Response

__all__ = ["FILLING", "alone", "filled", "independent"]

# What stands for a missing number where any will do that a family takes: of whole numbers, and of
# others.
FILLING = {True: 1.0, False: 0.5}


@functools.cache
def independent(of_each: tuple[tuple[Family, tuple[int, ...]], ...]) -> Family:
    """Return the family of vectors whose columns are independent, each of a family.

    Each column has parameters of its own. A column that is not a number is missing, and says
    nothing: the density is that of the others. Columns of a block are one vector together, of a
    multivariate family.

    Parameters
    ----------
    of_each : tuple of pairs of Family and tuple of int
        Of each column, or block, with the places of its columns, ascending. Columns of one family
        lie beside one another, but those of which each has sizes of its own, as categories have,
        and blocks; the parameters of these bear the number of the (first) column behind their
        names. Others that several families have bear that of the family.
    """
    columns = _grouped(of_each)
    first = columns[0].family

    def log_density(y: Array, values: Values) -> Array:
        return sum(
            (_log_density(one, one.of(y), one.own(values)) for one in columns), start=np.zeros(())
        )

    def cdf(y: Array, values: Values) -> Array:
        return _beside(columns, lambda one: _columned(one, _cdf(one, one.of(y), values)))

    def sample(rng: np.random.Generator, values: Values) -> Array:
        return _beside(columns, lambda one: _columned(one, one.family.sample(rng, one.own(values))))

    def moment(what: str) -> Callable[[Values], Array]:
        def of_columns(one: Columns, values: Values) -> Array:
            # A location is no probability, and these are always there.
            asked = "mean" if one.family.categories and what == "without_mean" else what
            found = np.asarray(getattr(one.family, asked)(one.own(values)))
            return found if one.family.categories else _columned(one, found)

        return lambda values: _beside(columns, lambda one: of_columns(one, values))

    kinds = [one.family.response for one in columns]
    names = Counter(one.family.name for one in columns)
    return replace(
        first,
        name="_".join(name if n == 1 else f"{name}_{n}" for name, n in names.items()),
        adjective=f"independent {_listed([one.family.adjective for one in columns])}",
        plural=f"independent {_listed([one.family.plural for one in columns])}",
        parameters=tuple(
            _told_apart(parameter, one) for one in columns for parameter in one.family.parameters
        ),
        log_density=log_density,
        mean=moment("mean"),
        sample=sample,
        variance=moment("variance"),
        cdf=cdf,
        response=kinds[0] if len(kinds) == 1 else _together(kinds),
        multivariate=True,
        tails=None,
        located=None,
        ends=None,
        resultant=None,
        middle=(first.words_without_mean, moment("without_mean")),
        of_columns=_of_columns if len(columns) == 1 else None,
        columns=columns,
        variants={},
        _by_name={},
    )


def alone(columns: Columns) -> Family:
    """Return the family of some columns beside which there are no others."""
    if columns.single or columns.block:
        return columns.family
    return independent(tuple((columns.family, (d,)) for d in range(len(columns.at))))


def _grouped(of_each: tuple[tuple[Family, tuple[int, ...]], ...]) -> tuple[Columns, ...]:
    """Return columns by their families, in the order of the first of each."""
    gathered: dict[Family | tuple[int, ...], tuple[Family, list[int]]] = {}
    for family, at in of_each:
        gathered.setdefault(at if family.by_itself else family, (family, []))[1].extend(at)
    found = [(family, tuple(at)) for family, at in gathered.values()]
    counted = Counter(one.name for family, _ in found for one in family.parameters)
    columns = []
    for family, at in found:
        alone = len(found) == 1 and not family.by_itself
        suffix = "" if alone else str(at[0] + 1) if family.by_itself else family.name
        names = {
            one.name: f"{one.name}_{suffix}"
            if family.by_itself or counted[one.name] > 1
            else one.name
            for one in family.parameters
        }
        columns.append(Columns(family, () if alone else at, names, suffix))
    return tuple(columns)


def _told_apart(parameter: Parameter, columns: Columns) -> Parameter:
    """Return a parameter of some columns under the name that tells it from those of others."""
    axis = parameter.axis and parameter.axis.told_by(columns.suffix)
    numbers = parameter.numbers and parameter.numbers.told_by(columns.suffix)
    declared = columns.named(parameter.declared) if parameter.declared else ""
    name = columns.names[parameter.name]
    return replace(parameter, name=name, axis=axis, numbers=numbers, declared=declared)


def _listed(words: Sequence[str]) -> str:
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} and {last}" if others else last


def _together(kinds: Sequence[Response]) -> Response:
    """Return what stands for the responses of columns of several kinds."""
    return replace(
        REALS,
        words="what the family of each column takes",
        origin=any(one.origin for one in kinds),
        unit=any(one.unit for one in kinds),
    )


def _log_density(columns: Columns, y: Array, values: Values) -> Array:
    """Return the log density of columns of one family, without those that are missing."""
    family, missing = columns.family, np.isnan(y)
    if columns.block:
        return family.log_density(y, values)
    of_each = family.log_density(filled(y, family), values)
    if missing.any():
        of_each = np.where(missing, 0.0, of_each)
    return np.asarray(of_each if columns.single else of_each.sum(axis=-1))


def _cdf(columns: Columns, y: Array, values: Values) -> Array:
    """Return probabilities of at most a response; not a number where it is missing."""
    missing = np.isnan(y)
    found = columns.family.cdf(filled(y, columns.family), columns.own(values))
    return np.asarray(np.where(missing, np.nan, found) if missing.any() else found)


def _columned(columns: Columns, values: Array) -> Array:
    """Return numbers with an axis of columns, which one by itself lacks."""
    return np.asarray(values[..., None] if columns.single else values)


def _beside(columns: Sequence[Columns], compute: Callable[[Columns], Array]) -> Array:
    """Return what is computed of columns, one or more numbers each, in the order of the columns."""
    found = [compute(one) for one in columns]
    if len(columns) == 1:
        return np.asarray(found[0])
    shape = np.broadcast_shapes(*(each.shape[:-1] for each in found))
    of_each: dict[int, Array] = {}
    for one, each in zip(columns, found, strict=True):
        whole = np.broadcast_to(each, (*shape, each.shape[-1]))
        of_each |= (
            {one.at[0]: whole}
            if one.single
            else {place: whole[..., [i]] for i, place in enumerate(one.at)}
        )
    return np.concatenate([of_each[place] for place in sorted(of_each)], axis=-1)


def _of_columns(values: Values, at: Sequence[int]) -> dict[str, Array]:
    return {name: each[..., list(at)] for name, each in values.items()}


def filled(y: Array, family: Family) -> Array:
    """Return responses with something that the family takes in place of those that are missing."""
    missing = np.isnan(y)
    return np.where(missing, FILLING[family.response.integer], y) if missing.any() else y
