"""The fitted density of two columns of the response, as contours over the data."""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from stanmix.arguments import FIT, ListOf, OrNone, Text, checked
from stanmix.density import prediction
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.model.families import Family
from stanmix.model.families.entry import Columns
from stanmix.model.families.products import alone
from stanmix.model.predictors import Block
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
        Columns on the horizontal and vertical axis, of one family or of one block; default the
        first two. The density is that of these two alone, whatever the others are. With gating,
        weights are their means over the rows.
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
        If the response has one column, or there are no such columns; or two are of several
        kinds.
    """
    names = fit.model.responses
    if not names:
        raise InputError("The response has one column; use plots.density or plots.regression.")
    chosen = _first_two(fit) if columns is None else tuple(columns)
    if len(set(chosen)) != 2 or not set(chosen) <= set(names):
        raise InputError(f"columns must be two of {', '.join(map(repr, names))}, got {columns!r}.")
    at = [names.index(name) for name in chosen]
    group = fit.family.columns_at(at[0])
    if group is not fit.family.columns_at(at[1]):
        raise InputError(
            f"The columns {chosen[0]!r} and {chosen[1]!r} are of several kinds, of which there are "
            "no contours; name two of one family, or of one block, or use plots.classes."
        )
    family = fit.family if group is None else alone(group) if group.at else fit.family
    if family.counts:
        raise InputError(
            f"family={family.name!r} has probabilities of whole numbers, between which there "
            "are no contours; plots.residuals shows its columns."
        )
    ax = axes(ax, (6.0, 5.0))
    points = fit.design.y[:, at]
    both = ~np.isnan(points).any(axis=1)
    points = points[both]
    parameters = fit.thinned(MOST_DRAWS)
    # The parameters of two columns are those of the density of the two.
    own = {one.name: parameters[one.name] for one in fit.program.of_family}
    block = fit.model.block
    if group is not None and group.at:
        own, block = group.own(own), _of_some(block, group, family)
        at = [group.number(d) for d in at]
    assert family.of_columns is not None  # that of several columns has it
    parameters |= family.of_columns(own, at)
    x, y = (_grid(column) for column in points.T)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    terms = RowTerms((block,), grid)
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


def _first_two(fit: Posterior) -> tuple[str, ...]:
    """Return the first two columns that are of one family together, or of one block."""
    names, of_each = fit.model.responses, fit.family.columns
    several = [one.taken(names) for one in of_each if len(one.taken(names)) > 1]
    if of_each and not several:
        raise InputError(
            f"family={fit.model.family!r} has columns of several kinds, of which there are no "
            "contours; plots.classes shows what components are like."
        )
    return (several[0] if several else names)[:2]


def _of_some(block: Block, group: Columns, family: Family) -> Block:
    """Return components as they are for some columns alone."""
    predictors = {
        one.name: dataclasses.replace(block.predictors[group.names[one.name]], parameter=one)
        for one in family.parameters
    }
    return dataclasses.replace(block, family=family, predictors=predictors)


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
