"""The fitted distribution of the response over the data: densities, or masses of counts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from stanmix.arguments import FIT, PROBABILITY, OrNone, Text, checked
from stanmix.errors import InputError
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.families.truncation import log_between
from stanmix.plots import roses
from stanmix.plots.style import AX, axes, colour
from stanmix.posterior.posterior import Posterior
from stanmix.program.columns import category_names
from stanmix.streams import Stream, generator

__all__ = ["average_density", "density"]

Array = NDArray[np.float64]

MOST_DRAWS = 1_000  # bands and mean curves look at no more draws than this ...
MOST_ROWS = 200  # ... and, where rows differ, at so many of them, at fewer draws
FEWER_DRAWS = 250
MOST_BARS = 40  # more counts than this are taken together, and these are drawn as a curve
MOST_COUNTS = 2_000
WIDEST = 60  # letters of names of categories that stand beside one another
POINTS = 400
MEAN = "posterior mean"


@checked(fit=FIT, ax=AX, prob=PROBABILITY, label=OrNone(Text()))
def density(
    fit: Posterior, ax: Axes | None = None, prob: float = 0.9, label: str | None = None
) -> Axes:
    """Draw the fitted density of the response over the data.

    Parameters
    ----------
    fit : Fit
        Where rows have densities of their own (covariates, gating or an offset), what is drawn
        is their mean over the rows of the data, a row of weight w counted w times; of more than
        200 rows a seeded sample. The legend says so.
    ax : Axes, optional
        For angles polar ones.
    prob : float
        Probability of the pointwise posterior band.
    label : str, optional
        Name and unit of the response; default the formula's left-hand side.

    Returns
    -------
    Axes
        A histogram of the data with densities per unit of the response; for counts (in a range
        of at most 2 000) and categories bars of the observed frequencies with the fitted mass of
        each, or of some counts together. Angles are drawn around a circle, with areas in
        proportion to probabilities: the square of a radius is a density.

    Raises
    ------
    InputError
        If the response has several columns, or axes for angles are not polar.
    """
    if fit.model.responses:
        raise InputError(
            f"The response has {len(fit.model.responses)} columns; use plots.contours for two."
        )
    circular = fit.model.response.circular
    ax = roses.polar_axes(ax) if circular else axes(ax)
    few = fit.family.categories or np.ptp(fit.design.y) <= MOST_COUNTS
    draw = _masses if fit.family.counts and few else _curves
    averaged = (_rose if circular else draw)(fit, ax, prob)
    ax.set(xlabel=label or fit.design.response)
    ax.set_ylim(bottom=0)
    # Data and mixture before the components, whatever kinds of mark they are.
    named = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    parts = [name for name in named if name.startswith("component")]
    names = sorted(set(named) - set(parts), key=["data", MEAN, f"{prob:.0%} band"].index) + parts
    beside: dict[str, Any] = {}
    if circular:  # off the rose
        beside = {"loc": "center left", "bbox_to_anchor": (1.12, 0.5)}
    ax.legend(
        [named[name] for name in names], names, frameon=False, title=averaged or None,
        title_fontsize="small", **beside,
    )  # fmt: skip
    return ax


def _rose(fit: Posterior, ax: Axes, prob: float) -> str:
    grid = np.linspace(-np.pi, np.pi, POINTS)
    shown = average_density(fit, grid)
    total = shown.by_component.sum(axis=-1)
    roses.petals(ax, fit.design.y, fit.design.rows.weights)
    if len(total) > 1:
        lower, upper = roses.radii(_band(total, prob))
        ax.fill_between(grid, lower, upper, color="0.2", alpha=0.25, lw=0, label=f"{prob:.0%} band")
    ax.plot(grid, roses.radii(total.mean(axis=0)), color="0.1", lw=1.8, label=MEAN)
    for k, part in enumerate(shown.by_component.mean(axis=0).T):
        ax.plot(grid, roses.radii(part), color=colour(k), ls="--", label=f"component {k + 1}")
    roses.scale_radii(ax)
    return shown.averaged


def _curves(fit: Posterior, ax: Axes, prob: float) -> str:
    atoms = np.isin(fit.design.y, fit.model.atoms)
    y = fit.design.y[~atoms]
    margin = 0.1 * float(np.ptp(y))
    low, high = _ends(fit)
    # A density may have no end at the ends of the support: the curve stops short of them.
    short = 0.0 if fit.family.counts else 1e-3 * margin
    grid = np.linspace(
        max(y.min() - margin, low + short), min(y.max() + margin, high - short), POINTS
    )
    if fit.family.counts:
        grid = np.unique(grid.round())
    shown = average_density(fit, grid)
    total = shown.by_component.sum(axis=-1)
    counts = fit.design.rows.weights
    counts = np.ones(len(atoms)) if counts is None else counts
    bins = _bins(y)
    # Rows at point masses have no part in the area.
    times = counts[~atoms] / counts.sum() / (bins[1] - bins[0])
    ax.hist(y, bins=list(bins), weights=times, color="0.85", edgecolor="0.7", label="data")
    if len(total) > 1:
        lower, upper = _band(total, prob)
        ax.fill_between(grid, lower, upper, color="0.2", alpha=0.25, lw=0, label=f"{prob:.0%} band")
    ax.plot(grid, total.mean(axis=0), color="0.1", lw=1.8, label=MEAN)
    masses = _masses_at(fit)
    for k, part in enumerate(shown.by_component.mean(axis=0).T):
        label = f"component {fit.component_names[k]}"
        if k in masses:
            at, share = masses[k]
            label += f", {share:.0%} at {at:g}"
            ax.axvline(at, color=colour(k), lw=1.8, ls="--", label=label)
        else:
            ax.plot(grid, part, color=colour(k), lw=1.4, ls="--", label=label)
    ax.plot(y, np.zeros_like(y), "|", color="0.2", ms=8, alpha=0.6, clip_on=False)
    shown_at = [at for at, _ in masses.values()]
    first, last = min([grid[0], *shown_at]), max([grid[-1], *shown_at])
    # A line at an end would be lost in the frame.
    room = 0.02 * (last - first)
    first -= room if first in shown_at else 0.0
    last += room if last in shown_at else 0.0
    ax.set(ylabel="density", xlim=(first, last))
    return shown.averaged


def _ends(fit: Posterior) -> tuple[float, float]:
    """Return between which some component has a density."""
    found, known = [], fit.model.known
    for block in fit.model.blocks:
        if not block.family.constant:
            of_family = block.predictors.values()
            values = {
                one.parameter.name: np.asarray(known[one.name]) for one in of_family if one.known
            }
            found.append(block.family.support(values))
    low, high = fit.model.response.ends
    return (
        max(low, min(float(np.min(ends[0])) for ends in found)),
        min(high, max(float(np.max(ends[1])) for ends in found)),
    )


def _masses_at(fit: Posterior) -> dict[int, tuple[float, float]]:
    """Return where each point mass lies, and its mean weight, by the component's number from 0."""
    weights = fit.draws()["theta"].mean(axis=0)
    masses = [block for block in fit.model.blocks if block.family is POINT_MASS]
    return {
        k: (at, float(weights[k]))
        for block in masses
        for k, at in zip(block.components, fit.model.atoms, strict=True)
    }


