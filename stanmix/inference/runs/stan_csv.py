"""CmdStan's output, read: the columns of a CSV file as variables of the program, row by row.

Read here and not through cmdstanpy: the same files then read alike under each of its versions, of
which 2.0 wants a configuration file beside them that older CmdStans do not write.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Table", "read"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """The rows of a file of draws or estimates.

    Attributes
    ----------
    names : tuple of str
        Of the columns, as Stan writes them: ``beta.2.1``, ``lp__``.
    rows : ndarray
        Shape (row, column).
    """

    names: tuple[str, ...]
    rows: Array

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def statistics(self) -> dict[str, Array]:
        """What the method says of each row, by names that end in ``__``; each of shape (row,)."""
        return {
            name: self.rows[:, place]
            for place, name in enumerate(self.names)
            if name.endswith("__")
        }

    @property
    def variables(self) -> dict[str, Array]:
        """The variables of the program, each of shape (row, ...)."""
        places: dict[str, list[int]] = {}
        for place, column in enumerate(self.names):
            if not column.endswith("__"):
                places.setdefault(column.partition(".")[0], []).append(place)
        return {name: self._variable(columns) for name, columns in places.items()}

    def _variable(self, columns: list[int]) -> Array:
        # The first index runs fastest, so that the last column has the sizes.
        last = self.names[columns[-1]].split(".")[1:]
        shape = tuple(int(size) for size in last)
        return self.rows[:, columns].reshape((len(self), *shape), order="F")


def read(path: Path) -> Table:
    """Read a file that CmdStan wrote.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it has no rows, or its rows are no numbers or not one for each column.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = _uncommented(file)
        names = next(lines, "").strip().split(",")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of no rows, which is an error here
            rows = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    if not rows.size:
        raise ValueError("it holds no draws")
    if rows.shape[1] != len(names):
        raise ValueError(f"it names {len(names)} columns and has {rows.shape[1]}")
    return Table(tuple(names), rows)


def _uncommented(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if not line.startswith("#") and line.strip())
