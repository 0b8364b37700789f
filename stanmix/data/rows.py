"""What the data say of rows beside the formula: offset, weights, group, labels, predictors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data import coding_by_component
from stanmix.data import labels as known_classes
from stanmix.data import limits as known_limits
from stanmix.data.coding_by_component import AnyCoding
from stanmix.data.column_types import as_labels, plain
from stanmix.data.formulas import one_sided, texts
from stanmix.data.frames import check_finite, check_size, numbers, take
from stanmix.data.labels import Labels
from stanmix.data.limits import Limits
from stanmix.errors import InputError

__all__ = ["LARGEST_COUNT", "WEIGHTS", "Covariates", "Rows", "build", "parse_predictor"]

Array = NDArray[np.float64]
Functions = Mapping[str, Callable[..., Any]]

EXPLAINING = ("offset", "trials", "least", "most")  # roles of columns that new rows need too
WEIGHTS = "theta"  # whose predictor is that of the weights of the components
LARGEST_COUNT = 2**31 - 1  # Stan's integers have 32 bits


@dataclass(frozen=True)
class Covariates:
    """The covariates of a linear predictor.

    Attributes
    ----------
    matrix : ndarray of shape (N, P)
    names : tuple of str
        Of the columns.
    coding : Coding or CodingByComponent
        How they are made of the columns of the data.
    """

    matrix: Array
    names: tuple[str, ...]
    coding: AnyCoding

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns of the data that are read."""
        return self.coding.reads

    def read(self, frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Return the columns that are read of rows, as the types that they had."""
        return self.coding.columns(take(self.coding.reads, frame))

    def of(self, frame: pd.DataFrame) -> Covariates:
        """Return the covariates of new rows, coded as in the data that were fitted."""
        matrix = self.coding(take(self.coding.reads, frame))
        check_finite(matrix, self.names)
        return dataclasses.replace(self, matrix=matrix)


@dataclass(frozen=True)
class Rows:
    """Columns beside response and covariates; None for those that a mixture does not have.

    Attributes
    ----------
    offset : ndarray of shape (N,)
        Added to the linear predictor.
    trials : ndarray of shape (N,)
        Out of how many trials the response counts successes.
    weights : ndarray of shape (N,)
        Frequencies: a row of weight w counts as w equal rows.
    group : ndarray of int, shape (N,)
        Number of the row's group, from 0, in the order in which groups appear; the rows of a
        group share one class.
    predictors : mapping of str to Covariates
        Of the weights (``"theta"``; equal within a group), and of parameters of the family other
        than the location, by name.
    labels : Labels
        The known classes of some rows; where there are groups, of all rows of a group.
    limits : Limits
        What is known of censored responses, and between which ends responses are recorded.
    data : dict of str to Series
        The columns that are read here, by name, as numbers, truth values and categories.
    """

    offset: Array | None = None
    trials: Array | None = None
    weights: Array | None = None
    group: NDArray[np.intp] | None = None
    predictors: Mapping[str, Covariates] = field(default_factory=dict)
    labels: Labels | None = None
    limits: Limits | None = None
    data: Mapping[str, pd.Series[Any]] = field(default_factory=dict)
    _names: Mapping[str, str] = field(default_factory=dict)  # of columns, by role
    _ends: Mapping[str, float] = field(default_factory=dict)  # of what is recorded, as numbers

    @property
    def Z(self) -> Array | None:  # noqa: N802 - as the programs call it
        """Covariates of the weights of the components, (N, Q); None where there are none."""
        return self.predictors[WEIGHTS].matrix if WEIGHTS in self.predictors else None

    @property
    def gating_covariates(self) -> tuple[str, ...]:
        """Names of the columns of `Z`."""
        return self.predictors[WEIGHTS].names if WEIGHTS in self.predictors else ()

    @property
    def explaining(self) -> frozenset[str]:
        """Names of the columns that offset, trials and predictors read."""
        read = {name for role, name in self._names.items() if role in EXPLAINING}
        for covariates in self.predictors.values():
            read |= covariates.columns
        return frozenset(read)

    @property
    def groups(self) -> int:
        """Number of groups; 0 where there are none."""
        return 0 if self.group is None else int(self.group.max()) + 1

    def matrix(self, of: str) -> Array:
        """Return a predictor's covariates as programs take them.

        Returns
        -------
        ndarray of shape (N, P)
            Of the weights with a row for each group, where there are groups.
        """
        values = self.predictors[of].matrix
        return values[self.first_of_groups] if of == WEIGHTS else values

    @property
    def first_of_groups(self) -> Any:
        """The first row of each group, as an index of rows; without groups all rows."""
        return ... if self.group is None else np.unique(self.group, return_index=True)[1]

    def take(self, rows: NDArray[Any]) -> Rows:
        """Return some rows; groups are numbered anew."""

        def part(values: Any) -> Any:
            return None if values is None else values[rows]

        group = None if self.group is None else np.unique(self.group[rows], return_inverse=True)[1]
        return dataclasses.replace(
            self,
            offset=part(self.offset),
            trials=part(self.trials),
            weights=part(self.weights),
            group=group,
            labels=None if self.labels is None else self.labels.take(rows),
            limits=None if self.limits is None else self.limits.take(rows),
            predictors={
                of: dataclasses.replace(covariates, matrix=covariates.matrix[rows])
                for of, covariates in self.predictors.items()
            },
        )

    def of(self, frame: pd.DataFrame, response: bool = True) -> Rows:
        """Return the same columns of new rows, coded as in the data that were fitted.

        Parameters
        ----------
        frame : DataFrame
        response : bool
            Whether the rows have been observed; otherwise weights and groups mean nothing. Their
            classes are what is asked, so that labels are not read.

        Raises
        ------
        InputError
            As `build`, and for a level of a factor that the fitted data did not have.
        """
        read = {*EXPLAINING, *(("weights", "group", "censoring", "to") if response else ())}
        names = {role: name for role, name in self._names.items() if role in read}
        predictors = {of: covariates.of(frame) for of, covariates in self.predictors.items()}
        beside = take(set(names.values()), frame, {names.get("to")})
        return _made(beside, names, predictors, self._ends)


def parse_predictor(stated: str, formula: object, functions: Iterable[str] = ()) -> list[str]:
    """Return the terms of a formula such as ``"~ z"``; it may call `functions` beside.

    Parameters
    ----------
    stated : str
        Where it was stated, for the message: ``"gating"``.
    formula : object
    functions : iterable of str

    Raises
    ------
    InputError
        If it cannot be parsed, or has a response or no term.
    """
    if not isinstance(formula, str) or not formula.strip().startswith("~"):
        raise InputError(
            f'{stated}={formula!r}: this formula has no response: write it as in "~ z".'
        )
    return list(one_sided(formula, functions).terms)


def build(
    frame: pd.DataFrame,
    functions: Functions | None = None,
    predictors: Mapping[str, str | Sequence[str]] | None = None,
    offset: str | None = None,
    trials: str | None = None,
    weights: str | None = None,
    group: str | None = None,
    labels: str | None = None,
    censoring: tuple[str, str | None] | None = None,
    truncation: tuple[str | float | None, str | float | None] = (None, None),
) -> Rows:
    """Return the columns beside a formula.

    Parameters
    ----------
    frame : DataFrame of N rows
    functions : mapping of str to callable, optional
        That formulas may call beside those that they know.
    predictors : mapping of str to str or sequence of str, optional
        One-sided formulas: of the components' weights (``"theta"``) and of parameters; several are
        one for each component.
    offset, trials, weights, group, labels : str, optional
        Names of columns.
    censoring : tuple of str, optional
        The column that says how rows are censored, and that of the other ends of intervals.
    truncation : tuple of str or float
        Columns or numbers, the lower first; None for no end.

    Raises
    ------
    InputError
        If a column is unknown, has missing values (but for labels) or is not numeric (offset,
        trials, weights), rows of a group have different labels,
        trials are no whole positive numbers, weights are negative or all zero, a formula cannot be
        evaluated, its covariates are linearly dependent, or those of the weights differ within a
        group.
    """
    stated = {
        "offset": offset,
        "trials": trials,
        "weights": weights,
        "group": group,
        "labels": labels,
        "censoring": None if censoring is None else censoring[0],
        "to": None if censoring is None else censoring[1],
        **{
            role: end if isinstance(end, str) else None
            for role, end in zip(("least", "most"), truncation, strict=True)
        },
    }
    ends = {
        role: float(end)
        for role, end in zip(("least", "most"), truncation, strict=True)
        if end is not None and not isinstance(end, str)
    }
    names = {role: name for role, name in stated.items() if name is not None}
    beside = take(set(names.values()), frame, {labels, stated["to"]})
    found: dict[str, Covariates] = {}
    columns: dict[str, pd.Series[Any]] = {}
    for of, stated_of in (predictors or {}).items():
        formulas = [one_sided(text, functions or {}) for text in texts(stated_of)]
        needed = take(frozenset().union(*(one.columns for one in formulas)), frame)
        values, coded, read = coding_by_component.code(formulas, needed, functions or {})
        check_finite(values, coded.names)
        check_size(values, coded.names)
        found[of] = Covariates(values, coded.names, coded)
        columns |= read
    result = _made(beside, names, found, ends)
    for of, covariates in found.items():
        coding_by_component.check_ranks(result.matrix(of), covariates.coding)
    return dataclasses.replace(result, data={**result.data, **columns})


def _made(
    frame: pd.DataFrame,
    names: Mapping[str, str],
    predictors: Mapping[str, Covariates],
    ends: Mapping[str, float],
) -> Rows:
    """Return what columns say in their roles, and the covariates of predictors with it."""
    columns: dict[str, pd.Series[Any]] = {}
    found: dict[str, Array] = {}
    for role in names.keys() & {"offset", "trials", "weights"}:
        name = names[role]
        found[role] = numbers(name, frame[name], f"{role}={name!r}")
        columns[name] = pd.Series(found[role])
    if "trials" in found:
        _check_trials(names["trials"], found["trials"])
    if "weights" in found:
        _check_weights(names["weights"], found["weights"])
    group = None
    if "group" in names:
        name = names["group"]
        # Of groups it matters alone which rows are alike, so that dates may name them too.
        tell = plain if pd.api.types.is_numeric_dtype(frame[name].dtype) else as_labels
        group = pd.factorize(columns.setdefault(name, tell(frame[name], name)))[0]
        if WEIGHTS in predictors:
            gates = predictors[WEIGHTS]
            _check_within_groups(name, group, gates.matrix, gates.names)
    labels = None
    if "labels" in names:
        name = names["labels"]
        labels, columns[name] = known_classes.read(name, frame[name])
        if group is not None:
            labels = labels.within(group, names["group"], frame[names["group"]])
    limits, read = known_limits.read(frame, names, ends)
    columns |= read
    return Rows(
        found.get("offset"),
        found.get("trials"),
        found.get("weights"),
        group,
        predictors,
        labels,
        limits,
        columns,
        names,
        ends,
    )


def _check_trials(name: str, trials: Array) -> None:
    wrong = np.flatnonzero((trials < 1) | (trials != np.floor(trials)) | (trials > LARGEST_COUNT))
    if len(wrong):
        raise InputError(
            f"trials={name!r}: a number of trials is 1, 2, ..., at most {LARGEST_COUNT}, but row "
            f"{wrong[0]} (counted from 0) has {trials[wrong[0]]:g}, and {len(wrong)} row(s) have "
            "no such number in all. Correct them, or leave them out: a row without trials tells "
            "nothing."
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
