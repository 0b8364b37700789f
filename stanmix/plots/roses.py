"""The fitted density of angles around a circle, over a rose of the data."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from stanmix.errors import InputError
from stanmix.plots.style import subplots

__all__ = ["petals", "polar_axes", "radii", "scale_radii"]

Array = NDArray[np.float64]

PETALS = 24  # of 15 degrees
EIGHTHS = ("0", "π/4", "π/2", "3π/4", "±π", "-3π/4", "-π/2", "-π/4")


def polar_axes(ax: Axes | None) -> Axes:
    """Return the axes given, or new ones, which go around.

    Raises
    ------
    InputError
        If those that are given do not.
    """
    if ax is None:
        ax = subplots(size=(7.5, 5.0), subplot_kw={"projection": "polar"})[1][0, 0]
    if ax.name != "polar":
        raise InputError(
            "ax: angles are drawn around a circle, but these axes have the projection "
            f'{ax.name!r}; make them by plt.subplots(subplot_kw={{"projection": "polar"}}), or '
            "leave ax out."
        )
    return ax


def radii(density: Array) -> Array:
    """Return the radii at which densities are drawn: areas are then probabilities."""
    return np.asarray(np.sqrt(density))


def petals(ax: Axes, y: Array, weights: Array | None) -> None:
    """Draw the data, the area of a petal in proportion to its angles."""
    height, edges = np.histogram(y, PETALS, (-np.pi, np.pi), weights=weights, density=True)
    ax.bar(
        edges[:-1], radii(height), width=np.diff(edges), align="edge", color="0.85",
        edgecolor="0.7", label="data",
    )  # fmt: skip


def scale_radii(ax: Axes) -> None:
    """Write angles in radians, and at the radii the densities that are drawn there."""
    ax.set_axisbelow(True)
    ax.set_xticks(np.arange(8) * np.pi / 4, EIGHTHS)
    top = ax.dataLim.ymax
    levels = [level for level in MaxNLocator(4).tick_values(0, top**2) if 0 < level <= top**2]
    ax.set_ylim(0, 1.05 * top)
    ax.set_yticks(radii(np.array(levels)), [f"{level:g}" for level in levels])
    ax.tick_params(axis="y", labelsize="small", labelcolor="0.3")
