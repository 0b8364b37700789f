"""What the pictures have in common: colours, axes, and the parameters as single panels.

Components have the colours of Okabe & Ito, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from stanmix import arguments, paths
from stanmix.arguments import (
    Anything,
    InstanceOf,
    Integer,
    ListOf,
    OrNone,
    Text,
    checked,
)
from stanmix.density import allocations
from stanmix.errors import InputError, shown
from stanmix.posterior.posterior import Posterior
from stanmix.program.columns import entries

__all__ = [
    "COLOURS",
    "axes",
    "colour",
    "mixed_colours",
    "off_screen",
    "panels",
    "remark",
    "save",
    "shown_panels",
    "subplots",
]

# Arguments that many pictures have.
AX = OrNone(InstanceOf("matplotlib.axes", "Axes", "matplotlib's Axes"))
PARAMETERS = OrNone(ListOf(Text(), "a list of names of parameters", 1))
LABELS = ListOf(OrNone(Text()), "a pair of texts or None", 2, 2)

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
MOST_DRAWS = 200  # a colour needs no more digits than these give
MOST_PANELS = 12  # parameters in a figure, unless more are asked for

_OFF_SCREEN: ContextVar[bool] = ContextVar("off_screen", default=False)


def colour(component: int) -> str:
    """Return the colour of a component, counted from 0."""
    return COLOURS[component % len(COLOURS)]


def mixed_colours(fit: Posterior) -> NDArray[np.float64]:
    """Return the colours of the rows, (N, 3): those of the components by responsibility."""
    palette = np.array([to_rgb(colour(k)) for k in range(fit.model.components)])
    shares = allocations.mean_responsibilities(fit.thinned(MOST_DRAWS), fit.rows()[0])
    mixed: NDArray[np.float64] = np.clip(shares @ palette, 0, 1)
    return mixed


@contextmanager
def off_screen() -> Iterator[None]:
    """Make figures for files alone, whatever matplotlib shows figures with; leave that as it is."""
    token = _OFF_SCREEN.set(True)
    try:
        yield
    finally:
        _OFF_SCREEN.reset(token)


def subplots(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float], **options: Any
) -> tuple[Figure, NDArray[Any]]:
    """Return a new figure of a size in inches, and its axes (rows, columns).

    Parameters
    ----------
    rows, columns : int
    size : pair of float
    **options
        Of `matplotlib.figure.Figure.subplots`.
    """
    if _OFF_SCREEN.get():
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
    else:
        figure = plt.figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def axes(ax: Axes | None, size: tuple[float, float] = (7.0, 4.5)) -> Axes:
    """Return the axes given, or new ones of a size in inches."""
    if ax is not None:
        return ax
    new: Axes = subplots(size=size)[1][0, 0]
    return new


def panels(fit: Posterior, draws: xr.Dataset) -> Iterator[tuple[str, NDArray[np.float64]]]:
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
        Not a number of components that have no such parameter.
    """
    for one in fit.program.estimated:
        places = entries(one, fit.design).items()
        for name, place in [(f"{one.name}[{label}]", at) for label, at in places] or [
            (one.name, {})
        ]:
            values = draws[one.name].sel(place).to_numpy()
            values = values[:, :, None] if one.shared else values
            if one.components and not one.shared:
                own, K = values, fit.model.components
                values = np.full((*own.shape[:2], K), np.nan)
                values[:, :, one.of_members(K)] = own
            yield name, values


def shown_panels(
    fit: Posterior,
    draws: xr.Dataset,
    parameters: Sequence[str] | None,
    most: int,
    apart: bool = False,
) -> tuple[list[tuple[str, NDArray[np.float64]]], str]:
    """Return the panels of a figure, and a remark on those that are left out.

    Parameters
    ----------
    fit : Fit
    draws : Dataset
        As in `panels`.
    parameters : sequence of str, optional
        The names of panels, or of parameters for all of their panels. By default all, or of more
        than `most` so many: of each parameter in turn its first ones.
    most : int
    apart : bool
        Only parameters that differ between components.

    Returns
    -------
    panels : list
        As `panels` yields them.
    remark : str
        Empty where nothing is left out.

    Raises
    ------
    InputError
        If there is no such parameter.
    """
    found = [panel for panel in panels(fit, draws) if panel[1].shape[-1] > 1 or not apart]
    stems = [name.partition("[")[0] for name, _ in found]
    if parameters is not None:
        named = {name for name, _ in found} | set(stems)
        for name in parameters:
            if name not in named:
                known = [*dict.fromkeys(stems), *(n for n, _ in found if "[" in n)]
                raise InputError(
                    f"parameters: there is no panel {name!r}; there are "
                    f"{', '.join(map(repr, known[:20]))}{', ...' if len(known) > 20 else ''}."
                )
        return [
            panel
            for panel, stem in zip(found, stems, strict=True)
            if {panel[0], stem} & set(parameters)
        ], ""
    if len(found) <= most:
        return found, ""
    turn = [stems[:i].count(stem) for i, stem in enumerate(stems)]
    kept = sorted(np.argsort(turn, kind="stable")[:most])
    left = next(name for i, (name, _) in enumerate(found) if i not in kept)
    return [found[i] for i in kept], (
        f"{most} of {len(found)} parameters are shown; for others name them: "
        f"parameters=[{left!r}, ...]"
    )


def remark(figure: Figure, text: str) -> None:
    """Write a remark below a figure."""
    if text:
        figure.supxlabel(text, fontsize="small", color="0.3", parse_math=False)


@checked(drawn=Anything("a picture"), path=arguments.Path("file"), dpi=Integer(1))
@checked(drawn=Anything("a picture"), path=arguments.Path("file"), dpi=Integer(1))
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

    Raises
    ------
    InputError
        If there is no figure, or no format of the suffix.
    OutputError
        If the file cannot be written.
    """
    first = drawn if isinstance(drawn, Figure) else next(iter(np.ravel(drawn)), None)
    figure = first.figure if isinstance(first, Axes) else first
    if not isinstance(figure, Figure):
        raise InputError(
            "save: drawn must be what a function of stanmix.plots returned, or a figure, got "
            f"{shown(drawn)}."
        )
    target, kinds = Path(path), figure.canvas.get_supported_filetypes()
    if target.suffix.lower().removeprefix(".") not in kinds:
        raise InputError(
            f"save: path={str(path)!r} must end in the name of a format: "
            f"{', '.join(f'.{kind}' for kind in kinds)}."
        )
    with paths.writing(target, "The picture"):
        figure.savefig(target, dpi=dpi)
    plt.close(figure)
    return target
