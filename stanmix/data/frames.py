"""Data as DataFrames, and the checks that a column or a matrix must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from stanmix.data.column_types import as_numbers, check_text, plain
from stanmix.errors import InputError, shown

__all__ = [
    "check_finite",
    "check_rank",
    "check_size",
    "listed",
    "numbers",
    "row_names",
    "take",
    "to_frame",
]

Array = NDArray[np.float64]


def to_frame(data: Any) -> pd.DataFrame:
    """Return `data` as a pandas DataFrame.

    Parameters
    ----------
    data : DataFrame, mapping of columns, or anything with ``to_pandas``
        Masked values of NumPy's masked arrays are missing values.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "to_pandas"):
        try:
            made = data.to_pandas()
        except Exception as error:  # of a library that stanmix does not know
            raise InputError(
                f"The data, {type(data).__name__}, cannot be made a pandas DataFrame: {error}"
            ) from error
        if isinstance(made, pd.DataFrame):
            return made
    elif isinstance(data, Mapping):
        try:
            return pd.DataFrame({name: _values(column) for name, column in data.items()})
        except (ValueError, TypeError) as error:
            raise InputError(f"The columns of the data do not fit together: {error}") from error
    raise InputError(
        f"Data must be a pandas DataFrame or a mapping of columns, got {type(data).__name__}."
    )


