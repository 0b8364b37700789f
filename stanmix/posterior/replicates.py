"""Data that a fit would have made, one after another, to hold the data against."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stanmix.density.prediction import responses
from stanmix.errors import InputError
from stanmix.posterior.posterior import Posterior
from stanmix.streams import Stream, generator

__all__ = ["MOST_VALUES", "check_columns", "counts_of", "few_values", "replicates"]

Array = NDArray[np.float64]

MOST_VALUES = 12  # of a column whose values are counted one by one


def replicates(fit: Posterior, draws: int, seed: int | None) -> Iterator[Array]:
    """Yield data of the size of the fit's, each made at a draw of the parameters, evenly taken.

    Where there are fewer draws than replicates, several are made at each.

    Yields
    ------
    ndarray of shape (N, D)
        Not a number where the data lack a cell.
    """
    parameters, terms = fit.thinned(draws), fit.rows()[0]
    seeds = generator(fit.seed if seed is None else seed, Stream.REPLICATES).integers(
        2**32, size=draws
    )
    lacking, at = np.isnan(terms.responses), len(parameters["theta"])
    for s, own in zip(np.arange(draws) * at // draws, seeds, strict=True):
        one = {name: values[s : s + 1] for name, values in parameters.items()}
        yield np.where(lacking, np.nan, responses(one, terms, int(own))[0])


def check_columns(fit: Posterior, what: str) -> None:
    """Refuse a response of one column.

    Raises
    ------
    InputError
    """
    if not fit.design.dimensions:
        raise InputError(f"{what}: the response has one column, and no others to go with it.")


def few_values(fit: Posterior) -> NDArray[np.bool_]:
    """Return which columns (D,) of the response hold few different values, of a countable kind."""
    kinds = [fit.family.kind_of(place) for place in range(fit.design.y.shape[1])]
    found = [
        (kind.integer or bool(kind.categories))
        and len(np.unique(column[~np.isnan(column)])) <= MOST_VALUES
        for kind, column in zip(kinds, fit.design.y.T, strict=True)
    ]
    return np.array(found, dtype=bool)


def counts_of(fit: Posterior) -> Array:
    """Return how often each row (N,) counts."""
    weights = fit.design.rows.weights
    return np.ones(len(fit.design.y)) if weights is None else weights
