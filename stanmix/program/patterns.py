"""The text of a likelihood of vectors of which rows may lack some columns.

Rows that have the same columns are of one pattern, whose covariance is factored once a component.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data import missing_cells
from stanmix.model.families import StanDensity
from stanmix.model.families.entry import Columns
from stanmix.program.density_arguments import density_arguments

__all__ = [
    "arguments",
    "definitions",
    "factored",
    "named_in",
    "observed",
    "of_data",
    "passed",
    "signature",
    "template",
]

_NAMES = {"observed": "array[,] int", "rows_of": "array[] int", "by_pattern": "array[] int"}
Named = Callable[[str], str]  # what a program calls something of the vector


def named_in(columns: Columns | None) -> Named:
    """Return what a program calls things of a block; None: of a response that is one vector."""
    return (lambda name: name) if columns is None else columns.named


def passed(columns: Columns | None) -> list[str]:
    """Return what the function is given of patterns."""
    return [named_in(columns)(name) for name in _NAMES]


def signature(columns: Columns | None) -> list[str]:
    """Return how the function declares it."""
    return [f"{kind} {named_in(columns)(name)}" for name, kind in _NAMES.items()]


def definitions(stan: StanDensity) -> list[str]:
    """Return the files of functions that the likelihood calls."""
    return ["patterns.stan"] + ["marginal_cholesky.stan"] * _is_matrix(stan)


def template(columns: Columns | None, stan: StanDensity) -> dict[str, Any]:
    """Return what the template says of a loop over patterns."""
    return {
        **{name: named_in(columns)(name) for name in _NAMES},
        "lines": factored(stan),
    }


def factored(stan: StanDensity) -> list[str]:
    """Return the line that computes once a pattern what the density of its rows takes."""
    if not _is_matrix(stan):
        return []
    return [f"matrix[size(there), size(there)] L = marginal_cholesky({_held(stan)}, there);"]


def arguments(stan: StanDensity, values: dict[str, str], by_column: Collection[str]) -> list[str]:
    """Return the arguments of the density of the columns that a pattern has.

    Parameters
    ----------
    stan : StanDensity
    values : dict of str to str
        What the function calls the parameters of a component.
    by_column : collection of str
        Those of which each column has its own.
    """
    of_some = {
        name: f"{value}[there]" if name in by_column else re.sub(r"\bD(_\w+)?\)", "size(there))",
                                                                 value)
        for name, value in values.items()
    }  # fmt: skip
    found = density_arguments(stan, of_some)
    if stan.height:
        found.append("L" if _is_matrix(stan) else f"{_held(stan)}[there]")
    return found


def of_data(y: NDArray[np.float64]) -> dict[str, Any]:
    """Return the patterns of rows (N, D), not a number where a row lacks a column.

    Returns
    -------
    dict
        ``patterns``, how many there are, of rows that have something; ``observed``, the columns of
        each; ``rows_of``, how many rows are of each; and ``by_pattern``, the numbers of these from
        1, those of a pattern after those of another.
    """
    found = missing_cells.patterns(y)
    return {
        "patterns": len(found),
        "observed": np.array([np.isin(np.arange(y.shape[1]), at) for at, _ in found]).astype(int),
        "rows_of": np.array([len(rows) for _, rows in found]),
        "by_pattern": np.concatenate([rows for _, rows in found]) + 1,
    }


def observed(data: Mapping[str, Any], suffix: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which columns (N, D) rows have, of the data of a program."""
    stated = np.asarray(data.get(f"observed{suffix}", 1), dtype=bool)
    if f"by_pattern{suffix}" not in data:
        return np.broadcast_to(stated if stated.ndim == 2 else stated.reshape(-1, 1), shape)
    found = np.zeros(shape, dtype=bool)
    rows = np.asarray(data[f"by_pattern{suffix}"]) - 1
    found[rows] = np.repeat(stated, data[f"rows_of{suffix}"], axis=0)
    return found


def _is_matrix(stan: StanDensity) -> bool:
    return bool(stan.height) and stan.held.startswith("matrix")


def _held(stan: StanDensity) -> str:
    return stan.held.split()[-1]
