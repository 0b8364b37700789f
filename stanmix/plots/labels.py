"""The labels: where they switched, what relabelling did, and who belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray

from stanmix.arguments import FIT, Integer, OrNone, checked
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
from stanmix.posterior import clusters, relabelling
from stanmix.posterior.posterior import Posterior
from stanmix.streams import Stream, generator

__all__ = ["before_and_after", "similarity", "switching"]

MOST_OBSERVATIONS = 1_000  # more squares than this are not told apart


@checked(fit=FIT, ax=AX)
def switching(fit: Posterior, ax: Axes | None = None) -> Axes:
    """Draw which label each component had in each draw, one chain after another.

    Parameters
    ----------
    fit : Fit
        Relabelled.
    ax : Axes, optional

    Returns
    -------
    Axes
        A row a component; one colour all along says that labels never switched.

    Raises
    ------
    InputError
        If the fit has not been relabelled.
    """
    perm = _permutation(fit)
    chains, draws, K = perm.shape
    ax = axes(ax)
    palette = ListedColormap([colour(k) for k in range(K)])
    image = ax.imshow(
        perm.reshape(chains * draws, K).T,
        aspect="auto",
        interpolation="nearest",
        cmap=palette,
        vmin=-0.5,
        vmax=K - 0.5,
    )
    for chain in range(1, chains):
        ax.axvline(chain * draws - 0.5, color="white", lw=2)
    names = fit.posterior.chain.to_numpy()
    ax.set_xticks([(c + 0.5) * draws for c in range(chains)], [f"chain {name}" for name in names])
    ax.set_yticks(range(K), [str(name) for name in fit.component_names])
    ax.tick_params(length=0)
    ax.set(ylabel="component", xlabel=f"draws, {draws} a chain")
    bar = ax.figure.colorbar(image, ax=ax, ticks=range(K))
    bar.ax.set_yticklabels([str(name) for name in fit.component_names])
    bar.set_label("label as sampled")
    return ax


@checked(fit=FIT, parameters=PARAMETERS)
def before_and_after(fit: Posterior, parameters: Sequence[str] | None = None) -> NDArray[Any]:
    """Draw densities of the parameters by component, as sampled and relabelled.

    Parameters
    ----------
    fit : Fit
        Relabelled.
    parameters : sequence of str, optional
        Which to draw, as ``["sigma", "beta[x]"]``; by default all that differ between components,
        or 12 where there are more.

    Returns
    -------
    ndarray of Axes, shape (parameter, 2)

    Raises
    ------
    InputError
        If the fit has not been relabelled, or has a single draw.
    """
    if _permutation(fit)[..., 0].size < 2:
        raise InputError("A single draw has no density.")
    before, _ = shown_panels(fit, relabelling.as_sampled(fit), parameters, MOST_PANELS, apart=True)
    after, left_out = shown_panels(fit, fit.posterior, parameters, MOST_PANELS, apart=True)
    figure, grid = subplots(len(after), 2, size=(9, 2.1 * len(after)), sharex="row", sharey="row")
    for row, sampled, aligned in zip(grid, before, after, strict=True):
        for ax, (name, values) in zip(row, (sampled, aligned), strict=True):
            for k in range(values.shape[-1]):
                draws = values[..., k].ravel()
                if np.ptp(draws) > 0:
                    x, y = kernel_density(draws)
                    ax.fill_between(x, y, color=colour(k), alpha=0.25, lw=0)
                    ax.plot(x, y, color=colour(k), lw=1.4, label=f"{fit.component_names[k]}")
            ax.set(xlabel=name, yticks=[])
        row[0].set_ylim(bottom=0)  # of both, once both are drawn
    grid[0, 0].set_title("as sampled")
    grid[0, 1].set_title(fit.labelling.partition(" (")[0])
    grid[0, 1].legend(title="component", frameon=False)
    remark(figure, left_out)
    return np.asarray(grid)


@checked(fit=FIT, ax=AX, draws=OrNone(Integer(1)))
def similarity(fit: Posterior, ax: Axes | None = None, draws: int | None = 1000) -> Axes:
    """Draw how probable it is that two observations share a component, cluster by cluster.

    Parameters
    ----------
    fit : Fit
        Under any labels: similarity knows none.
    ax : Axes, optional
    draws : int or None
        How many draws to use; None for all.

    Returns
    -------
    Axes
        Observations are sorted by the cluster of `Fit.clusters`, and within it by how much they
        belong to it. Of more than 1 000 a seeded sample is shown; the axes say so.
    """
    N, rows, what = len(fit.design.y), None, "observation, by cluster"
    if N > MOST_OBSERVATIONS:
        rng = generator(fit.seed, Stream.SIMILARITY_ROWS)
        kept = np.sort(rng.choice(N, MOST_OBSERVATIONS, replace=False))
        rows = fit.design.columns.iloc[kept]
        what = f"observation ({len(kept)} of {N}), by cluster"
    matrix = clusters.similarity(fit, rows, draws).to_numpy()
    cluster = clusters.clusters(fit, frame=rows, draws=draws).to_numpy()
    belongs = np.array([matrix[i, cluster == c].mean() for i, c in enumerate(cluster)])
    order = np.lexsort((-belongs, cluster))
    ax = axes(ax, (5.8, 4.8))
    image = ax.imshow(matrix[np.ix_(order, order)], vmin=0, vmax=1, cmap="viridis")
    for edge in np.cumsum(np.bincount(cluster)[1:])[:-1]:
        ax.axhline(edge - 0.5, color="white", lw=1)
        ax.axvline(edge - 0.5, color="white", lw=1)
    ax.set(xlabel=what, ylabel=what)
    ax.figure.colorbar(image, ax=ax, label="probability of one component")
    return ax


def _permutation(fit: Posterior) -> NDArray[np.intp]:
    stats = fit.sample_stats
    if "permutation" not in stats:
        raise InputError(
            f"This fit has not been relabelled (labels {fit.labelling}): fit.relabel()."
        )
    perm: NDArray[np.intp] = stats["permutation"].to_numpy()
    return perm
