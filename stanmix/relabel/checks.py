"""Arguments of the relabelling functions, checked, in the shapes that they work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Array, Either, Function, InstanceOf, Integer, OrNone
from stanmix.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.signedinteger[Any]]

COMPONENTS = OrNone(Integer(1))
ITERATIONS = Integer(1)
REPORT = OrNone(Function())
GENERATOR = Either(Integer(0), InstanceOf("numpy.random", "Generator", "a numpy.random.Generator"))

_MOST_COMPONENTS = 100  # or as many as observations, where they are not stated

_NUMBERS = Array("an array of real numbers")
_LABELS = Array("an array of whole numbers from 0")
_PERMUTATIONS = Array("an array of whole numbers, each row a permutation", kinds="iu")

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
    values = _LABELS(name, labels)
    if values.dtype.kind == "f":
        wrong = ~np.isfinite(values) | (values != np.floor(values))
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise InputError(
                f"{name} holds {values[where]} at {where}; allocations are whole numbers from 0."
            )
    low, high = int(values.min()), int(values.max())
    if low < 0:
        raise InputError(f"{name} holds the label {low}; labels start at 0.")
    if components is None:
        # Tables by component grow with the square of their number: a label like 99999 is none.
        most = max(values.shape[-1], _MOST_COMPONENTS)
        if high >= most:
            raise InputError(
                f"{name} holds the label {high}, and {values.shape[-1]} observations hardly have "
                f"so many components. If there are, say components={high + 1}."
            )
        components = high + 1
    if high >= components:
        hint = " Stan counts from 1: subtract 1." if low == 1 and high == components else ""
        raise InputError(
            f"{name} holds the label {high}; with {components} components labels are "
            f"0, ..., {components - 1}.{hint}"
        )
    small: IntArray = values.astype(np.min_scalar_type(-components), copy=False)
    return small, components


def check_allocations(
    z: ArrayLike, components: int | None = None, name: str = "z"
) -> tuple[IntArray, int]:
    """Check allocations ``(chain, draw, obs)`` and give them with the number of components."""
    values = _LABELS(name, z)
    check_shape(values.shape, name, _DIMENSIONS["z"])
    return check_labels(values, name, components)


def check_partition(
    labels: ArrayLike, observations: int, components: int | None, name: str
) -> IntArray:
    """Check one allocation of the observations, such as a pivot; None for any labels."""
    values = _LABELS(name, labels)
    check_shape(values.shape, name, ("obs",))
    if values.shape[0] != observations:
        raise InputError(
            f"{name} allocates {values.shape[0]} observations, but there are {observations}."
        )
    return check_labels(values, name, components)[0]


def check_permutations(perm: ArrayLike, name: str = "perm") -> NDArray[np.intp]:
    """Check permutations ``(chain, draw, component)``."""
    values = _PERMUTATIONS(name, perm)
    check_shape(values.shape, name, _DIMENSIONS["perm"])
    expected = np.arange(values.shape[-1])
    wrong = (np.sort(values, axis=-1) != expected).any(axis=-1)
    if wrong.any():
        chain, draw = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            f"{name}[{chain}, {draw}] is {values[chain, draw].tolist()}; "
            f"expected a permutation of 0, ..., {values.shape[-1] - 1}."
        )
    checked: NDArray[np.intp] = values.astype(np.intp, copy=False)
    return checked


def check_finite(values: ArrayLike, name: str) -> FloatArray:
    """Give real, finite numbers in double precision."""
    array: FloatArray = _NUMBERS(name, values).astype(np.float64, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InputError(f"{name} holds {array[where]} at {where}; expected finite numbers.")
    return array


def check_parameters(theta: ArrayLike, name: str = "theta") -> FloatArray:
    """Check parameters and give them as ``(chain, draw, component, parameter)``."""
    values = _NUMBERS(name, theta)
    if values.ndim == 3:
        values = values[..., None]
    check_shape(values.shape, name, ("chain", "draw", "component", "parameter"))
    return check_finite(values, name)
