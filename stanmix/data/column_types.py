"""Columns brought to the few types that a model knows: numbers, truth values and labels."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.errors import InputError

__all__ = ["MARK", "as_labels", "as_numbers", "categories", "check_text", "numbers_if_any", "plain"]

MARK = "\x1f"  # sets off what stanmix writes into names, so no name of a user's may hold it

_DATES = (datetime.date, datetime.time, datetime.timedelta, pd.Period, np.datetime64)


def plain(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column as float64, int64, bool or categories.

    Numbers of any precision are one of the first two. Text, and objects that are all whole
    numbers, are labels in ascending order; objects that are numbers of another kind are numbers.

    Parameters
    ----------
    column : Series of N values, none of them missing
    name : str
        Of the column, for messages.

    Raises
    ------
    InputError
        If the values are complex, or dates or spans of time; and as `as_labels`.
    """
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return as_labels(column, name)
    if pd.api.types.is_bool_dtype(kind):
        return pd.Series(column.to_numpy(dtype=bool))
    if pd.api.types.is_numeric_dtype(kind):
        return pd.Series(_numeric(column, name))
    uniques = _distinct(column, name)[1]
    sorts = {_sort(value) for value in uniques}
    if "date" in sorts:
        raise InputError(
            f"Column {name!r} holds dates or spans of time, which may mean numbers or labels: give "
            'days since a date, or other numbers, or labels by .astype(str) or .astype("category").'
        )
    if sorts == {"truth"}:
        return pd.Series(column.to_numpy(dtype=object).astype(bool))
    if "number" in sorts and sorts <= {"number", "whole"}:
        return pd.Series(as_numbers(column, name))
    return as_labels(column, name)


def as_numbers(column: pd.Series[Any], name: str) -> NDArray[np.float64] | None:
    """Return a column as numbers, float64; None if it holds anything else.

    Truth values and categories are no numbers; objects that are numbers, such as decimals, are.

    Raises
    ------
    InputError
        If the numbers are complex, or beyond double precision.
    """
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return None
    if pd.api.types.is_numeric_dtype(kind):
        return _numeric(column, name).astype(np.float64)
    codes, uniques = _distinct(column, name)
    if not {_sort(value) for value in uniques} <= {"number", "whole"}:
        return None
    try:
        values = np.array([float(value) for value in uniques])
    except OverflowError as error:
        raise InputError(
            f"Column {name!r} holds a number beyond 1.8e308; give it in another unit."
        ) from error
    taken: NDArray[np.float64] = values[codes]
    return taken


