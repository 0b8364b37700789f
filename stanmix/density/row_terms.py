"""What the density of a row takes beside its response, where that is more than covariates."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from stanmix.data.rows import Rows
from stanmix.model.families import Family, family
from stanmix.model.specification import Specification

__all__ = ["Covariates", "RowTerms", "of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RowTerms:
    """Covariates, offset, frequencies, groups and gating of rows; taken apart like an array.

    Attributes
    ----------
    y : ndarray of shape (N,)
        Responses. The rows of a group are judged together, so those that are not asked for are
        kept as well.
    X : ndarray of shape (N, P) or None
        None where there is ``mu``.
    rows : Rows
        Of the N rows.
    log_link : bool
        Whether the linear predictor is the log of the mean.
    at : ndarray of int, shape (M,)
        The rows that are asked for.
    """

    y: Array
    X: Array | None
    rows: Rows
    log_link: bool
    at: NDArray[np.intp]

    def __getitem__(self, rows: Any) -> RowTerms:
        return dataclasses.replace(self, at=self.at[rows])

    @property
    def group(self) -> NDArray[np.intp] | None:
        """Number of the group (M,) of each row asked for; None without groups."""
        return None if self.rows.group is None else self.rows.group[self.at]

    @property
    def rows_read(self) -> int:
        """How many rows the densities of those asked for are made of: all of their groups."""
        if self.rows.group is None or self.group is None:
            return len(self.at)
        return int(np.isin(self.rows.group, self.group).sum())

    @property
    def counts(self) -> Array:
        """How often a row's (M,) mixture density counts; that of a group at its first row."""
        if self.group is not None:
            first = np.zeros(len(self.at))
            first[np.unique(self.group, return_index=True)[1]] = 1.0
            return first
        weights = self.rows.weights
        return np.ones(len(self.at)) if weights is None else weights[self.at]

    def location(self, parameters: Mapping[str, Array]) -> Array:
        """Return the mean of each component at each row, (S, M, K) or (S, 1, K)."""
        return self._location(parameters, self.at)

    def log_weights(self, parameters: Mapping[str, Array]) -> Array:
        """Return the log weights of the components, (S, M, K) or (S, 1, K)."""
        if self.rows.Z is None:
            with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
                return np.asarray(np.log(parameters["theta"])[:, None, :])
        logits = np.einsum("nq,skq->snk", self.rows.Z[self.at], parameters["gamma"])
        return np.asarray(log_softmax(logits, axis=-1))

    def log_density(
        self, family: Family, parameters: Mapping[str, Array], y: Array, scale: Array
    ) -> Array:
        """Return the log density of each row, or of its whole group, by component (S, M, K)."""
        if self.rows.group is None or self.group is None:
            return family.log_density(y[None, :, None], self.location(parameters), scale)
        groups, place = np.unique(self.group, return_inverse=True)
        rows = np.flatnonzero(np.isin(self.rows.group, groups))
        centre = self._location(parameters, rows)
        of_rows = family.log_density(self.y[rows][None, :, None], centre, scale)
        if self.rows.weights is not None:
            weights = self.rows.weights[rows][None, :, None]
            # A row of weight zero counts for nothing, even where it is impossible.
            of_rows = weights * np.where(weights > 0, of_rows, 0.0)
        total = np.zeros((len(groups), of_rows.shape[0], of_rows.shape[2]))
        np.add.at(total, np.searchsorted(groups, self.rows.group[rows]), of_rows.swapaxes(0, 1))
        return np.asarray(total[place].swapaxes(0, 1))

    def _location(self, parameters: Mapping[str, Array], rows: NDArray[np.intp]) -> Array:
        offset = self.rows.offset
        shift = 0.0 if offset is None else offset[rows][None, :, None]
        if self.X is None:
            mu = parameters["mu"][:, None, :]
            return np.asarray(mu * np.exp(shift) if self.log_link else mu + shift)
        linear = np.einsum("np,skp->snk", self.X[rows], parameters["beta"]) + shift
        with np.errstate(over="ignore"):  # a mean beyond all bounds has a density of zero
            return np.asarray(np.exp(linear) if self.log_link else linear)


Covariates: TypeAlias = Array | RowTerms | None


def of(model: Specification, y: Array, X: Array, rows: Rows) -> Covariates:
    """Return what the density of rows takes, as plainly as the mixture allows.

    Parameters
    ----------
    model : Specification
    y : ndarray of shape (N,)
    X : ndarray of shape (N, P)
    rows : Rows
        Of these rows.

    Returns
    -------
    ndarray of shape (N, P), RowTerms or None
        None for a mixture of means whose rows have nothing more.
    """
    mine, log_link = X if model.regression else None, family(model.family).positive
    beyond = model.gated or model.offset or model.weights or model.group
    if not beyond and not (log_link and model.regression):
        return mine
    return RowTerms(y, mine, rows, log_link, np.arange(len(y)))
