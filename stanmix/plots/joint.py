"""One parameter of two components against one another, where label switching shows itself."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from stanmix.arguments import FIT, Integer, ListOf, Number, OrNone, Text, checked
from stanmix.errors import InputError
from stanmix.plots.contours import region_levels
from stanmix.plots.style import AX, axes, colour
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.relabelling import component_draws

__all__ = ["joint", "smoothed"]

Array = NDArray[np.float64]

POINTS = 200  # a side of the grid
MOST_DRAWS = 2_000
TAIL = 0.0005  # of the draws beyond each end of the axes
REGIONS = (0.9, 0.5)


@checked(
    fit=FIT,
    parameter=OrNone(Text("the name of a parameter, a covariate or a column of the response")),
    components=ListOf(Integer(1), "a pair of numbers of components", 2, 2),
    ax=AX,
    limits=OrNone(ListOf(Number(), "a pair of numbers, the lower end first", 2, 2)),
)
def joint(
    fit: Posterior,
    parameter: str | None = None,
    components: tuple[int, int] = (1, 2),
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw the joint density of one parameter in two components.

    Where labels switch there are two clouds, mirrored at the diagonal.

    Parameters
    ----------
    fit : Fit
        Under the labels that it has.
    parameter : str, optional
        ``"mu"``, ``"theta"``, ``"sigma"``, a covariate, or a column of the response. Default: the
        means, or the last covariate's coefficient.
    components : pair of int
        Numbers of two components, the first on the horizontal axis.
    ax : Axes, optional
    limits : pair of float, optional
        Ends of both axes, so that pictures can be compared; default those of the draws.

    Returns
    -------
    Axes
        Contours bound the regions of highest density that hold 50 and 90 % of the draws; of the
        draws at most 2 000 are shown as points. On the dashed line both values are equal.

    Raises
    ------
    InputError
        If there are no two such components, no such parameter, or a single draw.
    """
    names = fit.component_names
    numbers = [*range(1, len(names) + 1)]
    if limits is not None and limits[0] >= limits[1]:
        raise InputError(f"joint: limits must be a pair of numbers, the lower first, got {limits}.")
    if len(set(components) & set(numbers)) != 2:
        raise InputError(
            f"components must be two of {', '.join(map(str, numbers))}, got {components!r}."
        )
    places = [k - 1 for k in components]
    name, values = component_draws(fit, parameter)
    lacking = [k for k in components if np.isnan(values[0, 0, k - 1])]
    if lacking:
        raise InputError(
            f"Component {lacking[0]} has no {name!r}; name two components of one family, as in "
            "components=(2, 3)."
        )
    flat = values.reshape(-1, len(names))[:, places]
    if len(flat) < 2:
        raise InputError("A single draw has no density.")
    ends = np.quantile(flat, [TAIL, 1 - TAIL]) if limits is None else np.array(limits)
    low, high = ends + 0.08 * np.ptp(ends) * np.array([-1, 1]) * (limits is None)
    ax = axes(ax, (5.0, 5.0))
    kept = np.linspace(0, len(flat) - 1, min(len(flat), MOST_DRAWS)).astype(int)
    ax.plot(*flat[kept].T, ".", ms=2.5, alpha=0.35, color=colour(0), mew=0, rasterized=True)
    grid, density = smoothed(flat, low, high)
    levels = region_levels(density, REGIONS)
    if np.all(np.diff(levels) > 0):
        ax.contour(grid, grid, density.T, levels=levels, colors="0.1", linewidths=1.0)
    ax.axline((low, low), slope=1, color="0.6", ls="--", lw=1, label="equal")
    ax.plot(
        [], [], color="0.1", lw=1.0, label=f"{REGIONS[1]:.0%} and {REGIONS[0]:.0%} of the draws"
    )
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    one, other = (f"{name}, component {names[k]}" for k in places)
    ax.set(xlabel=one, ylabel=other)
    return ax


def smoothed(pairs: Array, low: float, high: float) -> tuple[Array, Array]:
    """Return a kernel density estimate of pairs on a square grid.

    The bandwidth is Scott's (1992), of the pairs in ascending order: switched labels mirror a
    pair at the diagonal, and would make the draws seem wider than each cloud of them is.

    Parameters
    ----------
    pairs : ndarray of shape (S, 2)
    low, high : float
        Ends of the grid in both directions.

    Returns
    -------
    grid : ndarray of shape (G,)
    density : ndarray of shape (G, G)
        At (first, second), up to a constant.
    """
    edges = np.linspace(low, high, POINTS + 1)
    counts = np.histogram2d(pairs[:, 0], pairs[:, 1], bins=[edges, edges])[0]
    spread = np.sort(pairs, axis=1).std(axis=0).mean()
    bandwidth = len(pairs) ** (-1 / 6) * spread / (edges[1] - edges[0])
    return (edges[1:] + edges[:-1]) / 2, gaussian_filter(counts, max(bandwidth, 1.0))
