"""The fitted density of two columns of the response, as contours over the data."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from stanmix.arguments import FIT, ListOf, OrNone, Text, checked
from stanmix.density import prediction
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.plots.style import AX, LABELS, axes, colour, mixed_colours
from stanmix.posterior.posterior import Posterior

__all__ = ["contours", "region_levels"]

Array = NDArray[np.float64]

MOST_DRAWS = 200
POINTS = 120  # a side of the grid
REGIONS = (0.9, 0.7, 0.5, 0.3, 0.1)


@checked(
    fit=FIT,
    columns=OrNone(ListOf(Text(), "a pair of the names of columns", 2, 2)),
    ax=AX,
    labels=LABELS,
)
def contours(
    fit: Posterior,
    columns: tuple[str, str] | None = None,
    ax: Axes | None = None,
    labels: tuple[str | None, str | None] = (None, None),
) -> Axes:
    """Draw contours of the posterior mean density, and the data coloured by responsibility.

    Parameters
    ----------
    fit : Fit
        Of a response of several columns.
    columns : pair of str, optional
        Columns on the horizontal and vertical axis; default the first two. The density is
        that of these two alone, whatever the others are. With gating, weights are their means
        over the rows.
    ax : Axes, optional
    labels : pair of str
        Names and units of the columns.

    Returns
    -------
    Axes
        Contours bound the regions of highest density that hold 10, 30, 50, 70 and 90 % of the
        probability. A cross marks the posterior mean of a component's mean.

    Raises
    ------
    InputError
        If the response has one column, or there are no such columns.
    """
    names = fit.model.responses
    if not names:
        raise InputError("The response has one column; use plots.density or plots.regression.")
    if fit.family.of_columns is None:
        raise InputError(
            f"family={fit.model.family!r} has columns of several kinds, of which there are no "
            "contours; plots.classes shows what components are like."
        )
    if fit.family.counts:
        raise InputError(
            f"family={fit.family.name!r} has probabilities of whole numbers, between which there "
            "are no contours; plots.residuals shows its columns."
        )
    chosen = names[:2] if columns is None else tuple(columns)
    if len(set(chosen)) != 2 or not set(chosen) <= set(names):
        raise InputError(f"columns must be two of {', '.join(map(repr, names))}, got {columns!r}.")
    at = [names.index(name) for name in chosen]
    ax = axes(ax, (6.0, 5.0))
    points = fit.design.y[:, at]
    both = ~np.isnan(points).any(axis=1)
    points = points[both]
    parameters = fit.thinned(MOST_DRAWS)
    # The parameters of two columns are those of the density of the two.
    own = {one.name: parameters[one.name] for one in fit.program.of_family}
    parameters |= fit.family.of_columns(own, at)
    x, y = (_grid(column) for column in points.T)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    terms = RowTerms(fit.model.blocks, grid)
    density = prediction.density(parameters, terms).reshape(len(y), len(x))
    levels = region_levels(density, REGIONS)
    lines = ax.contour(x, y, density, levels=levels, colors="0.2", linewidths=1.0, zorder=4)
    ax.clabel(
        lines,
        fmt=dict(zip(levels, (f"{p:.0%}" for p in REGIONS), strict=True)),
        fontsize=7,
        zorder=5,
    )
    ax.scatter(
        points[:, 0],
        points[:, 1],
        c=mixed_colours(fit)[both],
        s=24,
        edgecolor="0.25",
        lw=0.4,
        zorder=3,
    )
    handles = []
    for k, centre in enumerate(prediction.mean(parameters, terms[:1], by_component=True)[0]):
        ax.plot(centre[0], centre[1], "X", color=colour(k), ms=10, mec="white", mew=1.2, zorder=6)
        named = f"mean of component {fit.component_names[k]}"
        handles.append(Line2D([], [], label=named, marker="X", ls="", ms=8, color=colour(k)))
    ax.set(xlabel=labels[0] or chosen[0], ylabel=labels[1] or chosen[1])
    ax.legend(
        handles=handles, frameon=False, title="contours: highest-density regions;\n"
        "points: colour by responsibility", title_fontsize="small", fontsize="small",
    )  # fmt: skip
    return ax


def region_levels(density: Array, probabilities: tuple[float, ...]) -> list[float]:
    """Return the levels above which an evenly spaced grid holds parts of its total.

    Parameters
    ----------
    density : ndarray
        At the points of the grid.
    probabilities : tuple of float
        In descending order, so that levels ascend.
    """
    heights = np.sort(density, axis=None)[::-1]
    held = np.cumsum(heights) / heights.sum()
    return [float(heights[np.searchsorted(held, p)]) for p in probabilities]


def _grid(values: Array) -> Array:
    margin = 0.25 * float(np.ptp(values))
    return np.linspace(values.min() - margin, values.max() + margin, POINTS)
