"""Rows that are equal in all that the likelihood reads, counted once with their number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.model.specification import Specification

__all__ = ["distinct_rows"]

NUMBER = "the number of equal rows"  # what the column of frequencies is called


def distinct_rows(model: Specification, design: Design) -> tuple[Specification, Design]:
    """Return a mixture and its data with equal rows counted once, where that halves them.

    The likelihood, and with it the posterior, is the same.

    Parameters
    ----------
    model : Specification
    design : Design
        Of N rows.

    Returns
    -------
    model : Specification
        With frequencies of rows; the same, where fewer rows are equal or rows have groups.
    design : Design
        Of at most N / 2 rows, the first of each kind; weights of equal rows are added.
    """
    rows, N = design.rows, len(design.y)
    if rows.group is not None or 2 * len(pd.unique(design.y.reshape(N, -1)[:, 0])) > N:
        return model, design
    kind = _kinds(design)
    count = int(kind.max()) + 1
    if 2 * count > N:
        return model, design
    weights = np.ones(N) if rows.weights is None else rows.weights
    first = np.full(count, N)
    np.minimum.at(first, kind, np.arange(N))
    fewer = design.take(first)
    counted = np.bincount(kind, weights, count).astype(float)
    fewer = dataclasses.replace(fewer, rows=dataclasses.replace(fewer.rows, weights=counted))
    return dataclasses.replace(model, weights=model.weights or NUMBER), fewer


def _kinds(design: Design) -> NDArray[np.intp]:
    """Return a number for each row (N,), which equal rows have in common."""
    rows, N = design.rows, len(design.y)
    read = [design.y, design.X, *(one.matrix for one in rows.predictors.values())]
    read += [
        values for values in _arrays(dataclasses.replace(rows, weights=None)) if len(values) == N
    ]
    columns = np.column_stack([one.reshape(N, -1) for one in read])
    varying = columns[:, (columns != columns[0]).any(axis=0)]
    if not varying.shape[1]:
        return np.zeros(N, dtype=np.intp)
    by = pd.DataFrame(varying).groupby(list(range(varying.shape[1])), sort=False, dropna=False)
    return np.asarray(by.ngroup(), dtype=np.intp)


def _arrays(of: Any) -> Iterator[NDArray[Any]]:
    """Yield the arrays that a value holds, and those of the values within it."""
    for each in dataclasses.fields(of):
        value = getattr(of, each.name)
        if isinstance(value, np.ndarray):
            yield value
        elif dataclasses.is_dataclass(value):
            yield from _arrays(value)
