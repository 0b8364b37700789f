"""The draws: traces, ranks, autocorrelation, pairs, and the path of the ELBO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy import signal, stats

from stanmix.arguments import FIT, Integer, checked
from stanmix.errors import InputError
from stanmix.plots.kernel_density import kernel_density
from stanmix.plots.style import (
    AX,
    MOST_PANELS,
    PARAMETERS,
    axes,
    colour,
    remark,
    shown_panels,
    subplots,
)
from stanmix.posterior.posterior import Posterior

__all__ = ["autocorrelation", "elbo", "pairs", "rank", "trace"]

STYLES = ("-", "--", ":", "-.")
MOST_POINTS = 2_000
RANK_BINS = 20
MOST_AXES = 60  # of parameters and components
MOST_PAIRED = 6
DRAWS_A_BIN = 5  # at least, so that there are fewer bins of few draws


@checked(fit=FIT, parameters=PARAMETERS)
def trace(fit: Posterior, parameters: Sequence[str] | None = None) -> NDArray[Any]:
    """Draw densities and traces of the parameters, a colour a component, a line style a chain.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        Which to draw, as ``["sigma", "beta[x]"]``; by default all, or 12 where there are more.

    Returns
    -------
    ndarray of Axes, shape (parameter, 2)
        Coefficients of different covariates have panels of their own.
    """
    shown, left_out = shown_panels(fit, fit.posterior, parameters, MOST_PANELS)
    figure, grid = subplots(len(shown), 2, size=(10, 1.9 * len(shown)))
    for (left, right), (name, values) in zip(grid, shown, strict=True):
        shared = values.shape[-1] == 1 < fit.model.components
        for k in range(values.shape[-1]):
            shade = "0.3" if shared else colour(k)
            for chain, draws in enumerate(values[..., k]):
                style = STYLES[chain % len(STYLES)]
                if np.ptp(draws) > 0:
                    x, y = kernel_density(draws)
                    left.plot(x, y, color=shade, ls=style, lw=1)
                right.plot(draws, color=shade, lw=0.4, alpha=0.6)
        left.set(ylabel=name, yticks=[])
        left.set_ylim(bottom=0)
    grid[-1, 0].set_xlabel("value (solid, dashed, dotted: chains)")
    grid[-1, 1].set_xlabel("draw")
    remark(figure, left_out)
    _legend(figure, fit)
    return np.asarray(grid)


@checked(fit=FIT, parameters=PARAMETERS)
def rank(fit: Posterior, parameters: Sequence[str] | None = None) -> NDArray[Any]:
    """Draw how the ranks of each chain's draws among all draws are spread.

    Chains that explore one and the same distribution give level lines (Vehtari et al., 2021). A
    single chain is cut in two halves, as for R-hat.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        Which to draw, as ``["sigma", "beta[x]"]``; by default all, or where there are many as
        many as give 60 panels, 12 at most.

    Returns
    -------
    ndarray of Axes, shape (parameter, component)
        A line style a chain. The grey band holds 95% of the counts of a bin, were all draws
        independent and of one distribution; correlated draws leave it more often.

    Raises
    ------
    InputError
        If there is a single draw.
    """
    most = min(MOST_PANELS, max(1, MOST_AXES // fit.model.components))
    whole, left_out = shown_panels(fit, fit.posterior, parameters, most)
    shown = [(name, _halved(values)) for name, values in whole]
    chains, draws = shown[0][1].shape[:2]
    if draws < 2:
        raise InputError("Ranks need more draws than one.")
    bins = max(1, min(RANK_BINS, chains * draws // DRAWS_A_BIN))
    K = max(values.shape[-1] for _, values in shown)
    size = (1.5 + 2.6 * K, 0.6 + 1.6 * len(shown))
    figure, grid = subplots(len(shown), K, size=size, sharex=True, sharey=True)
    edges = np.linspace(0, chains * draws, bins + 1)
    level = draws / bins
    band = stats.binom(draws, 1 / bins).interval(0.95)
    for row, (name, values) in zip(grid, shown, strict=True):
        for k, ax in enumerate(row):
            if k >= values.shape[-1]:
                ax.axis("off")
                continue
            ranks = stats.rankdata(values[..., k]).reshape(chains, draws) - 0.5
            ax.axhspan(*band, color="0.9", lw=0)
            ax.axhline(level, color="0.6", lw=0.8)
            shared = values.shape[-1] == 1 < fit.model.components
            for chain in range(chains):
                ax.stairs(
                    np.histogram(ranks[chain], edges)[0], edges, lw=1.2, baseline=None,
                    color="0.3" if shared else colour(k), ls=STYLES[chain % len(STYLES)],
                )  # fmt: skip
            if name == shown[0][0] and K > 1:
                ax.set_title(f"component {fit.component_names[k]}", fontsize="medium")
        row[0].set(ylabel=f"{name}\ndraws")
    for ax in grid[-1]:
        ax.set_xlabel("rank among all chains")
    grid[0, 0].set_ylim(bottom=0)
    remark(figure, left_out)
    return np.asarray(grid)


def _halved(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (chain, draw, component) with a single chain cut in two."""
    if len(values) > 1:
        return values
    half = values.shape[1] // 2
    return np.concatenate([values[:, :half], values[:, half : 2 * half]])


