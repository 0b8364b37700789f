"""The fit over its data: densities and regression lines, with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from stanmix import allocation
from stanmix.errors import InputError
from stanmix.plots.style import axes, colour

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["density", "regression"]

Array = NDArray[np.float64]

MOST_DRAWS = 1_000  # bands and mean curves look at no more draws than this


def density(fit: Fit, ax: Axes | None = None, prob: float = 0.9, label: str | None = None) -> Axes:
    """Draw the density of the response over a histogram of the data.

    Parameters
    ----------
    fit : Fit
        Of a mixture without covariates.
    ax : Axes, optional
    prob : float
        Probability of the pointwise posterior band.
    label : str, optional
        Name and unit of the response; default the formula's left-hand side.

    Raises
    ------
    InputError
        If the mixture has covariates, gating or an offset, so that its density differs from row
        to row, or counts, which have no density.
    """
    if fit.model.regression:
        raise InputError("A regression has a density for each row; use plots.regression.")
    if fit.model.gated or fit.model.offset or fit.family.counts:
        what = "counts" if fit.family.counts else "rows with gating or an offset"
        raise InputError(
            f"There is no one density to draw for {what}; "
            'fit.predict(kind="density") has the value at each row.'
        )
    ax = axes(ax)
    y = fit.design.y
    margin = 0.1 * float(np.ptp(y))
    grid = np.linspace(y.min() - margin, y.max() + margin, 400)
    parameters = fit.thinned(MOST_DRAWS)
    by_component = np.exp(allocation.log_joint(fit.family, parameters, grid, None))
    total = by_component.sum(axis=-1)
    ax.hist(
        y,
        bins=list(_bins(y)),
        weights=fit.design.beside.weights,
        density=True,
        color="0.85",
        edgecolor="0.7",
        label="data",
    )
    lower, upper = np.quantile(total, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
    if len(total) > 1:
        ax.fill_between(grid, lower, upper, color="0.2", alpha=0.25, lw=0, label=f"{prob:.0%} band")
    ax.plot(grid, total.mean(axis=0), color="0.1", lw=1.8, label="posterior mean density")
    for k in range(fit.model.components):
        mean = by_component[..., k].mean(axis=0)
        ax.plot(grid, mean, color=colour(k), lw=1.4, ls="--", label=f"component {k + 1}")
    ax.plot(y, np.zeros_like(y), "|", color="0.2", ms=8, alpha=0.6, clip_on=False)
    ax.set(xlabel=label or fit.design.response, ylabel="density", xlim=(grid[0], grid[-1]))
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax


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
    ax.scatter(x, fit.design.y, c=_mixed_colours(fit), s=28, edgecolor="0.25", lw=0.4, zorder=3)
    for k in range(fit.model.components):
        lines = means[..., k]
        lower, upper = np.quantile(lines, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
        if len(lines) > 1:
            ax.fill_between(grid, lower, upper, color=colour(k), alpha=0.2, lw=0)
        ax.plot(grid, lines.mean(axis=0), color=colour(k), lw=1.8, label=f"component {k + 1}")
    ax.set(xlabel=labels[0] or name, ylabel=labels[1] or fit.design.response)
    note = f"bands: {prob:.0%}; points: colour by responsibility"
    ax.legend(frameon=False, title=note, title_fontsize="small")
    return ax


def _bins(y: Array) -> Array:
    """Freedman-Diaconis bins, but no more than can be seen."""
    edges = np.histogram_bin_edges(y, "fd")
    return np.linspace(edges[0], edges[-1], int(np.clip(len(edges), 15, 80)))


def _mixed_colours(fit: Fit) -> Array:
    palette = np.array([to_rgb(colour(k)) for k in range(fit.model.components)])
    mixed: Array = np.clip(fit.responsibilities().to_numpy() @ palette, 0, 1)
    return mixed


def _horizontal(fit: Fit, covariate: str | None) -> str:
    columns = fit.design.columns
    used = {str(name) for name in fit.design.covariate_columns}
    numeric = [
        str(name)
        for name in columns.columns
        if pd.api.types.is_numeric_dtype(columns[name]) and str(name) in used
    ]
    if covariate is None and numeric:
        return numeric[0]
    if covariate not in numeric:
        raise InputError(
            f"covariate={covariate!r}: no numeric column of the formula; there are "
            f"{', '.join(map(repr, numeric)) or 'none'}."
        )
    return covariate


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
