"""Whether the classes explain what two columns of a response have to do with one another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.posterior.posterior import Posterior
from stanmix.posterior.replicates import check_columns, counts_of, few_values, replicates

__all__ = ["bivariate_residuals"]

Array = NDArray[np.float64]


def bivariate_residuals(fit: Posterior, draws: int = 200, seed: int | None = None) -> pd.DataFrame:
    """Return how far each pair of columns is from what the mixture expects of it.

    The data are held against replicates, data that the mixture would have made, each at a draw of
    the parameters. Of two columns with few different values, it is Pearson's X-squared of what
    their table has beyond its margins, against the mean of the replicates; of others, the squared
    distance of their correlation from that, summed over the categories of a column of them, each
    of which is 0 or 1 in a row. Either in units of what replicates have on average, so
    that it is about 1 or less where the mixture holds.

    Parameters
    ----------
    fit : Posterior
    draws : int
        Replicates, two or more, from as many draws of the fit if it has them.
    seed : int, optional
        Default the fit's.

    Returns
    -------
    DataFrame
        By ``first`` and ``second`` column, the largest residual first: ``correlation``, that of the
        data, not a number where categories have no order; ``expected``, the mean of the
        replicates'; ``residual``; and ``p``, the part of the
        replicates whose residual is as large (a posterior predictive p-value, which lies nearer to
        0.5 than a uniform one, since the same data made the draws). Rows that lack one of two
        columns do not count for the pair.

    Raises
    ------
    InputError
        If the response has one column.

    References
    ----------
    Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807. Vermunt & Magidson (2005), Technical
    Guide for Latent GOLD (bivariate residuals).
    """
    check_columns(fit, "bivariate_residuals")
    y, weights, few = fit.design.y, counts_of(fit), few_values(fit)
    pairs = [*itertools.combinations(range(y.shape[1]), 2)]
    levels = [np.unique(column[~np.isnan(column)]) for column in y.T]
    unordered = [fit.family.kind_of(d).categories == "any" for d in range(y.shape[1])]
    made = [*replicates(fit, draws, seed)]
    rows = []
    for a, b in pairs:
        both = [each[:, [a, b]] for each in (y, *made)]
        of_each = [levels[d] if unordered[d] else None for d in (a, b)]
        every = np.array([_correlations(each, of_each, weights) for each in both])
        r = np.full(len(both), np.nan) if any(unordered[d] for d in (a, b)) else every[:, 0]
        if few[a] and few[b]:
            tables = np.array([_table(each, levels[a], levels[b], weights) for each in both])
            apart = _x_squared(tables)
        else:
            apart = np.nansum((every - np.nanmean(every[1:], axis=0)) ** 2, axis=1)
        residual = apart / apart[1:].mean()
        p = float((residual[1:] >= residual[0]).mean())
        rows.append((r[0], r[1:].mean(), residual[0], p))
    names = [(fit.design.dimensions[a], fit.design.dimensions[b]) for a, b in pairs]
    index = pd.MultiIndex.from_tuples(names, names=["first", "second"])
    table = pd.DataFrame(rows, index, ["correlation", "expected", "residual", "p"])
    return table.sort_values("residual", ascending=False, kind="stable")


def _x_squared(tables: Array) -> Array:
    """Return X-squared (1 + S,) of tables (1 + S, A, B), of which that of the data is the first."""
    rows, columns = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    beyond = tables - rows * columns / tables.sum(axis=(1, 2), keepdims=True)
    # A cell that hardly a replicate has counts as if half a row were expected there.
    expected = np.maximum(tables[1:].mean(axis=0), 0.5)
    return np.asarray(((beyond - beyond[1:].mean(axis=0)) ** 2 / expected).sum(axis=(1, 2)))


def _table(pair: Array, first: Array, second: Array, weights: Array) -> Array:
    """Return how often values (N, 2) occur together, those between two levels with the lower."""
    there = ~np.isnan(pair).any(axis=1)
    i, j = (
        np.clip(np.searchsorted(levels, column[there], side="right") - 1, 0, None)
        for levels, column in zip((first, second), pair.T, strict=True)
    )
    counts = np.bincount(i * len(second) + j, weights[there], len(first) * len(second))
    return np.asarray(counts, dtype=float).reshape(len(first), len(second))


def _correlations(pair: Array, levels: Sequence[Array | None], weights: Array) -> Array:
    """Return the correlations of values (N, 2), or of which of their levels they are.

    Rows that lack one of the two are left out.
    """
    there = ~np.isnan(pair).any(axis=1) & (weights > 0)
    w, about = weights[there], []
    for column, own in zip(pair[there].T, levels, strict=True):
        x = column[:, None] if own is None else (column[:, None] == own).astype(float)
        centred = x - np.average(x, axis=0, weights=w)
        with np.errstate(invalid="ignore", divide="ignore"):
            about.append(centred / np.sqrt((w[:, None] * centred**2).sum(axis=0)))
    return np.asarray(np.einsum("n,ni,nj->ij", w, *about)).ravel()
