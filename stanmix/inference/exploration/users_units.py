"""Points in coordinates of components as draws of a mixture's parameters, in the user's units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix.inference.exploration.component_space import ComponentSpace, Part
from stanmix.program.units import Units
from stanmix.program.variables import Order

__all__ = ["draws", "ordered_values"]

Array = NDArray[np.float64]


def draws(space: ComponentSpace, points: Array) -> dict[str, Array]:
    """Return parameters in the user's units, as the program's transformed parameters have them.

    Parameters
    ----------
    space : ComponentSpace
        Of K components.
    points : ndarray of shape (S, D)

    Returns
    -------
    dict of str to ndarray
        Each estimated quantity: (S, K), with columns (S, K, P); without K where it is shared.
    """
    program = space.space.program
    units = Units.of_data(program, space.space.data)
    scaled: dict[str, Array] = {}
    for part in space.parts:
        name = part.quantity.name
        if part.numbers is None:
            scaled[name] = _scaled(space, part, points, units)
            continue
        shape = np.shape(space.space.data[f"{name}_number"])
        whole = scaled.setdefault(name, np.zeros((len(points), *shape)))
        values = space.of(points, part)
        values = values[:, None] if part.shared else values
        by_row = whole.reshape(len(points), shape[0], -1)  # another view
        by_row[..., part.columns] = np.where(part.numbers > 0, values, 0.0)
    return units.parameters(program, scaled)


def _scaled(space: ComponentSpace, part: Part, points: Array, units: Units) -> Array:
    """Return a quantity as the program samples it."""
    one, values = part.quantity, part.values(space.of(points, part))
    if one.weights and one.matrix is None:
        return np.asarray(softmax(values, axis=1))
    if one.weights:
        # What all components have in common changes no weight.
        return np.asarray(values - values.mean(axis=1, keepdims=True))
    if one.matrix is not None and one.order is Order.COLUMN:
        # The ordered coefficient is ordered, and so given, where covariates are zero.
        return units.columns[one.of].ordered_from_zero(values, part.column)
    return values


def ordered_values(space: ComponentSpace, points: Array, order: str) -> Array:
    """Return the quantity (S, K) that names the components.

    Parameters
    ----------
    points : ndarray of shape (S, D)
    order : str
        A parameter that is ordered after sampling; anything else is what the program orders.
    """
    if space.ordered is None:
        part = next(part for part in space.parts if part.quantity.name == order)
        return space.of(points, part)[..., 0]  # monotone in the parameter
    return space.of(points, space.ordered)[..., space.ordered.column]
