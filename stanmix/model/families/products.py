"""Families of several columns that are independent of one another within a component."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from stanmix.model.families.entry import Array, Family, Values

__all__ = ["FILLING", "filled", "independent"]

# What stands for a missing number where any will do that a family takes: of whole numbers, and of
# others.
FILLING = {True: 1.0, False: 0.5}


@functools.cache
def independent(column: Family) -> Family:
    """Return the family of vectors whose columns are independent, each of one family.

    Each column has parameters of its own. A column that is not a number is missing, and says
    nothing: the density is that of the others.
    """

    def log_density(y: Array, values: Values) -> Array:
        missing = np.isnan(y)
        if not missing.any():
            return np.asarray(column.log_density(y, values).sum(axis=-1))
        of_each = column.log_density(filled(y, column), values)
        return np.asarray(np.where(missing, 0.0, of_each).sum(axis=-1))

    return dataclasses.replace(
        column,
        adjective=f"independent {column.adjective}",
        plural=f"independent {column.plural}",
        log_density=log_density,
        multivariate=True,
        tails=None,
        of_columns=_of_columns,
        column=column,
        _by_name={},
    )


def _of_columns(values: Values, at: Sequence[int]) -> dict[str, Array]:
    return {name: each[..., list(at)] for name, each in values.items()}


def filled(y: Array, family: Family) -> Array:
    """Return responses with something that the family takes in place of those that are missing."""
    return np.where(np.isnan(y), FILLING[family.response.integer], y)
