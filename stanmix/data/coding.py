"""The terms of a formula as the columns of a matrix, and the same for other rows."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from formulaic.errors import DataMismatchWarning
from numpy.typing import NDArray

from stanmix.data.column_types import as_labels, numbers_if_any, plain
from stanmix.data.expressions import Expression
from stanmix.data.formulas import Formula
from stanmix.errors import InputError

__all__ = ["Coding", "code", "of_rows"]

Array = NDArray[np.float64]
Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Coding:
    """How the terms of a formula become the columns of a matrix.

    Attributes
    ----------
    formula : Formula
    names : tuple of str
        Of the columns.
    terms : tuple of str
        That the columns belong to.
    """

    formula: Formula
    names: tuple[str, ...]
    terms: tuple[str, ...]
    _functions: Functions
    _labelled: frozenset[str]  # columns that held labels
    _memory: dict[str, Any]  # of transforms
    _spec: Any = field(repr=False)

    @property
    def reads(self) -> frozenset[str]:
        """Names of the columns of the data that are read."""
        return self.formula.columns

    @property
    def having(self) -> NDArray[np.bool_] | None:
        """Which components have which columns; None: all have all."""
        return None

    def columns(self, frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Return the columns that are read, as the types that they had in the fitted data.

        Raises
        ------
        InputError
            If a column held numbers, and holds labels now.
        """
        found: dict[str, pd.Series[Any]] = {}
        for name in self.reads:
            if name in self._labelled:
                found[name] = as_labels(frame[name], name)
                continue
            found[name] = numbers_if_any(frame[name], name)
            if _is_labels(found[name]):
                raise InputError(
                    f"Column {name!r} holds labels, but held numbers in the fitted data; convert "
                    "it with pandas.to_numeric."
                )
        return found

    def __call__(self, frame: pd.DataFrame) -> Array:
        """Return the matrix (M, P) of other rows.

        Parameters
        ----------
        frame : DataFrame
            With the columns that are read, under their names, rows numbered from 0, none missing.

        Raises
        ------
        InputError
            If a column holds another kind of values, or a level that the fitted data did not have.
        """
        values = _values(
            self.formula, self.columns(frame), len(frame), self._functions, self._memory
        )
        try:
            return _matrix(self._spec, values, len(frame), self.formula)[0]
        except DataMismatchWarning as error:
            unseen = re.search(r"\{.*\}", str(error))
            raise InputError(
                "New data hold levels of a factor that the fitted data did not have: "
                f"{unseen.group() if unseen else error}. Remove those rows, or fit again "
                "with data that have these levels."
            ) from error


def code(
    formula: Formula, frame: pd.DataFrame, functions: Functions
) -> tuple[Array, Coding, dict[str, pd.Series[Any]]]:
    """Return the matrix of a formula's terms, how it is made, and the columns that it is made of.

    Parameters
    ----------
    formula : Formula
    frame : DataFrame
        With the columns that are read, under their names, rows numbered from 0, none missing.
    functions : mapping of str to callable
        That the formula may call beside those that formulas know.

    Returns
    -------
    X : ndarray of shape (N, P)
    coding : Coding
    columns : dict of str to Series
        Float64, int64, bool or categories.

    Raises
    ------
    InputError
        If a column or an expression cannot be used, a factor has one level, or two columns of the
        matrix would have one name.
    """
    columns = {name: plain(frame[name], name) for name in sorted(formula.columns)}
    memory: dict[str, Any] = {}
    values = _values(formula, columns, len(frame), functions, memory)
    try:
        X, marked, spec = _matrix(formula.marked, values, len(frame), formula)
    except DataMismatchWarning as error:
        raise InputError(
            f"A factor has levels beside those that C(..., levels=...) names: {error}"
        ) from error
    _check_levels(spec, formula)
    names = tuple(formula.shown(name) for name in marked)
    if not names:
        raise InputError("The formula has no covariates: its expressions give no column.")
    _check_names(names, marked)
    places = spec.term_indices
    of_columns = {p: text for term, text in zip(formula.marked, formula.terms, strict=True)
                  for p in places[term]}  # fmt: skip
    terms = tuple(of_columns[p] for p in range(len(names)))
    labelled = {name for name, column in columns.items() if _is_labels(column)}
    return X, Coding(formula, names, terms, functions, frozenset(labelled), memory, spec), columns


def _values(
    formula: Formula,
    columns: Mapping[str, pd.Series[Any]],
    rows: int,
    functions: Functions,
    memory: dict[str, Any],
) -> dict[str, Any]:
    """Return what the marks of a formula stand for."""
    return {
        mark: of_rows(factor, factor.value(columns, functions, memory), rows)
        for mark, factor in formula.used.items()
    }


def of_rows(factor: Expression, value: Any, rows: int) -> Any:
    """Return the value of an expression; refuse one that has no number or label for each row."""
    if hasattr(value, "__formulaic_metadata__"):
        return value  # of a transform of formulaic's: several columns, or labels and their coding
    if isinstance(value, Mapping):
        return {str(name): of_rows(factor, part, rows) for name, part in value.items()}
    if isinstance(value, pd.DataFrame):
        value = value.to_numpy()
    made = np.asarray(value) if not isinstance(value, pd.Series) else value
    if made.ndim not in (1, 2) or len(made) != rows:
        raise InputError(
            f"{factor.text} must give one value for each of the {rows} rows, but gives an array of "
            f"shape {made.shape}."
        )
    if made.ndim == 2:
        return np.asarray(made, dtype=np.float64)
    column = pd.Series(made).set_axis(pd.RangeIndex(rows))
    if column.isna().any():
        return column.astype(np.float64)  # undefined: refused with its row
    return plain(column, factor.text)


def _matrix(
    terms: Any, values: dict[str, Any], rows: int, formula: Formula
) -> tuple[Array, list[str], Any]:
    """Return matrix, names with marks, and formulaic's record, of terms over values."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            made = terms.get_model_matrix(
                pd.DataFrame(index=pd.RangeIndex(rows)),
                context=values,
                output="pandas",
                na_action="ignore",
            )
            return np.asarray(made, dtype=np.float64), list(made.columns), made.model_spec
        except DataMismatchWarning:
            raise
        # Codings are computed here, from arguments that formulaic does not check.
        except Exception as error:
            raise InputError(f"The formula has no matrix: {formula.shown(str(error))}") from error


def _check_levels(spec: Any, formula: Formula) -> None:
    """Refuse a factor of one level, which would add nothing, silently."""
    for mark, state in spec.encoder_state.items():
        levels = list(state[1].get("categories") or [])
        if len(levels) == 1:
            raise InputError(
                f"The factor {formula.shown(mark)!r} has one level, {levels[0]!r}, in these data, "
                "so it tells nothing: remove it from the formula."
            )


def _check_names(names: tuple[str, ...], marked: list[str]) -> None:
    """Refuse names that two columns share; a column of the data cannot pass for the intercept."""
    if any(name == "Intercept" != own for name, own in zip(names, marked, strict=True)):
        raise InputError(
            "A covariate cannot be called 'Intercept', which is the name of the constant: rename "
            "the column."
        )
    for name, times in Counter(names).items():
        if times > 1:
            raise InputError(
                f"{times} covariates would be called {name!r}: rename a column, or its levels, so "
                "that they can be told apart."
            )


def _is_labels(column: pd.Series[Any]) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)
