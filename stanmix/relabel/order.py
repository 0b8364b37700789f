"""Relabelling by the order of one parameter."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Integer, checked
from stanmix.errors import InputError
from stanmix.relabel.checks import check_parameters

__all__ = ["order"]


@checked(parameter=Integer())
def order(theta: ArrayLike, parameter: int = 0) -> NDArray[np.intp]:
    """Relabel each draw by the order of one parameter.

    The names mean ranks: component 0 is the one with the smallest value in every
    draw. Where the posteriors of two components overlap in this parameter, the cut
    goes through the overlap and distorts both; then prefer another method.

    Parameters
    ----------
    theta : array_like, shape (chain, draw, component) or (chain, draw, component, parameter)
        Draws of the parameters.
    parameter : int, default 0
        Which parameter to order by.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``. Equal values keep the order
        in which they came.

    Raises
    ------
    InputError
        If ``theta`` has another shape, is not finite, or has no such parameter.
    """
    values = check_parameters(theta)
    count = values.shape[-1]
    if not -count <= parameter < count:
        raise InputError(
            f"parameter is {parameter}, but theta has {count} parameters; "
            f"expected 0 to {count - 1}."
        )
    return np.argsort(values[..., parameter], axis=-1, kind="stable")
