"""Formula and DataFrame to named matrices, and the same for new data."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import DataMismatchWarning, FormulaicError
from numpy.typing import NDArray

from stanmix import beside
from stanmix.beside import Beside
from stanmix.errors import InputError
from stanmix.formulas import columns_read
from stanmix.frames import check_columns, check_finite, check_missing, check_rank, to_frame

__all__ = ["Design", "build", "covariate_terms", "parse", "to_frame"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """A response and the matrix of its covariates.

    Attributes
    ----------
    response : str
        The left-hand side of the formula, or the columns of the response.
    y : ndarray of shape (N,), or (N, D) for a response of D columns
        Response, in its own units.
    X : ndarray of shape (N, P)
        Covariates, the intercept among them.
    covariates : tuple of str
        Names of the columns of `X`.
    obs_id : ndarray of shape (N,)
        The frame's index where it is unique and flat, else 0, ..., N - 1.
    columns : DataFrame of shape (N, ...)
        The columns of the frame that the model reads, unchanged; the index is `obs_id`.
    beside : Beside
        Offset, weights, groups and gating covariates of the rows.
    """

    response: str
    y: Array
    X: Array
    covariates: tuple[str, ...]
    obs_id: NDArray[Any]
    columns: pd.DataFrame
    _lhs: Any
    _rhs: Any
    beside: Beside = field(default_factory=Beside)
    dimensions: tuple[str, ...] = ()  # names of the columns of a response of several

    @property
    def covariate_columns(self) -> tuple[str, ...]:
        """Names of the columns that the right-hand side reads."""
        return tuple(sorted(str(name) for name in self._rhs.required_variables))

    def transform(self, frame: Any) -> tuple[Array, NDArray[Any]]:
        """Return the covariates of new rows, coded as in the data that were fitted.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
            The new rows; the response is not needed.

        Returns
        -------
        X : ndarray of shape (M, P)
        obs_id : ndarray of shape (M,)

        Raises
        ------
        InputError
            For a missing column, a missing or infinite value, or a level of a factor that the
            fitted data did not have.
        """
        new = to_frame(frame)
        needed = {str(name) for name in self._rhs.required_variables}
        check_columns(needed, new)
        check_missing(needed, new)
        if not needed:  # an intercept alone: formulaic needs no column, but the number of rows
            return np.ones((len(new), len(self.covariates))), _obs_id(new)
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            try:
                with np.errstate(all="ignore"):
                    matrix = self._rhs.get_model_matrix(new, context={})
            except DataMismatchWarning as error:
                unseen = re.search(r"\{.*\}", str(error))
                raise InputError(
                    "New data hold levels of a factor that the fitted data did not have: "
                    f"{unseen.group() if unseen else error}. Remove those rows, or fit again "
                    "with data that have these levels."
                ) from error
            except FormulaicError as error:
                raise InputError(
                    f"The formula cannot be evaluated on the new data: {error}"
                ) from error
        X = np.asarray(matrix, dtype=np.float64)
        check_finite(X, self.covariates)
        return X, _obs_id(new)

    def observe(self, frame: Any) -> tuple[Array, Array, NDArray[Any]]:
        """Return response and covariates of new rows, coded as in the data that were fitted.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
            The new rows, M of them, with the response.

        Returns
        -------
        y : ndarray of shape (M,), or (M, D)
        X : ndarray of shape (M, P)
        obs_id : ndarray of shape (M,)

        Raises
        ------
        InputError
            As `transform`, and if the response is missing or not numeric.
        """
        new = to_frame(frame)
        if self.dimensions:
            y = _columns(self.dimensions, new)
            X, obs_id = self.transform(new)
            return y, X, obs_id
        needed = {str(name) for name in self._lhs.required_variables}
        check_columns(needed, new)
        check_missing(needed, new)
        X, obs_id = self.transform(new)
        return _response(self.response, self._lhs.get_model_matrix(new, context={})), X, obs_id


def parse(formula: object) -> formulaic.Formula:
    """Return the formula, of one response and its covariates.

    ``"y"`` alone stands for ``"y ~ 1"``.

    Raises
    ------
    InputError
        If `formula` is not a string or cannot be parsed, or has no response or no term.
    """
    if not isinstance(formula, str) or not formula.strip():
        raise InputError(f'A formula must be a string such as "y ~ x", got {formula!r}.')
    return _parsed(formula)


@functools.cache  # a statement asks for its formula again and again
def _parsed(formula: str) -> formulaic.Formula:
    text = formula if "~" in formula else f"{formula} ~ 1"
    try:
        parsed = formulaic.Formula(text)
    except (FormulaicError, SyntaxError) as error:
        reason = re.sub("\x1b\\[[0-9;]*m", "", str(error)).strip()
        raise InputError(f"Cannot parse the formula {formula!r}: {reason}") from error
    if not hasattr(parsed, "lhs"):
        raise InputError(
            f'The formula {formula!r} has no response: write it on the left, as in "y ~ x".'
        )
    if isinstance(parsed.lhs, tuple) or isinstance(parsed.rhs, tuple) or len(list(parsed.lhs)) != 1:
        raise InputError(f"The formula {formula!r} must have one response and one right-hand side.")
    if not list(parsed.rhs):
        raise InputError(
            f'The formula {formula!r} has no term on the right: write "{parsed.lhs} ~ 1" for '
            "components with a mean and no covariates."
        )
    return parsed


def covariate_terms(formula: formulaic.Formula) -> list[str]:
    """Return the terms on the right-hand side, with ``"1"`` for the intercept."""
    return [str(term) for term in formula.rhs]


def build(formula: str | Sequence[str], data: Any, **roles: str | None) -> Design:
    """Return the response and the covariates that a formula takes from the data.

    Parameters
    ----------
    formula : str or sequence of str
        As formulaic reads it, for example ``"y ~ x * group"``; or the names of the columns of a
        response of several, without covariates.
    data : DataFrame or mapping of columns, N rows
    **roles : str, optional
        ``gating``, ``offset``, ``weights`` and ``group``, as in `stanmix.beside.build`.

    Raises
    ------
    InputError
        If the formula cannot be evaluated, a column is unknown, a value is missing or infinite,
        the response is not numeric or does not vary, there are fewer than two rows, or the
        covariates are linearly dependent; and as `stanmix.beside.build`.
    """
    frame = to_frame(data)
    if not isinstance(formula, str):
        return _of_columns(tuple(formula), frame, roles)
    parsed = parse(formula)
    needed = columns_read(parsed)
    check_columns(needed, frame)
    _check_rows(frame)
    check_missing(needed, frame)
    response = str(next(iter(parsed.lhs)))
    if response in frame.columns and pd.api.types.is_bool_dtype(frame[response]):
        raise _not_numeric(response)
    try:
        with np.errstate(all="ignore"):  # what a transformation leaves undefined is refused below
            matrices = parsed.get_model_matrix(frame, context={}, na_action="raise")
    except (FormulaicError, ValueError, TypeError) as error:
        raise InputError(f"The formula {formula!r} cannot be evaluated: {error}") from error
    y = _response(response, matrices.lhs)
    _check_varies(response, y)
    covariates = tuple(str(name) for name in matrices.rhs.columns)
    X = np.asarray(matrices.rhs, dtype=np.float64)
    check_finite(X, covariates)
    check_rank(X, covariates)
    obs_id = _obs_id(frame)
    others = beside.build(frame, **roles)
    return Design(
        response,
        y,
        X,
        covariates,
        obs_id,
        _used(frame, needed | set(others.columns), obs_id),
        matrices.lhs.model_spec,
        matrices.rhs.model_spec,
        others,
    )


def _of_columns(names: tuple[str, ...], frame: pd.DataFrame, roles: Mapping[str, Any]) -> Design:
    """Return the design of a response of several columns, with an intercept alone."""
    check_columns(set(names), frame)
    _check_rows(frame)
    y = _columns(names, frame)
    for name, column in zip(names, y.T, strict=True):
        _check_varies(name, column)
    obs_id = _obs_id(frame)
    others = beside.build(frame, **roles)
    return Design(
        ", ".join(names),
        y,
        np.ones((len(frame), 1)),
        ("Intercept",),
        obs_id,
        _used(frame, set(names) | set(others.columns), obs_id),
        None,
        formulaic.Formula("1").get_model_matrix(frame[list(names)]).model_spec,
        others,
        names,
    )


def _columns(names: tuple[str, ...], frame: pd.DataFrame) -> Array:
    """Return columns of numbers, (N, D)."""
    check_columns(set(names), frame)
    check_missing(set(names), frame)
    return np.column_stack([_response(name, frame[[name]]) for name in names])


def _used(frame: pd.DataFrame, names: set[str], obs_id: NDArray[Any]) -> pd.DataFrame:
    used = [name for name in frame.columns if str(name) in names]
    return frame[used].set_axis(pd.Index(obs_id), axis=0)


def _check_rows(frame: pd.DataFrame) -> None:
    if len(frame) < 2:
        raise InputError(
            f"The data have {'one row' if len(frame) else 'no rows'}; a mixture needs at least two."
        )


def _response(name: str, matrix: Any) -> Array:
    numeric = matrix.shape[1] == 1 and all(
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in matrix.dtypes
    )
    if not numeric:
        raise _not_numeric(name)
    y = np.asarray(matrix, dtype=np.float64)[:, 0]
    check_finite(y[:, None], [name])
    return y


def _not_numeric(name: str) -> InputError:
    return InputError(
        f"The response {name!r} is not numeric: a column of numbers is expected; convert it with "
        "pandas.to_numeric, or choose another column."
    )


def _check_varies(name: str, y: Array) -> None:
    if np.ptp(y) == 0:
        raise InputError(
            f"The response {name!r} is constant ({y[0]:g} in every row): there is nothing to fit."
        )


def _obs_id(frame: pd.DataFrame) -> NDArray[Any]:
    index = frame.index
    if isinstance(index, pd.MultiIndex) or not index.is_unique:
        return np.arange(len(frame))
    values: NDArray[Any] = index.to_numpy()
    return values.astype(str) if values.dtype == object else values
