"""The table of a fit's parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stanmix import containers
from stanmix.posterior.posterior import Posterior

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
        A row a parameter, as ``mu[1]`` or ``beta[1, x]``. The weight of a single component is one
        in all draws, and its R-hat is 1. For a posterior mode, the column ``estimate`` alone.
    """
    posterior = fit.idata.posterior
    if fit.method != "map":
        with containers.quiet():
            table: pd.DataFrame = containers.arviz().summary(
                posterior, hdi_prob=hdi_prob, round_to="none", kind="all"
            )
        if fit.model.components == 1:
            table.loc[table.index.str.startswith("theta["), "r_hat"] = 1.0
        return table
    values = {}
    for name, variable in posterior.data_vars.items():
        point = variable.isel(chain=0, draw=0)
        for index in np.ndindex(*point.shape):
            labels = [str(point[d].to_numpy()[i]) for d, i in zip(point.dims, index, strict=True)]
            key = f"{name}[{', '.join(labels)}]" if labels else str(name)
            values[key] = float(point[index])
    return pd.DataFrame({"estimate": values})
