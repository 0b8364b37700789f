"""Formula and DataFrame to named matrices, and the same for new data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data import categories, coding, coding_by_component, rows
from stanmix.data.coding_by_component import AnyCoding
from stanmix.data.column_types import numbers_if_any
from stanmix.data.expressions import Expression
from stanmix.data.formulas import Formula, one_sided, parse, texts
from stanmix.data.frames import (
    check_finite,
    check_size,
    listed,
    numbers,
    row_names,
    take,
    to_frame,
)
from stanmix.data.response_columns import ResponseColumns
from stanmix.data.rows import Rows
from stanmix.errors import InputError

__all__ = ["Design", "build", "parse", "to_frame"]

Array = NDArray[np.float64]
Functions = Mapping[str, Callable[..., Any]]

_PREDICTED = 'With missing="predict" rows without a response are left out, and predicted.'
_MARGINALISED = 'With missing="marginalise" what is there of a row counts.'


@dataclass(frozen=True)
class Response:
    """How the response of a formula is computed from columns.

    Attributes
    ----------
    expression : Expression
    levels : tuple
        The categories, where its values are such; their numbers, from 1, take their place.
    """

    expression: Expression
    _functions: Functions
    levels: tuple[Any, ...] = ()
    truths: bool = False  # whether truth values are its numbers 0 and 1
    _memory: dict[str, Any] = field(default_factory=dict)  # of transforms

    def columns(self, frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Return the columns that are read; objects that are numbers are numbers here."""
        if self.levels:
            return {name: categories.plain(frame[name], name) for name in self.expression.columns}
        return {name: numbers_if_any(frame[name], name) for name in self.expression.columns}

    def __call__(self, frame: pd.DataFrame) -> Array:
        """Return the response of rows.

        Raises
        ------
        InputError
            If it is not numeric, infinite or undefined; or none of the categories.
        """
        name = self.expression.text
        if self.levels:
            return categories.numbers(self.columns(frame)[name], self.levels, name)
        value = self.expression.value(self.columns(frame), self._functions, self._memory)
        column = coding.of_rows(self.expression, value, len(frame))
        if not isinstance(column, pd.Series):
            raise InputError(f"The response {name!r} is not numeric: it has several columns.")
        return numbers(name, column, f"The response {name!r}", self.truths)


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
        The columns of the frame that the model reads, as numbers, truth values and categories;
        the index is `obs_id`.
    rows : Rows
        Offset, weights, groups and gating covariates of the rows.
    """

    response: str
    y: Array
    X: Array
    covariates: tuple[str, ...]
    obs_id: NDArray[Any]
    columns: pd.DataFrame
    rows: Rows = field(default_factory=Rows)
    dimensions: tuple[str, ...] = ()  # names of the columns of a response of several
    categories: tuple[Any, ...] = ()  # that the response is one of, by its number from 1
    _response: Response | None = None  # of a formula
    _response_columns: ResponseColumns | None = None  # of a response of several
    _coding: AnyCoding | None = None
    with_missing: Design | None = None  # the same with rows whose response is missing, NaN there

    def categories_of(self, column: int | None) -> tuple[Any, ...]:
        """Return the categories of a column of several, from 0; None: of the one response."""
        if column is None or self._response_columns is None:
            return self.categories
        return self._response_columns.levels.get(self.dimensions[column], ())

    def matrix(self, of: str) -> Array:
        """Return the covariates of a parameter's predictor as programs take them, (N, P).

        Parameters
        ----------
        of : str
            Name of a parameter, or ``"theta"`` for the weights, of which groups have one row each.
            What has no predictor of its own is the location, whose covariates are `X`.
        """
        return self.rows.matrix(of) if of in self.rows.predictors else self.X

    def covariates_of(self, of: str) -> tuple[str, ...]:
        """Return the names of the columns of `matrix`."""
        predictors = self.rows.predictors
        return predictors[of].names if of in predictors else self.covariates

    def terms_of(self, of: str) -> tuple[str, ...]:
        """Return the terms that the columns of `matrix` belong to."""
        coded = self._coding_of(of)
        return self.covariates_of(of) if coded is None else coded.terms

    def having(self, of: str) -> NDArray[np.bool_] | None:
        """Return which components have which columns of `matrix`, (K, P); None: all have all."""
        coded = self._coding_of(of)
        return None if coded is None else coded.having

    def _coding_of(self, of: str) -> AnyCoding | None:
        predictors = self.rows.predictors
        return predictors[of].coding if of in predictors else self._coding

    @property
    def all_rows(self) -> Design:
        """The same with rows whose response is missing among the others, as in the data."""
        return self if self.with_missing is None else self.with_missing

    def row(self, place: int) -> int:
        """Return which row of the data, counted from 0, is the one at a place here."""
        if self.with_missing is None:
            return place
        y = self.with_missing.y.reshape(len(self.with_missing.y), -1)
        return int(np.flatnonzero(np.isfinite(y).all(axis=1))[place])

    def take(self, rows: NDArray[np.intp]) -> Design:
        """Return some rows, in another order or not; those without a response are left out."""
        return dataclasses.replace(
            self,
            y=self.y[rows],
            X=self.X[rows],
            obs_id=self.obs_id[rows],
            columns=self.columns.iloc[rows],
            with_missing=None,
            rows=self.rows.take(rows),
        )

    @property
    def covariate_columns(self) -> tuple[str, ...]:
        """Names of the columns that the right-hand side reads."""
        return () if self._coding is None else tuple(sorted(self._coding.reads))

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
            For a missing column, a missing or infinite value, labels where the fitted data had
            numbers, or a level of a factor that they did not have.
        """
        new = to_frame(frame)
        if self._coding is None:
            return np.ones((len(new), 1)), row_names(new)
        X = self._coding(take(self._coding.reads, new))
        check_finite(X, self.covariates)
        return X, row_names(new)

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
        if self._response is None:
            assert self._response_columns is not None
            y = self._response_columns.values(self._response_columns.take(new))
        else:
            y = self._response(take(self._response.expression.columns, new))
        return y, *self.transform(new)


