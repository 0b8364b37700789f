"""What is known of responses that were not seen: censored rows, and ends of what is recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.column_types import as_labels
from stanmix.data.frames import numbers
from stanmix.errors import InputError, shown

__all__ = ["INTERVAL", "KINDS", "LEFT", "RIGHT", "Limits", "read"]

Array = NDArray[np.float64]

# Of a row: its response is y; at most y; at least y; from y to another value.
KINDS = ("none", "left", "right", "interval")
LEFT, RIGHT, INTERVAL = 1, 2, 3


@dataclass(frozen=True)
class Limits:
    """What is known of the responses of rows beside y; None for what a mixture does not state.

    Attributes
    ----------
    kinds : ndarray of int, shape (N,)
        How a row is censored: the place in `KINDS`.
    to : ndarray of shape (N,)
        The other end of an interval; not a number in rows without.
    least, most : ndarray of shape (N,)
        Responses below and above are not recorded: distributions are truncated there. These ends
        belong to what is recorded.
    """

    kinds: NDArray[np.intp] | None = None
    to: Array | None = None
    least: Array | None = None
    most: Array | None = None

    @property
    def truncated(self) -> bool:
        """Whether there are responses that are not recorded."""
        return self.least is not None or self.most is not None

    @property
    def uncensored(self) -> Limits | None:
        """The ends of what is recorded alone; None where there are none."""
        return Limits(least=self.least, most=self.most) if self.truncated else None

    def take(self, rows: Any) -> Limits:
        """Return those of some rows."""
        return self._each(lambda values: values[rows])

    def moved(self, move: Callable[[Array], Array]) -> Limits:
        """Return the same with other values of all ends, as of another unit."""
        return dataclasses.replace(self._each(lambda v: v if v is self.kinds else move(v)))

    def middle(self, y: Array) -> Array:
        """Return responses to look for starts with: of intervals their middle, else y."""
        if self.kinds is None or self.to is None:
            return y
        return np.where(self.kinds == INTERVAL, (y + np.nan_to_num(self.to)) / 2, y)

    def _each(self, change: Callable[[Any], Any]) -> Limits:
        found = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return Limits(**{n: None if v is None else change(v) for n, v in found.items()})


def read(
    frame: pd.DataFrame, names: Mapping[str, str], ends: Mapping[str, float]
) -> tuple[Limits | None, dict[str, pd.Series[Any]]]:
    """Return the limits that columns state, and the columns as numbers and categories.

    Parameters
    ----------
    frame : DataFrame of N rows
    names : mapping of str to str
        Columns by role: ``"censoring"``, ``"to"`` (which may have missing values), ``"least"``,
        ``"most"``.
    ends : mapping of str to float
        ``"least"`` and ``"most"`` where they are numbers.

    Raises
    ------
    InputError
        If a column does not hold what its role asks for.
    """
    columns: dict[str, pd.Series[Any]] = {}
    found: dict[str, Any] = {}
    if "censoring" in names:
        found["kinds"] = _kinds(names["censoring"], frame, columns)
        intervals = found["kinds"] == INTERVAL
        if "to" in names:
            found["to"] = _interval_ends(names["to"], frame, intervals, columns)
        elif intervals.any():
            raise InputError(
                f"censoring={names['censoring']!r}: row {np.flatnonzero(intervals)[0]} (counted "
                "from 0) is an interval, of which the response is one end: name the column of the "
                f'other, as in censoring=({names["censoring"]!r}, "upper").'
            )
    for role in ("least", "most"):
        if role in names:
            name = names[role]
            found[role] = numbers(name, frame[name], f"truncation={name!r}")
            columns[name] = pd.Series(found[role])
        elif role in ends:
            found[role] = np.full(len(frame), ends[role])
    return (Limits(**found) if found else None), columns


def _kinds(name: str, frame: pd.DataFrame, columns: dict[str, pd.Series[Any]]) -> NDArray[np.intp]:
    column = as_labels(frame[name], name)
    levels = [str(level) for level in column.cat.categories]
    unknown = [place for place, level in enumerate(levels) if level not in KINDS]
    if unknown:
        row = int(np.flatnonzero(column.cat.codes == unknown[0])[0])
        raise InputError(
            f"censoring={name!r}: row {row} (counted from 0) has {shown(levels[unknown[0]])}; the "
            f"values are {', '.join(map(repr, KINDS))}. Of an indicator of observed events make "
            'them by np.where(event == 1, "none", "right").'
        )
    columns[name] = column
    places = np.array([KINDS.index(level) for level in levels], dtype=np.intp)
    return np.asarray(places[column.cat.codes.to_numpy()])


def _interval_ends(
    name: str,
    frame: pd.DataFrame,
    intervals: NDArray[np.bool_],
    columns: dict[str, pd.Series[Any]],
) -> Array:
    column = frame[name]
    lacking = np.flatnonzero(intervals & column.isna().to_numpy())
    if len(lacking):
        raise InputError(
            f"censoring: {len(lacking)} interval(s) have no other end in {name!r}, the first of "
            f"them row {lacking[0]} (counted from 0); fill them in."
        )
    found = np.full(len(frame), np.nan)
    if intervals.any():
        there = column[intervals].reset_index(drop=True)
        found[intervals] = numbers(name, there, f"censoring: the other end {name!r}")
    columns[name] = pd.Series(found)
    return found
