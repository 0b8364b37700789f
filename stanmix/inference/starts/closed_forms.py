"""What families know of their own weighted fits: one parameter given the others.

A family without an entry, or a case that its entry does not know, gets `stanmix.inference.starts.
newton`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.starts.completed import Completed
from stanmix.inference.starts.row_predictors import RowPredictor
from stanmix.inference.starts.weighted_fits import (
    column_sums,
    least_squares,
    logits_together,
    multinomial_logit,
    poisson_log_linear,
    weighted_means,
)
from stanmix.model import factors
from stanmix.model.correlations import correlations_of_matrix, whitened
from stanmix.model.families.entry import Family
from stanmix.model.families.vectors import column_scales, correlation_factor
from stanmix.model.predictors import Block, Predictor

__all__ = ["FITS", "Fit", "Step", "closed"]

Array = NDArray[np.float64]


LEAST = 1e-300  # sum of squares that can be divided by
NONE = 1e-6  # rows in a category that no row is in, whose probability has a logarithm then


@dataclass(frozen=True)
class Step:
    """What an M-step knows when it comes to a parameter.

    Attributes
    ----------
    y : ndarray of shape (N,) or (N, D)
    weights : ndarray of shape (N, K)
    values : mapping of str to ndarray
        All parameters of the family at rows (`RowPredictor.at_rows`), by name.
    predictor : RowPredictor
        Of the parameter.
    at : ndarray
        Its quantity so far, on the program's scale.
    completed : Completed, optional
        What rows are expected to be that lack some columns of a vector.
    """

    y: Array
    weights: Array
    values: Mapping[str, Array]
    predictor: RowPredictor
    at: Array
    completed: Completed | None = None


# Returns coefficients (`RowPredictor.coefficients`), with one row if they are common to all
# components, or the different ones (1, F) where components share or lack some; None where it knows
# none.
Fit = Callable[[Step], Array | None]


def _normal_location(step: Step) -> Array | None:
    scale, predictor, weights = step.values["sigma"], step.predictor, step.weights
    if predictor.quantity.shared:
        return None
    # It differs between rows, or between components that share coefficients.
    if scale.ndim == weights.ndim or predictor.numbers is not None:
        weights = weights / scale**2
    if predictor.X is None:
        return weighted_means(step.y, weights)
    return least_squares(step.y, predictor.X, weights, predictor.numbers)


def _normal_scale(step: Step) -> Array | None:
    if step.predictor.X is not None:
        return None
    squares = column_sums(step.weights * (step.y[:, None] - step.values["mu"]) ** 2)
    return _scales(step, squares[:, None])


def _mvnormal_location(step: Step) -> Array | None:
    predictor = step.predictor
    if predictor.X is not None or predictor.quantity.shared:
        return None
    means = _means(step)
    if predictor.quantity.columns:
        return means
    # The mean that weighs columns by their precision.
    scale = np.broadcast_to(column_scales(step.values), means.shape)
    precision = scale**-2.0
    factor = correlation_factor(step.values)
    if factor is not None:
        matrix = np.linalg.inv(factor @ factor.transpose(0, 2, 1))
        precision = (matrix / scale[:, None]).sum(axis=2) / scale
    totals = precision.sum(axis=1, keepdims=True)
    return np.asarray((means * precision).sum(axis=1, keepdims=True) / totals)


def _means(step: Step) -> Array:
    """Return the means (K, D) of rows of a vector."""
    if step.completed is None:
        return weighted_means(step.y, step.weights)
    sizes = column_sums(step.weights)[:, None] + 1e-10
    return np.asarray(np.einsum("nk,nkd->kd", step.weights, step.completed.y) / sizes)


def _residuals(step: Step) -> tuple[Array, Array]:
    """Return residuals (N, K, D) of rows of a vector, and how often they count (N, K).

    Where rows lack some columns, D rows more make up for the covariance of what is not there.
    """
    if step.completed is None:
        return step.y[:, None, :] - step.values["mu"], step.weights
    roots = step.completed.roots
    residual = np.concatenate([step.completed.y - step.values["mu"], roots])
    return residual, np.concatenate([step.weights, np.ones(roots.shape[:2])])


def _mvnormal_scale(step: Step) -> Array | None:
    if step.predictor.X is not None:
        return None
    if "loadings" in step.values:
        return _scales_of_what_is_left(step)
    residual, weights = _residuals(step)
    if "shape" not in step.values:
        return _scales(step, np.einsum("nk,nkd->kd", weights, residual**2))
    # In units of the ellipsoids that have the volume of a unit sphere.
    ellipsoids = {**step.values, "sigma": np.ones_like(step.values["sigma"])}
    z = _uncorrelated(residual, ellipsoids)
    return _scales(step, np.einsum("nk,nkd->kd", weights, z**2))


def _mvnormal_shape(step: Step) -> Array | None:
    """Return the columns' shares in their scales of residuals, each in the unit of its ellipsoid.

    With correlations that are fitted after it, that is the matrix that fits best, times a number.
    """
    residual, weights = _residuals(step)
    squares = np.einsum("nk,nkd->kd", weights, (residual / step.values["sigma"]) ** 2)
    if step.predictor.quantity.shared:
        squares = squares.sum(axis=0, keepdims=True)
    return step.predictor.parameter.link.forward(np.sqrt(np.maximum(squares, LEAST)))


def _moments(step: Step) -> Array:
    """Return weighted sums of products of residuals, (K, D, D)."""
    residual, weights = _residuals(step)
    moments = np.einsum("nk,nki,nkj->kij", weights, residual, residual, optimize=True)
    return np.asarray(moments)


def _scales_of_what_is_left(step: Step) -> Array:
    """Return the scales of what factors leave of columns, after a step of EM for factors.

    Rubin & Thayer (1982, Psychometrika 47, 69-76).
    """
    moments, sigma = _moments(step), step.values["sigma"]
    matrix = factors.matrices(step.values["loadings"], step.y.shape[1])
    back = matrix.transpose(0, 2, 1)
    whole = matrix @ back + (sigma**2)[..., None] * np.eye(step.y.shape[1])
    explained = matrix @ (back @ np.linalg.solve(whole, moments))
    return _scales(step, np.maximum(np.einsum("kdd->kd", moments - explained), LEAST))


def _mvnormal_loadings(step: Step) -> Array:
    """Return the loadings that fit best, given the scales of what factors leave.

    Lawley (1940, Proc. R. Soc. Edinburgh 60, 64-82).
    """
    D, sigma = step.y.shape[1], step.values["sigma"]
    R = step.predictor.quantity.factors
    sizes = column_sums(step.weights)[:, None, None] + 1e-10
    scaled = _moments(step) / sizes / (sigma[:, :, None] * sigma[:, None, :])
    lengths, axes = np.linalg.eigh(scaled)
    above = np.sqrt(np.maximum(lengths[:, D - R :] - 1, 0.0))
    return factors.loadings_of(sigma[:, :, None] * axes[:, :, D - R :] * above[:, None, :])


def _mvnormal_correlations(step: Step) -> Array | None:
    """Return correlations of residuals, each in the unit of its sd in the component.

    With the scales, which are fitted before, that is the covariance that fits best, where both are
    of each component or both are common to all.
    """
    moments = _moments(step)
    scale = np.broadcast_to(column_scales(step.values), moments.shape[:2])
    moments = moments / (scale[:, :, None] * scale[:, None, :])
    if step.predictor.quantity.shared:
        moments = moments.sum(axis=0, keepdims=True)
    lengths = np.sqrt(np.maximum(np.einsum("kii->ki", moments), LEAST))
    found = correlations_of_matrix(moments / (lengths[:, :, None] * lengths[:, None, :]))
    return step.predictor.parameter.link.forward(found)


def _of_t(fit: Fit) -> Fit:
    """Return the fit of a parameter of multivariate t distributions, of that of normals.

    A row counts as its distance says (Liu, Rubin & Wu, 1998, Biometrika 85, 755-770).
    """

    def fitted(step: Step) -> Array | None:
        values, known = step.values, step.completed
        nu = values["nu"].reshape(1, -1)
        if known is None:
            z = _uncorrelated(step.y[:, None] - values["mu"], values)
            counts = (nu + z.shape[-1]) / (nu + np.einsum("nkd,nkd->nk", z, z))
        else:
            counts = (nu + known.seen) / (nu + known.squares)
        return fit(dataclasses.replace(step, weights=step.weights * counts))

    return fitted


def _of_logarithms(fit: Fit) -> Fit:
    """Return the fit of a family whose logarithms are of another, whose fit is given."""
    return lambda step: fit(dataclasses.replace(step, y=np.log(step.y)))


def _uncorrelated(residual: Array, values: Mapping[str, Array]) -> Array:
    """Return residuals (N, K, D) of columns in units of their scales, without correlation."""
    z = residual / column_scales(values)
    factor = correlation_factor(values)
    return z if factor is None else whitened(z, factor)


def _scales(step: Step, squares: Array) -> Array:
    """Return log scales of sums of squares (K, D)."""
    quantity = step.predictor.quantity
    size = column_sums(step.weights)[:, None] + 1e-10
    if quantity.shared:
        squares, size = squares.sum(axis=0, keepdims=True), size.sum(axis=0, keepdims=True)
    variance = squares / size
    if not quantity.columns:
        variance = variance.mean(axis=1, keepdims=True)
    return step.predictor.parameter.link.forward(np.sqrt(variance))


def _poisson_location(step: Step) -> Array | None:
    predictor, y = step.predictor, step.y
    if predictor.quantity.shared:
        return None
    X = np.ones((len(y), 1)) if predictor.X is None else predictor.X
    offset = np.zeros(len(y)) if predictor.offset is None else predictor.offset
    begin = predictor.coefficients(step.at)
    return poisson_log_linear(y, X, offset, step.weights, begin, predictor.numbers)


def _von_mises_location(step: Step) -> Array | None:
    predictor, weights = step.predictor, step.weights
    if predictor.X is not None or predictor.offset is not None or predictor.quantity.shared:
        return None
    resultant = np.einsum("nk,n->k", weights * step.values["kappa"], np.exp(1j * step.y))
    return predictor.parameter.link.forward(np.angle(resultant)[:, None])


def _share_location(step: Step) -> Array | None:
    predictor = step.predictor
    if predictor.X is not None or predictor.offset is not None or predictor.quantity.shared:
        return None
    return predictor.parameter.link.forward(weighted_means(step.y, step.weights))


def _categorical_location(step: Step) -> Array | None:
    predictor, weights = step.predictor, step.weights
    categories = predictor.size + 1
    indicators = np.eye(categories)[step.y.astype(np.intp) - 1]
    if predictor.X is None:
        counts = np.einsum("nk,nc->kc", weights, indicators)
        return predictor.parameter.link.forward(counts + NONE)
    begin = predictor.coefficients(step.at)
    if predictor.numbers is not None:
        return logits_together(predictor.X, indicators, weights, begin, predictor.numbers)
    found = []
    for k, coefficients in enumerate(begin):
        begin = np.concatenate([np.zeros((1, coefficients.shape[1])), coefficients])
        belong = indicators * weights[:, k, None]
        fitted = multinomial_logit(predictor.X, belong, begin - begin.mean(axis=0))
        found.append(fitted[1:] - fitted[0])
    return np.array(found)


FITS: Mapping[str, Mapping[str, Fit]] = {
    "normal": {"mu": _normal_location, "sigma": _normal_scale},
    "lognormal": {
        "mu": _of_logarithms(_normal_location),
        "sigma": _of_logarithms(_normal_scale),
    },
    "mvnormal": {
        "mu": _mvnormal_location,
        "sigma": _mvnormal_scale,
        "shape": _mvnormal_shape,
        "loadings": _mvnormal_loadings,
        "rho": _mvnormal_correlations,
    },
    "mvstudent_t": {
        "mu": _of_t(_mvnormal_location),
        "sigma": _of_t(_mvnormal_scale),
        "shape": _of_t(_mvnormal_shape),
        "loadings": _of_t(_mvnormal_loadings),
        "rho": _of_t(_mvnormal_correlations),
    },
    "poisson": {"mu": _poisson_location},
    "von_mises": {"mu": _von_mises_location},
    "bernoulli": {"mu": _share_location},
    "categorical": {"mu": _categorical_location},
}

_WITHOUT_REGRESSIONS = ("bernoulli",)  # of which fits know constants alone


def closed(block: Block) -> bool:
    """Return whether each parameter of a block has a fit of its own, so that steps are cheap."""
    if block.family.columns:
        return all(
            _closed(each.family, {own: block.predictors[name] for own, name in each.names.items()})
            for each in block.family.columns
        )
    return _closed(block.family, block.predictors)


def _closed(family: Family, predictors: Mapping[str, Predictor]) -> bool:
    known = FITS.get(family.name, {})
    regressed = () if family.name in _WITHOUT_REGRESSIONS else (family.location.name,)
    return all(
        one.known or (name in known and (not one.linear or name in regressed))
        for name, one in predictors.items()
    )
