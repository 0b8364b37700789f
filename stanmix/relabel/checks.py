"""Arguments of the relabelling functions, checked, in the shapes that they work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.signedinteger[Any]]

_DIMENSIONS = {
    "z": ("chain", "draw", "obs"),
    "p": ("chain", "draw", "obs", "component"),
    "perm": ("chain", "draw", "component"),
}


def check_shape(shape: tuple[int, ...], name: str, dimensions: tuple[str, ...]) -> None:
    """Refuse a shape whose number of axes is wrong, or that has an empty axis."""
    if len(shape) != len(dimensions):
        hint = (
            f" For one chain, add the axis: {name}[None]."
            if len(shape) == len(dimensions) - 1 and dimensions[0] == "chain"
            else ""
        )
        raise InputError(
            f"{name} has {len(shape)} axes (shape {shape}); "
            f"expected {len(dimensions)}: ({', '.join(dimensions)}).{hint}"
        )
    if 0 in shape:
        empty = dimensions[shape.index(0)]
        raise InputError(f"{name} has shape {shape}: its axis {empty} is empty.")


def check_draws(name: str, shape: tuple[int, ...], other: str, expected: tuple[int, ...]) -> None:
    """Refuse two arrays whose chains and draws differ in number."""
    if shape[:2] != expected[:2]:
        raise InputError(
            f"{name} has {shape[0]} chains of {shape[1]} draws, but {other} has {expected[0]} "
            f"of {expected[1]}; give the same chains and draws in both."
        )


def check_labels(labels: ArrayLike, name: str, components: int | None) -> tuple[IntArray, int]:
    """Give labels as small integers, and the number of components.

    Parameters
    ----------
    labels : array_like
        Labels 0, ..., K - 1, integers or floats with integer values.
    name : str
        The argument, for messages.
    components : int or None
        K, or None to take the largest label plus one.

    Returns
    -------
    tuple of ndarray and int
        The labels in the smallest signed type that holds K, and K.

    Raises
    ------
    InputError
        If labels are not whole numbers, or fall outside 0, ..., K - 1.
    """
    values = np.asarray(labels)
    if values.dtype.kind == "f":
        wrong = ~np.isfinite(values) | (values != np.floor(values))
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise InputError(
                f"{name} holds {values[where]} at {where}; allocations are whole numbers from 0."
            )
    elif values.dtype.kind not in "iu":
        raise InputError(
            f"{name} has the type {values.dtype}; allocations are whole numbers from 0."
        )
    low, high = int(values.min()), int(values.max())
    if low < 0:
        raise InputError(f"{name} holds the label {low}; labels start at 0.")
    if components is None:
        components = high + 1
    check_components(components)
    if high >= components:
        hint = " Stan counts from 1: subtract 1." if low == 1 and high == components else ""
        raise InputError(
            f"{name} holds the label {high}; with {components} components labels are "
            f"0, ..., {components - 1}.{hint}"
        )
    return values.astype(np.min_scalar_type(-components), copy=False), components


def check_iterations(max_iterations: int) -> None:
    """Refuse a number of passes that is not a positive whole number."""
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int | np.integer):
        raise InputError(f"max_iterations is {max_iterations!r}; expected a whole number.")
    if max_iterations < 1:
        raise InputError(f"max_iterations is {max_iterations}; expected at least 1.")


def check_components(components: int) -> None:
    """Refuse a number of components that is not a positive whole number."""
    if isinstance(components, bool) or not isinstance(components, int | np.integer):
        raise InputError(f"components is {components!r}; expected a whole number, at least 1.")
    if components < 1:
        raise InputError(f"components is {components}; expected at least 1.")


def check_allocations(
    z: ArrayLike, components: int | None = None, name: str = "z"
) -> tuple[IntArray, int]:
    """Check allocations ``(chain, draw, obs)`` and give them with the number of components."""
    values = np.asarray(z)
    check_shape(values.shape, name, _DIMENSIONS["z"])
    return check_labels(values, name, components)


def check_partition(
    labels: ArrayLike, observations: int, components: int | None, name: str
) -> IntArray:
    """Check one allocation of the observations, such as a pivot; None for any labels."""
    values = np.asarray(labels)
    check_shape(values.shape, name, ("obs",))
    if values.shape[0] != observations:
        raise InputError(
            f"{name} allocates {values.shape[0]} observations, but there are {observations}."
        )
    return check_labels(values, name, components)[0]


def check_permutations(perm: ArrayLike, name: str = "perm") -> NDArray[np.intp]:
    """Check permutations ``(chain, draw, component)``."""
    values = np.asarray(perm)
    check_shape(values.shape, name, _DIMENSIONS["perm"])
    if values.dtype.kind not in "iu":
        raise InputError(f"{name} has the type {values.dtype}; permutations are whole numbers.")
    expected = np.arange(values.shape[-1])
    wrong = (np.sort(values, axis=-1) != expected).any(axis=-1)
    if wrong.any():
        chain, draw = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            f"{name}[{chain}, {draw}] is {values[chain, draw].tolist()}; "
            f"expected a permutation of 0, ..., {values.shape[-1] - 1}."
        )
    return values.astype(np.intp, copy=False)


def check_finite(values: ArrayLike, name: str) -> FloatArray:
    """Give real, finite numbers in double precision."""
    given = np.asarray(values)
    if given.dtype.kind not in "fiu":
        raise InputError(f"{name} has the type {given.dtype}; expected real numbers.")
    array = given.astype(np.float64, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InputError(f"{name} holds {array[where]} at {where}; expected finite numbers.")
    return array


def check_parameters(theta: ArrayLike, name: str = "theta") -> FloatArray:
    """Check parameters and give them as ``(chain, draw, component, parameter)``."""
    values = np.asarray(theta)
    if values.ndim == 3:
        values = values[..., None]
    check_shape(values.shape, name, ("chain", "draw", "component", "parameter"))
    return check_finite(values, name)
