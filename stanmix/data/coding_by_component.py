"""A formula for each component, as columns of one matrix of which a component has some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data import coding
from stanmix.data.coding import Coding
from stanmix.data.formulas import Formula
from stanmix.data.frames import check_rank
from stanmix.errors import InputError

__all__ = ["AnyCoding", "CodingByComponent", "check_ranks", "code"]

Array = NDArray[np.float64]
Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class CodingByComponent:
    """How the terms of several formulas become the columns of one matrix.

    Columns of one name are one column: a name says how a term is coded, so that each component has
    the columns that its formula would have by itself.

    Attributes
    ----------
    codings : tuple of Coding
        Of each component.
    """

    codings: tuple[Coding, ...]

    @property
    def _terms(self) -> dict[str, str]:
        """The terms of columns, by their names; in the order in which they are first met."""
        found: dict[str, str] = {}
        for one in self.codings:
            found = dict(zip(one.names, one.terms, strict=True)) | found
        first = dict.fromkeys(name for one in self.codings for name in one.names)
        return {name: found[name] for name in first}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._terms)

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms that the columns belong to."""
        return tuple(self._terms.values())

    @property
    def reads(self) -> frozenset[str]:
        """Names of the columns of the data that are read."""
        return frozenset().union(*(one.reads for one in self.codings))

    @property
    def having(self) -> NDArray[np.bool_]:
        """Which components have which columns, (K, P)."""
        return np.array([[name in one.names for name in self.names] for one in self.codings])

    def columns(self, frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Return the columns that are read; see `Coding.columns`."""
        return {name: column for one in self.codings for name, column in one.columns(frame).items()}

    def __call__(self, frame: pd.DataFrame) -> Array:
        """Return the matrix (M, P) of other rows; see `Coding`."""
        return self._joined([one(frame) for one in self.codings])

    def _joined(self, matrices: Sequence[Array]) -> Array:
        by_name = {
            name: column
            for one, matrix in zip(self.codings, matrices, strict=True)
            for name, column in zip(one.names, matrix.T, strict=True)
        }
        return np.column_stack([by_name[name] for name in self.names])


AnyCoding = Coding | CodingByComponent


def code(
    formulas: Sequence[Formula], frame: pd.DataFrame, functions: Functions
) -> tuple[Array, AnyCoding, dict[str, pd.Series[Any]]]:
    """Return the matrix of one formula, or of one for each component, and how it is made.

    Parameters, result and errors are as those of `stanmix.data.coding.code`.
    """
    if len(formulas) == 1:
        return coding.code(formulas[0], frame, functions)
    found = [coding.code(one, frame, functions) for one in formulas]
    coded = CodingByComponent(tuple(one for _, one, _ in found))
    columns = {name: column for _, _, own in found for name, column in own.items()}
    return coded._joined([X for X, _, _ in found]), coded, columns


def check_ranks(X: Array, coded: AnyCoding) -> None:
    """Refuse columns (N, P) that others determine: of a component, or of all together.

    Raises
    ------
    InputError
        As `stanmix.data.frames.check_rank`.
    """
    if coded.having is not None:
        for own in np.unique(coded.having, axis=0):
            check_rank(
                X[:, own], [name for name, there in zip(coded.names, own, strict=True) if there]
            )
    try:
        check_rank(X, coded.names)
    except InputError as error:
        if coded.having is None:
            raise
        raise InputError(
            f"The formulas of the components, taken together: {error} Write what they have in "
            'common in the same way in each, as a factor beside an intercept ("y ~ g" and "y ~ 1").'
        ) from error