def numbers_if_any(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column as `plain` does, but objects that are all numbers as numbers.

    This is for columns of which labels would make no sense.
    """
    made = plain(column, name)
    values = as_numbers(column, name)
    labels = isinstance(made.dtype, pd.CategoricalDtype)
    return pd.Series(values) if labels and values is not None else made


def as_labels(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column as categories, of which each occurs.

    Those of a categorical column keep their order; others are put in ascending order, where they
    have one, else in that of their text. Text, whole and other numbers and truth values stay what
    they are; any other value (an interval, a date, a tuple) becomes its text.

    Raises
    ------
    InputError
        If a value has no hash (a list), or two values have the same text.
    """
    ordered = False
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories().cat
        codes, found, ordered = used.codes.to_numpy(), used.categories.tolist(), used.ordered
    else:
        codes, uniques = _distinct(column, name)
        order = _ascending(uniques)
        found = [uniques[i] for i in order]
        codes = np.argsort(order)[codes] if order else codes
    levels = [_label(level) for level in found]
    by_text: dict[str, Any] = {}
    for level in levels:
        text = check_text(str(level), f"A label in column {name!r}")
        if text in by_text:
            raise InputError(
                f"Column {name!r} has two labels that both read {text!r}, of the types "
                f"{type(by_text[text]).__name__} and {type(level).__name__}; make them one, or "
                "rename one of them."
            )
        by_text[text] = level
    return pd.Series(categories(codes, levels, bool(ordered)))


def categories(codes: NDArray[Any], levels: Sequence[Any], ordered: bool) -> pd.Categorical:
    """Return categories that are text, numbers or truth values, each of the type that it has.

    Raises
    ------
    ValueError
        If a code has no level, or a level occurs twice.
    """
    kinds = {type(level) for level in levels}
    # Left to itself, pandas makes one type of whole and other numbers.
    dtype: Any = np.float64 if kinds == {float} else object
    if kinds == {int} and max(map(abs, levels)) <= np.iinfo(np.int64).max:
        dtype = np.int64
    return pd.Categorical.from_codes(codes, pd.Index(levels, dtype=dtype), ordered=ordered)


def check_text(text: str, what: str) -> str:
    """Return text that can be written to any file; refuse any other.

    Raises
    ------
    InputError
        If it holds NUL, the unit separator, or halves of characters.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what}, {text!r}, is not valid Unicode (a lone surrogate); rename it."
        ) from error
    odd = next((character for character in ("\0", MARK) if character in text), None)
    if odd is not None:
        raise InputError(f"{what}, {text!r}, holds the control character {odd!r}; rename it.")
    return text


def _numeric(column: pd.Series[Any], name: str) -> NDArray[Any]:
    """Return numbers as int64 where they are whole and fit, else as float64."""
    kind = column.dtype
    if pd.api.types.is_complex_dtype(kind):
        raise _complex(name)
    if pd.api.types.is_integer_dtype(kind):
        largest = column.max() if len(column) else 0
        if largest <= np.iinfo(np.int64).max:
            return np.asarray(column, dtype=np.int64)
    return np.asarray(column, dtype=np.float64)


def _distinct(column: pd.Series[Any], name: str) -> tuple[NDArray[np.intp], list[Any]]:
    """Return the place of each value among the distinct ones, and these as they came."""
    try:
        codes, uniques = pd.factorize(column.to_numpy(dtype=object))
    except TypeError as error:
        raise InputError(
            f"Column {name!r} holds values that are neither numbers nor labels: {error}."
        ) from error
    found = list(uniques)
    if any(_sort(value) == "complex" for value in found):
        raise _complex(name)
    wordless = [type(value).__name__ for value in found if not _has_text(value)]
    if wordless:
        raise InputError(
            f"Column {name!r} holds objects of the type {wordless[0]}, which have no "
            "text of their own to be known by; give numbers or labels."
        )
    return codes, found


def _has_text(value: Any) -> bool:
    """Whether an object says what it is, and not just where in memory it lies."""
    try:
        return str(value) != object.__repr__(value)
    except Exception:  # of a class of anyone's
        return False


def _sort(value: Any) -> str:
    """Say what a value of an object column is."""
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, numbers.Integral):
        return "whole"
    if isinstance(value, float | np.floating):
        return "whole" if value % 1 == 0 else "number"
    if isinstance(value, _DATES):
        return "date"
    # Decimals count as numbers, though no kind of Python's numbers but the widest.
    if isinstance(value, numbers.Number):
        return "complex" if isinstance(value, complex | np.complexfloating) else "number"
    return "other"


def _label(level: Any) -> Any:
    if isinstance(level, bool | np.bool_):
        return bool(level)
    if isinstance(level, numbers.Integral):
        return int(level)
    if isinstance(level, float | np.floating):
        return float(level)
    return str(level)


def _ascending(values: Sequence[Hashable]) -> list[int]:
    """Return the places of values in ascending order."""
    places = range(len(values))
    try:
        return sorted(places, key=lambda i: values[i])  # type: ignore[arg-type, return-value]
    except TypeError:  # of several types
        return sorted(places, key=lambda i: (type(values[i]).__name__, str(values[i])))


def _complex(name: str) -> InputError:
    return InputError(
        f"Column {name!r} holds complex numbers; real ones are expected: take their real part or "
        "their absolute value."
    )
