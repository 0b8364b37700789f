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
from stanmix.model import factors
from stanmix.model.families import Family
from stanmix.model.parameters import Role
from stanmix.model.priors import Uniform
from stanmix.model.responses import turned
from stanmix.model.specification import Specification, pooled_in
from stanmix.program import patterns
from stanmix.program.coefficients import common_columns
from stanmix.program.column_units import check_distance, column_units
from stanmix.program.plan import Program
from stanmix.program.variables import Place, Quantity

__all__ = ["Columns", "Units", "log_unit", "units_of"]

Array = NDArray[np.float64]

SMOOTH = 8.0  # concentration about each angle of which a density is made; its sd is 20 degrees


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
        """Return those that Stan data hold of the covariates of a name, such as ``"X"``."""
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


def _of_columns(family: Family, data: Mapping[str, Any], name: str, none: float) -> Array:
    """Return centres or scales of the response from Stan data, where columns have their own."""
    if not family.columns:
        return np.asarray(data.get(name, none), dtype=float)
    sizes = [1 if one.single else int(data[one.named("D")]) for one in family.columns]
    found = np.full(sum(sizes), none)
    for one in family.columns:
        found[one.places] = data.get(one.named(name), none)
    return found


@dataclass(frozen=True)
class Units:
    """Centres and scales of a design.

    Attributes
    ----------
    y_centre, y_scale : ndarray of shape () or (D,)
        Of the response, less its offset where it has an origin; 0 where it has none, and 1 where
        it has no unit. Of angles the direction from which they are measured.
    has_origin : bool
        Whether the response has one; then an offset is taken off it.
    offset_centre : float
        The offset that counts as none.
    columns : mapping of str to Columns
        Of the covariates of each predictor, by the parameter that it is of; of the location an
        intercept alone for components with means.
    """

    y_centre: Array
    y_scale: Array
    has_origin: bool
    offset_centre: float
    columns: Mapping[str, Columns]
    _location: str

    @classmethod
    def of_data(cls, program: Program, data: Mapping[str, Any]) -> Units:
        """Return those that the Stan data of a program hold."""
        centre, scale = (
            _of_columns(program.family, data, name, none)
            for name, none in (("y_centre", 0.0), ("y_scale", 1.0))
        )
        return cls(
            centre,
            scale,
            program.has_origin,
            float(data.get("offset_centre", 0.0)),
            {matrix.of: Columns.of_data(data, matrix.name) for matrix in program.matrices},
            program.location.of,
        )

    @property
    def X(self) -> Columns:  # noqa: N802 - as the programs call it
        """Those of the covariates of the location."""
        return self.columns[self._location]

    def of(self, one: Quantity, numbers: int = 0) -> tuple[Array, Array]:
        """Return the centre and the scale of a quantity, or of each of its columns or numbers."""
        zero, unit, place = np.zeros(()), np.ones(()), one.place
        y_centre, y_scale = self._of_response(one)
        if place in (Place.RESPONSE, Place.DIRECTION):
            return y_centre, y_scale
        if place is Place.SCALE:
            return zero, y_scale
        if place is Place.LOADINGS:
            each = y_scale.ndim
            rows = [d for d, _ in factors.places(len(y_scale), numbers)] if each else ...
            return zero, y_scale[rows]
        if place is Place.VOLUME:
            return zero, np.exp(np.log(y_scale).mean())
        if place is Place.LOG_SCALE:
            return np.log(y_scale), unit
        if place is Place.OFFSET:
            return zero, np.asarray(y_scale * np.exp(-self.offset_centre))
        if place is Place.LOG_OFFSET:
            return np.asarray(np.log(y_scale) - self.offset_centre), unit
        return zero, unit

    def _of_response(self, one: Quantity) -> tuple[Array, Array]:
        """Return the centre and the scale of the responses that a quantity is of."""
        group, centre, scale = one.group, self.y_centre, self.y_scale
        if group is None:
            return centre, scale
        centre, scale = centre[group.places], scale[group.places]
        if group.block and not one.columns:  # columns that have it in common are scaled alike
            centre, scale = centre[0], scale[0]
        return centre, scale

    def scaled(self, design: Design) -> Design:
        """Return a design as programs compute with it.

        An offset of the mean itself has become part of the response.
        """
        rows, y, offset = design.rows, design.y, design.rows.offset
        if offset is not None and not self.has_origin:
            offset = offset - self.offset_centre
        elif offset is not None:
            y, offset = y - offset, None
        moved = 0.0 if rows.offset is None or not self.has_origin else rows.offset
        limits = None
        if rows.limits is not None:
            limits = rows.limits.moved(lambda end: (end - moved - self.y_centre) / self.y_scale)
        y = (y - self.y_centre) / self.y_scale
        predictors = {
            of: dataclasses.replace(covariates, matrix=self.columns[of].scaled(covariates.matrix))
            for of, covariates in rows.predictors.items()
        }
        rows = dataclasses.replace(rows, offset=offset, predictors=predictors, limits=limits)
        return dataclasses.replace(design, y=y, X=self.X.scaled(design.X), rows=rows)

    def parameters(self, program: Program, scaled: Mapping[str, Array]) -> dict[str, Array]:
        """Return quantities in the units of the data, of those that programs sample.

        Parameters
        ----------
        program : Program
        scaled : mapping of str to ndarray
            By name, of any leading dimensions.
        """
        return {
            name: self._own(program[name], np.asarray(values, dtype=float))
            for name, values in scaled.items()
        }

    def scaled_parameters(
        self, program: Program, parameters: Mapping[str, Any]
    ) -> dict[str, Array]:
        """Return quantities as programs sample them; the inverse of `parameters`."""
        return {
            name: self._sampled(program[name], np.asarray(values, dtype=float))
            for name, values in parameters.items()
        }

    def _own(self, one: Quantity, values: Array) -> Array:
        centre, scale = self.of(one, values.shape[-1] if values.ndim else 0)
        if one.matrix is not None:
            return self.columns[one.of].coefficients(values, float(centre), float(scale))
        if one.place is Place.SHARES:
            return _shares(values * self._of_response(one)[1])
        return np.asarray(centre + scale * values)

    def _sampled(self, one: Quantity, values: Array) -> Array:
        centre, scale = self.of(one, values.shape[-1] if values.ndim else 0)
        if one.matrix is not None:
            return self.columns[one.of].scaled_coefficients(values, float(centre), float(scale))
        if one.place is Place.DIRECTION and not one.known:
            return turned(values - centre, 0.0)
        if one.place is Place.SHARES:
            return _shares(values / self._of_response(one)[1])
        return np.asarray((values - centre) / scale)

    def places(self, one: Quantity, columns: int) -> list[tuple[float, float]]:
        """Return the centre and the scale of each number of a quantity, (P,).

        Coefficients that make up the constant are those at covariates of zero.
        """
        centre, scale = self.of(one, columns)
        if one.matrix is not None:
            of = self.columns[one.of]
            return [
                (float(centre) * ones, float(scale) / unit)
                for ones, unit in zip(of.ones, of.scale, strict=True)
            ]
        centres, scales = (np.broadcast_to(values, columns) for values in (centre, scale))
        return [(float(at), float(by)) for at, by in zip(centres, scales, strict=True)]


