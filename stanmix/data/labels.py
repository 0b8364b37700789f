"""The classes of rows, where they are known: numbers of components, or names of theirs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.column_types import as_labels, as_numbers
from stanmix.errors import InputError

__all__ = ["Labels", "read"]


@dataclass(frozen=True)
class Labels:
    """The known classes of some rows.

    Attributes
    ----------
    numbers : ndarray of int, shape (N,)
        Component of each row, from 1; 0 where it is not known.
    names : tuple of str
        Of the components, from the first on; empty where the labels are their numbers.
    """

    numbers: NDArray[np.intp]
    names: tuple[str, ...] = ()

    def take(self, rows: NDArray[Any]) -> Labels:
        """Return those of some rows."""
        return dataclasses.replace(self, numbers=self.numbers[rows])

    def within(self, group: NDArray[np.intp], name: str, groups: pd.Series[Any]) -> Labels:
        """Return labels of which each holds for all rows of its group.

        Parameters
        ----------
        group : ndarray of int, shape (N,)
            Numbers of the groups, from 0.
        name : str
            Column of the groups, for messages.
        groups : Series of N values
            What that column holds.

        Raises
        ------
        InputError
            If rows of a group have different labels.
        """
        known = self.numbers > 0
        found = np.zeros(group.max() + 1, dtype=np.intp)
        found[group[known]] = self.numbers[known]
        wrong = np.flatnonzero(known & (found[group] != self.numbers))
        if len(wrong):
            row = int(wrong[0])
            both = (self.text(self.numbers[row]), self.text(found[group[row]]))
            raise InputError(
                f"labels: the rows of group {groups.iloc[row]} of {name!r} have the labels "
                f"{both[0]} and {both[1]}, but the rows of a group share one class; correct the "
                "labels, or leave group= out."
            )
        return dataclasses.replace(self, numbers=found[group])

    def text(self, number: int) -> str:
        """Return what a message calls the label of a component."""
        return repr(self.names[number - 1]) if self.names else str(number)

    def of_components(self, components: int) -> NDArray[Any]:
        """Return the coordinate of K components: their names, or their numbers from 1.

        The component of which no row has the label is called ``"unlabelled"``.
        """
        if not self.names:
            return np.arange(1, components + 1)
        rest = "unlabelled"
        while rest in self.names:
            rest += "_"
        return np.array([*self.names, *[rest] * (components - len(self.names))], dtype=str)


def read(name: str, column: pd.Series[Any]) -> tuple[Labels, pd.Series[Any]]:
    """Return the labels that a column holds, and the column as numbers or categories.

    Parameters
    ----------
    name : str
        Of the column.
    column : Series of N values
        Numbers of components, which count from 1; or names, of which the first belongs to the first
        component: categories in their order, other names in ascending order. Missing where the
        class is not known.

    Raises
    ------
    InputError
        If no row has a label, or a number is none of a component.
    """
    known = column.notna().to_numpy()
    there = column[known].reset_index(drop=True)
    if not known.any():
        raise InputError(
            f"labels={name!r}: the class of no row is known (all values are missing); remove it."
        )
    values = as_numbers(there, name)
    numbers = np.zeros(len(column), dtype=np.intp)
    if values is None:
        made = as_labels(there, name)
        numbers[known] = made.cat.codes.to_numpy() + 1
        codes = pd.Categorical.from_codes(numbers - 1, dtype=made.dtype)
        return Labels(numbers, tuple(map(str, made.cat.categories))), pd.Series(codes)
    wrong = np.flatnonzero((values < 1) | (values != np.floor(values)) | (values > 2**31))
    if len(wrong):
        raise InputError(
            f"labels={name!r}: numbers are those of components, 1, 2, ..., but row "
            f"{np.flatnonzero(known)[wrong[0]]} (counted from 0) has {values[wrong[0]]:g}; count "
            'from 1, or make them names by .astype("category").'
        )
    numbers[known] = values.astype(np.intp)
    whole = np.full(len(column), np.nan)
    whole[known] = values
    return Labels(numbers, ()), pd.Series(whole)
