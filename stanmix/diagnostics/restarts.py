"""Whether several runs of one method, from different starts, ended at the same place."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers
from stanmix.diagnostics.report import Report
from stanmix.posterior.log_likelihood import log_likelihood
from stanmix.posterior.posterior import Posterior
from stanmix.relabel.assignment import assign

__all__ = ["distances", "distances_of_modes", "failed_runs", "restarts"]

Array = NDArray[np.float64]

# ELBOs this far apart, beyond so many Monte Carlo errors, are different results (their
# optimisation is random too).
ELBOS_APART, ERRORS = 3.0, 4.0
# Modes are one where their log densities differ by less than climbs may have left to gain, and
# the densities of the rows by less than so many posterior sds of the parameters make of them.
MODES_APART, PLACES_APART = 0.1, 0.3
# Means that differ by so many standard deviations are at different places.
FAR = 5.0
FARTHEST = 1e100  # where there is next to no standard deviation
NEVER = 1e250  # cost of a component that is of another family
# A mode no further than this below the highest may hold a part of the posterior.
NEAR = 7.0


def failed_runs(fit: Posterior, report: Report) -> None:
    """Say which runs did not end."""
    failed = fit.failed_chains
    report.figures["failed_runs"] = len(failed)
    if failed:
        run, words = next(iter(failed.items()))
        last = words.strip().splitlines()[-1] if words.strip() else "nothing"
        report.add(
            "failed runs",
            "note",
            f"run(s) {_listed(failed)} failed; Stan said of run {run}: {last}",
        )


def restarts(fit: Posterior, report: Report, sound: bool = True, confirmed: bool = False) -> None:
    """Say whether the runs agree, of which the best was kept.

    Parameters
    ----------
    fit : Posterior
        By a method that keeps the best of several runs. A fit of one run has nothing to compare.
    report : Report
        Gets the table ``"runs"``.
    sound : bool
        Whether the one that was kept is a good approximation, seen by itself.
    confirmed : bool
        Whether weighted draws from all optima agree with it: then it matters little what others
        found.
    """
    stats = fit.sample_stats
    if stats.sizes.get("run", 1) < 2:
        return
    table = _table(fit)
    report.tables["runs"] = table
    if "lp" in table:
        _modes(fit, report, table, confirmed)
    else:
        _approximations(fit, report, table, sound, confirmed)


def _modes(fit: Posterior, report: Report, table: pd.DataFrame, confirmed: bool) -> None:
    kept, heights = fit.idata.attrs["kept_run"], table["lp"]
    span = _span(report, heights, "log densities")
    lost = table.index[~table["converged"]]
    aside = f" Run(s) {_listed(lost)} did not come to a mode." if len(lost) else ""
    if kept in lost:
        report.add(
            "restarts",
            "note",
            f"{span}.{aside} Run {kept}, the highest, is kept, and is no mode to compare with.",
            'compare diagnosis.tables["runs"].',
        )
        return
    at_modes = table[table["converged"]]
    gap = heights[kept] - at_modes["lp"]
    others = gap[(gap > MODES_APART) | (at_modes["distance"] > PLACES_APART)]
    if others.empty:
        report.add("restarts", "fine", f"{span}: at one mode.{aside}")
        return
    matter = fit.method != "map" and others.min() < NEAR and not confirmed
    report.add(
        "restarts",
        "problem" if matter else "note",
        f"{span}: there are several modes. Run {kept}, the highest, is kept; "
        f"{len(gap) - len(others)} of {len(gap)} got there"
        + _next(float(others.min()), fit.method, matter)
        + aside,
        'compare diagnosis.tables["runs"]' + (', and use method="nuts".' if matter else "."),
    )


def _next(gap: float, method: str, matter: bool) -> str:
    """Say how far below the next mode is, and what that means for an approximation."""
    if matter:
        return f", but the next is only {max(gap, 0.0):.1f} below."
    if method == "map":
        return "."
    return f"; the next is {gap:.0f} below: unless it is far wider, next to nothing lies there."


def _approximations(
    fit: Posterior, report: Report, table: pd.DataFrame, sound: bool, confirmed: bool
) -> None:
    kept = fit.idata.attrs["kept_run"]
    heights, error = table["elbo"], table["elbo_error"]
    gap = heights[kept] - heights
    # By the error of the one that is kept: a run so bad that its ELBO is hardly known is no match.
    reached = gap <= ELBOS_APART + ERRORS * np.sqrt(2) * error[kept]
    elsewhere = table["distance"][reached & (table["distance"] > FAR)]
    span = _span(report, heights, "ELBOs")
    if len(elsewhere):
        report.add(
            "restarts",
            "note" if confirmed else "problem",
            f"{span}. Run(s) {_listed(elsewhere.index)} came as high as run {kept}, which is "
            f"kept, but elsewhere: means lie up to {elsewhere.max():.0f} sds from its own, however "
            "the components are numbered. The posterior has several modes, and this is one.",
            'compare diagnosis.tables["runs"], and use method="nuts".',
        )
    elif reached.all():
        report.add("restarts", "fine", f"{span}: they agree.")
    else:
        # Nothing but its own figures speaks for a place that one run alone has found.
        trusted = confirmed or (sound and reached.sum() > 1)
        report.add(
            "restarts",
            "note" if trusted else "problem",
            f"{span}: the approximation depends on where it starts. Run {kept}, the highest, is "
            f"kept; {reached.sum()} of {len(table)} got there.",
            "" if trusted else 'use method="nuts", or more restarts and a smaller tol_rel_obj.',
        )


def _span(report: Report, heights: pd.Series[float], name: str) -> str:
    low, high = float(heights.min()), float(heights.max())
    report.figures.update(lowest_run=low, highest_run=high)
    return f"{len(heights)} runs ended at {name} from {low:.1f} to {high:.1f}"


def _table(fit: Posterior) -> pd.DataFrame:
    """Return what is known of each run, and the means of its components."""
    stats = fit.sample_stats
    columns = {
        name: stats[f"run_{name}"].to_numpy()
        for name in ("elbo", "elbo_error", "lp", "k_hat", "end", "iterations", "gain", "converged")
        if f"run_{name}" in stats
    }
    if "elbo" in columns:
        columns["distance"] = distances(fit)
    else:
        # Saved by a stanmix that did not look at the ends of climbs.
        columns.setdefault("converged", np.ones(stats.sizes["run"], dtype=bool))
        columns["distance"] = distances_of_modes(fit)
    for name in fit.model.parameters:
        values = stats[f"run_{name}"]
        for index in np.ndindex(*values.shape[1:]):
            dims = zip(values.dims[1:], index, strict=True)
            inside = ", ".join(str(values[dim].to_numpy()[i]) for dim, i in dims)
            columns[f"{name}[{inside}]" if inside else name] = values.to_numpy()[
                (slice(None), *index)
            ]
    return pd.DataFrame(columns, pd.Index(stats["run"].to_numpy(), name="run"))


def distances(fit: Posterior) -> Array:
    """Return how far the means of each run lie from those of the run that is kept.

    Returns
    -------
    ndarray of shape (run,)
        The largest difference of a mean in standard deviations (the larger of the two runs'),
        under the numbering of the components that makes the sum of squares least. NaN where the
        runs have one draw each, and so no standard deviations.
    """
    model, stats = fit.model, fit.sample_stats
    kept = list(stats["run"].to_numpy()).index(fit.idata.attrs["kept_run"])
    runs, K = stats.sizes["run"], model.components
    if fit.posterior.sizes["draw"] < 2:
        return np.full(runs, np.nan)
    # Differences of component k of a run from component j of the one that is kept.
    apart = np.zeros((runs, K, K, 0))
    common = np.zeros((runs, 0))
    for name in model.parameters:
        mean: Array = stats[f"run_{name}"].to_numpy().reshape(runs, -1)
        sd: Array = np.maximum(stats[f"run_{name}_sd"].to_numpy().reshape(runs, -1), 1e-300)
        if fit.program[name].shared:
            common = np.hstack([common, _scaled(mean, mean[kept], sd, sd[kept])])
        else:
            own = fit.program[name].of_members(K)
            size = own.stop - own.start
            mean, sd = mean.reshape(runs, 1, size, -1), sd.reshape(runs, 1, size, -1)
            at, wide = mean[kept].swapaxes(0, 1), sd[kept].swapaxes(0, 1)
            found = np.zeros((runs, K, K, mean.shape[-1]))
            found[:, own, own] = _scaled(mean, at, sd, wide)
            apart = np.concatenate([apart, found], axis=-1)
    if model.exchangeable and model.program_order is None:
        cost = np.full((runs, K, K), NEVER)
        cost[:, np.arange(K), np.arange(K)] = (apart**2).sum(axis=-1)[:, np.arange(K), np.arange(K)]
        for alike in model.alike:
            among = np.ix_(range(runs), alike, alike)
            cost[among] = (apart**2).sum(axis=-1)[among]
        perm = assign(cost)
    else:
        perm = np.tile(np.arange(K), (runs, 1))
    matched = np.take_along_axis(apart, perm[:, :, None, None], axis=2)
    return np.asarray(np.hstack([matched.reshape(runs, -1), common]).max(axis=1))


def distances_of_modes(fit: Posterior) -> Array:
    """Return how far each mode lies from the one that is kept, in posterior sds.

    Returns
    -------
    ndarray of shape (run,)
        The root of the sum over the rows (or groups) of squared differences of their log
        densities. Scores of independent rows add up to the information of all, so for a small
        move that is its length in posterior sds under flat priors; and it is the same under
        every numbering of the components.
    """
    stats = fit.sample_stats
    kept = list(stats["run"].to_numpy()).index(fit.idata.attrs["kept_run"])
    weights = None if fit.design.rows.group is not None else fit.design.rows.weights
    rows = log_likelihood(_as_draws(fit), pointwise=True).to_numpy()[0]
    with np.errstate(invalid="ignore"):  # of rows that are impossible at both
        apart = np.nan_to_num(rows - rows[kept], nan=0.0, posinf=np.inf, neginf=-np.inf)
    # A row of weight w has w times its log density, and counts as w rows.
    apart = apart**2 / (1.0 if weights is None else np.where(weights > 0, weights, 1.0))
    return np.asarray(np.sqrt(apart.sum(axis=1)))


def _as_draws(fit: Posterior) -> Posterior:
    """Return the modes of all runs as the draws of one chain."""
    stats = fit.sample_stats
    modes = {
        name: stats[f"run_{name}"].rename(run="draw").expand_dims(chain=[1])
        for name in fit.model.parameters
    }
    groups = {"posterior": xr.Dataset(modes)}
    return type(fit)(fit.model, fit.design, containers.replace(fit.idata, {}, **groups))


def _scaled(mean: Array, at: Array, sd: Array, wide: Array) -> Array:
    return np.asarray(np.minimum(np.abs(mean - at) / np.maximum(sd, wide), FARTHEST))


def _listed(runs: Iterable[int]) -> str:
    return ", ".join(str(run) for run in runs)