def _shares(parts: Array) -> Array:
    """Return parts (..., D) as shares in their sum."""
    return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


def counted(spec: Specification, design: Design) -> Array:
    """Return how often each row (N,) counts for the densities of a mixture.

    Rows at point masses say nothing of them.

    Raises
    ------
    InputError
        If all rows lie there.
    """
    y, weights = design.y, design.rows.weights
    weights = np.ones(len(y)) if weights is None else weights
    if not spec.atoms or spec.response.integer:
        return weights
    at_atom = np.isin(y, spec.atoms)
    if at_atom.all():
        raise InputError(
            "All rows lie at point masses, so that nothing is left for the other components; use "
            "other data or another family."
        )
    return np.where(at_atom, 0.0, weights)


def log_unit(data: Mapping[str, Any]) -> float:
    """Return what a log density of the scaled response lacks of that of the response itself.

    Parameters
    ----------
    data : mapping
        Of a Stan program. Every row of the response, or as many as its weight says, has a density
        per unit of each column that is not missing; counts and censored rows have probabilities,
        which know no units.
    """
    weights = np.broadcast_to(data.get("weights", 1.0), int(data["N"]))
    if "at" in data:  # rows at point masses have probabilities
        weights = np.where(np.isin(data["y"], data["at"]), 0.0, weights)
    if "censoring" in data:
        weights = np.where(np.asarray(data["censoring"]) > 0, 0.0, weights)
    total = 0.0
    for name in (name for name in data if name.startswith("y_scale")):
        suffix = name.removeprefix("y_scale")
        columns = int(data.get(f"D{suffix}", 1))
        there = patterns.observed(data, suffix, (len(weights), columns))
        scales = np.broadcast_to(np.asarray(data[name], dtype=float), columns)
        total -= float(weights @ there @ np.log(scales))
    return total


