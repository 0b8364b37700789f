"""What the classes of a mixture are like, beside one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from stanmix.arguments import FIT, PROBABILITY, checked
from stanmix.errors import InputError
from stanmix.plots.style import AX, axes, colour
from stanmix.posterior.classes import profiles
from stanmix.posterior.posterior import Posterior
from stanmix.program.columns import category_names, part_names

__all__ = ["classes"]

WIDE = 0.8  # of the distance between two columns, what their classes take
WIDEST = 14.0  # inches of a figure; names of more columns stand upright


@checked(fit=FIT, ax=AX, prob=PROBABILITY)
def classes(fit: Posterior, ax: Axes | None = None, prob: float = 0.95) -> Axes:
    """Draw the profiles of the classes, with intervals.

    Parameters
    ----------
    fit : Fit
    ax : Axes, optional
    prob : float
        Probability of the intervals.

    Returns
    -------
    Axes
        Of categories alone, bars: how probable each is within a class. Of numbers, the mean of each
        column within a class, and beside these the probabilities of categories; of several columns
        that have units as z-scores: less the mean of the data, in their sds. The legend says how
        large classes are (posterior means of the weights).

    Raises
    ------
    InputError
        If a column of several does not vary.
    """
    table = profiles(fit, prob)
    bars = "category" in table.index.names and bool(all(table.index.get_level_values("category")))
    labels = part_names(fit.family, fit.design) or category_names(fit.design)
    labels = labels or (fit.design.response,)
    scored = _with_units(fit)
    if scored.any():
        table = _standardised(fit, table, scored)
    names, sizes = fit.component_names, fit.draws()["theta"].mean(axis=0)
    ax = axes(ax, (float(np.clip(1.2 * len(labels) + 2, 5, WIDEST)), 4.5))
    for k, (name, size) in enumerate(zip(names, sizes, strict=True)):
        own = table.xs(name, level="class")
        at = np.arange(len(labels)) + WIDE * ((k + 0.5) / len(names) - 0.5)
        mean = own["mean"].to_numpy()
        off = np.abs(own[["lower", "upper"]].to_numpy().T - mean)
        style: dict[str, Any] = {"color": colour(k), "label": f"class {name} ({size:.0%})"}
        if bars:
            ax.bar(at, mean, WIDE / len(names), yerr=off, ecolor="0.3", **style)
        else:
            # Lines join what belongs together, at the middle of each column.
            at = (
                at
                if len(labels) == 1
                else np.arange(len(labels)) + 0.05 * (k - (len(names) - 1) / 2)
            )
            ax.errorbar(at, mean, yerr=off, marker="o", ms=5, capsize=3, **style)
    upright = 1.2 * len(labels) + 2 > WIDEST
    ax.set_xticks(np.arange(len(labels)), labels, rotation=90 if upright else 0)
    if bars:
        ax.set(xlabel=fit.design.response, ylabel="probability", ylim=(0, 1))
    elif scored.any():
        ax.axhline(0, color="0.8", lw=1, zorder=0)
        among = "" if scored.all() else ", where there are units"
        ax.set(ylabel=f"mean, in sds of the data about their mean{among}")
    else:
        ax.set(ylabel="mean")
    ax.legend(frameon=False, fontsize="small")
    return ax


def _with_units(fit: Posterior) -> NDArray[np.bool_]:
    """Return which columns (D,) of a response of several have units; none of one column."""
    places = range(len(fit.design.dimensions))
    return np.array([fit.family.kind_of(place).unit for place in places], dtype=bool)


def _standardised(fit: Posterior, table: pd.DataFrame, scored: NDArray[np.bool_]) -> pd.DataFrame:
    """Return means as z-scores of the data, a row of which counts as its weight says.

    Those of columns (D,) that are not to be `scored` stay.
    """
    y, weights = fit.design.y, fit.design.rows.weights
    known = ~np.isnan(y) * (1.0 if weights is None else weights[:, None])
    y = np.where(known > 0, y, 0.0)
    centre = (known * y).sum(axis=0) / known.sum(axis=0)
    spread = np.sqrt((known * (y - centre) ** 2).sum(axis=0) / known.sum(axis=0))
    centre, spread = np.where(scored, centre, 0.0), np.where(scored, spread, 1.0)
    still = [name for name, sd in zip(fit.design.dimensions, spread, strict=True) if sd == 0]
    if still:
        raise InputError(f"classes: {still[0]!r} does not vary, and so has no z-scores.")
    columns = table.index.get_level_values("response")
    place = pd.Index(fit.design.dimensions).get_indexer(columns)
    ends = ["mean", "lower", "upper"]
    scaled = (table[ends] - centre[place][:, None]) / spread[place][:, None]
    return table.assign(**scaled)
