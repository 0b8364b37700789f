"""What a second model is made of, and how it reads the rows.

Each part is a log density by class, of parameters on the scale of their links, for data that are
centred and scaled as in any statement of stanmix, with its default priors.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.frames import listed, take
from stanmix.errors import InputError
from stanmix.model.prior_distributions import distribution
from stanmix.model.priors import Prior
from stanmix.posterior.auxiliary.classed import Classed

__all__ = ["CLASS", "Part", "Priors", "columns_of", "unused"]

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


@dataclass(frozen=True)
class Priors:
    """The priors of several numbers, as distributions of SciPy, which take long to make.

    Attributes
    ----------
    kinds : tuple of (ndarray, distribution)
        Which numbers have a kind of distribution, and these together.
    """

    kinds: tuple[tuple[NDArray[np.intp], Any], ...]

    @classmethod
    def of(cls, priors: Sequence[Prior]) -> Priors:
        """Return those of numbers in their order."""
        codes = np.array([prior.code for prior in priors])
        arguments = np.array([prior.arguments() for prior in priors])
        places = {int(code): np.flatnonzero(codes == code) for code in np.unique(codes)}
        return cls(tuple((at, distribution(code, arguments[at].T)) for code, at in places.items()))

    def log_density(self, values: Array) -> Array:
        """Return the log density of numbers (..., P), summed over them."""
        each = [kind.logpdf(values[..., at]).sum(axis=-1) for at, kind in self.kinds]
        return np.asarray(np.sum(each, axis=0))


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
