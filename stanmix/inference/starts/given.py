"""Starting points that the user gives, in the units of the data: checked, and scaled."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix import arguments
from stanmix.data.design import Design
from stanmix.errors import InputError, shown
from stanmix.inference.starts.declared import declared, ordered_name
from stanmix.model.specification import Specification
from stanmix.program.coefficients import check as check_coefficients
from stanmix.program.coefficients import numbers_by_name
from stanmix.program.columns import column_names
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.units import Units, units_of
from stanmix.program.variables import Quantity

__all__ = ["given_starts"]

Array = NDArray[np.float64]

_NUMBERS = arguments.Array("a number, or an array of numbers in equal rows")
SUM = 1e-6  # by which weights may fail to sum to one


def given_starts(
    spec: Specification,
    design: Design,
    data: Mapping[str, Any],
    starts: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return starting points as values of what the program declares.

    Parameters
    ----------
    spec : Specification
    design : Design
    data : mapping
        The Stan data of both.
    starts : sequence of mappings
        One a chain or run: each of the mixture's parameters, under its name and in the units of
        the data, in the shape in which a draw has it; what is common to all components without
        their axis.

    Raises
    ------
    InputError
        If a start lacks a parameter or has another, or a value is of another shape or lies where
        the posterior has no density.
    """
    program, units = lower(spec), units_of(spec, design)
    found = []
    for number, start in enumerate(starts):
        where = f"starts[{number}]"
        _check_names(spec, start, where)
        values = {
            one.name: _checked(one, program, spec.components, design, start, where)
            for one in program.estimated
        }
        scaled = units.scaled_parameters(program, values)
        for one in program.estimated:
            if (
                (one.constrained or one.bounded)
                and not one.vector
                and not _unbounded_location(one, program)
            ):
                _check_bounds(one, scaled[one.name], start[one.name], data, units, where)
        found.append(declared(program, data, scaled))
        _check_order(spec, program, found[-1], where)
    return found


def _checked(
    one: Quantity,
    program: Program,
    components: int,
    design: Design,
    start: Mapping[str, Any],
    where: str,
) -> Array:
    """Return a quantity's values: of its shape, finite, and such as it may take."""
    value = _NUMBERS(f"{where}: {one.name}", start[one.name]).astype(float)
    columns = column_names(one, design)
    predictors = (len(design.categories) - 1,) if one.predictors else ()
    shape = (
        *(() if one.shared else (components,)),
        *predictors,
        *((len(columns),) if columns else ()),
    )
    if value.shape != shape:
        of_what = f" (columns: {', '.join(columns)})" if columns else ""
        raise InputError(
            f"{where}: {one.name} has shape {value.shape}, but this mixture's is {shape}{of_what}."
        )
    if not np.isfinite(value).all():
        raise InputError(f"{where}: {one.name} must be finite, got {shown(start[one.name])}.")
    numbers = numbers_by_name(program, design, components).get(one.name)
    if numbers is not None:
        check_coefficients(f"{where}: {one.name}", value, numbers, columns)
    if one.vector is not None and not one.support.holds(value):
        raise InputError(
            f"{where}: {one.name} must be {one.support.words} along its last axis, got "
            f"{shown(start[one.name])}."
        )
    if one.parameter is None:
        return np.asarray(value) if one.matrix else _checked_weights(value, where)
    if _unbounded_location(one, program) and (value <= 0).any():
        of_what = " of counts" if program.family.counts else ""
        raise InputError(
            f"{where}: {one.name} is the {one.parameter.word}{of_what} and must be positive, got "
            f"{shown(start[one.name])}."
        )
    return np.asarray(value)


def _unbounded_location(one: Quantity, program: Program) -> bool:
    """Return whether it is a positive location, which has no bounds but zero."""
    return one.positive and one == program.location


def _check_names(spec: Specification, start: Mapping[str, Any], where: str) -> None:
    expected = ", ".join(map(repr, spec.parameters))
    for name in start:
        if name not in spec.parameters:
            close = difflib.get_close_matches(str(name), spec.parameters, n=1)
            known = " (it is known)" if name in spec.fixed else ""
            raise InputError(
                f"{where}: there is no parameter {name!r} to start{known}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" A start holds {expected}."
            )
    missing = [name for name in spec.parameters if name not in start]
    if missing:
        raise InputError(
            f"{where}: {', '.join(map(repr, missing))} missing; a start holds each of the "
            f"mixture's parameters: {expected}."
        )


def _checked_weights(theta: Array, where: str) -> Array:
    if (theta <= 0).any() or abs(theta.sum() - 1) > SUM:
        raise InputError(
            f"{where}: theta must be positive weights that sum to 1, got {shown(theta.tolist())}."
        )
    return np.asarray(theta / theta.sum())


def _check_bounds(
    one: Quantity, scaled: Array, stated: Any, data: Mapping[str, Any], units: Units, where: str
) -> None:
    """Refuse a scale or a shape where its prior has no density."""
    lower = np.asarray(data.get(f"{one.name}_lower", 0.0))
    upper = np.asarray(data.get(f"{one.name}_upper", np.inf))
    outside = ~((scaled > lower) & (scaled < upper))
    if not outside.any():
        return
    _, unit = units.of(one, np.shape(scaled)[-1] if np.ndim(scaled) else 0)
    low, high = (np.broadcast_to(end * unit, scaled.shape)[outside][0] for end in (lower, upper))
    ends = "positive" if low == 0 and np.isinf(high) else f"between {low:g} and {high:g}"
    raise InputError(
        f"{where}: {one.name} must be {ends}, where its prior has a density, got {shown(stated)}."
    )


def _check_order(
    spec: Specification, program: Program, values: Mapping[str, Any], where: str
) -> None:
    name = ordered_name(program)
    if name is not None and not (np.diff(values[name]) > 0).all():
        raise InputError(
            f"{where}: order={spec.order!r} keeps {program.order} in ascending order of the "
            "components; number them so that it ascends."
        )
