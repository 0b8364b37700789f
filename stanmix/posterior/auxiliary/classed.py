"""The rows of a second model, and what draws of the mixture say of their classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.frames import row_names, to_frame
from stanmix.density import blocks
from stanmix.density.classification import check_possible, first_rows
from stanmix.density.log_joint import largest
from stanmix.density.row_terms import RowTerms
from stanmix.posterior.posterior import Posterior

__all__ = ["Classed", "classed"]

Array = NDArray[np.float64]

SOME = 50  # draws whose average is where the search for modes begins


@dataclass(frozen=True)
class Classed:
    """Rows whose classes a mixture tells.

    Attributes
    ----------
    fit : Posterior
    frame : DataFrame of N rows
        With what the second model reads.
    terms : RowTerms
        The same rows, as the mixture reads them.
    unit : ndarray of int, shape (N,)
        Which unit a row belongs to: a unit has one class. Without groups, each row is one.
    first : ndarray of int, shape (U,)
        The first row of each unit.
    """

    fit: Posterior
    frame: pd.DataFrame
    terms: RowTerms
    unit: NDArray[np.intp]
    first: NDArray[np.intp]

    @property
    def names(self) -> NDArray[Any]:
        """Names of the classes, (K,)."""
        return self.fit.component_names

    @property
    def times(self) -> Array:
        """How often a row (N,) counts within its unit, which counts `counts` times."""
        frequency = self.terms.frequency
        if self.terms.group is None or frequency is None:
            return np.ones(len(self.terms))
        return np.asarray(frequency[self.terms.at])

    @property
    def counts(self) -> Array:
        """How often a unit (U,) counts."""
        return self.terms.counts[self.first]

    def log_classes(self, draws: int, weighted: bool) -> Iterator[tuple[int, Array]]:
        """Yield draws of the mixture, evenly taken, and what each says of the classes of units.

        Parameters
        ----------
        draws : int
        weighted : bool
            Whether the weights of the components count. If not, only what the response of the
            mixture says, and known classes.

        Yields
        ------
        number : int
            Of the draw of the mixture.
        log_classes : ndarray of shape (U, K)
            Log probabilities of the classes, up to a constant for each unit; the largest is 0.
        """
        parameters = self.fit.draws()
        chosen = np.unique(np.linspace(0, len(parameters["theta"]) - 1, draws).astype(int))
        once = self.terms[self.first]
        K = parameters["theta"].shape[1]
        for part in blocks.blocks(len(chosen), once.rows_read, K * once.columns):
            here = {name: values[chosen[part]] for name, values in parameters.items()}
            found = np.asarray(once.log_density(here))
            if weighted:
                found = found + once.log_weights(here)
            elif once.labels is not None:
                known = once.labels[once.at][:, None]
                found = np.where((known == 0) | (known == np.arange(1, K + 1)), found, -np.inf)
            check_possible(found)
            yield from zip(chosen[part].tolist(), found - largest(found)[..., None], strict=True)

    def mean_classes(self, weighted: bool) -> Array:
        """Return the probabilities of the classes of units, (U, K), over some draws."""
        total = np.zeros((len(self.first), len(self.names)))
        for _, log_classes in self.log_classes(SOME, weighted):
            p = np.exp(log_classes)
            total += p / p.sum(axis=1, keepdims=True)
        return np.asarray(total / total.sum(axis=1, keepdims=True))


def classed(fit: Posterior, frame: Any) -> Classed:
    """Return the rows that a second model is of.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame or None
        With the columns of the mixture and of the second model; None for the columns that the
        mixture read. Where it holds the data of the fit, known classes count, and rows whose
        response is missing are left out as they were there.
    """
    if frame is None:
        return _with_units(fit, fit.design.columns, fit.rows()[0])
    given = to_frame(frame)
    seen = _observed(fit, given)
    if seen is None:
        return _with_units(fit, given, fit.rows(given)[0])
    return _with_units(fit, given[seen], fit.rows()[0])


def _with_units(fit: Posterior, frame: pd.DataFrame, terms: RowTerms) -> Classed:
    if terms.group is None:
        every = np.arange(len(terms))
        return Classed(fit, frame, terms, every, every)
    unit = np.unique(terms.group, return_inverse=True)[1]
    return Classed(fit, frame, terms, unit, first_rows(terms))


def _observed(fit: Posterior, frame: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Return which rows of a frame are those of the fit; None if it holds other data."""
    every, names = fit.design.all_rows, {str(name): name for name in frame.columns}
    if len(frame) != len(every.obs_id) or not np.array_equal(row_names(frame), every.obs_id):
        return None
    for name, column in every.columns.items():
        given = frame.get(names.get(str(name)))
        if not isinstance(given, pd.Series):
            return None
        lacking, lacks = given.isna().to_numpy(), column.isna().to_numpy()
        if not np.array_equal(lacking, lacks):
            return None
        there = given.to_numpy(dtype=object)[~lacking] == column.to_numpy(dtype=object)[~lacks]
        if not np.all(there):
            return None
    return np.isin(every.obs_id, fit.design.obs_id)
