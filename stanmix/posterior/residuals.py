"""Residuals that are standard normal where the mixture fits, whatever its family."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.special import ndtri

from stanmix.density.prediction import cumulative
from stanmix.errors import InputError
from stanmix.posterior.posterior import Posterior
from stanmix.streams import Stream, generator

__all__ = ["quantile_residuals"]

# Probabilities nearer to 0 or 1 have lost their digits: residuals end at 8.2.
NEAREST = 1e-16


def quantile_residuals(fit: Posterior, frame: Any = None, seed: int | None = None) -> xr.DataArray:
    """Return randomised quantile residuals (Dunn & Smyth, 1996, J. Comput. Graph. Stat. 5, 236).

    The residual of a row is the standard normal quantile of its posterior predictive probability
    of at most the response; of counts, and of rows at a point mass, of a probability drawn
    between that of less than it and that of at most it, and of censored responses between those
    of what they may be.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        New rows with their responses; default the data of the fit.
    seed : int, optional
        For counts and point masses; default the fit's.

    Returns
    -------
    DataArray (obs_id), for a response of several columns (obs_id, dimension)
        Independent of the numbering of the components. Between -8.2 and 8.2; not a number where a
        row lacks a column, and where one of several is of categories without an order.
    """
    columns = range(max(len(fit.design.dimensions), 1))
    unordered = np.array([fit.family.kind_of(d).categories == "any" for d in columns])
    if unordered.all():
        raise InputError(
            f"family={fit.family.name!r} has categories without an order, and so no quantiles to "
            'take residuals of; compare predict(kind="mean") with how often each category occurs.'
        )
    terms, obs_id = fit.rows(frame)
    below, up_to = cumulative(fit.draws(), terms)
    if (up_to > below).any():
        rng = generator(fit.seed if seed is None else seed, Stream.RESIDUALS)
        below = below + rng.random(below.shape) * (up_to - below)
    values = ndtri(np.clip(below, NEAREST, 1 - NEAREST))
    values = np.where(np.isnan(terms.responses), np.nan, values)
    if terms.dimensions:
        values = np.where(unordered, np.nan, values)
    dims, coords = ["obs_id"], {"obs_id": obs_id}
    if terms.dimensions:
        dims.append("dimension")
        coords["dimension"] = np.asarray(fit.design.dimensions)
    return xr.DataArray(values, coords, dims, name="quantile_residual")
