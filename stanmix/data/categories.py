"""A response that is one of some categories: which these are, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.column_types import as_labels, as_numbers
from stanmix.data.frames import listed
from stanmix.errors import InputError

__all__ = ["levels", "numbers", "plain"]

EXACT = 2.0**53  # whole numbers from here on are not told apart
MOST = 1000  # beyond, a column holds names or measurements


def plain(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return a column as labels, among which truth values are, or as whole numbers."""
    values = as_numbers(column, name)
    if values is None:
        return as_labels(column, name)
    whole = (values == np.floor(values)) & (np.abs(values) < EXACT)
    if not whole.all():
        wrong = int(np.flatnonzero(~whole)[0])
        raise InputError(
            f"The response {name!r} is one of some categories, but is {values[wrong]:g} in row "
            f"{wrong} (counted from 0); give whole numbers below 2^53 or labels, or choose a "
            "family of numbers."
        )
    return pd.Series(values.astype(np.int64))


def levels(name: str, frame: pd.DataFrame, kind: str) -> tuple[Any, ...]:
    """Return the categories of a response, the first of which has number 1.

    Parameters
    ----------
    name : str
        The left-hand side of the formula.
    frame : DataFrame
        The columns that it reads.
    kind : {"any", "ordered"}

    Returns
    -------
    tuple
        Those of a categorical column in their order; others in ascending order.

    Raises
    ------
    InputError
        If the response is no column, has one category or too many, or one that no row has; or if
        ordered categories have no order: text, or whole numbers with gaps between them.
    """
    if name not in frame.columns:
        raise InputError(
            f"The response {name!r} is one of some categories, of which nothing can be computed: "
            "name a column of the data."
        )
    stated = frame[name]
    if isinstance(stated.dtype, pd.CategoricalDtype):
        used = stated.cat.remove_unused_categories().cat.categories
        unused = [str(one) for one in stated.cat.categories if one not in used]
        if unused:
            raise InputError(
                f"The response {name!r} has no row of {listed(unused)}, of which the data say "
                f"nothing; leave them out by frame[{name!r}].cat.remove_unused_categories()."
            )
    column = plain(stated, name)
    labelled = isinstance(column.dtype, pd.CategoricalDtype)
    found = column.cat.categories.tolist() if labelled else np.unique(column.to_numpy()).tolist()
    if kind == "ordered" and not labelled and len(found) != 1 + int(found[-1]) - int(found[0]):
        missing = next(n for n in range(found[0], found[-1]) if n not in found)
        raise InputError(
            f"The response {name!r} runs from {found[0]} to {found[-1]}, but no row has {missing}: "
            "the levels of ordered categories follow one another. Where that is none of them, say "
            "which there are by pandas.Categorical(values, ordered=True)."
        )
    if not 2 <= len(found) <= MOST:
        raise InputError(
            f"The response {name!r} has {len(found)} "
            + ("category" if len(found) == 1 else "categories")
            + f", where there must be 2 to {MOST}: there is nothing to fit, or the column holds no "
            "categories."
        )
    if kind == "ordered" and len(found) == 2:
        raise InputError(
            f"The response {name!r} has two categories, {found[0]!r} and {found[1]!r}, between "
            'which there is one cutpoint; use family="bernoulli" with 1 for the upper, as in '
            f"frame[{name!r}] = (frame[{name!r}] == {found[1]!r}).astype(int)."
        )
    if kind == "ordered" and labelled and not column.cat.ordered:
        raise InputError(
            f"The response {name!r} holds labels that have no order; state it, the lowest first, "
            f"by frame[{name!r}] = pandas.Categorical(frame[{name!r}], "
            f"categories=[{', '.join(map(repr, found[:9]))}{', ...' if len(found) > 9 else ''}], "
            'ordered=True), give whole numbers, or use family="categorical".'
        )
    return tuple(found)


def numbers(column: pd.Series[Any], known: Sequence[Any], name: str) -> NDArray[np.float64]:
    """Return the numbers, from 1, of the categories of rows.

    Parameters
    ----------
    column : Series
        As from `plain`.
    known : sequence
        The categories.
    name : str
        Of the response.

    Raises
    ------
    InputError
        If a row has another.
    """
    places = {level: place for place, level in enumerate(known, start=1)}
    found = column.map(places).astype(np.float64).to_numpy()
    if np.isnan(found).any():
        row = int(np.flatnonzero(np.isnan(found))[0])
        raise InputError(
            f"The response {name!r} is {str(column.iloc[row])!r} in row {row} (counted from 0), "
            f"which is none of its categories: {listed([str(one) for one in known])}."
        )
    return np.asarray(found)
