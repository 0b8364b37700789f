"""How often each pattern of responses occurs, and how often the mixture expects it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stanmix.errors import InputError
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.replicates import (
    MOST_VALUES,
    check_columns,
    counts_of,
    few_values,
    replicates,
)

__all__ = ["response_patterns"]


def response_patterns(
    fit: Posterior, draws: int = 200, prob: float = 0.95, seed: int | None = None
) -> pd.DataFrame:
    """Return how often patterns of responses occur, and in data that the mixture would have made.

    Parameters
    ----------
    fit : Posterior
        Of several columns, each of which has few different values.
    draws : int
        Replicates of the data, from as many draws of the fit if it has them.
    prob : float
        Probability of the central intervals.
    seed : int, optional
        Default the fit's.

    Returns
    -------
    DataFrame
        By the values of the columns, or the names of categories, the most frequent pattern first:
        ``observed``, ``expected``, the mean of the replicates, and ``lower`` and ``upper``, which
        hold the replicates' with probability `prob`. Patterns that occur in the data or that half
        of the replicates have. Rows that lack a column count for none.

    Raises
    ------
    InputError
        If the response has one column, or a column has too many values.
    """
    check_columns(fit, "response_patterns")
    names = fit.design.dimensions
    many = [name for name, few in zip(names, few_values(fit), strict=True) if not few]
    if many:
        raise InputError(
            f"response_patterns: {many[0]!r} has no few values (at most {MOST_VALUES} of a "
            "countable kind), so that patterns hardly occur twice; bivariate_residuals() compares "
            "columns of any kind."
        )
    weights, found = counts_of(fit), []
    for y in (fit.design.y, *replicates(fit, draws, seed)):
        whole = ~np.isnan(y).any(axis=1)
        patterns = pd.MultiIndex.from_arrays(y[whole].T.astype(int), names=list(names))
        found.append(pd.Series(weights[whole], patterns).groupby(level=list(names)).sum())
    counts = pd.concat(found, axis=1).fillna(0.0)
    made = counts.iloc[:, 1:].to_numpy()
    low, high = np.quantile(made, [(1 - prob) / 2, (1 + prob) / 2], axis=1)
    table = pd.DataFrame(
        {"observed": counts.iloc[:, 0], "expected": made.mean(axis=1), "lower": low, "upper": high},
        counts.index,
    )
    told = (table["observed"] > 0) | ((made > 0).mean(axis=1) >= 0.5)
    table = table[told].sort_values(["observed", "expected"], ascending=False, kind="stable")
    levels = [fit.design.categories_of(d) for d in range(len(names))]
    if any(levels):
        values = [
            [own[at - 1] for at in column] if own else column
            for own, column in zip(levels, zip(*table.index, strict=True), strict=True)
        ]
        table.index = pd.MultiIndex.from_arrays(values, names=list(names))
    return table
