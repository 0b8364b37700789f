"""What components can be ordered by beside parameters: their means and their variances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.model.families import TRIALS, Family
from stanmix.model.parameters import Support
from stanmix.model.predictors import Block

__all__ = ["MOMENTS", "moment", "why_not"]

Array = NDArray[np.float64]

MOMENTS = ("mean", "variance")


def moment(family: Family, which: str, values: Mapping[str, Array]) -> Array:
    """Return the mean or the variance of a family's distributions.

    Parameters
    ----------
    family : Family
    which : {"mean", "variance"}
    values : mapping of str to ndarray
        Of its parameters, which broadcast with one another.

    Returns
    -------
    ndarray
        In place of a mean that does not exist the location, which it is where there is one: names
        of components follow it (Student's t with few degrees of freedom).
    """
    # Components that no row belongs to may lie anywhere: what has no number left is infinite.
    with np.errstate(all="ignore"):
        if which == "variance":
            return family.variance(values)
        mean = np.asarray(family.mean(values))
        return np.asarray(np.where(np.isnan(mean), family.without_mean(values), mean))


def why_not(block: Block, known: Mapping[str, Any], which: str) -> str | None:
    """Return why a moment cannot order the components, in words; None if it can.

    Parameters
    ----------
    block : Block
    known : mapping
        Known values by the names of quantities.
    which : {"mean", "variance"}

    Notes
    -----
    The family is asked for the moment at small and large values of each parameter: whether it is
    finite at all of them, and differs where parameters differ that each component has for itself.
    """
    family = block.family
    if family.multivariate:
        return f"family={family.name!r} has a {which} in each column of the response"
    if family.categories:
        return f"family={family.name!r} has categories, which have no {which}"
    free = [name for name, one in block.predictors.items() if not one.known]
    values = {
        name: np.asarray(known[one.name], dtype=float)  # the last axis is that of known components
        for name, one in block.predictors.items()
        if one.known
    }
    for axis, name in enumerate(free):
        shape = [1] * (len(free) + 1)
        shape[axis] = 2
        values[name] = np.reshape(_few(block.predictors[name].parameter.support), shape)
    if family.response.trials:
        values[TRIALS] = np.asarray(5.0)
    if which == "mean" and np.isnan(family.mean(values)).all():
        return f"family={family.name!r} has no mean"
    found = np.asarray(moment(family, which, values))
    found = found.reshape((1,) * (len(free) + 1 - found.ndim) + found.shape)
    finite = np.isfinite(found)
    if not finite.any():
        return f"family={family.name!r} has no {which}"
    if not finite.all():
        to_blame = [name for axis, name in enumerate(free) if _differs(finite, axis)]
        to_blame = to_blame or [name for name in values if name not in (*free, TRIALS)]
        return (
            f"the {which} of family={family.name!r} is infinite for some values of "
            f"{' and '.join(map(repr, to_blame))}, and infinite ones have no order"
        )
    own = [axis for axis, name in enumerate(free) if not block.predictors[name].shared]
    if not any(_differs(found, axis) for axis in own):
        return f"the components of this mixture have their {which} in common"
    return None


def _few(support: Support) -> Array:
    """Return two values of a parameter, a small one and a large one."""
    if np.isfinite(support.upper):
        return support.lower + (support.upper - support.lower) * np.array([0.3, 0.8])
    return np.array([0.4, 3.5]) if np.isfinite(support.lower) else np.array([-0.8, 1.7])


def _differs(values: NDArray[Any], axis: int) -> bool:
    """Return whether values differ along an axis of two."""
    return values.shape[axis] == 2 and not np.array_equal(*np.moveaxis(values, axis, 0))
