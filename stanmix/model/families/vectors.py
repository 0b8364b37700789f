"""Families of vectors of real numbers, under the forms of covariance that a component may have.

A spherical and a diagonal covariance have independent columns; a full one has correlations, `rho`,
of the pairs of columns.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, ndtr, stdtr

from stanmix.model import correlations
from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import CORRELATION, MEAN, NU, SCALE, Parameter

__all__ = ["FAMILIES"]

# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4


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


def _tails(values: Values) -> Array:
    """Return degrees of freedom, one for all columns."""
    return values["nu"][..., 0]


def _t_log_density(y: Array, values: Values) -> Array:
    z, log_determinant = _without_correlation(y, values)
    nu, D = _tails(values), z.shape[-1]
    squares = np.einsum("...d,...d->...", z, z)
    constant = _log_gamma_ratio(nu / 2, D / 2) - D / 2 * np.log(np.pi * nu) - log_determinant
    with np.errstate(over="ignore"):
        return np.asarray(constant - (nu + D) / 2 * np.log1p(squares / nu))


def _log_gamma_ratio(half: Array, more: float) -> Array:
    """Return log(gamma(half + more) / gamma(half)), whose logarithms cancel for large `half`."""
    near = np.minimum(half, _LARGE)
    # Tricomi & Erdelyi (1951, Pac. J. Math. 1, 133-142), to the second order.
    part = more * (more - 1) / (2 * np.maximum(half, _LARGE))
    series = more * np.log(half) + part * (1 - (2 * more - 1) / (6 * np.maximum(half, _LARGE)))
    return np.asarray(np.where(half > _LARGE, series, gammaln(near + more) - gammaln(near)))


def _t_sample(rng: np.random.Generator, values: Values) -> Array:
    normal = _normal_sample(rng, values) - values["mu"]
    nu = np.broadcast_to(_tails(values), normal.shape[:-1])
    with np.errstate(divide="ignore"):
        stretched = normal * np.sqrt(nu / rng.chisquare(nu))[..., None]
    return np.asarray(values["mu"] + stretched)


def _t_variance(values: Values) -> Array:
    nu = values["nu"]
    with np.errstate(divide="ignore", invalid="ignore"):
        inflated = np.where(nu > 2, nu / (nu - 2), np.inf)
    return np.asarray(values["sigma"] ** 2 * inflated)


def _t_cdf(y: Array, values: Values) -> Array:
    z, nu = _standardised(y, values), values["nu"]
    return np.asarray(np.where(nu > 1e10, ndtr(z), stdtr(np.minimum(nu, 1e10), z)))


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


def _normal_cholesky(factor: str) -> StanDensity:
    """Return the density of a row as Stan has it, given the Cholesky factor of the covariance."""
    return StanDensity(
        "multi_normal_cholesky", ("{mu}",), height=factor, held=_FACTOR, of_rows=True
    )


def _mvstudent_t(factor: str, *correlated: Parameter) -> Family:
    """Return multivariate t distributions, of the Cholesky factor of their scale matrix."""
    return Family(
        "mvstudent_t",
        "multivariate Student t",
        "multivariate Student t distributions",
        (MEAN, SCALE, NU, *correlated),
        _t_log_density,
        _location,
        _t_sample,
        _t_variance,
        _t_cdf,
        StanDensity(
            "multi_student_t_cholesky", ("{nu}", "{mu}"), height=factor, held=_FACTOR, of_rows=True
        ),
        multivariate=True,
        forms=_TS,
    )


_FACTOR = "matrix[D, D] L_Sigma"
_CORRELATED = "diag_pre_multiply({sigma}, {rho})"

_NORMALS: dict[str, Family] = {}
_NORMALS["diagonal"] = _mvnormal(StanDensity("normal", ("{mu}", "{sigma}")))
_NORMALS["spherical"] = _NORMALS["diagonal"]
_NORMALS["full"] = _mvnormal(_normal_cholesky(_CORRELATED), CORRELATION)

# Columns that have their tails in common are not independent, even without correlation.
_TS: dict[str, Family] = {}
_TS["diagonal"] = _mvstudent_t("diag_matrix({sigma})")
_TS["spherical"] = _mvstudent_t("diag_matrix(rep_vector({sigma}, D))")
_TS["full"] = _mvstudent_t(_CORRELATED, CORRELATION)

FAMILIES = (_NORMALS["diagonal"], _TS["diagonal"])
