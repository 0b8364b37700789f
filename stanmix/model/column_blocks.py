"""What is stated of columns of a response and of blocks of them, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Named", "columns_of", "from_plain", "in_order", "to_plain"]

Named = str | tuple[str, ...]  # a column, or a block


def columns_of(named: Named) -> tuple[str, ...]:
    """Return the columns that a name, or the names of a block, stand for."""
    return (named,) if isinstance(named, str) else named


def in_order(stated: Mapping[Named, str], names: Sequence[str]) -> dict[Named, str]:
    """Return the same with columns, and those of a block, in the order of a response."""
    place = {name: d for d, name in enumerate(names)}
    found: dict[Named, str] = {
        named if isinstance(named, str) else tuple(sorted(named, key=place.__getitem__)): value
        for named, value in stated.items()
    }
    return dict(sorted(found.items(), key=lambda one: place[columns_of(one[0])[0]]))


def to_plain(stated: Mapping[Named, str], what: str) -> Any:
    """Return what is stated as plain values, whose names `what` says; a dictionary without blocks.

    Keys of JSON are texts, which cannot be told from names of columns.
    """
    if all(isinstance(named, str) for named in stated):
        return dict(stated)
    return [{"columns": list(columns_of(named)), what: value} for named, value in stated.items()]


def from_plain(values: Any, what: str) -> Any:
    """Return what `to_plain` made plain; anything else as it is."""
    if not (isinstance(values, list | tuple) and values and all(map(_is_plain(what), values))):
        return values
    return {_named(one["columns"]): one[what] for one in values}


def _is_plain(what: str) -> Any:
    return lambda one: isinstance(one, Mapping) and {*one} == {"columns", what}


def _named(columns: Iterable[str]) -> Named:
    names = tuple(columns)
    return names[0] if len(names) == 1 else names
