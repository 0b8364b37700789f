"""Centres and scales of the data, in which programs sample, so that nothing depends on units.

A response becomes ``(y - centre) / scale``, a column of covariates likewise. Whatever a column was
moved by goes into the coefficients that make up the constant: those of an intercept, or of all
indicators of a factor. Where no combination of the columns is constant, nothing is moved.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.data import robust
from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.specification import Specification

__all__ = ["Columns", "Units", "log_unit", "pooled", "units_of"]

Array = NDArray[np.float64]

FARTHEST = 1e100  # distance of a value from the centre, in spreads


@dataclass(frozen=True)
class Columns:
    """Centres and scales of the covariates of a linear predictor, a column each.

    Attributes
    ----------
    centre, scale : ndarray of shape (P,)
    ones : ndarray of shape (P,)
        ``X @ ones`` is one in every row; zeros where no combination of the columns is constant.
        Where it is not zero, the centre is.
    """

    centre: Array
    scale: Array
    ones: Array

    @classmethod
    def of_data(cls, data: Mapping[str, Any], name: str) -> Columns:
        """Return those that Stan data hold of the covariates ``"X"`` or ``"Z"``."""
        return cls(
            *(np.asarray(data[f"{name}_{item}"], float) for item in ("centre", "scale", "ones"))
        )

    def scaled(self, X: Array) -> Array:
        """Return covariates (N, P), centred and scaled."""
        return np.asarray((X - self.centre) / self.scale)

    def at_zero(self, scaled: Array) -> Array:
        """Return coefficients (..., P) of scaled columns as they are at covariates of zero."""
        constant = scaled @ (self.centre / self.scale)
        return np.asarray(scaled - constant[..., None] * self.ones * self.scale)

    def from_zero(self, at_zero: Array) -> Array:
        """Return the coefficients (..., P) of which `at_zero` are those at zero."""
        constant = at_zero @ (self.centre / self.scale)
        return np.asarray(at_zero + constant[..., None] * self.ones * self.scale)

    def ordered_from_zero(self, mixed: Array, column: int) -> Array:
        """Return coefficients (..., P) of which one column is given as it is at zero."""
        result = mixed.copy()
        result[..., column] = self.from_zero(mixed)[..., column]
        return result

    def coefficients(self, scaled: Array, centre: float = 0.0, scale: float = 1.0) -> Array:
        """Return coefficients in the units of the data.

        Parameters
        ----------
        scaled : ndarray of shape (..., P)
            Of the scaled columns and a predictor less `centre` in units of `scale`.
        """
        return np.asarray(centre * self.ones + scale * (self.at_zero(scaled) / self.scale))

    def scaled_coefficients(
        self, coefficients: Array, centre: float = 0.0, scale: float = 1.0
    ) -> Array:
        """Return what `coefficients` makes of its argument, back."""
        return self.from_zero((coefficients - centre * self.ones) / scale * self.scale)


@dataclass(frozen=True)
class Units:
    """Centres and scales of a design.

    Attributes
    ----------
    log_link : bool
        Whether the predictor is the log of the mean. Counts have no unit, but an offset of the
        log mean has an origin.
    y_centre, y_scale : ndarray of shape () or (D,)
        Of the response less its offset; 0 and 1 with a log link.
    offset_centre : float
        The offset that counts as none; 0 without a log link.
    X : Columns
        Of the covariates; an intercept alone for components with means.
    Z : Columns, optional
        Of the covariates of the weights.
    """

    log_link: bool
    y_centre: Array
    y_scale: Array
    offset_centre: float
    X: Columns
    Z: Columns | None

    def scaled(self, design: Design) -> Design:
        """Return a design as programs compute with it.

        An offset of the mean itself has become part of the response.
        """
        rows, y, offset = design.rows, design.y, design.rows.offset
        if offset is not None and self.log_link:
            offset = offset - self.offset_centre
        elif offset is not None:
            y, offset = y - offset, None
        if not self.log_link:
            y = (y - self.y_centre) / self.y_scale
        Z = None if rows.Z is None or self.Z is None else self.Z.scaled(rows.Z)
        rows = dataclasses.replace(rows, offset=offset, Z=Z)
        return dataclasses.replace(design, y=y, X=self.X.scaled(design.X), rows=rows)

    def parameters(self, scaled: Mapping[str, Array]) -> dict[str, Array]:
        """Return parameters in the units of the data, of those that programs sample.

        Parameters
        ----------
        scaled : mapping of str to ndarray
            ``mu``, ``beta``, ``sigma`` and ``gamma``, of any leading dimensions; others stay.
        """
        values = {name: np.asarray(value, dtype=float) for name, value in scaled.items()}
        for name, (centre, scale) in self._of_response.items():
            if name in values:
                values[name] = centre + scale * values[name]
        if "beta" in values:
            values["beta"] = self.X.coefficients(values["beta"], *self._of_predictor)
        if "gamma" in values and self.Z is not None:
            values["gamma"] = self.Z.coefficients(values["gamma"])
        return values

    def scaled_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Array]:
        """Return parameters as programs sample them; the inverse of `parameters`."""
        values = {name: np.asarray(value, dtype=float) for name, value in parameters.items()}
        for name, (centre, scale) in self._of_response.items():
            if name in values:
                values[name] = (values[name] - centre) / scale
        if "beta" in values:
            values["beta"] = self.X.scaled_coefficients(values["beta"], *self._of_predictor)
        if "gamma" in values and self.Z is not None:
            values["gamma"] = self.Z.scaled_coefficients(values["gamma"])
        return values

    def places(self, design: Design) -> dict[str, tuple[float, float]]:
        """Return centre and scale of each parameter that may have a prior, by its name.

        Coefficients that make up the constant are those at covariates of zero.
        """
        places: dict[str, tuple[float, float]] = {}
        D = len(design.dimensions)
        for name, (centre, scale) in self._of_response.items():
            if np.ndim(centre) == np.ndim(scale) == 0:
                places[name] = (float(centre), float(scale))
            for d, column in enumerate(design.dimensions):
                at, by = (float(np.broadcast_to(values, D)[d]) for values in (centre, scale))
                places[f"{name}[{column}]"] = (at, by)
        if not D:
            zero, one = self._of_predictor
            for p, name in enumerate(design.covariates):
                places[f"beta[{name}]"] = (zero * self.X.ones[p], one / self.X.scale[p])
        if self.Z is not None:
            for q, name in enumerate(design.rows.gating_covariates):
                places[f"gamma[{name}]"] = (0.0, 1 / self.Z.scale[q])
        return places

    @property
    def _of_response(self) -> dict[str, tuple[Array, Array]]:
        """Centre and scale of means and scales."""
        zero = np.zeros(())
        if self.log_link:
            return {"mu": (zero, np.exp(-self.offset_centre))}
        return {"mu": (self.y_centre, self.y_scale), "sigma": (zero, self.y_scale)}

    @property
    def _of_predictor(self) -> tuple[float, float]:
        """Centre and scale of the linear predictor of a response of one column."""
        if self.log_link:
            return -self.offset_centre, 1.0
        return float(self.y_centre), float(self.y_scale)


def log_unit(data: Mapping[str, Any]) -> float:
    """Return what a log density of the scaled response lacks of that of the response itself.

    Parameters
    ----------
    data : mapping
        Of a Stan program. Every row of the response, or as many as its weight says, has a density
        per unit of each column; counts have probabilities, which know no units.
    """
    if "y_scale" not in data:
        return 0.0
    rows = float(np.sum(data["weights"])) if "weights" in data else float(data["N"])
    scales = np.broadcast_to(np.asarray(data["y_scale"], dtype=float), int(data.get("D", 1)))
    return -rows * float(np.log(scales).sum())


def pooled(model: Specification) -> tuple[str, ...]:
    """Return the parameters that a component has one of, however many columns the response has."""
    common = {"mu": model.mean == "common", "sigma": model.covariance == "spherical"}
    return tuple(name for name, one in common.items() if one or not model.responses)


def units_of(model: Specification, design: Design) -> Units:
    """Return the centres and scales of a mixture's data.

    Parameters
    ----------
    model : Specification
        What columns of a response have in common has one centre and one scale.
    design : Design
        A row of weight w counts as w rows.

    Returns
    -------
    Units
        The response about its median in units of its median absolute deviation, covariates about
        their means in units of their sds, both after gross outliers are brought nearer
        (`stanmix.data.robust`). Where no combination of the covariates is constant, response and
        covariates stay about zero.

    Raises
    ------
    InputError
        If a column holds a value that is too far from the others to compute with.
    """
    rows, one = design.rows, pooled(model)
    weights = np.ones(len(design.y)) if rows.weights is None else rows.weights
    X = _columns(design.X, weights, design.covariates)
    Z = None if rows.Z is None else _columns(rows.Z, weights, rows.gating_covariates)
    constant = bool(X.ones.any())
    if families.family(model.family).positive:
        offset_centre = 0.0
        if rows.offset is not None and constant:
            offset_centre = float(logsumexp(rows.offset, b=weights)) - math.log(weights.sum())
        return Units(True, np.zeros(()), np.ones(()), offset_centre, X, Z)
    names = [f"The response {name!r}" for name in design.dimensions or [design.response]]
    y = design.y if rows.offset is None else design.y - rows.offset
    columns = y.reshape(len(y), -1).T
    D, of_all = len(columns), np.tile(weights, len(columns))
    centre = np.zeros((D, 1))
    if constant and "mu" in one:
        centre[:] = robust.median(columns.ravel(), of_all)
    elif constant:
        centre[:, 0] = [robust.median(column, weights) for column in columns]
    if one:
        every = np.broadcast_to(centre, columns.shape).ravel()
        scale = np.full(D, robust.spread(columns.ravel(), of_all, every))
    else:
        scale = np.array(
            [robust.spread(column, weights, at) for column, at in zip(columns, centre, strict=True)]
        )
    for what, distance, unit in zip(names, np.abs(columns - centre), scale, strict=True):
        _check_distance(what, distance, unit)
    many = bool(design.dimensions)
    y_centre = centre[:, 0] if many and "mu" not in one else centre[0, 0]
    y_scale = scale if many and not one else scale[0]
    return Units(False, np.asarray(y_centre), np.asarray(y_scale), 0.0, X, Z)


def _columns(X: Array, weights: Array, names: tuple[str, ...]) -> Columns:
    """Return the centres and scales of covariates (N, P)."""
    ones = _constant(X)
    centre, scale = np.zeros(len(ones)), np.ones(len(ones))
    for p, column in enumerate(X.T):
        if ones[p]:
            scale[p] = 1 / abs(ones[p])
            continue
        about = None if ones.any() else 0.0
        centre[p], scale[p] = robust.moments(column, weights, about)
        if scale[p] == 0:  # only rows that do not count differ
            centre[p], scale[p] = robust.moments(column, np.ones(len(column)), about)
        _check_distance(f"The covariate {names[p]!r}", np.abs(column - centre[p]), scale[p])
    return Columns(centre, scale, ones)


def _constant(X: Array) -> Array:
    """Return the combination of columns (N, P) that is one in every row; zeros if there is none."""
    P = X.shape[1]
    for p, column in enumerate(X.T):
        if column[0] != 0 and np.ptp(column) == 0:
            return np.asarray(np.eye(P)[p] / column[0])
    largest = np.abs(X).max(axis=0)
    unit = X / np.where(largest > 0, largest, 1.0)
    found = np.linalg.lstsq(unit, np.ones(len(X)), rcond=None)[0]
    # Indicators of a factor add up to one exactly, whatever rounding makes of it.
    for ones in (np.round(found), np.where(np.abs(found) > 1e-9, found, 0.0)):
        if np.abs(unit @ ones - 1).max() < 1e-12:
            return np.asarray(ones / largest)
    return np.zeros(P)


def _check_distance(what: str, distance: Array, scale: float) -> None:
    """Refuse a distance from the centre whose square, in units of the scale, would be infinite."""
    farthest = float(distance.max())
    if farthest > FARTHEST * scale:
        raise InputError(
            f"{what} holds a value that is {farthest:.3g} off its centre, where others differ by "
            f"about {scale:.3g}: that is more than {FARTHEST:g} times as far, which cannot be "
            "computed with. Correct that value."
        )
