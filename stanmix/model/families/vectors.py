"""Families of vectors of real numbers, under the forms of covariance that a component may have.

A spherical and a diagonal covariance have independent columns; a full one has correlations, `rho`,
of the pairs of columns.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from stanmix.model import correlations
from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import CORRELATION, MEAN, SCALE, Parameter

__all__ = ["FAMILIES"]


def _standardised(y: Array, values: Values) -> Array:
    return np.asarray((y - values["mu"]) / values["sigma"])


def _without_correlation(y: Array, values: Values) -> tuple[Array, Array]:
    """Return standardised columns without correlation, and the log determinant of what made them.

    That is of the Cholesky factor of the covariance.
    """
    z, scale = _standardised(y, values), values["sigma"]
    logs = np.log(np.broadcast_to(scale, (*scale.shape[:-1], z.shape[-1]))).sum(axis=-1)
    if "rho" not in values:
        return z, logs
    factor = correlations.factors_of(values["rho"])
    diagonal = np.diagonal(factor, axis1=-2, axis2=-1)
    return correlations.whitened(z, factor), logs + np.log(diagonal).sum(axis=-1)


def _normal_log_density(y: Array, values: Values) -> Array:
    z, log_determinant = _without_correlation(y, values)
    squares = np.einsum("...d,...d->...", z, z)
    # What is the same in all rows is added up first: these arrays may be large.
    return np.asarray(-0.5 * squares - (log_determinant + z.shape[-1] / 2 * np.log(2 * np.pi)))


def _location(values: Values) -> Array:
    return values["mu"]


def _normal_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, sigma = np.broadcast_arrays(values["mu"], values["sigma"])
    z = rng.standard_normal(mu.shape)
    if "rho" in values:
        z = np.einsum("...ij,...j->...i", correlations.factors_of(values["rho"]), z)
    return np.asarray(mu + sigma * z)


def _normal_variance(values: Values) -> Array:
    return np.asarray(values["sigma"] ** 2)


def _normal_cdf(y: Array, values: Values) -> Array:
    return np.asarray(ndtr(_standardised(y, values)))


def _mvnormal(stan: StanDensity, *correlated: Parameter) -> Family:
    """Return multivariate normals with some parameters beside means and scales."""
    return Family(
        "mvnormal",
        "multivariate normal",
        "multivariate normals",
        (MEAN, SCALE, *correlated),
        _normal_log_density,
        _location,
        _normal_sample,
        _normal_variance,
        _normal_cdf,
        stan,
        multivariate=True,
        forms=_NORMALS,
    )


_NORMALS: dict[str, Family] = {}
_NORMALS["diagonal"] = _mvnormal(StanDensity("normal", ("{mu}", "{sigma}")))
_NORMALS["spherical"] = _NORMALS["diagonal"]
_NORMALS["full"] = _mvnormal(
    StanDensity(
        "multi_normal_cholesky",
        ("{mu}",),
        height="diag_pre_multiply({sigma}, {rho})",
        held="matrix[D, D] L_Sigma",
    ),
    CORRELATION,
)

FAMILIES = (_NORMALS["diagonal"],)
