"""Which numbers a row of coefficients is made of, where components share or lack some."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.program.plan import Program

__all__ = [
    "check",
    "common_columns",
    "first_of_each",
    "gathered",
    "joined",
    "numbers",
    "numbers_by_name",
    "own",
]

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]

SAME = 1e-6  # part of a coefficient by which equal ones may differ in what others wrote


def numbers_by_name(program: Program, design: Design, components: int) -> dict[str, Numbers]:
    """Return `numbers` of each quantity of which components share or lack some coefficients.

    Parameters
    ----------
    program : Program
    design : Design
    components : int
        How many there are in all.
    """
    return {
        one.name: numbers(
            one.common,
            design,
            one.of,
            range(*one.of_members(components).indices(components)),
            len(design.categories) - 1 if one.predictors else None,
        )
        for one in program.numbered
    }


def numbers(
    common: Collection[str],
    design: Design,
    of: str,
    components: Sequence[int],
    predictors: int | None = None,
) -> Numbers:
    """Return which of all different coefficients stand where.

    Parameters
    ----------
    common : collection of str
        Terms or columns whose coefficient is one number for all components that have it.
    design : Design
    of : str
        The parameter that the covariates are of.
    components : sequence of int
        From 0.
    predictors : int, optional
        How many a component has, where the parameter is a vector: each has coefficients of its
        own, which components share or lack alike.

    Returns
    -------
    ndarray of int, shape (K, P), or (K, J, P) of J predictors
        From 1, in the order in which coefficients first appear, component by component; 0 where a
        component lacks the covariate, so that its coefficient is zero.
    """
    having = design.having(of)
    width = len(design.covariates_of(of))
    there = np.ones((len(components), width), dtype=bool)
    if having is not None:
        there = having[list(components)]
    one = common_columns(common, design, of)
    first = np.argmax(there, axis=0)
    new = there & (~one | (np.arange(len(there))[:, None] == first))
    if predictors is not None:
        there, new = (np.repeat(each[:, None], predictors, axis=1) for each in (there, new))
    found = np.where(new, np.cumsum(new).reshape(new.shape), 0)
    of_first = np.moveaxis(found[first, ..., np.arange(width)], 0, -1)
    return np.asarray(np.where(there & one, of_first, found))


def common_columns(common: Collection[str], design: Design, of: str) -> NDArray[np.bool_]:
    """Return which columns (P,) of the covariates of a parameter are among terms or columns."""
    named = zip(design.covariates_of(of), design.terms_of(of), strict=True)
    return np.array([name in common or term in common for name, term in named])


def check(name: str, values: Array, numbers: Numbers, columns: Sequence[str]) -> None:
    """Refuse coefficients (..., *S) that differ where components share them, or lack them.

    S is the shape of the numbers: (K, P), or (K, J, P) of J predictors.

    Raises
    ------
    InputError
        It begins with `name`.
    """
    apart = np.abs(values - joined(gathered(values, numbers), numbers))
    largest = np.abs(values).reshape(-1, *numbers.shape).max(axis=(0, 1), initial=0.0)
    wrong = (apart > SAME * largest).reshape(-1, *numbers.shape).any(axis=0)
    for at in np.argwhere(wrong):
        column = columns[at[-1]]
        if numbers[tuple(at)] == 0:
            raise InputError(
                f"{name}: the formula of component {at[0] + 1} has no {column!r}, so that its "
                "coefficient there must be 0."
            )
        raise InputError(
            f"{name}: the coefficient of {column!r} is shared, so that it must be the same in "
            "all components that have it."
        )


def gathered(coefficients: Array, numbers: Numbers) -> Array:
    """Return the different coefficients (..., F) of coefficients (..., *S), as `check` has them.

    Where components differ in what should be common, their mean.
    """
    at = np.flatnonzero(numbers)
    of_each = np.ravel(numbers)[at] - 1
    flat = _flat(coefficients, numbers)[..., at]
    sums = np.zeros((of_each.max() + 1, *flat.shape[:-1]))
    np.add.at(sums, of_each, np.moveaxis(flat, -1, 0))
    return np.moveaxis(sums, 0, -1) / np.bincount(of_each)


def own(numbers: Numbers) -> NDArray[np.bool_]:
    """Return which coefficients, of the shape of the numbers, a component has for itself."""
    once = np.bincount(numbers.ravel())[numbers] == 1
    return np.asarray((numbers > 0) & once)


def first_of_each(coefficients: Array, numbers: Numbers) -> Array:
    """Return coefficients (..., *S) with the first in place of what should be common."""
    order, first = np.unique(numbers, return_index=True)
    of_each = _flat(coefficients, numbers)[..., first[order > 0]]
    return joined(of_each, numbers)


def joined(different: Array, numbers: Numbers) -> Array:
    """Return coefficients (..., *S) of the different ones (..., F); zero where none."""
    return np.where(numbers > 0, different[..., np.maximum(numbers, 1) - 1], 0.0)


def _flat(coefficients: Array, numbers: Numbers) -> Array:
    """Return coefficients (..., *S) in one row, (..., S)."""
    return coefficients.reshape(*coefficients.shape[: coefficients.ndim - numbers.ndim], -1)
