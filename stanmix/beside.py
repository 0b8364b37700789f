"""What the data say of rows beside the formula: offset, weights, group, and gating covariates."""

from __future__ import annotations

import dataclasses
import warnings
from dataclasses import dataclass
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import DataMismatchWarning, FormulaicError
from numpy.typing import NDArray

from stanmix.errors import InputError
from stanmix.formulas import columns_read
from stanmix.frames import check_columns, check_finite, check_missing, check_rank

__all__ = ["Beside", "build", "parse_gating"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """Columns beside response and covariates; None for those that a mixture does not have.

    Attributes
    ----------
    offset : ndarray of shape (N,)
        Added to the linear predictor.
    weights : ndarray of shape (N,)
        Frequencies: a row of weight w counts as w equal rows.
    group : ndarray of int, shape (N,)
        Number of the row's group, from 0, in the order in which groups appear; the rows of a
        group share one class.
    Z : ndarray of shape (N, Q)
        Covariates of the weights of the components, by row; equal within a group.
    gating_covariates : tuple of str
        Names of the columns of `Z`.
    columns : tuple of str
        Names of the data's columns that are read here.
    """

    offset: Array | None = None
    weights: Array | None = None
    group: NDArray[np.intp] | None = None
    Z: Array | None = None
    gating_covariates: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    _names: tuple[tuple[str, str], ...] = ()
    _gating: Any = None

    @property
    def groups(self) -> int:
        """Number of groups; 0 where there are none."""
        return 0 if self.group is None else int(self.group.max()) + 1

    @property
    def gating_rows(self) -> Array:
        """Covariates of the weights as the programs take them: (N, Q), or a row for each group."""
        assert self.Z is not None  # the caller's mixture is gated
        if self.group is None:
            return self.Z
        _, first = np.unique(self.group, return_index=True)
        return self.Z[first]

    def take(self, rows: NDArray[Any]) -> Beside:
        """Return some rows; groups are numbered anew."""

        def part(values: Any) -> Any:
            return None if values is None else values[rows]

        group = None if self.group is None else np.unique(self.group[rows], return_inverse=True)[1]
        return dataclasses.replace(
            self, offset=part(self.offset), weights=part(self.weights), group=group, Z=part(self.Z)
        )

    def of(self, frame: pd.DataFrame, response: bool = True) -> Beside:
        """Return the same columns of new rows, coded as in the data that were fitted.

        Parameters
        ----------
        frame : DataFrame
        response : bool
            Whether the rows have been observed; otherwise weights and groups mean nothing.

        Raises
        ------
        InputError
            As `build`, and for a level of a factor that the fitted data did not have.
        """
        names = self._names if response else tuple(n for n in self._names if n[0] == "offset")
        left_out = {name for _, name in self._names} - {name for _, name in names}
        needed = set(self.columns) - left_out
        if self._gating is not None:
            needed |= {str(name) for name in self._gating.required_variables}
        check_columns(needed, frame)
        check_missing(needed, frame)
        Z = None
        if self._gating is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("error", DataMismatchWarning)
                try:
                    with np.errstate(all="ignore"):
                        Z = np.asarray(self._gating.get_model_matrix(frame, context={}), float)
                except (DataMismatchWarning, FormulaicError) as error:
                    raise InputError(
                        f"The gating formula cannot be evaluated on the new data: {error}. Remove "
                        "rows with levels that the fitted data did not have, or fit again."
                    ) from error
            check_finite(Z, self.gating_covariates)
        return _made(frame, names, Z, self)


def parse_gating(gating: object) -> list[str]:
    """Return the terms of a gating formula such as ``"~ z"``.

    Raises
    ------
    InputError
        If it cannot be parsed, or has a response or no term.
    """
    expected = 'a formula of the weights has no response: write it as in "~ z"'
    if not isinstance(gating, str) or not gating.strip().startswith("~"):
        raise InputError(f"gating={gating!r}: {expected}.")
    try:
        parsed = formulaic.Formula(gating)
    except (FormulaicError, SyntaxError) as error:
        raise InputError(f"Cannot parse gating={gating!r}: {error}") from error
    if hasattr(parsed, "lhs") or hasattr(parsed, "rhs") or not list(parsed):
        raise InputError(f"gating={gating!r}: {expected}, with at least one term.")
    return [str(term) for term in parsed]


def build(
    frame: pd.DataFrame,
    gating: str | None = None,
    offset: str | None = None,
    weights: str | None = None,
    group: str | None = None,
) -> Beside:
    """Return the columns beside a formula.

    Parameters
    ----------
    frame : DataFrame of N rows
    gating : str, optional
        Formula of the components' weights.
    offset, weights, group : str, optional
        Names of columns.

    Raises
    ------
    InputError
        If a column is unknown, has missing values or is not numeric (offset, weights), weights
        are negative or all zero, the gating formula cannot be evaluated, its covariates are
        linearly dependent or differ within a group.
    """
    stated = {"offset": offset, "weights": weights, "group": group}
    names = tuple((role, name) for role, name in stated.items() if name is not None)
    columns = {name for _, name in names}
    if gating is not None:
        parse_gating(gating)
        columns |= columns_read(formulaic.Formula(gating))
    check_columns(columns, frame)
    check_missing(columns, frame)
    if gating is None:
        return _made(frame, names, None, Beside(columns=tuple(sorted(columns))))
    try:
        with np.errstate(all="ignore"):  # what is undefined is refused below
            matrix = formulaic.Formula(gating).get_model_matrix(
                frame, context={}, na_action="raise"
            )
    except (FormulaicError, ValueError, TypeError) as error:
        raise InputError(f"gating={gating!r} cannot be evaluated: {error}") from error
    Z = np.asarray(matrix, dtype=np.float64)
    covariates = tuple(str(name) for name in matrix.columns)
    check_finite(Z, covariates)
    coded = Beside(
        gating_covariates=covariates,
        columns=tuple(sorted(columns)),
        _gating=matrix.model_spec,
    )
    result = _made(frame, names, Z, coded)
    check_rank(result.gating_rows, covariates)
    return result


def _made(
    frame: pd.DataFrame, names: tuple[tuple[str, str], ...], Z: Array | None, coded: Beside
) -> Beside:
    by_role = dict(names)
    offset = _numbers(frame, "offset", by_role["offset"]) if "offset" in by_role else None
    weights = _numbers(frame, "weights", by_role["weights"]) if "weights" in by_role else None
    if weights is not None:
        _check_weights(by_role["weights"], weights)
    group = pd.factorize(frame[by_role["group"]])[0] if "group" in by_role else None
    if group is not None and Z is not None:
        _check_within_groups(by_role["group"], group, Z, coded.gating_covariates)
    return Beside(
        offset,
        weights,
        group,
        Z,
        coded.gating_covariates,
        coded.columns,
        names,
        coded._gating,
    )


def _numbers(frame: pd.DataFrame, role: str, name: str) -> Array:
    kind = frame[name].dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        raise InputError(
            f"{role}={name!r}: a column of numbers is expected, but it holds {kind}; convert it "
            "with pandas.to_numeric, or name another column."
        )
    values: Array = frame[name].to_numpy(dtype=np.float64)
    check_finite(values[:, None], [name])
    return values


def _check_weights(name: str, weights: Array) -> None:
    rows = np.flatnonzero(weights < 0)
    if len(rows):
        raise InputError(
            f"weights={name!r}: weights are frequencies and cannot be negative, but row {rows[0]} "
            f"(counted from 0) has {weights[rows[0]]:g}, and {len(rows)} row(s) are negative in "
            "all. Correct them, or give a row that is not to count a weight of 0."
        )
    if not weights.any():
        raise InputError(f"weights={name!r}: every weight is zero, so no row counts.")


def _check_within_groups(
    name: str, group: NDArray[np.intp], Z: Array, covariates: tuple[str, ...]
) -> None:
    _, first = np.unique(group, return_index=True)
    differs = np.flatnonzero((Z[first][group] != Z).any(axis=0))
    if len(differs):
        raise InputError(
            f"gating: {covariates[differs[0]]!r} differs within a group of {name!r}, whose rows "
            "share one class and so one set of weights; use covariates of the groups."
        )
