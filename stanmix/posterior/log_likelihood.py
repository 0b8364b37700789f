"""The log-likelihood of a fit's data, allocations summed out, by row, by group or in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix.density import blocks, log_joint
from stanmix.errors import InputError
from stanmix.posterior.posterior import Posterior, Some

__all__ = ["log_likelihood", "unit_blocks", "unit_names", "units", "with_units"]

Array = NDArray[np.float64]


def log_likelihood(
    fit: Posterior, pointwise: bool = False, memory: float | None = None
) -> xr.DataArray:
    """Return the log-likelihood of the data at each draw, allocations summed out.

    Parameters
    ----------
    fit : Posterior
    pointwise : bool
        One value for each row instead of their sum: N x draws numbers. Where the rows of a
        group share a class they are not independent given the parameters, and there is one
        value for each group.
    memory : float, optional
        What its numbers may take, in GiB; default 2.

    Returns
    -------
    DataArray of shape (chain, draw), (chain, draw, obs_id) or (chain, draw, group)
        Values by row or group add up to the whole: a row of weight w counts w times. Groups
        have the names that they have in the data. Where the class of a row is known, its value is
        that of response and class together.

    Raises
    ------
    InputError
        If it would take more.
    """
    shape, coords = fit.draw_coords()
    if not pointwise:
        whole = log_joint.log_likelihood(fit.draws(), fit.rows()[0], pointwise=False)
        return xr.DataArray(whole.reshape(shape), coords, ["chain", "draw"], name="log_likelihood")
    rows = _rows_of_units(fit)
    blocks.check_memory("The pointwise log-likelihood", *shape, len(rows), gib=memory)
    values = _pointwise(fit, rows)
    dim, names = _names(fit)
    return xr.DataArray(
        values.reshape(*shape, -1),
        {**coords, dim: names},
        ["chain", "draw", dim],
        name="log_likelihood",
    )


def units(fit: Posterior, memory: float | None = None) -> xr.Dataset:
    """Return the pointwise log-likelihood of what cross-validation leaves out at a time.

    Parameters
    ----------
    fit : Posterior
    memory : float, optional
        What units x draws numbers may take, in GiB; default 2.

    Returns
    -------
    Dataset
        ``y``, marginal over the components, never given an allocation. A unit is a row; where
        the rows of a group share a class, the whole group, since the rest of a group tells of
        a row's class; and where a row of weight w stands for w equal rows, one of these: it
        is there w times, under one name.

    Raises
    ------
    InputError
        If they would take more, or weights are no whole numbers, so that they do not say what
        to leave out.
    """
    copies = _copies(fit)
    shape, coords = fit.draw_coords()
    blocks.check_memory("The pointwise log-likelihood", *shape, int(copies.sum()), gib=memory)
    values = _alone(fit, np.flatnonzero(copies))
    if (copies != 1).any():
        values = np.repeat(values, copies[copies > 0], axis=1)
    dim, names = unit_names(fit)
    found = xr.DataArray(values.reshape(*shape, -1), {**coords, dim: names}, ["chain", "draw", dim])
    return xr.Dataset({"y": found})


def with_units(fit: Some, memory: float | None = None) -> Some:
    """Return the same draws with `units` as the group ``log_likelihood``."""
    return fit.with_groups(log_likelihood=units(fit, memory))


def unit_blocks(fit: Posterior, memory: float | None = None) -> Iterator[Array]:
    """Yield what `units` returns in blocks of units, which take no more memory than a block.

    Parameters
    ----------
    fit : Posterior
    memory : float, optional
        What the numbers of a single unit may take, in GiB; default 2.

    Yields
    ------
    ndarray of shape (S, unit)
        Of all S draws, in the order of `unit_names`.

    Raises
    ------
    InputError
        As `units`.
    """
    copies = _copies(fit)
    shape, _ = fit.draw_coords()
    blocks.check_memory("The log-likelihood of one observation", *shape, 1, gib=memory)
    there = np.flatnonzero(copies)
    for part in blocks.row_blocks(int(np.prod(shape)), len(there), 1):
        rows = there[part]
        yield np.repeat(_alone(fit, rows), copies[rows], axis=1)


def unit_names(fit: Posterior) -> tuple[str, NDArray[Any]]:
    """Return the dimension of what is left out at a time, and its coordinate.

    Raises
    ------
    InputError
        As `units`.
    """
    dim, names = _names(fit)
    return dim, np.repeat(names, _copies(fit))


def _names(fit: Posterior) -> tuple[str, NDArray[Any]]:
    if fit.design.rows.group is None:
        return "obs_id", fit.design.obs_id
    return "group", group_names(fit)


def _copies(fit: Posterior) -> NDArray[np.intp]:
    """Return how often each row, or group, is left out: as often as there are equal ones."""
    rows = fit.design.rows
    if rows.group is not None or rows.weights is None:
        return np.ones(rows.groups or len(fit.design.y), dtype=np.intp)
    copies = rows.weights
    if (copies != np.floor(copies)).any():
        row = int(np.flatnonzero(copies != np.floor(copies))[0])
        raise InputError(
            f"weights={fit.model.weights!r}: leaving one of w equal rows out needs whole numbers, "
            f"but row {fit.design.obs_id[row]} has weight {copies[row]:g}. Fit without weights, "
            "or with group=; fit.log_likelihood(pointwise=True) has the weighted values."
        )
    return copies.astype(np.intp)


def _alone(fit: Posterior, which: NDArray[np.intp]) -> Array:
    """Return the log density of rows, each counted once, or of groups: (S, unit)."""
    rows = fit.design.rows
    values = _pointwise(fit, _rows_of_units(fit)[which])
    if rows.group is None and rows.weights is not None:
        values /= rows.weights[which]
    return values


def _rows_of_units(fit: Posterior) -> NDArray[np.intp]:
    """Return the rows that stand for a unit: all, or the first of each group."""
    group = fit.design.rows.group
    if group is None:
        return np.arange(len(fit.design.y))
    return np.unique(group, return_index=True)[1]


def _pointwise(fit: Posterior, rows: NDArray[np.intp]) -> Array:
    return log_joint.log_likelihood(fit.draws(), fit.rows()[0][rows], pointwise=True)


def group_names(fit: Posterior) -> NDArray[Any]:
    """Return the names of the groups, in the order in which they appear in the data."""
    names: NDArray[Any] = fit.design.columns[fit.model.group].drop_duplicates().to_numpy()
    return names.astype(str) if names.dtype == object else names
