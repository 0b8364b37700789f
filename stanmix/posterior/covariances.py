"""The covariances of the columns of a response within each component."""

from __future__ import annotations

import numpy as np
import xarray as xr

from stanmix.errors import InputError
from stanmix.model.families.entry import Array, Family, Values
from stanmix.model.families.vectors import correlation_factor
from stanmix.posterior.posterior import Posterior

__all__ = ["covariances"]


def covariances(fit: Posterior) -> xr.DataArray:
    """Return the covariance of a response of several columns in each component, draw by draw.

    Parameters
    ----------
    fit : Posterior

    Returns
    -------
    DataArray
        Dimensions chain, draw, component, dimension and other_dimension, in squared units of the
        columns. Columns without correlation within a component have zeros off the diagonal. A
        multivariate t of two degrees of freedom or fewer has none: its entries are infinite. There
        are none of columns of categories, which are left out.

    Raises
    ------
    InputError
        If the response has one column, or columns of categories alone.
    """
    responses = fit.model.responses
    if not responses:
        raise InputError(
            "The response has one column, whose components have scales and no covariances."
        )
    kept = [d for d in range(len(responses)) if not fit.family.kind_of(d).categories]
    if not kept:
        raise InputError(
            "The response has columns of categories, which have no covariances; use "
            "bivariate_residuals() for what two of them have to do with one another."
        )
    names, draws = np.array([responses[d] for d in kept], dtype=str), fit.draws()
    shape, coords = fit.draw_coords()
    coords |= {
        "component": fit.component_names,
        "dimension": names,
        "other_dimension": names,
    }
    D = len(responses)
    found = np.zeros((*draws["theta"].shape, D, D))
    for group in fit.family.columns:
        if not group.family.categories:
            at = np.arange(D)[group.places]
            found[..., at[:, None], at] = _matrices(group.family, group.own(draws))
    if not fit.family.columns:
        found[...] = _matrices(fit.family, draws)
    found = found[..., kept, :][..., kept]
    return xr.DataArray(found.reshape(*shape, *found.shape[1:]), coords, name="covariance")


def _matrices(family: Family, draws: Values) -> Array:
    """Return the covariances (..., D, D) of columns of one family."""
    scale = np.sqrt(family.variance(draws))
    factor = correlation_factor(draws) if family.multivariate else None
    together = np.eye(scale.shape[-1])
    if factor is not None:
        together = factor @ np.swapaxes(factor, -1, -2)
    with np.errstate(invalid="ignore"):
        found = together * scale[..., :, None] * scale[..., None, :]
    return np.asarray(np.where(together == 0, 0.0, found))
