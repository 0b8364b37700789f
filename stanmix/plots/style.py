"""What the pictures have in common: colours, axes, and the parameters as single panels.

Components have the colours of Okabe & Ito, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from stanmix import allocation

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["COLOURS", "axes", "colour", "mixed_colours", "panels", "save"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
MOST_DRAWS = 200  # a colour needs no more digits than these give


def colour(component: int) -> str:
    """Return the colour of a component, counted from 0."""
    return COLOURS[component % len(COLOURS)]


def mixed_colours(fit: Fit) -> NDArray[np.float64]:
    """Return the colours of the rows, (N, 3): those of the components by responsibility."""
    palette = np.array([to_rgb(colour(k)) for k in range(fit.model.components)])
    y, X, _ = fit.rows()
    shares = allocation.mean_responsibilities(fit.family, fit.thinned(MOST_DRAWS), y, X)
    mixed: NDArray[np.float64] = np.clip(shares @ palette, 0, 1)
    return mixed


def axes(ax: Axes | None, size: tuple[float, float] = (7.0, 4.5)) -> Axes:
    """Return the axes given, or new ones of a size in inches."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=size, layout="constrained")[1]


def panels(fit: Fit, draws: xr.Dataset) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield what belongs in one panel: the draws of one parameter of all components.

    Parameters
    ----------
    fit : Fit
    draws : Dataset
        Its posterior, under any labels.

    Yields
    ------
    name : str
        As ``theta`` or ``beta[x]``: coefficients of different covariates have units of their own.
    values : ndarray of shape (chain, draw, component), or (chain, draw, 1) where it is shared
    """
    for name in fit.model.parameters:
        values = draws[name].to_numpy()
        if name in fit.model.shared:
            yield name, values[..., None]
        elif values.ndim == 3:
            yield name, values
        else:
            for p, covariate in enumerate(draws[draws[name].dims[-1]].to_numpy()):
                yield f"{name}[{covariate}]", values[..., p]


def save(drawn: Any, path: str | Path, dpi: int = 120) -> Path:
    """Write a picture to a file, and close its figure.

    Parameters
    ----------
    drawn : Axes, ndarray of Axes or Figure
        What a function of `stanmix.plots` returned, or a figure that holds several of them.
    path : path
        Its suffix names the format.
    dpi : int
        Dots per inch.

    Returns
    -------
    Path
        The file.
    """
    figure = drawn if isinstance(drawn, Figure) else np.ravel(drawn)[0].figure
    figure.savefig(path, dpi=dpi)
    plt.close(figure)
    return Path(path)
