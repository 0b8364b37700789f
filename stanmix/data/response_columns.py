"""How the columns of a response of several are read: numbers, truth values and categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data import categories
from stanmix.data.column_types import numbers_if_any
from stanmix.data.frames import numbers, take
from stanmix.errors import InputError

__all__ = ["ResponseColumns"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ResponseColumns:
    """The columns of a response of several.

    Attributes
    ----------
    names : tuple of str
    incomplete : bool
        Whether rows may lack some of them, which are not a number then.
    truths : frozenset of str
        Which of them are 0 and 1, and may be truth values.
    kinds : mapping of str to str
        Which of them are one of some categories: of ``"any"``, or of ``"ordered"`` ones.
    levels : mapping of str to tuple
        The categories of these, once data have told them; their numbers, from 1, take their place.
    """

    names: tuple[str, ...]
    incomplete: bool = False
    truths: frozenset[str] = frozenset()
    kinds: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def take(self, frame: pd.DataFrame, way_out: str = "") -> pd.DataFrame:
        """Return the columns of a frame.

        Raises
        ------
        InputError
            As `stanmix.data.frames.take`.
        """
        return take(self.names, frame, self.names if self.incomplete else (), way_out)

    def learn(self, taken: pd.DataFrame) -> ResponseColumns:
        """Return the same with the categories that columns have.

        Raises
        ------
        InputError
            If a column is missing in every row, or as `stanmix.data.categories.levels`.
        """
        for name in self.names:
            if taken[name].isna().all():
                raise InputError(f"The response {name!r} is missing in every row; leave it out.")
        found = {
            name: categories.levels(name, _complete(taken[name]).to_frame(), kind)
            for name, kind in self.kinds.items()
        }
        return replace(self, levels=found)

    def values(self, taken: pd.DataFrame) -> Array:
        """Return the response of rows, (N, D); not a number where a row lacks a column.

        Raises
        ------
        InputError
            If a column is not numeric or infinite, or has another category.
        """
        return np.column_stack([self._value(name, taken[name]) for name in self.names])

    def stored(self, taken: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Return the columns by their names, as they are kept with a fit."""
        return {name: self._stored(name, taken[name]) for name in self.names}

    def _value(self, name: str, column: pd.Series[Any]) -> Array:
        there = column.notna().to_numpy()
        if not there.any():
            return np.full(len(column), np.nan)
        whole = _complete(column)
        if name in self.levels:
            found = categories.numbers(categories.plain(whole, name), self.levels[name], name)
        else:
            found = numbers(name, whole, f"The response {name!r}", name in self.truths)
        return np.where(there, found, np.nan)

    def _stored(self, name: str, column: pd.Series[Any]) -> pd.Series[Any]:
        there, whole = column.notna().to_numpy(), _complete(column)
        if name not in self.levels:
            kept = numbers_if_any(whole, name)
            return kept if there.all() else pd.Series(self._value(name, column))
        kept = categories.plain(whole, name)
        return kept if there.all() else kept.where(there)


def _complete(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column with one that is there in place of what is missing.

    So messages number rows as the data do.
    """
    there = column.notna().to_numpy()
    rows = np.where(there, np.arange(len(column)), np.argmax(there))
    return column.iloc[rows].reset_index(drop=True)
