"""What a second model is made of, and how it reads the rows.

Each part is a log density by class, of parameters on the scale of their links, for data that are
centred and scaled as in any statement of stanmix, with its default priors.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.frames import listed, take
from stanmix.errors import InputError
from stanmix.model.prior_distributions import distribution
from stanmix.model.priors import Prior
from stanmix.posterior.auxiliary.classed import Classed

__all__ = ["CLASS", "Part", "columns_of", "frozen", "unused"]

Array = NDArray[np.float64]

CLASS = "class"  # what formulas call the class


class Part(Protocol):
    """A part of a second model."""

    @property
    def size(self) -> int:
        """Number of its parameters."""

    def log_terms(self, free: Array) -> Array:
        """Return the log density of each unit in each class, (B, U, K), of (B, P) parameters."""

    def log_prior(self, free: Array) -> Array:
        """Return the log prior density of parameters (B, P)."""


def frozen(prior: Prior) -> Any:
    """Return the distribution of a prior, which takes SciPy long to make."""
    return distribution(prior.code, prior.arguments())


def columns_of(rows: Classed, columns: Set[str]) -> pd.DataFrame:
    """Return columns of the rows, none of them with missing values.

    Raises
    ------
    InputError
        If there is no such column, or a value is missing.
    """
    try:
        return take(columns, rows.frame)
    except InputError as error:
        lacking = columns - {str(name) for name in rows.frame.columns}
        if not lacking or rows.frame is not rows.fit.design.columns:
            raise
        raise InputError(
            f"{error} Give a DataFrame with {listed(sorted(lacking))} and the columns that the "
            "mixture reads, as frame=."
        ) from error


def unused(name: str, frame: pd.DataFrame) -> str:
    """Return a name that no column has."""
    while name in frame.columns or name == CLASS:
        name += "_"
    return name