def build(
    formula: str | Sequence[str],
    data: Any,
    functions: Functions | None = None,
    missing: str = "refuse",
    by_component: bool = False,
    kinds: Mapping[str, str] | None = None,
    truths: Collection[str] = (),
    **roles: Any,
) -> Design:
    """Return the response and the covariates that a formula takes from the data.

    Parameters
    ----------
    formula : str or sequence of str
        As formulaic reads it, for example ``"y ~ x * group"``; or the names of the columns of a
        response of several, without covariates.
    data : DataFrame or mapping of columns, N rows
    functions : mapping of str to callable, optional
        That formulas may call beside those that they know (`stanmix.data.transforms`).
    missing : {"refuse", "predict", "marginalise"}
        Whether a missing response is an error; or such rows are left out here, and are in
        `Design.all_rows`; or, of several columns, those that a row lacks are NaN.
    by_component : bool
        Whether several texts are formulas, one for each component, of one response; else they are
        names of columns.
    kinds : mapping of str to str, optional
        Which responses are one of some categories: of ``"any"``, or of ``"ordered"`` ones.
    truths : collection of str
        Responses that are 0 and 1, in place of which truth values may stand.
    **roles
        ``predictors``, ``offset``, ``trials``, ``weights``, ``group`` and ``labels``, as in
        `stanmix.data.rows.build`.

    Raises
    ------
    InputError
        If the formula cannot be evaluated, a column is unknown, a value is missing or infinite,
        the response is not numeric, does not vary or is to explain itself, there are fewer than
        two rows, or the covariates are linearly dependent; and as `stanmix.data.rows.build`.
    """
    frame = to_frame(data)
    functions = functions or {}
    if isinstance(formula, str) or by_component:
        parsed = tuple(parse(text, functions) for text in texts(formula))
        stated = _Stated(parsed, (), frozenset(truths), kinds or {})
    else:
        columns = tuple(formula)
        stated = _Stated((), columns, frozenset(truths), kinds or {})
    if missing == "predict":
        seen = _observed(stated, frame)
        if not seen.all():
            return _of_observed(stated, frame, seen, functions, roles)
    return _of_all(stated, frame, functions, roles, missing == "marginalise")


