"""Quantities under the names by which a program declares them, for starting points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert

from stanmix.model.correlations import factors_of
from stanmix.program.coefficients import gathered
from stanmix.program.plan import Program
from stanmix.program.units import Columns
from stanmix.program.variables import Order, Quantity

__all__ = ["contrasts", "declared", "numbers_by_order", "ordered_name"]

Array = NDArray[np.float64]


def declared(
    program: Program, data: Mapping[str, Any], scaled: Mapping[str, Array]
) -> dict[str, Any]:
    """Return quantities as values of what the program declares.

    Parameters
    ----------
    program : Program
    data : mapping
        Its Stan data.
    scaled : mapping of str to ndarray
        The quantities that are estimated, by name, on the program's scale
        (`stanmix.program.units`); others are left out.
    """
    values: dict[str, Any] = {}
    for one in program.estimated:
        names = [variable.name for variable in one.variables]
        values |= dict(zip(names, _parts(one, data, scaled[one.name]), strict=True))
    return values


def numbers_by_order(
    program: Program, data: Mapping[str, Any], values: Mapping[str, Array]
) -> NDArray[np.intp]:
    """Return how components are numbered where the program orders them: ``numbers[new] = old``.

    Parameters are as of `declared`; components that it does not order keep their numbers.
    """
    numbers = np.arange(int(data["K"]))
    if (one := program.ordered) is not None:
        own = one.of_members(len(numbers))
        numbers[own] = own.start + np.argsort(_parts(one, data, values[one.name])[0], kind="stable")
    return numbers


def _parts(one: Quantity, data: Mapping[str, Any], scaled: Array) -> tuple[Array, ...]:
    """Return a quantity as the values of its variables."""
    if one.weights and one.matrix is not None:
        # Components' coefficients sum to zero; what they have in common changes no weight.
        return (contrasts(len(scaled)).T @ scaled,)
    if one.numbered:
        return (gathered(scaled, np.asarray(data[f"{one.name}_number"])),)
    if one.correlations:
        return (factors_of(scaled),)
    if one.order is not Order.COLUMN:
        return (scaled,)
    ordered = scaled
    if one.matrix is not None:
        # Ordered where covariates are zero, as the user's coefficients are.
        ordered = Columns.of_data(data, one.matrix.name).at_zero(scaled)
    column = int(data["ordered_covariate" if one.matrix else "ordered_coordinate"]) - 1
    return ordered[:, column], np.delete(scaled, column, axis=1)


def ordered_name(program: Program) -> str | None:
    """Return the name of what the program declares as ordered; None if it orders nothing."""
    return None if program.ordered is None else program.ordered.variables[0].name


def contrasts(K: int) -> Array:
    """Return Helmert's contrasts (K, K - 1), the columns that `gamma_free` goes along."""
    return np.asarray(helmert(K).T)
