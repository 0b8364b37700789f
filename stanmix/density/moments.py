"""Means and variances of components, at what rows are on average."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stanmix.data.rows import WEIGHTS
from stanmix.density.row_terms import RowTerms
from stanmix.model.moments import moment

__all__ = ["by_row", "of_components"]

Array = NDArray[np.float64]


def by_row(terms: RowTerms) -> bool:
    """Return whether the distribution of a component depends on the row."""
    beside = terms.offset is not None or terms.trials is not None
    return beside or any(of != WEIGHTS for of in terms.matrices)


def of_components(parameters: Mapping[str, Array], terms: RowTerms, which: str) -> Array:
    """Return the mean or the variance of each component, in units of the response.

    Parameters
    ----------
    parameters : mapping
        S draws, as `stanmix.density.log_joint.log_joint`.
    terms : RowTerms
        Of the data.
    which : {"mean", "variance"}

    Returns
    -------
    ndarray of shape (S, K)
        Where they depend on the row: of a row with the average of each column of covariates, of the
        offset and of the trials. What is too large for a number is the largest one.
    """
    found = _average(terms).by_component(
        parameters, lambda family, values: moment(family, which, values)
    )
    return np.asarray(np.nan_to_num(found[:, 0], nan=np.nan))


def _average(terms: RowTerms) -> RowTerms:
    """Return one row, the average of all, each of which counts as often as its weight says."""

    def mean(values: Array | None) -> Array | None:
        return None if values is None else np.average(values, axis=0, weights=terms.frequency)[None]

    matrices = {
        of: np.average(matrix, axis=0, weights=terms.frequency)[None]
        for of, matrix in terms.matrices.items()
        if of != WEIGHTS
    }
    return dataclasses.replace(
        terms,
        y=np.full((1, *terms.dimensions), np.nan),
        matrices=matrices,
        offset=mean(terms.offset),
        trials=mean(terms.trials),
        frequency=None,
        groups=None,
        at=...,
    )
