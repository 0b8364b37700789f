"""The table of a fit's parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix import monte_carlo
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.scalars import scalars

__all__ = ["summary"]


def summary(fit: Posterior, hdi_prob: float = 0.94) -> pd.DataFrame:
    """Return posterior mean, sd, interval, Monte Carlo errors, ESS and R-hat.

    Parameters
    ----------
    fit : Posterior
    hdi_prob : float
        Probability of the highest-density interval.

    Returns
    -------
    DataFrame
        A row a parameter, as ``mu[1]`` or ``beta[1, x]``; of a coefficient that components share
        ``beta[x]``, once, and none where a component lacks it. Of draws that were resampled by
        importance, ESS is at most what the weights say that they are worth. The weight of a single
        component is one in all draws, and its R-hat is 1. For a posterior mode, the column
        ``estimate`` alone.
    """
    parameters = dict(scalars(fit))
    if fit.method == "map":
        points = {name: float(draws[0, 0]) for name, draws in parameters.items()}
        return pd.DataFrame({"estimate": points})
    table = pd.DataFrame.from_dict(
        {name: _figures(draws, hdi_prob, fit.worth) for name, draws in parameters.items()},
        orient="index",
    )
    if fit.model.components == 1:
        table.loc[table.index.str.startswith("theta["), "r_hat"] = 1.0
    return table


def _figures(draws: NDArray[np.float64], hdi_prob: float, worth: float) -> dict[str, float]:
    """Return the row of a parameter, from its draws (chain, draw), worth so many at most.

    Draws that were resampled by weights look independent, and some are there several times.
    """
    bulk, extreme = (min(worth, monte_carlo.effective_draws(draws, of)) for of in ("bulk", "tail"))
    fewer = np.sqrt(max(draws.size / worth, 1.0))
    tail = 100 * (1 - hdi_prob) / 2
    low, high = monte_carlo.shortest_interval(draws, hdi_prob)
    return {
        "mean": float(draws.mean()),
        "sd": float(draws.std(ddof=1)) if draws.size > 1 else np.nan,
        f"hdi_{tail:g}%": low,
        f"hdi_{100 - tail:g}%": high,
        "mcse_mean": fewer * monte_carlo.standard_error(draws, "mean"),
        "mcse_sd": fewer * monte_carlo.standard_error(draws, "sd"),
        "ess_bulk": bulk,
        "ess_tail": extreme,
        "r_hat": monte_carlo.r_hat(draws),
    }
