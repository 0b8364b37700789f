"""The priors of a quantity, as the data of its program hold them: by number, with arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.model.priors import ARGUMENTS
from stanmix.program.variables import Quantity

__all__ = ["coded", "codes", "lkj"]

Array = NDArray[np.float64]


def coded(one: Quantity, data: Mapping[str, Any], component: int) -> tuple[Array, Array]:
    """Return the priors of the columns of a quantity.

    Parameters
    ----------
    one : Quantity
        Whose prior the data choose.
    data : mapping
        Of the program.
    component : int
        From 0, where each component has priors of its own.

    Returns
    -------
    numbers : ndarray of int, shape (P,)
        P is one, where it has no columns.
    arguments : ndarray of shape (P, 3)
    """
    place = component if one.apart else ...
    numbers = np.asarray(data[f"{one.name}_prior"])[place]
    arguments = np.asarray(data[f"{one.name}_prior_arguments"], dtype=float)[place]
    return np.atleast_1d(numbers), arguments.reshape(-1, ARGUMENTS)


def codes(one: Quantity, data: Mapping[str, Any]) -> list[int]:
    """Return the numbers of all priors of a quantity."""
    return [int(code) for code in np.ravel(data[f"{one.name}_prior"])]


def lkj(one: Quantity, data: Mapping[str, Any], component: int) -> float:
    """Return the shape of the prior of correlations, of a component from 0."""
    stated = np.asarray(data[f"{one.name}_prior"], dtype=float)
    return float(stated[component] if one.apart else stated)
