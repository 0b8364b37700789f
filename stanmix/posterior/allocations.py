"""Which component the observations of a fit belong to, with names and uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix.density import allocations as arrays
from stanmix.density import blocks
from stanmix.posterior.posterior import Posterior

__all__ = ["allocations", "responsibilities", "responsibility_summary", "sample_allocations"]


def responsibilities(fit: Posterior, frame: Any = None) -> xr.DataArray:
    """Return the posterior probability that an observation belongs to a component.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        New rows, with the response; default the data of the fit.

    Returns
    -------
    DataArray of shape (obs_id, component)
        Mean over the draws of P(component | observation, parameters); rows sum to one. A row of
        the fit whose class is known has 1 for that; labels of new rows are not read.

    Raises
    ------
    InputError
        If the new rows cannot be used.
    """
    terms, obs_id = fit.rows(frame)
    mean = arrays.mean_responsibilities(fit.draws(), terms)
    coords = {"obs_id": obs_id, "component": fit.component_names}
    return xr.DataArray(mean, coords, ["obs_id", "component"], name="responsibility")


def responsibility_summary(fit: Posterior, frame: Any = None, prob: float = 0.9) -> xr.Dataset:
    """Return the responsibilities with their uncertainty over the draws.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        As in `responsibilities`.
    prob : float
        Probability of the central interval from ``lower`` to ``upper``.

    Returns
    -------
    Dataset
        ``mean``, ``sd``, ``lower`` and ``upper``, each of shape (obs_id, component).

    Raises
    ------
    InputError
        If the new rows or the probability cannot be used.
    """
    terms, obs_id = fit.rows(frame)
    ends = ((1 - prob) / 2, (1 + prob) / 2)
    mean, sd, (lower, upper) = arrays.summarise_responsibilities(fit.draws(), terms, ends)
    values = {"mean": mean, "sd": sd, "lower": lower, "upper": upper}
    return xr.Dataset(
        {name: (("obs_id", "component"), value) for name, value in values.items()},
        {"obs_id": obs_id, "component": fit.component_names},
        {"prob": prob},
    )


def allocations(fit: Posterior, frame: Any = None) -> pd.DataFrame:
    """Return each observation's most probable component, and how probable it is.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        As in `responsibilities`.

    Returns
    -------
    DataFrame
        A row an observation: ``component`` (from 1; 0 where no component can have made the
        observation; its name, or missing, where labels name components) and ``probability``.

    Raises
    ------
    InputError
        If the new rows cannot be used.
    """
    p = responsibilities(fit, frame)
    values = p.to_numpy()
    known = np.isfinite(values).all(axis=1)
    best: Any = np.where(known, np.nan_to_num(values).argmax(axis=1) + 1, 0)
    names = fit.component_names
    if names.dtype.kind == "U":
        best = pd.Categorical.from_codes(best - 1, list(names))
    columns = {"component": best, "probability": np.where(known, values.max(axis=1), np.nan)}
    return pd.DataFrame(columns, index=pd.Index(p.obs_id.to_numpy(), name="obs_id"))


def sample_allocations(
    fit: Posterior, frame: Any = None, seed: int | None = None, memory: float | None = None
) -> xr.DataArray:
    """Draw each observation's component, one for each draw of the parameters.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        As in `responsibilities`.
    seed : int, optional
        Default the fit's.
    memory : float, optional
        What the result may take, in GiB; default 2.

    Returns
    -------
    DataArray of int, shape (chain, draw, obs_id)
        Components, from 1.

    Raises
    ------
    InputError
        If the new rows cannot be used, or the result would not fit in memory.
    """
    terms, obs_id = fit.rows(frame)
    shape, coords = fit.draw_coords()
    blocks.check_memory("The allocations", *shape, len(terms), number_bytes=2, gib=memory)
    chosen = fit.seed if seed is None else seed
    z = arrays.sample_allocations(fit.draws(), terms, chosen)
    z += 1
    dims = ["chain", "draw", "obs_id"]
    return xr.DataArray(z.reshape(*shape, -1), {**coords, "obs_id": obs_id}, dims, name="z")
