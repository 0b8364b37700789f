"""Randomised quantile residuals against what they should be, which shows whether a mixture fits."""

from __future__ import annotations

import numpy as np
import scipy  # its statistics are loaded when they are first asked for: they take long
from matplotlib.axes import Axes

from stanmix.arguments import FIT, SEED, OrNone, checked
from stanmix.plots.style import AX, axes, colour
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.residuals import quantile_residuals

__all__ = ["residuals"]

ENVELOPE = 0.95
MOST_POINTS = 5_000


@checked(fit=FIT, ax=AX, seed=OrNone(SEED))
def residuals(fit: Posterior, ax: Axes | None = None, seed: int | None = None) -> Axes:
    """Draw randomised quantile residuals against quantiles of the standard normal.

    Parameters
    ----------
    fit : Fit
    ax : Axes, optional
    seed : int, optional
        See `Fit.quantile_residuals`.

    Returns
    -------
    Axes
        Where the mixture fits, the points lie on the line; 95 % of them lie in the grey band, each
        by itself (quantiles of order statistics, which are beta distributed). Of many residuals
        5 000 are shown, the extremes among them.
    """
    values = quantile_residuals(fit, seed=seed).values.ravel()
    ordered = np.sort(values[~np.isnan(values)])  # of what rows lack there is none
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    if n > MOST_POINTS:
        ranks = np.unique(np.round(np.linspace(1, n, MOST_POINTS)).astype(int))
    expected = scipy.stats.norm.ppf((ranks - 0.375) / (n + 0.25))  # Blom's plotting positions
    tail = (1 - ENVELOPE) / 2
    low, high = (
        scipy.stats.norm.ppf(scipy.stats.beta.ppf(p, ranks, n + 1 - ranks))
        for p in (tail, 1 - tail)
    )
    ax = axes(ax, (5.0, 5.0))
    ax.fill_between(
        expected, low, high, color="0.85", lw=0, label=f"{ENVELOPE:.0%}, each by itself"
    )
    ax.axline((0.0, 0.0), slope=1, color="0.5", lw=1)
    ax.plot(expected, ordered[ranks - 1], ".", ms=4, color=colour(0), mew=0, rasterized=True)
    ax.set(xlabel="standard normal quantile", ylabel="quantile residual")
    ax.legend(frameon=False, fontsize="small", loc="upper left")
    return ax
