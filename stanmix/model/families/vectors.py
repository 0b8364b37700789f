"""Families of vectors of real numbers, under the forms of covariance that a component may have.

A spherical and a diagonal covariance have independent columns; a full one has correlations, `rho`,
of the pairs of columns. Where volumes are stated apart from shapes, `sigma` is the geometric mean
of the scales along the axes of an ellipsoid, and `shape` the shares of the columns in the sum of
their scales. Where columns have factors in common, `loadings` on these make their covariances, and
`sigma` are the scales of what is left of each column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtr, stdtr

from stanmix.data.missing_cells import numbered, patterns
from stanmix.model import correlations, factors
from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import (
    CORRELATION,
    LOADINGS,
    MEAN,
    NU,
    SCALE,
    SHAPE_OF_COLUMNS,
    VOLUME,
    Parameter,
)

__all__ = ["FAMILIES", "column_scales", "correlation_factor"]

# Beyond, a ratio of gamma functions is taken from a series, as its logarithms would cancel.
_LARGE = 1e4


def column_scales(values: Values) -> Array:
    """Return the scales (..., D) of columns, or (..., 1) where they have one."""
    if "loadings" in values:
        return np.sqrt(np.diagonal(_of_factors(values), axis1=-2, axis2=-1))
    if "shape" not in values:
        return values["sigma"]
    relative = _of_product_one(values["shape"])
    if "rho" in values:
        relative = relative / _mean_diagonal(correlations.factors_of(values["rho"]))
    return np.asarray(values["sigma"] * relative)


def correlation_factor(values: Values) -> Array | None:
    """Return the Cholesky factors (..., D, D) of correlations; None where there are none."""
    if "loadings" in values:
        whole, scales = _of_factors(values), column_scales(values)
        together = whole / (scales[..., :, None] * scales[..., None, :])
        return np.asarray(np.linalg.cholesky(together), dtype=np.float64)
    return correlations.factors_of(values["rho"]) if "rho" in values else None


def _of_factors(values: Values) -> Array:
    """Return the matrices (..., D, D) that factors and what they leave make together."""
    left = values["sigma"] ** 2
    D = left.shape[-1]
    matrix = factors.matrices(values["loadings"], D)
    return np.asarray(matrix @ np.swapaxes(matrix, -1, -2) + left[..., None] * np.eye(D))


def _of_product_one(shares: Array) -> Array:
    """Return positive numbers (..., D) of the ratios of others, whose product is 1."""
    logs = np.log(shares)
    return np.asarray(np.exp(logs - logs.mean(axis=-1, keepdims=True)))


def _mean_diagonal(factor: Array) -> Array:
    """Return the geometric means (..., 1) of the diagonals of Cholesky factors (..., D, D)."""
    diagonal = np.diagonal(factor, axis1=-2, axis2=-1)
    return np.asarray(np.exp(np.log(diagonal).mean(axis=-1, keepdims=True)))


def _of_columns(values: Values, at: Sequence[int]) -> dict[str, Array]:
    """Return the parameters of some columns, of those of all."""
    if "loadings" in values:
        whole = factors.matrices(values["loadings"], values["sigma"].shape[-1])
        found = {name: values[name][..., at] for name in values if name != "loadings"}
        return {**found, "loadings": factors.loadings_of(whole[..., at, :])}
    pairs = correlations.among(at)
    found = {name: each[..., pairs if name == "rho" else at] for name, each in values.items()}
    if "shape" not in values:
        return found
    scales = column_scales(values)[..., at]
    volume = np.exp(np.log(scales).mean(axis=-1, keepdims=True))
    if "rho" in values:
        volume = volume * _mean_diagonal(correlations.factors_of(found["rho"]))
    shares = scales / scales.sum(axis=-1, keepdims=True)
    return {**found, "sigma": np.repeat(volume, len(at), axis=-1), "shape": shares}


def _standardised(y: Array, values: Values) -> Array:
    return np.asarray((y - values["mu"]) / column_scales(values))


def _distances(y: Array, values: Values) -> tuple[Array, Array, Any]:
    """Return squared distances from the centre, log determinants, and how many columns there are.

    Distances are in units of the covariance, determinants of its Cholesky factor. Of rows
    (..., N, 1, D) that are not a number where they lack a column, all is of the others.
    """
    z, scale = _standardised(y, values), column_scales(values)
    logs = np.log(np.broadcast_to(scale, (*scale.shape[:-1], z.shape[-1])))
    factor: Array | None = correlation_factor(values)
    if not np.isnan(y).any():
        return *_uncorrelated(z, logs, factor), z.shape[-1]
    by_row = np.moveaxis(y, -3, 0).reshape(y.shape[-3], -1, y.shape[-1])[:, 0]
    seen, D = ~np.isnan(by_row), (~np.isnan(by_row)).sum(axis=1)[:, None]
    if factor is None or z.size == seen.size * z.shape[-2]:
        own = None if factor is None else _factors_of_rows(by_row, factor)
        z, logs = np.where(seen[:, None], z, 0.0), np.where(seen[:, None], logs, 0.0)
        return *_uncorrelated(z, logs, own), D
    # Of many draws factors of all rows would be large.
    squares, determinants = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for at, rows in patterns(by_row):
        found = _uncorrelated(
            z[..., rows, :, :][..., at], logs[..., at], _lower(factor[..., at, :])
        )
        squares[..., rows, :], determinants[..., rows, :] = found
    return squares, determinants, D


def _factors_of_rows(y: Array, factor: Array) -> Array:
    """Return factors (..., N, K, D, D) of what rows (N, D) have, of those (..., K, D, D) of all.

    What is missing stands apart, of length 1, so that all patterns are factored at once.
    """
    found, of_row = numbered(y)
    seen = found[:, None, :, None]
    roots = np.where(seen, factor, 0.0)
    apart = np.broadcast_to(~seen * np.eye(y.shape[1]), roots.shape)
    return np.asarray(_lower(np.concatenate([roots, apart], axis=-1))[..., of_row, :, :, :])


def _lower(roots: Array) -> Array:
    """Return the Cholesky factors (..., d, d) of products of roots (..., d, D), never squared."""
    upper = np.linalg.qr(np.swapaxes(roots, -1, -2), mode="r")
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return np.asarray(np.swapaxes(upper, -1, -2) * signs[..., None, :])


def _uncorrelated(z: Array, logs: Array, factor: Array | None) -> tuple[Array, Array]:
    """Return squared lengths of standardised columns without correlation, and log determinants."""
    if factor is not None:
        diagonal = np.diagonal(factor, axis1=-2, axis2=-1)
        z, logs = correlations.whitened(z, factor), logs + np.log(diagonal)
    return np.einsum("...d,...d->...", z, z), logs.sum(axis=-1)


def _normal_log_density(y: Array, values: Values) -> Array:
    squares, log_determinant, D = _distances(y, values)
    # What is the same in all rows is added up first: these arrays may be large.
    return np.asarray(-0.5 * squares - (log_determinant + D / 2 * np.log(2 * np.pi)))


def _location(values: Values) -> Array:
    return values["mu"]


def _normal_sample(rng: np.random.Generator, values: Values) -> Array:
    mu, sigma = np.broadcast_arrays(values["mu"], column_scales(values))
    z = rng.standard_normal(mu.shape)
    factor = correlation_factor(values)
    if factor is not None:
        z = np.einsum("...ij,...j->...i", factor, z)
    return np.asarray(mu + sigma * z)


def _normal_variance(values: Values) -> Array:
    return np.asarray(column_scales(values) ** 2)


def _normal_cdf(y: Array, values: Values) -> Array:
    return np.asarray(ndtr(_standardised(y, values)))


def _tails(values: Values) -> Array:
    """Return degrees of freedom, one for all columns."""
    return values["nu"][..., 0]


def _t_log_density(y: Array, values: Values) -> Array:
    squares, log_determinant, D = _distances(y, values)
    nu = _tails(values)
    constant = _log_gamma_ratio(nu / 2, D / 2) - D / 2 * np.log(np.pi * nu) - log_determinant
    with np.errstate(over="ignore"):
        return np.asarray(constant - (nu + D) / 2 * np.log1p(squares / nu))


def _log_gamma_ratio(half: Array, more: Any) -> Array:
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
    return np.asarray(column_scales(values) ** 2 * inflated)


def _t_cdf(y: Array, values: Values) -> Array:
    z, nu = _standardised(y, values), values["nu"]
    return np.asarray(np.where(nu > 1e10, ndtr(z), stdtr(np.minimum(nu, 1e10), z)))


def _mvnormal(stan: StanDensity, *spread: Parameter) -> Family:
    """Return multivariate normals with some parameters beside means."""
    return Family(
        "mvnormal",
        "multivariate normal",
        "multivariate normals",
        (MEAN, *spread),
        _normal_log_density,
        _location,
        _normal_sample,
        _normal_variance,
        _normal_cdf,
        stan,
        multivariate=True,
        forms=_NORMALS,
        of_columns=_of_columns,
    )


def _normal_cholesky(factor: str, *definitions: str) -> StanDensity:
    """Return the density of a row as Stan has it, given the Cholesky factor of the covariance."""
    return StanDensity(
        "multi_normal_cholesky",
        ("{mu}",),
        height=factor,
        held=_FACTOR,
        of_rows=True,
        definitions=definitions,
        kernel="multi_normal_cholesky",
    )


def _mvstudent_t(
    factor: str, scale: Parameter, *further: Parameter, definitions: tuple[str, ...] = ()
) -> Family:
    """Return multivariate t distributions, of the Cholesky factor of their scale matrix."""
    return Family(
        "mvstudent_t",
        "multivariate Student t",
        "multivariate Student t distributions",
        (MEAN, scale, NU, *further),
        _t_log_density,
        _location,
        _t_sample,
        _t_variance,
        _t_cdf,
        StanDensity(
            "multi_student_t_cholesky",
            ("{nu}", "{mu}"),
            height=factor,
            held=_FACTOR,
            of_rows=True,
            definitions=definitions,
            kernel="multi_student_t_cholesky",
        ),
        multivariate=True,
        forms=_TS,
        of_columns=_of_columns,
    )


_FACTOR = "matrix[D, D] L_Sigma"
_CORRELATED = "diag_pre_multiply({sigma}, {rho})"
_SHAPED = "{sigma} * of_product_one({shape})"
_SHAPED_FACTOR = f"diag_pre_multiply({_SHAPED}, of_determinant_one({{rho}}))"
_OF_FACTORS, _FACTORS = "factor_cholesky({loadings}, {sigma})", ("factors.stan",)
_SHAPES = ("product_one.stan",)
_SHAPES_OF_FACTORS = (*_SHAPES, "determinant_one.stan")

_NORMALS: dict[str, Family] = {}
_NORMALS["diagonal"] = _mvnormal(StanDensity("normal", ("{mu}", "{sigma}")), SCALE)
_NORMALS["spherical"] = _NORMALS["diagonal"]
_NORMALS["full"] = _mvnormal(_normal_cholesky(_CORRELATED), SCALE, CORRELATION)
_NORMALS["diagonal_shape"] = _mvnormal(
    StanDensity(
        "normal",
        ("{mu}",),
        height=_SHAPED,
        held="vector[D] scales",
        of_rows=True,
        definitions=_SHAPES,
    ),
    VOLUME,
    SHAPE_OF_COLUMNS,
)
_NORMALS["full_shape"] = _mvnormal(
    _normal_cholesky(_SHAPED_FACTOR, *_SHAPES_OF_FACTORS), VOLUME, SHAPE_OF_COLUMNS, CORRELATION
)
_NORMALS["factor"] = _mvnormal(_normal_cholesky(_OF_FACTORS, *_FACTORS), SCALE, LOADINGS)

# Columns that have their tails in common are not independent, even without correlation.
_TS: dict[str, Family] = {}
_TS["diagonal"] = _mvstudent_t("diag_matrix({sigma})", SCALE)
_TS["spherical"] = _mvstudent_t("diag_matrix(rep_vector({sigma}, D))", SCALE)
_TS["full"] = _mvstudent_t(_CORRELATED, SCALE, CORRELATION)
_TS["diagonal_shape"] = _mvstudent_t(
    f"diag_matrix({_SHAPED})", VOLUME, SHAPE_OF_COLUMNS, definitions=_SHAPES
)
_TS["full_shape"] = _mvstudent_t(
    _SHAPED_FACTOR, VOLUME, SHAPE_OF_COLUMNS, CORRELATION, definitions=_SHAPES_OF_FACTORS
)
_TS["factor"] = _mvstudent_t(_OF_FACTORS, SCALE, LOADINGS, definitions=_FACTORS)

FAMILIES = (_NORMALS["diagonal"], _TS["diagonal"])