@dataclass(frozen=True)
class _Stated:
    """Formulas of a response, one or one for each component; or the names of its columns."""

    formulas: tuple[Formula, ...]
    names: tuple[str, ...]
    truths: frozenset[str]
    kinds: Mapping[str, str]

    @property
    def response(self) -> Expression:
        """The response of the formulas."""
        response = self.formulas[0].response
        assert response is not None  # `parse` refuses a formula without
        return response

    @property
    def response_columns(self) -> frozenset[str]:
        """Names of the columns of the data that make up the response."""
        return self.formulas[0].response_columns if self.formulas else frozenset(self.names)

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns of the data that the terms read."""
        return frozenset().union(*(one.columns for one in self.formulas))


def _of_all(
    stated: _Stated,
    frame: pd.DataFrame,
    functions: Functions,
    roles: Mapping[str, Any],
    incomplete: bool = False,
) -> Design:
    """Return the design of rows that all have a response, or parts of it."""
    if stated.names:
        return _of_columns(stated, frame, functions, roles, incomplete)
    take(stated.response.columns, frame, way_out=_PREDICTED)
    needed = take(stated.response.columns | stated.columns, frame)
    _check_rows(frame)
    kind = stated.kinds.get(stated.response.text, "")
    levels = categories.levels(stated.response.text, needed, kind) if kind else ()
    truths = stated.response.text in stated.truths
    response = Response(stated.response, functions, levels, truths)
    y = response(needed)
    X, coded, columns = coding_by_component.code(stated.formulas, needed, functions)
    check_finite(X, coded.names)
    check_size(X, coded.names)
    coding_by_component.check_ranks(X, coded)
    others = rows.build(frame, functions, **roles)
    if not kind:  # categories are two or more
        _check_varies(stated.response.text, y, others.trials)
    _check_apart(stated.response.columns, others)
    obs_id = row_names(frame)
    return Design(
        stated.response.text,
        y,
        X,
        coded.names,
        obs_id,
        _used(frame, {**others.data, **columns, **response.columns(needed)}, obs_id),
        others,
        categories=levels,
        _response=response,
        _coding=coded,
    )


def _of_columns(
    stated: _Stated,
    frame: pd.DataFrame,
    functions: Functions,
    roles: Mapping[str, Any],
    incomplete: bool,
) -> Design:
    """Return the design of a response of several columns, with an intercept alone."""
    names = stated.names
    response = ResponseColumns(names, incomplete, stated.truths, stated.kinds)
    needed = response.take(frame, f"{_PREDICTED} {_MARGINALISED}")
    _check_rows(frame)
    response = response.learn(needed)
    y = response.values(needed)
    for name, column in zip(names, y.T, strict=True):
        _check_varies(name, column[~np.isnan(column)])
    others = rows.build(frame, functions, **roles)
    _check_apart(frozenset(names), others)
    obs_id = row_names(frame)
    return Design(
        ", ".join(names),
        y,
        np.ones((len(frame), 1)),
        ("Intercept",),
        obs_id,
        _used(frame, {**others.data, **response.stored(needed)}, obs_id),
        others,
        names,
        _response_columns=response,
    )


def _observed(stated: _Stated, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have a response.

    Raises
    ------
    InputError
        If some columns of a vector are missing in a row and others are not, or fewer than two rows
        have a response.
    """
    read = stated.response_columns
    held = take(read, frame, incomplete=read).notna().to_numpy()
    some = held.any(axis=1) & ~held.all(axis=1)
    if some.any() and stated.names:
        raise InputError(
            f"missing='predict': {int(some.sum())} row(s), the first of them row "
            f"{np.flatnonzero(some)[0]} (counted from 0), have some columns of the response and "
            "lack others; a vector is predicted as a whole: fill them in, make all of its columns "
            "missing, or use missing='marginalise', by which what is there of a row counts."
        )
    seen = held.all(axis=1)
    if len(seen) and seen.sum() < 2:
        raise InputError(
            f"missing='predict': {int(seen.sum())} of {len(seen)} rows have a response "
            f"({listed(sorted(read))}), and a mixture needs at least two."
        )
    return np.asarray(seen)