@checked(fit=FIT, lags=Integer(1), parameters=PARAMETERS)
def autocorrelation(
    fit: Posterior, lags: int = 50, parameters: Sequence[str] | None = None
) -> NDArray[Any]:
    """Draw the autocorrelation of the parameters, the mean over the chains.

    Parameters
    ----------
    fit : Fit
    lags : int
        Largest lag.
    parameters : sequence of str, optional
        Which to draw, as ``["sigma", "beta[x]"]``; by default all, or 12 where there are more.

    Returns
    -------
    ndarray of Axes, shape (parameter,)
    """
    shown, left_out = shown_panels(fit, fit.posterior, parameters, MOST_PANELS)
    size = fit.posterior.sizes["draw"]
    if size < 2:
        raise InputError("A single draw has no autocorrelation.")
    lag = np.arange(min(lags, size - 1) + 1)
    figure, grid = subplots(len(shown), 1, size=(7, 1.7 * len(shown)), sharex=True, sharey=True)
    for ax, (name, values) in zip(grid[:, 0], shown, strict=True):
        for k in np.flatnonzero(~np.isnan(values[0, 0])):
            each = [_autocorrelations(chain)[lag] for chain in values[..., k]]
            shared = values.shape[-1] == 1 < fit.model.components
            ax.plot(lag, np.mean(each, axis=0), color="0.3" if shared else colour(int(k)), lw=1.4)
        ax.axhline(0, color="0.7", lw=0.8, zorder=0)
        ax.set(ylabel=name, ylim=(-0.3, 1.05))
    grid[-1, 0].set_xlabel("lag (draws)")
    remark(figure, left_out)
    _legend(figure, fit)
    return np.asarray(grid[:, 0])


@checked(fit=FIT, parameters=PARAMETERS)
def pairs(fit: Posterior, parameters: Sequence[str] | None = None) -> NDArray[Any]:
    """Draw each pair of parameters against one another, a colour a component.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        Which to draw, as ``["sigma", "beta[x]"]``; by default all that differ between components,
        or 6 where there are more.

    Returns
    -------
    ndarray of Axes, shape (parameter - 1, parameter - 1)
        Where two clouds meet, relabelling had to decide. At most 2 000 draws are shown.
    """
    own, left_out = shown_panels(fit, fit.posterior, parameters, MOST_PAIRED, apart=True)
    if len(own) < 2:
        raise InputError("Pairs need two parameters that differ between components.")
    flat = [(name, values.reshape(-1, values.shape[-1])) for name, values in own]
    kept = np.linspace(0, len(flat[0][1]) - 1, min(len(flat[0][1]), MOST_POINTS)).astype(int)
    size = len(flat) - 1
    figure, grid = subplots(size, size, size=(max(3 * size, 4.5), 2.7 * size + 0.3))
    for i in range(size):
        for j in range(size):
            ax = grid[i, j]
            if j > i:
                ax.axis("off")
                continue
            for k in range(fit.model.components):
                ax.plot(
                    flat[j][1][kept, k], flat[i + 1][1][kept, k], ".", ms=2, alpha=0.3,
                    color=colour(k), mew=0, rasterized=True,
                )  # fmt: skip
            if i == size - 1:
                ax.set_xlabel(flat[j][0])
            if j == 0:
                ax.set_ylabel(flat[i + 1][0])
    remark(figure, left_out)
    _legend(figure, fit)
    return np.asarray(grid)


@checked(fit=FIT, ax=AX)
def elbo(fit: Posterior, ax: Axes | None = None) -> Axes:
    """Draw the evidence lower bound over the iterations of ADVI.

    Parameters
    ----------
    fit : Fit
    ax : Axes, optional

    Raises
    ------
    InputError
        If the fit is not one of ADVI.
    """
    found = fit.sample_stats
    if "elbo" not in found:
        raise InputError(f"A fit by {fit.method!r} has no ELBO; method='advi' has one.")
    ax = axes(ax)
    ax.plot(found["iteration"], found["elbo"], "o-", color=colour(0), ms=3, lw=1)
    ax.set(xlabel="iteration", ylabel="ELBO (nats)")
    at, values = found["iteration"].to_numpy(), found["elbo"].to_numpy()
    # The first evaluations are so low that the end would be a flat line.
    bottom = min(float(np.quantile(values, 0.2)), float(values[-1])) - 1
    low = values < bottom
    if low.any():
        ax.set_ylim(bottom=bottom)
        ax.plot(
            at[low], np.full(low.sum(), bottom), "v", color=colour(1), ms=7, clip_on=False,
            label=f"below the axis: down to {values.min():.4g}",
        )  # fmt: skip
        ax.legend(frameon=False, loc="lower right")
    return ax


def _autocorrelations(chain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of a chain with itself at each lag from 0 on."""
    about = chain - chain.mean()
    sums = signal.correlate(about, about)[len(chain) - 1 :]
    with np.errstate(invalid="ignore"):  # a chain that never moved has none
        result: NDArray[np.float64] = sums / sums[0]
    return result


def _legend(figure: Any, fit: Posterior) -> None:
    if fit.model.components > 1:
        handles = [
            Line2D([], [], color=colour(k), lw=2, label=f"component {fit.component_names[k]}")
            for k in range(fit.model.components)
        ]
        figure.legend(
            handles=handles, loc="outside upper center", ncols=min(len(handles), 6), frameon=False
        )
