"""The covariances of the columns of a response within each component."""

from __future__ import annotations

import numpy as np
import xarray as xr

from stanmix.errors import InputError
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
        multivariate t of two degrees of freedom or fewer has none: its entries are infinite.

    Raises
    ------
    InputError
        If the response has one column, or columns of categories.
    """
    names = np.array(fit.model.responses, dtype=str)
    if not len(names):
        raise InputError(
            "The response has one column, whose components have scales and no covariances."
        )
    if any(kind.categories for kind in fit.family.kinds):
        raise InputError(
            "The response has columns of categories, which have no covariances; use "
            "bivariate_residuals() for what two of them have to do with one another."
        )
    draws = fit.draws()
    scale = np.sqrt(fit.family.variance(draws))
    factor = correlation_factor(draws)
    together = np.eye(len(names)) if factor is None else factor @ np.swapaxes(factor, -1, -2)
    shape, coords = fit.draw_coords()
    coords |= {
        "component": fit.component_names,
        "dimension": names,
        "other_dimension": names,
    }
    found = scale[..., :, None] * scale[..., None, :]
    with np.errstate(invalid="ignore"):
        found = np.where(together == 0, 0.0, together * found)
    return xr.DataArray(found.reshape(*shape, *found.shape[1:]), coords, name="covariance")