def _of_observed(
    stated: _Stated,
    frame: pd.DataFrame,
    seen: NDArray[np.bool_],
    functions: Functions,
    roles: Mapping[str, Any],
) -> Design:
    """Return the design of the rows that have a response, with that of all of them."""
    answered = stated.response_columns
    read = set(stated.columns)
    for stated_of in (roles.get("predictors") or {}).values():
        for text in texts(stated_of):
            read |= one_sided(text, functions).columns
    take(read, frame)
    # Of all rows, so that messages number them as they are in the data.
    checked = rows.build(frame, functions, **{**roles, "predictors": {}})
    there = _of_all(stated, frame[seen], functions, {**roles, "labels": None})
    every = dataclasses.replace(there.rows.of(frame), labels=checked.labels)
    columns = dict(checked.data)
    for predictor in every.predictors.values():
        columns |= predictor.read(frame)
    if there._coding is not None:
        columns |= there._coding.columns(take(there._coding.reads, frame))
    columns |= {name: _spread(there.columns[name], seen) for name in answered}
    names = row_names(frame)
    whole = dataclasses.replace(
        there,
        y=_spread_array(there.y, seen),
        X=there.transform(frame)[0],
        obs_id=names,
        columns=_used(frame, columns, names),
        rows=every,
    )
    known = None if every.labels is None else every.labels.take(seen)
    return dataclasses.replace(
        there,
        obs_id=names[seen],
        columns=whole.columns[seen],
        rows=dataclasses.replace(there.rows, labels=known),
        with_missing=whole,
    )


def _spread(column: pd.Series[Any], seen: NDArray[np.bool_]) -> pd.Series[Any]:
    """Return a column of rows that were seen over all rows, missing elsewhere."""
    labels = isinstance(column.dtype, pd.CategoricalDtype)  # which may be truth values
    truth = not labels and pd.api.types.is_bool_dtype(column.dtype)
    values = column.astype(np.float64) if truth else column
    return values.set_axis(np.flatnonzero(seen), axis=0).reindex(np.arange(len(seen)))


def _spread_array(y: Array, seen: NDArray[np.bool_]) -> Array:
    found = np.full((len(seen), *y.shape[1:]), np.nan)
    found[seen] = y
    return found


def _used(
    frame: pd.DataFrame, columns: Mapping[str, pd.Series[Any]], obs_id: NDArray[Any]
) -> pd.DataFrame:
    """Return columns in the order of the frame."""
    names = [str(name) for name in frame.columns if str(name) in columns]
    return pd.DataFrame({name: columns[name] for name in names}).set_axis(pd.Index(obs_id), axis=0)


def _check_rows(frame: pd.DataFrame) -> None:
    if len(frame) < 2:
        raise InputError(
            f"The data have {'one row' if len(frame) else 'no rows'}; a mixture needs at least two."
        )


def _check_varies(name: str, y: Array, trials: Array | None = None) -> None:
    """Refuse a response that is the same in every row; of successes in trials, their share."""
    shares, of = (y, "") if trials is None else (y / trials, " of the trials")
    if np.ptp(shares) == 0:
        raise InputError(
            f"The response {name!r} is constant ({shares[0]:g}{of} in every row): there is nothing "
            "to fit."
        )


def _check_apart(response: frozenset[str], others: Rows) -> None:
    """Refuse an offset or weights of components that the response itself determines."""
    for name in sorted(response & others.explaining):
        raise InputError(
            f"{name!r} is the response, and an offset or another formula reads it too: what is "
            "to be explained cannot explain itself."
        )