def units_of(spec: Specification, design: Design) -> Units:
    """Return the centres and scales of a mixture's data.

    Parameters
    ----------
    spec : Specification
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
        If a column holds a value that is too far from the others to compute with, or a predictor
        of a scale has no constant.
    """
    rows, family, location = design.rows, spec.block.family, spec.block.family.location.name
    weights = np.ones(len(design.y)) if rows.weights is None else rows.weights
    matrices = {location: design.X, **{of: one.matrix for of, one in rows.predictors.items()}}
    columns = {
        of: _columns(X, weights, design.covariates_of(of), _bound(spec, design, of))
        for of, X in matrices.items()
    }
    _check_constants(spec, columns)
    constant = bool(columns[location].ones.any())
    response, weights = spec.response, counted(spec, design)
    if family.columns:
        alike = [one.at for one in family.columns if one.block and pooled_in(spec, one)]
        together = [
            one.at
            for one in family.columns
            if one.block and one.names[one.family.location.name] in pooled_in(spec, one)
        ]
        centres, scales = column_units(
            family, design.dimensions, design.y, weights, alike, together
        )
        return Units(centres, scales, response.origin, 0.0, columns, location)
    if not response.origin:
        offset_centre, unit = 0.0, np.ones(())
        if rows.offset is not None and constant and family.location.on_log_scale:
            offset_centre = float(logsumexp(rows.offset, b=weights)) - math.log(weights.sum())
        if response.unit and constant:
            unit = np.asarray(robust.median(design.y, weights))
            check_distance(f"The response {design.response!r}", design.y, float(unit))
        direction = np.zeros(())
        if response.circular and not spec.regression and rows.offset is None:
            direction = _direction(spec, design.y, weights)
        return Units(direction, unit, False, offset_centre, columns, location)
    names = [f"The response {name!r}" for name in design.dimensions or [design.response]]
    y = design.y if rows.offset is None else design.y - rows.offset
    by_column = y.reshape(len(y), -1).T
    pooled = spec.pooled
    D, there = len(by_column), ~np.isnan(by_column)
    seen = there.ravel()  # a cell that is missing counts for nothing
    every_y, of_all = by_column.ravel()[seen], np.tile(weights, D)[seen]
    centre = np.zeros((D, 1))
    if constant and location in pooled:
        centre[:] = robust.median(every_y, of_all)
    elif constant:
        centre[:, 0] = [
            robust.median(column[at], weights[at])
            for column, at in zip(by_column, there, strict=True)
        ]
    if pooled or D == 1:
        every = np.broadcast_to(centre, by_column.shape).ravel()[seen]
        scale = np.full(D, robust.spread(every_y, of_all, every))
    else:
        scale = np.array(
            [
                robust.spread(column[at], weights[at], middle)
                for column, middle, at in zip(by_column, centre, there, strict=True)
            ]
        )
    for what, distance, spread in zip(names, np.abs(by_column - centre), scale, strict=True):
        check_distance(what, distance[~np.isnan(distance)], spread)
    many = bool(design.dimensions)
    y_centre = centre[:, 0] if many and location not in pooled else centre[0, 0]
    y_scale = scale if many and not pooled else scale[0]
    return Units(np.asarray(y_centre), np.asarray(y_scale), True, 0.0, columns, location)


