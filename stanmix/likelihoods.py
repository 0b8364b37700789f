"""The log-likelihood of a fit's data, allocations summed out, by row, by group or in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import allocation
from stanmix.errors import InputError

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["log_likelihood", "units"]


def log_likelihood(fit: Fit, pointwise: bool = False) -> xr.DataArray:
    """Return the log-likelihood of the data at each draw, allocations summed out.

    Parameters
    ----------
    fit : Fit
    pointwise : bool
        One value for each row instead of their sum: N x draws numbers. Where the rows of a
        group share a class they are not independent given the parameters, and there is one
        value for each group.

    Returns
    -------
    DataArray of shape (chain, draw), (chain, draw, obs_id) or (chain, draw, group)
        Values by row or group add up to the whole: a row of weight w counts w times. Groups
        have the names that they have in the data.
    """
    y, X, obs_id = fit.rows()
    values = allocation.log_likelihood(fit.family, fit.draws(), y, X, pointwise)
    shape, coords = fit.draw_coords()
    dims = ["chain", "draw"]
    if pointwise and fit.design.beside.group is not None:
        values = values[:, np.unique(fit.design.beside.group, return_index=True)[1]]
        dims.append("group")
        coords["group"] = group_names(fit)
    elif pointwise:
        dims.append("obs_id")
        coords["obs_id"] = obs_id
    return xr.DataArray(
        values.reshape(shape + values.shape[1:]), coords, dims, name="log_likelihood"
    )


def units(fit: Fit, memory: float | None = None) -> xr.Dataset:
    """Return the pointwise log-likelihood of what cross-validation leaves out at a time.

    Parameters
    ----------
    fit : Fit
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
    beside = fit.design.beside
    copies = None if beside.group is not None else beside.weights
    if copies is not None and (copies != np.floor(copies)).any():
        row = int(np.flatnonzero(copies != np.floor(copies))[0])
        raise InputError(
            f"weights={fit.model.weights!r}: leaving one of w equal rows out needs whole numbers, "
            f"but row {fit.design.obs_id[row]} has weight {copies[row]:g}. Fit without weights, "
            "or with group=; fit.log_likelihood(pointwise=True) has the weighted values."
        )
    size = beside.groups or len(fit.design.y)
    shape, _ = fit.draw_coords()
    total = size if copies is None else int(copies.sum())
    allocation.check_memory("The pointwise log-likelihood", *shape, total, gib=memory)
    found = log_likelihood(fit, pointwise=True)
    if copies is not None:
        alone = found / np.where(copies > 0, copies, 1.0)
        found = alone[..., np.repeat(np.arange(size), copies.astype(int))]
    return xr.Dataset({"y": found})


def group_names(fit: Fit) -> NDArray[Any]:
    """Return the names of the groups, in the order in which they appear in the data."""
    names: NDArray[Any] = fit.design.columns[fit.model.group].drop_duplicates().to_numpy()
    return names.astype(str) if names.dtype == object else names