def take(
    names: Collection[str],
    frame: pd.DataFrame,
    incomplete: Collection[str | None] = (),
    way_out: str = "",
) -> pd.DataFrame:
    """Return some columns under their names as text, in the order of the frame, rows from 0.

    A column whose name is a number is known by its digits. Those that are `incomplete` may have
    missing values; of others a message says what to do, and `way_out` what else could be done.

    Raises
    ------
    InputError
        If the frame lacks a column or has it twice, or a value in it is missing.
    """
    known = [str(name) for name in frame.columns]
    counts = Counter(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InputError(
            f"Unknown column{'s' if len(unknown) > 1 else ''} {listed(unknown)}; "
            f"the data have {listed(known)}."
        )
    repeated = sorted(name for name in names if counts[name] > 1)
    if repeated:
        raise InputError(f"The data have more than one column {repeated[0]!r}; rename one of them.")
    places = [place for place, name in enumerate(known) if name in set(names)]
    taken = frame.iloc[:, places].set_axis([known[place] for place in places], axis=1)
    taken = taken.set_axis(pd.RangeIndex(len(frame)), axis=0)
    for name in taken.columns:
        check_text(name, "The name of a column")
    _check_missing(taken[[name for name in taken.columns if name not in incomplete]], way_out)
    return taken


def numbers(name: str, column: pd.Series[Any], what: str, truths: bool = False) -> Array:
    """Return a column as finite numbers; truth values are 0 and 1 where they may be such.

    Raises
    ------
    InputError
        If it holds anything else; `what` begins the message, as ``"The response 'y'"``.
    """
    values = as_numbers(column, name)
    if values is None and truths and (logical := plain(column, name)).dtype == bool:
        return np.asarray(logical, dtype=np.float64)
    if values is None:
        labels = isinstance(column.dtype, pd.CategoricalDtype)
        held = f"labels such as {shown(column.iloc[0])}" if labels else column.dtype
        raise InputError(
            f"{what} is not numeric: a column of numbers is expected, but it holds {held}; "
            "convert it with pandas.to_numeric, or choose another column."
        )
    check_finite(values[:, None], [name])
    check_size(values[:, None], [name])
    return values


def row_names(frame: pd.DataFrame) -> NDArray[Any]:
    """Return the index of a frame where it is flat and tells rows apart, else 0, ..., N - 1.

    What is neither number, date nor text (a tuple, a period) becomes text.
    """
    index, places = frame.index, np.arange(len(frame))
    if isinstance(index, pd.MultiIndex) or not index.is_unique or index.hasnans:
        return places
    values: NDArray[Any] = index.to_numpy()
    if values.dtype.kind in "iuM":
        return values
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    texts = [str(value) for value in index]
    try:
        written = "".join(texts).encode()
    except UnicodeEncodeError:
        return places
    if b"\0" in written or len(set(texts)) < len(texts):  # which a file could not tell apart
        return places
    return np.array(texts, dtype=str)


def check_finite(X: Array, names: Iterable[str]) -> None:
    """Refuse a column (of N, P) with an infinite or undefined value."""
    for name, column in zip(names, X.T, strict=True):
        rows = np.flatnonzero(~np.isfinite(column))
        if len(rows):
            raise InputError(
                f"{name!r} is infinite or undefined in {len(rows)} row(s), the first of them "
                f"row {rows[0]} (counted from 0): check the column and its transformation."
            )


def check_size(X: Array, names: Iterable[str]) -> None:
    """Refuse a column (of N, P, finite) whose squares leave double precision."""
    for name, column in zip(names, X.T, strict=True):
        if not len(column):
            continue
        largest = np.abs(column).max()
        spread = np.ptp(column / largest) * largest if largest else 0.0
        for value, what in ((largest, "reaches"), (spread, "varies by")):
            if value and not 1e-150 < value < 1e150:
                raise InputError(
                    f"{name!r} {what} {value:.3g}, and squares of such numbers are beyond double "
                    "precision: give it in another unit."
                )


def check_rank(X: Array, names: Sequence[str]) -> None:
    """Refuse covariates (N, P) of which one is zero or determined by the others.

    Where the columns span a constant, what is left of them about their means is judged: a
    covariate far from zero differs from a constant by its deviations alone.
    """
    largest = np.abs(X).max(axis=0, initial=0.0)
    zero = [name for name, size in zip(names, largest, strict=True) if size == 0]
    if zero:
        raise InputError(f"The covariate {zero[0]!r} is zero in every row: remove it.")
    scaled = X / largest  # rank must not depend on units
    constant = _spans_constant(scaled)
    if constant:
        scaled = scaled - scaled.mean(axis=0)
    # A constant column is what the others are taken about, not one that they determine.
    dependent = sorted(_dependent(scaled), key=lambda i: (bool(np.ptp(X[:, i])), i))
    dependent = dependent[int(constant) :]
    if dependent:
        raise InputError(
            f"The covariates are linearly dependent ({len(X)} rows): {names[dependent[0]]!r} is "
            f"determined by the others. Remove one of {listed(names)}."
        )


def listed(names: Sequence[str], most: int = 20) -> str:
    """Return names in quotes, separated by commas; of more than `most`, the first of them."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _values(column: Any) -> Any:
    """Return a column of a mapping by itself: rows are matched by their order, not by an index."""
    if isinstance(column, np.ma.MaskedArray):
        column = pd.Series(column)
    if isinstance(column, set | frozenset):
        raise TypeError("a set has no order")
    if isinstance(column, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(column).array
    return np.asarray(column)


def _check_missing(frame: pd.DataFrame, way_out: str) -> None:
    """Refuse missing values: they are counted, and columns and rows named."""
    missing = frame.isna().to_numpy()
    rows = np.flatnonzero(missing.any(axis=1))
    if not len(rows):
        return
    shown = ", ".join(str(row) for row in rows[:5]) + (", ..." if len(rows) > 5 else "")
    where = f"in row{'s' if len(rows) > 1 else ''} {shown} (counted from 0)"
    counts = {n: c for n, c in zip(frame.columns, missing.sum(axis=0), strict=True) if c}
    each = [
        f"{name!r} has {c} missing value{'s' if c > 1 else ''} (NaN)" for name, c in counts.items()
    ]
    also = f" {way_out}" if way_out else ""
    raise InputError(
        f"Column {each[0]} {where}. stanmix drops no row by itself: remove these rows or fill the "
        f"values in.{also}"
        if len(each) == 1
        else f"Columns have missing values, {where}: {'; '.join(each)}. stanmix drops no row by "
        f"itself: remove these rows or fill the values in.{also}"
    )


def _spans_constant(X: Array) -> bool:
    if not np.ptp(X, axis=0).all():
        return True
    weights, *_ = np.linalg.lstsq(X, np.ones(len(X)), rcond=None)
    return bool(np.abs(X @ weights - 1).max() < 1e-8)


def _dependent(X: Array) -> list[int]:
    """Return columns that the others determine; the values of `X` are rounded at about 1e-16."""
    length = np.sqrt((X**2).mean(axis=0))
    nothing = length < 1e-13
    # To what is left after rounding, relative to what a column says, its length, is subject.
    rounding = np.finfo(float).eps / length[~nothing].min(initial=1.0)
    scaled = np.where(nothing, 0.0, X / np.where(nothing, 1.0, length)) / np.sqrt(len(X))
    _, R, order = linalg.qr(scaled, mode="economic", pivoting=True)
    left = np.zeros(X.shape[1])
    left[: len(R)] = np.abs(np.diag(R))
    return [int(order[i]) for i in np.flatnonzero(left <= 16 * np.sqrt(X.shape[1]) * rounding)]
