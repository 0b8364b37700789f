"""Data as DataFrames, and the checks that a column or a matrix must pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.errors import InputError

__all__ = ["check_columns", "check_finite", "check_missing", "check_rank", "to_frame"]

Array = NDArray[np.float64]


def to_frame(data: Any) -> pd.DataFrame:
    """Return `data` as a pandas DataFrame.

    Parameters
    ----------
    data : DataFrame, mapping of columns, or anything with ``to_pandas``

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "to_pandas"):
        return to_frame(data.to_pandas())
    if isinstance(data, Mapping):
        try:
            return pd.DataFrame({name: np.asarray(column) for name, column in data.items()})
        except ValueError as error:
            raise InputError(f"The columns of the data do not fit together: {error}") from error
    raise InputError(
        f"Data must be a pandas DataFrame or a mapping of columns, got {type(data).__name__}."
    )


def check_columns(needed: Iterable[str], frame: pd.DataFrame) -> None:
    """Refuse names that the frame lacks, or has more than once."""
    known = [str(name) for name in frame.columns]
    repeated = sorted({name for name in known if known.count(name) > 1} & set(needed))
    if repeated:
        raise InputError(f"The data have more than one column {repeated[0]!r}; rename one of them.")
    unknown = sorted(set(needed) - set(known))
    if unknown:
        raise InputError(
            f"Unknown column{'s' if len(unknown) > 1 else ''} "
            f"{', '.join(map(repr, unknown))}; the data have {', '.join(map(repr, known))}."
        )


def check_missing(needed: Iterable[str], frame: pd.DataFrame) -> None:
    """Refuse columns with missing values; the message names the rows."""
    for name in sorted(needed):
        rows = np.flatnonzero(frame[name].isna().to_numpy())
        if len(rows):
            shown = ", ".join(str(row) for row in rows[:5]) + (", ..." if len(rows) > 5 else "")
            raise InputError(
                f"Column {name!r} has {len(rows)} missing value{'s' if len(rows) > 1 else ''} "
                f"(NaN) in row{'s' if len(rows) > 1 else ''} {shown} (counted from 0). stanmix "
                f"drops no row by itself: remove these rows or fill the values in."
            )


def check_finite(X: Array, names: Iterable[str]) -> None:
    """Refuse a column (of N, P) with an infinite or undefined value."""
    for name, column in zip(names, X.T, strict=True):
        rows = np.flatnonzero(~np.isfinite(column))
        if len(rows):
            raise InputError(
                f"{name!r} is infinite or undefined in {len(rows)} row(s), the first of them "
                f"row {rows[0]} (counted from 0): check the column and its transformation."
            )


def check_rank(X: Array, covariates: tuple[str, ...]) -> None:
    """Refuse covariates (N, P) of which one is zero or determined by the others."""
    # Columns are brought to one length first: rank must not depend on their units.
    length = np.sqrt((X**2).sum(axis=0))
    zero = [name for name, size in zip(covariates, length, strict=True) if size == 0]
    if zero:
        raise InputError(f"The covariate {zero[0]!r} is zero in every row: remove it.")
    if np.linalg.matrix_rank(X / length) < X.shape[1]:
        raise InputError(
            f"The covariates {', '.join(map(repr, covariates))} are linearly dependent "
            f"({X.shape[0]} rows): remove one of those that the others determine."
        )
