"""Figures of draws: mean, sd and central interval."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["figures"]


def figures(draws: NDArray[np.float64], prob: float, index: pd.Index) -> pd.DataFrame:
    """Return what draws say of each number.

    Parameters
    ----------
    draws : ndarray of shape (S, ...)
        What is not a number in a draw is left out there.
    prob : float
        Probability of the central interval.
    index : Index
        Names of the numbers, in their order.

    Returns
    -------
    DataFrame
        A row a number: ``mean``, ``sd``, ``lower`` and ``upper``. Of one draw the sd is missing.
    """
    ends = [(1 - prob) / 2, (1 + prob) / 2]
    rows = []
    for values in draws.reshape(len(draws), -1).T:
        there = values[~np.isnan(values)]
        if not len(there):
            rows.append((np.nan,) * 4)
            continue
        # Odds may be infinite: quantiles then are among the draws.
        finite = bool(np.isfinite(there).all())
        method: Literal["linear", "inverted_cdf"] = "linear" if finite else "inverted_cdf"
        lower, upper = np.quantile(there, ends, method=method)
        sd = there.std(ddof=1) if len(there) > 1 and finite else np.nan
        rows.append((there.mean(), sd, lower, upper))
    return pd.DataFrame(rows, index, ["mean", "sd", "lower", "upper"])
