"""Modes that are no renumbering of one another, found in quantities that know no labels.

A relabelled copy of a mode has the same label-free quantities, so a valley in the distribution of
one of them separates modes that no relabelling can merge.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from stanmix.diagnostics.convergence import invariants
from stanmix.diagnostics.report import Report
from stanmix.monte_carlo import effective_draws
from stanmix.posterior.posterior import Posterior

__all__ = ["find_modes", "modes", "valley"]

Array = NDArray[np.float64]

# A valley counts where the density falls below this part of the lower of the peaks beside it ...
DEPTH = 0.25
# ... and holds at least this part of the draws on either side, worth so many effective ones.
SHARE = 0.02
EFFECTIVE = 10
MOST_MODES = 6
# With fewer passages from mode to mode their shares are not known to one digit.
PASSAGES = 20
GRID = 512


def modes(fit: Posterior, report: Report, confirmed: bool = False) -> None:
    """Look for several modes, and say what they are.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    confirmed : bool
        Whether weighted draws agree with the chains, and so with the shares of the modes.
    """
    quantities = invariants(fit)
    label, where = find_modes(quantities)
    count = int(label.max()) + 1
    report.figures["modes"] = count
    if count == 1:
        return
    lp = quantities["log density"].to_numpy()
    chains = fit.posterior.chain.to_numpy()
    passages = int((label[:, 1:] != label[:, :-1]).sum())
    report.figures["passages_between_modes"] = passages
    table = pd.DataFrame(
        {
            "weight": [float((label == m).mean()) for m in range(count)],
            "lp_mean": [float(lp[label == m].mean()) for m in range(count)],
            "lp_max": [float(lp[label == m].max()) for m in range(count)],
            "chains": [
                ", ".join(str(c) for c, row in zip(chains, label, strict=True) if (row == m).any())
                for m in range(count)
            ],
        },
        pd.RangeIndex(1, count + 1, name="mode"),
    )
    for name in fit.model.component_parameters:
        variable = fit.posterior[name]
        values = variable.to_numpy()
        for index in np.ndindex(*values.shape[2:]):
            names = [
                str(fit.posterior[dim].to_numpy()[i])
                for dim, i in zip(variable.dims[2:], index, strict=True)
            ]
            column = values[(slice(None), slice(None), *index)]
            table[f"{name}[{', '.join(names)}]"] = [
                float(column[label == m].mean()) for m in range(count)
            ]
    report.tables["modes"] = table
    each = "; ".join(
        f"mode {m}: {row.weight:.0%} of the draws, log density {row.lp_mean:.1f} on average, "
        f"chain(s) {row.chains}"
        for m, row in table.iterrows()
    )
    stuck = passages < PASSAGES and not confirmed
    report.add(
        "modes",
        "problem" if stuck else "note",
        f"the posterior has {count} modes that are no renumbering of one another (told apart by "
        f"{where}): {each}. "
        + (
            f"{'No chain went' if not passages else f'Chains went only {passages} time(s)'} from "
            "one to another, so the shares say where chains started, not how probable the modes "
            "are."
            if stuck
            else f"Chains went from one to another {passages} times; means over all draws "
            "describe none of them."
            + (" Importance draws from all optima confirm the shares." if confirmed else "")
        ),
        "relabelling cannot help: these are different explanations of the data. Compare them "
        '(diagnosis.tables["modes"])'
        + (
            ", run more chains to see how often each is found, and decide by stronger priors or "
            "another number of components."
            if stuck
            else " and report them apart; other numbers of components may have one mode."
        ),
    )


def find_modes(quantities: xr.Dataset) -> tuple[NDArray[np.intp], str]:
    """Split draws where the distribution of a quantity has a deep valley.

    Parameters
    ----------
    quantities : Dataset
        Each of shape (chain, draw), and the same under every labelling.

    Returns
    -------
    label : ndarray of int, shape (chain, draw)
        The mode of each draw, from 0, the one with most draws first.
    where : str
        The quantity with the deepest valley; empty where there is one mode.
    """
    names = [str(name) for name in quantities.data_vars]
    values = np.stack([quantities[name].to_numpy() for name in names])
    effective = np.array([_within(chains) for chains in values])
    label = np.zeros(values.shape[1:], dtype=np.intp)
    where, todo, done = "", [0], 1
    while todo and done < MOST_MODES:
        mode = todo.pop()
        inside = label == mode
        share = float(inside.mean())
        found = [
            valley(column[inside], worth * share)
            for column, worth in zip(values, effective, strict=True)
        ]
        deep = [(depth, i, cut) for i, (depth, cut) in enumerate(found) if depth < DEPTH]
        if not deep:
            continue
        _, best, cut = min(deep)
        where = where or names[best]
        label[inside & (values[best] > cut)] = done
        todo += [mode, done]
        done += 1
    order = np.argsort(-np.bincount(label.ravel()), kind="stable")
    return np.argsort(order)[label], where


def valley(values: Array, effective: float) -> tuple[float, float]:
    """Find the deepest valley in a density.

    Parameters
    ----------
    values : ndarray of shape (S,)
    effective : float
        How many independent values they are worth.

    Returns
    -------
    depth : float
        The density there for the lower of the highest peaks on either side, from 0 to 1; 1
        where there is no valley with enough values on both sides.
    cut : float
        Where it lies.
    """
    spread = float(np.std(values))
    constant = spread <= 1e-12 * float(np.abs(values).max())
    if constant or effective < 2 * EFFECTIVE:
        return 1.0, float(values[0])
    # Silverman's rule on the whole spread smooths too much rather than too little.
    width = 0.9 * spread * effective**-0.2
    edges = np.linspace(values.min() - 3 * width, values.max() + 3 * width, GRID + 1)
    counts = np.histogram(values, edges)[0].astype(float)
    density = gaussian_filter1d(counts, width / (edges[1] - edges[0]), mode="constant")
    left = np.maximum.accumulate(density)
    right = np.maximum.accumulate(density[::-1])[::-1]
    below = (np.cumsum(counts) - 0.5 * counts) / len(values)
    least = max(SHARE, EFFECTIVE / effective)
    allowed = (below >= least) & (below <= 1 - least)
    if not allowed.any():
        return 1.0, float(values[0])
    depth = np.ones(GRID)
    np.divide(density, np.minimum(left, right), out=depth, where=allowed)
    lowest = np.flatnonzero(depth == depth.min())
    place = int(lowest[len(lowest) // 2])
    return float(depth[place]), float(edges[place] + edges[place + 1]) / 2


def _within(chains: Array) -> float:
    """Return the effective draws of the chains, each for itself: modes must not count as noise."""
    each = [effective_draws(chain[None], "mean") for chain in chains]
    return float(np.nansum(np.minimum(each, chains.shape[1])))
