"""Regression lines over the data, with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from stanmix import allocation
from stanmix.errors import InputError
from stanmix.plots.style import axes, colour, mixed_colours

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["regression"]

Array = NDArray[np.float64]

MOST_DRAWS = 1_000  # bands and mean curves look at no more draws than this
POINT = 28.0  # area of a row's point (square points); in proportion to its weight


def regression(
    fit: Fit,
    covariate: str | None = None,
    ax: Axes | None = None,
    prob: float = 0.9,
    labels: tuple[str | None, str | None] = (None, None),
) -> Axes:
    """Draw each component's regression line over the data, coloured by responsibility.

    Parameters
    ----------
    fit : Fit
        Of a mixture with covariates.
    covariate : str, optional
        Column of the data on the horizontal axis; default its first numeric one. Other columns
        are held at their mean or their commonest level, the offset's too.
    ax : Axes, optional
    prob : float
        Probability of the pointwise posterior band of a line.
    labels : pair of str
        Names and units of covariate and response.

    Raises
    ------
    InputError
        If there is no such numeric column.
    """
    if not fit.model.regression:
        raise InputError("This mixture has no covariates; use plots.density.")
    name = _horizontal(fit, covariate)
    ax = axes(ax)
    columns = fit.design.columns
    x = columns[name].to_numpy(dtype=float)
    grid = np.linspace(x.min(), x.max(), 200)
    X, _ = fit.covariates(_typical(columns, name, grid))
    means = allocation.location(fit.thinned(MOST_DRAWS), X)
    weights = fit.design.beside.weights
    area = POINT if weights is None else POINT * weights / weights[weights > 0].mean()
    ax.scatter(x, fit.design.y, c=mixed_colours(fit), s=area, edgecolor="0.25", lw=0.4, zorder=3)
    for k in range(fit.model.components):
        lines = means[..., k]
        lower, upper = np.quantile(lines, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
        if len(lines) > 1:
            ax.fill_between(grid, lower, upper, color=colour(k), alpha=0.2, lw=0)
        ax.plot(grid, lines.mean(axis=0), color=colour(k), lw=1.8, label=f"component {k + 1}")
    ax.set(xlabel=labels[0] or name, ylabel=labels[1] or fit.design.response)
    note = f"bands: {prob:.0%}; points: colour by responsibility"
    note += "" if weights is None else ", area by weight"
    held = [str(other) for other in columns.columns if _read(fit, str(other)) and other != name]
    if held:
        note += f"\nlines: {', '.join(held)} at mean or commonest level"
    ax.legend(frameon=False, title=note, title_fontsize="small")
    return ax


def _horizontal(fit: Fit, covariate: str | None) -> str:
    columns = fit.design.columns
    numeric = [
        str(name)
        for name in columns.columns
        if pd.api.types.is_numeric_dtype(columns[name])
        and str(name) in fit.design.covariate_columns
    ]
    if covariate is None and numeric:
        return numeric[0]
    if covariate not in numeric:
        raise InputError(
            f"covariate={covariate!r}: no numeric column of the formula; there are "
            f"{', '.join(map(repr, numeric)) or 'none'}."
        )
    return covariate


def _read(fit: Fit, column: str) -> bool:
    """Whether the lines depend on a column."""
    return column in fit.design.covariate_columns or column == fit.model.offset


def _typical(columns: pd.DataFrame, name: str, grid: Array) -> pd.DataFrame:
    """Return rows that vary in one column alone."""
    values: dict[str, Any] = {}
    for other in columns.columns:
        column = columns[other]
        if other == name:
            values[other] = grid
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            values[other] = np.full(len(grid), column.mean())
        else:
            values[other] = pd.Series([column.mode().iloc[0]] * len(grid), dtype=column.dtype)
    return pd.DataFrame(values)
