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
from stanmix.model import families
from stanmix.model.specification import Specification
from stanmix.program.units import Units, units_of

__all__ = ["given_starts"]

Array = NDArray[np.float64]

_NUMBERS = arguments.Array("a number, or an array of numbers in equal rows")
SUM = 1e-6  # by which weights may fail to sum to one


def given_starts(
    model: Specification,
    design: Design,
    data: Mapping[str, Any],
    starts: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return starting points as values of what the program declares.

    Parameters
    ----------
    model : Specification
    design : Design
    data : mapping
        The Stan data of both.
    starts : sequence of mappings
        One a chain or run: each of the mixture's parameters, under its name and in the units of
        the data, in the shape in which a draw has it.

    Raises
    ------
    InputError
        If a start lacks a parameter or has another, or a value is of another shape or lies where
        the posterior has no density.
    """
    units = units_of(model, design)
    return [
        _start(model, design, data, units, start, f"starts[{i}]") for i, start in enumerate(starts)
    ]


def _start(
    model: Specification,
    design: Design,
    data: Mapping[str, Any],
    units: Units,
    start: Mapping[str, Any],
    where: str,
) -> dict[str, Any]:
    _check_names(model, start, where)
    shapes = _shapes(model, design)
    values = {}
    for name in model.parameters:
        value = _NUMBERS(f"{where}: {name}", start[name]).astype(float)
        if value.shape != shapes[name]:
            raise InputError(
                f"{where}: {name} has shape {value.shape}, but this mixture's is {shapes[name]}"
                f"{_of_what(name, design)}."
            )
        if not np.isfinite(value).all():
            raise InputError(f"{where}: {name} must be finite, got {shown(start[name])}.")
        values[name] = value
    if "theta" in values:
        values["theta"] = _checked_weights(values["theta"], where)
    if "mu" in values and families.family(model.family).positive and (values["mu"] <= 0).any():
        raise InputError(
            f"{where}: mu is the mean of counts and must be positive, got {shown(start['mu'])}."
        )
    scaled = units.scaled_parameters(values)
    if "sigma" in scaled:
        _check_scales(scaled["sigma"], data, units, where)
    found = declared(model, data, scaled)
    ordered = ordered_name(model)
    if ordered is not None and not (np.diff(found[ordered]) > 0).all():
        raise InputError(
            f"{where}: order={model.order!r} keeps {model.program_order} in ascending order of the "
            "components; number them so that it ascends."
        )
    return found


def _check_names(model: Specification, start: Mapping[str, Any], where: str) -> None:
    expected = ", ".join(map(repr, model.parameters))
    for name in start:
        if name not in model.parameters:
            close = difflib.get_close_matches(str(name), model.parameters, n=1)
            known = " (it is known)" if name in model.fixed else ""
            raise InputError(
                f"{where}: there is no parameter {name!r} to start{known}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" A start holds {expected}."
            )
    missing = [name for name in model.parameters if name not in start]
    if missing:
        raise InputError(
            f"{where}: {', '.join(map(repr, missing))} missing; a start holds each of the "
            f"mixture's parameters: {expected}."
        )


def _shapes(model: Specification, design: Design) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter."""
    K, D = model.components, len(model.responses)
    by_column = (D,) if D else ()
    sigma = () if "sigma" in model.shared else (K,)
    return {
        "theta": (K,),
        "gamma": (K, len(design.rows.gating_covariates)),
        "mu": (K, *(by_column if model.mean == "free" else ())),
        "beta": (K, len(design.covariates)),
        "sigma": (*sigma, *(by_column if model.covariance == "diagonal" else ())),
    }


def _of_what(name: str, design: Design) -> str:
    """Return which columns a parameter's are, where there are some."""
    columns = {
        "beta": design.covariates,
        "gamma": design.rows.gating_covariates,
        "mu": design.dimensions,
        "sigma": design.dimensions,
    }.get(name)
    return f" (columns: {', '.join(columns)})" if columns else ""


def _checked_weights(theta: Array, where: str) -> Array:
    if (theta <= 0).any() or abs(theta.sum() - 1) > SUM:
        raise InputError(
            f"{where}: theta must be positive weights that sum to 1, got {shown(theta.tolist())}."
        )
    return np.asarray(theta / theta.sum())


def _check_scales(scaled: Array, data: Mapping[str, Any], units: Units, where: str) -> None:
    lower = np.asarray(data.get("sigma_lower", 0.0))
    upper = np.asarray(data.get("sigma_upper", np.inf))
    if not ((scaled > lower) & (scaled < upper)).all():
        low, high = (np.ravel(end * units.y_scale)[0] for end in (lower, upper))
        ends = "positive" if low == 0 and np.isinf(high) else f"between {low:g} and {high:g}"
        raise InputError(
            f"{where}: sigma must be {ends}, where its prior has a density, got "
            f"{shown((scaled * units.y_scale).tolist())}."
        )