def _masses(fit: Posterior, ax: Axes, prob: float) -> str:
    y = fit.design.y
    margin = int(np.ceil(0.1 * np.ptp(y)))
    most = fit.family.response.ends[1]
    if fit.design.rows.trials is not None:
        most = float(fit.design.rows.trials.max())
    first, last = max(int(y.min()) - margin, 0), int(min(y.max() + margin, most))
    names = category_names(fit.design)
    if names:
        first, last = 1, len(names)
    width = 1 if names else -(-(last + 1 - first) // MOST_BARS)
    starts = np.arange(0, last + 1 - first, width)
    grid = np.arange(first, first + starts[-1] + width)
    shown = average_density(fit, grid.astype(float))
    mass = np.add.reduceat(shown.by_component, starts, axis=1)
    total, centre = mass.sum(axis=-1), first + starts + (width - 1) / 2
    edges = np.append(centre - width / 2, centre[-1] + width / 2)
    observed = np.histogram(y, edges, weights=fit.design.rows.weights)[0]
    ax.bar(
        centre, observed / observed.sum(), width=0.8 * width, color="0.85", edgecolor="0.7",
        label="data",
    )  # fmt: skip
    for k, part in enumerate(mass.mean(axis=0).T):
        ax.plot(
            centre,
            part,
            "o--",
            color=colour(k),
            ms=3.5,
            lw=1,
            label=f"component {fit.component_names[k]}",
        )
    if len(total) > 1:
        lower, upper = _band(total, prob)
        ax.vlines(centre, lower, upper, color="0.2", lw=4, alpha=0.35, label=f"{prob:.0%} band")
    ax.plot(centre, total.mean(axis=0), "D", color="0.1", ms=4, label=MEAN)
    ax.set(
        ylabel="probability" if width == 1 else f"probability of {width} counts together",
        xlim=(edges[0] - 0.1 * width, edges[-1] + 0.1 * width),
    )
    if names:
        ax.set_xticks(centre, names)
        ax.tick_params(axis="x", labelrotation=0 if len("".join(names)) < WIDEST else 90)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return shown.averaged


def _band(total: Array, prob: float) -> Array:
    return np.asarray(np.quantile(total, [(1 - prob) / 2, (1 + prob) / 2], axis=0))


@dataclass(frozen=True)
class AverageDensity:
    """A mixture's density on a grid.

    Attributes
    ----------
    by_component : ndarray of shape (S, G, K)
        Of S draws at G values; theta_k f(y | component k), which sum to the mixture's.
    averaged : str
        Over what it is a mean, in words; empty where all rows have one density.
    """

    by_component: Array
    averaged: str


def average_density(fit: Posterior, grid: Array) -> AverageDensity:
    """Return the density of the response on a grid, averaged over rows where they differ.

    Parameters
    ----------
    fit : Fit
    grid : ndarray of shape (G,)
        Values of the response.

    Returns
    -------
    AverageDensity
        Of at most 1 000 draws, evenly taken; of 250 where rows differ (and at most 200 of
        these) or the grid is long.
    """
    terms = fit.rows()[0].unlabelled
    if terms.limits is not None:  # of censored rows, too, the density of responses is shown
        terms = dataclasses.replace(terms, limits=terms.limits.uncensored)
    N, K, alike = len(terms), fit.model.components, terms.alike
    rows = np.arange(1 if alike else N)
    if len(rows) > MOST_ROWS:
        rng = generator(fit.seed, Stream.DENSITY_ROWS)
        rows = np.sort(rng.choice(N, MOST_ROWS, replace=False))
    frequency = terms.frequency
    counts = np.ones(len(rows)) if alike or frequency is None else frequency[rows]
    parameters = fit.thinned(MOST_DRAWS if alike and len(grid) <= POINTS else FEWER_DRAWS)
    some = terms[rows]
    values = [(block, some.values(parameters, block)) for block in some.blocks]
    theta = some.weights(parameters)
    result = np.zeros((len(theta), len(grid), K))
    # Row by row and not by `log_joint`, which judges the rows of a group together.
    with np.errstate(divide="ignore", over="ignore"):
        for n, share in enumerate(counts / counts.sum()):
            weight = share * _at_row(theta, n)
            least, most = terms[rows[[n]]].recorded
            for block, of_block in values:
                here = {name: _at_row(each, n) for name, each in of_block.items()}
                log_density = block.family.log_density(grid[:, None], here)
                if least is not None or most is not None:
                    log_density -= log_between(block.family, least, most, here)
                    inside = np.full(grid.shape, True) if least is None else grid >= least.ravel()
                    inside &= True if most is None else grid <= most.ravel()
                    log_density = np.where(inside[:, None], log_density, -np.inf)
                own = list(block.components)
                result[..., own] += weight[..., own] * np.exp(log_density)
    if alike:
        return AverageDensity(result, "")
    of = f"{len(rows)} of the {N} rows" if len(rows) < N else f"the {N} rows"
    weighted = "" if frequency is None else " by weight"
    return AverageDensity(result, f"fit: mean over {of}{weighted}")


def _at_row(values: Array, row: int) -> Array:
    """Return (S, 1, K) of what differs between rows, or does not."""
    return values[:, [row]] if values.shape[1] > 1 else values


def _bins(y: Array) -> Array:
    """Freedman-Diaconis bins, but no more than can be seen."""
    edges = np.histogram_bin_edges(y, "fd")
    number = int(np.clip(len(edges), 15, 80))
    if (y != np.round(y)).any():
        return np.linspace(edges[0], edges[-1], number)
    # Whole numbers: as many of them in each bin.
    width = max(1.0, np.round(np.ptp(y) / number))
    return np.arange(y.min() - 0.5, y.max() + width, width)