def _direction(spec: Specification, y: Array, weights: Array) -> Array:
    """Return the direction from which angles are measured.

    An angle is a number but for a cut, which is put where smoothed angles are rarest, so that few
    components lie there. A prior on an arc has its middle opposite to the cut.
    """
    arc = spec.priors.get(spec.block.family.location.name)
    if isinstance(arc, Uniform):
        return turned(np.asarray((arc.alpha + arc.beta) / 2), 0.0)
    counts, edges = np.histogram(y, 720, (-np.pi, np.pi), weights=weights)
    degrees = np.deg2rad(np.arange(-179, 181))
    away = degrees[:, None] - (edges[:-1] + edges[1:]) / 2
    rarest = degrees[np.argmin(np.exp(SMOOTH * (np.cos(away) - 1)) @ counts)]
    return turned(rarest + np.pi, 0.0)


def _check_constants(spec: Specification, columns: Mapping[str, Columns]) -> None:
    """Refuse a predictor of a scale's logarithm that cannot take up the unit of the response."""
    for name, one in (found for block in spec.blocks for found in block.predictors.items()):
        scale = one.linear and one.parameter.role is Role.SCALE
        if scale and not columns[name].ones.any():
            raise InputError(
                f"formulas: the predictor of {name!r} has no intercept in every component, and no "
                "other combination of its covariates is constant: its logarithm would then be 0 "
                f"where they are, and so {name} 1 in whatever unit the response has. Leave the "
                'intercept in, as in "~ z".'
            )


@dataclass(frozen=True)
class _Bound:
    """What holds covariates where they are: coefficients that components share, or lack.

    Attributes
    ----------
    common : ndarray of bool, shape (B, P)
        Which coefficients the components of each family share.
    everywhere : ndarray of bool, shape (P,)
        Which all components have.
    """

    common: NDArray[np.bool_]
    everywhere: NDArray[np.bool_]

    def constant(self, ones: Array) -> Array:
        """Return the columns that make up a constant; zeros where a component lacks one."""
        return ones if self.everywhere[ones != 0].all() else np.zeros(len(ones))

    def still(self, ones: Array) -> NDArray[np.bool_]:
        """Return which covariates (P,) cannot be centred.

        What they were moved by would change a constant that is to be the same in all components.
        """
        shared = self.common[:, ones != 0].any(axis=1)
        return np.asarray((~self.common[shared] | ~self.everywhere).any(axis=0) & shared.any())


def _bound(spec: Specification, design: Design, of: str) -> _Bound:
    """Return what holds the covariates of a parameter."""
    located = of == spec.block.family.location.name
    common = [
        common_columns(one.common, design, of)
        for block in spec.blocks
        for one in block.predictors.values()
        if one.linear and (one is block.location if located else one.parameter.name == of)
    ]
    P, having = len(design.covariates_of(of)), design.having(of)
    there = [k for block in spec.blocks if not block.family.constant for k in block.components
             if located or block.family.parameter(of)]  # fmt: skip
    everywhere = np.ones(P, dtype=bool) if having is None else having[there].all(axis=0)
    return _Bound(np.array(common, dtype=bool).reshape(-1, P), np.asarray(everywhere))


def _columns(X: Array, weights: Array, names: tuple[str, ...], bound: _Bound) -> Columns:
    """Return the centres and scales of covariates (N, P)."""
    ones = bound.constant(_constant(X))
    still = bound.still(ones)
    centre, scale = np.zeros(len(ones)), np.ones(len(ones))
    for p, column in enumerate(X.T):
        if ones[p]:
            scale[p] = 1 / abs(ones[p])
            continue
        about = None if ones.any() and not still[p] else 0.0
        centre[p], scale[p] = robust.moments(column, weights, about)
        if scale[p] == 0:  # only rows that do not count differ
            centre[p], scale[p] = robust.moments(column, np.ones(len(column)), about)
        check_distance(f"The covariate {names[p]!r}", np.abs(column - centre[p]), scale[p])
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
