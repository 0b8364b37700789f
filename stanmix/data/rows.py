"""What the data say of rows beside the formula: offset, weights, group, and gating covariates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data import coding
from stanmix.data.coding import Coding
from stanmix.data.column_types import as_labels, plain
from stanmix.data.formulas import one_sided
from stanmix.data.frames import check_finite, check_rank, check_size, numbers, take
from stanmix.errors import InputError

__all__ = ["Rows", "build", "parse_gating"]

Array = NDArray[np.float64]
Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Rows:
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
    data : dict of str to Series
        The columns that are read here, by name, as numbers, truth values and categories.
    """

    offset: Array | None = None
    weights: Array | None = None
    group: NDArray[np.intp] | None = None
    Z: Array | None = None
    gating_covariates: tuple[str, ...] = ()
    data: Mapping[str, pd.Series[Any]] = field(default_factory=dict)
    _names: Mapping[str, str] = field(default_factory=dict)  # of columns, by role
    _gating: Coding | None = None

    @property
    def explaining(self) -> frozenset[str]:
        """Names of the columns that offset and gating read."""
        gating = frozenset() if self._gating is None else self._gating.formula.columns
        return gating | {name for role, name in self._names.items() if role == "offset"}

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

    def take(self, rows: NDArray[Any]) -> Rows:
        """Return some rows; groups are numbered anew."""

        def part(values: Any) -> Any:
            return None if values is None else values[rows]

        group = None if self.group is None else np.unique(self.group[rows], return_inverse=True)[1]
        return dataclasses.replace(
            self, offset=part(self.offset), weights=part(self.weights), group=group, Z=part(self.Z)
        )

    def of(self, frame: pd.DataFrame, response: bool = True) -> Rows:
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
        names = {n: v for n, v in self._names.items() if response or n == "offset"}
        Z = None
        if self._gating is not None:
            Z = self._gating(take(self._gating.formula.columns, frame))
            check_finite(Z, self.gating_covariates)
        return _made(take(set(names.values()), frame), names, Z, self._gating)


def parse_gating(gating: object, functions: Iterable[str] = ()) -> list[str]:
    """Return the terms of a gating formula such as ``"~ z"``; it may call `functions` beside.

    Raises
    ------
    InputError
        If it cannot be parsed, or has a response or no term.
    """
    if not isinstance(gating, str) or not gating.strip().startswith("~"):
        raise InputError(
            f'gating={gating!r}: a formula of the weights has no response: write it as in "~ z".'
        )
    return list(one_sided(gating, functions).terms)


def build(
    frame: pd.DataFrame,
    functions: Functions | None = None,
    gating: str | None = None,
    offset: str | None = None,
    weights: str | None = None,
    group: str | None = None,
) -> Rows:
    """Return the columns beside a formula.

    Parameters
    ----------
    frame : DataFrame of N rows
    functions : mapping of str to callable, optional
        That `gating` may call beside those that formulas know.
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
    names = {role: name for role, name in stated.items() if name is not None}
    beside = take(set(names.values()), frame)
    if gating is None:
        return _made(beside, names, None, None)
    parse_gating(gating, functions or {})
    formula = one_sided(gating, functions or {})
    Z, coded, columns = coding.code(formula, take(formula.columns, frame), functions or {})
    check_finite(Z, coded.names)
    check_size(Z, coded.names)
    result = _made(beside, names, Z, coded)
    check_rank(result.gating_rows, coded.names)
    return dataclasses.replace(result, data={**result.data, **columns})


def _made(
    frame: pd.DataFrame, names: Mapping[str, str], Z: Array | None, gating: Coding | None
) -> Rows:
    """Return what columns say in their roles, and the columns of weights of components with it."""
    columns: dict[str, pd.Series[Any]] = {}
    found: dict[str, Array] = {}
    for role in names.keys() & {"offset", "weights"}:
        name = names[role]
        found[role] = numbers(name, frame[name], f"{role}={name!r}")
        columns[name] = pd.Series(found[role])
    if "weights" in found:
        _check_weights(names["weights"], found["weights"])
    group = None
    if "group" in names:
        name = names["group"]
        # Of groups it matters alone which rows are alike, so that dates may name them too.
        tell = plain if pd.api.types.is_numeric_dtype(frame[name].dtype) else as_labels
        labels = columns.setdefault(name, tell(frame[name], name))
        group = pd.factorize(labels)[0]
        if Z is not None and gating is not None:
            _check_within_groups(name, group, Z, gating.names)
    covariates = () if gating is None else gating.names
    return Rows(
        found.get("offset"), found.get("weights"), group, Z, covariates, columns, names, gating
    )


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
