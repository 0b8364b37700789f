"""Permutations of components: applied to draws, and named.

Throughout, ``perm[chain, draw, new] = old``: the component that is to be called
``new`` is called ``old`` in that draw.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Array, Flag, Integer, checked
from stanmix.errors import InputError
from stanmix.relabel.assignment import assign
from stanmix.relabel.checks import (
    IntArray,
    check_allocations,
    check_draws,
    check_finite,
    check_permutations,
    check_shape,
)

__all__ = ["apply", "apply_to_allocations", "closest_names", "invert", "name_by"]

_DRAWS = Array("an array, (chain, draw, ...)", kinds="biufcSUmMO")


@checked(axis=Integer())
def apply(perm: ArrayLike, draws: ArrayLike, axis: int = 2) -> NDArray[Any]:
    """Relabel the components of any draws.

    Parameters
    ----------
    perm : array_like of int, shape (chain, draw, component)
        Permutations, ``perm[..., new] = old``.
    draws : array_like, shape (chain, draw, ...)
        Draws of anything that has one axis of components.
    axis : int, default 2
        The axis of components. An array with two such axes, as a matrix of
        transitions, is relabelled by two calls.

    Returns
    -------
    ndarray
        Relabelled draws, in the shape and type of ``draws``.

    Raises
    ------
    InputError
        If ``perm`` holds no permutations, or the shapes do not fit.
    """
    permutations = check_permutations(perm)
    values = _DRAWS("draws", draws)
    if values.ndim < 3:
        raise InputError(
            f"draws has shape {values.shape}; expected (chain, draw, ...) with a component axis."
        )
    check_draws("draws", values.shape, "perm", permutations.shape)
    position = axis + values.ndim if axis < 0 else axis
    if not 2 <= position < values.ndim:
        raise InputError(
            f"axis is {axis}, but draws has {values.ndim} axes, of which the first two are chain "
            f"and draw; expected an axis from 2 to {values.ndim - 1}."
        )
    components = permutations.shape[-1]
    if values.shape[position] != components:
        raise InputError(
            f"axis {axis} of draws has length {values.shape[position]}, but perm has "
            f"{components} components; say with axis= which axis holds the components."
        )
    shape = [*permutations.shape[:2], *([1] * (values.ndim - 2))]
    shape[position] = components
    relabelled: NDArray[Any] = np.take_along_axis(
        values, permutations.reshape(shape), axis=position
    )
    return relabelled


def apply_to_allocations(perm: ArrayLike, z: ArrayLike) -> IntArray:
    """Relabel allocations.

    Parameters
    ----------
    perm : array_like of int, shape (chain, draw, component)
        Permutations, ``perm[..., new] = old``.
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., component - 1.

    Returns
    -------
    ndarray of int, shape (chain, draw, obs)
        The same partitions under the new labels.

    Raises
    ------
    InputError
        If ``perm`` holds no permutations, or ``z`` does not fit it.
    """
    permutations = check_permutations(perm)
    values, _ = check_allocations(z, permutations.shape[-1])
    check_draws("z", values.shape, "perm", permutations.shape)
    inverse = invert(permutations).astype(values.dtype)
    # An index for each draw, small beside z: whole rows of z are looked up at once.
    relabelled = np.empty_like(values)
    for chain, draw in np.ndindex(*values.shape[:2]):
        np.take(inverse[chain, draw], values[chain, draw], out=relabelled[chain, draw], mode="clip")
    return relabelled


def invert(perm: IntArray) -> NDArray[np.intp]:
    """Give the inverse permutations, along the last axis."""
    return np.argsort(perm, axis=-1)


def closest_names(perm: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rename the components, all draws alike, to keep as many given labels as can be.

    An alignment of draws fixes the components only up to one permutation of all
    draws. This one leaves draws that never switched as they were.

    Parameters
    ----------
    perm : ndarray of int, shape (draw, component)
        Permutations that align the draws.

    Returns
    -------
    ndarray of int, shape (draw, component)
        The same alignment under the closest names.
    """
    components = perm.shape[-1]
    kept = np.zeros((components, components))
    np.add.at(kept, (perm, np.broadcast_to(np.arange(components), perm.shape)), 1.0)
    return perm[:, assign(-kept[None])[0]]


@checked(descending=Flag())
def name_by(perm: ArrayLike, values: ArrayLike, descending: bool = False) -> NDArray[np.intp]:
    """Rename the components of an alignment by the mean of a parameter.

    The alignment of the draws to one another stays; only the names of the
    components change, and in all draws alike.

    Parameters
    ----------
    perm : array_like of int, shape (chain, draw, component)
        Permutations that align the draws.
    values : array_like, shape (chain, draw, component)
        Draws, not yet relabelled, of the parameter that names the components.
    descending : bool, default False
        Whether the first component is the one with the largest mean.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations under which the means rise (or fall) with the label.

    Raises
    ------
    InputError
        If the shapes do not fit, or a value is not finite.
    """
    permutations = check_permutations(perm)
    numbers = check_finite(values, "values")
    check_shape(numbers.shape, "values", ("chain", "draw", "component"))
    means = apply(permutations, numbers).mean(axis=(0, 1))
    return permutations[..., np.argsort(-means if descending else means, kind="stable")]
