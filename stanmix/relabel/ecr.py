"""Equivalence classes representatives (ECR) with a given pivot."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.relabel.assignment import assign
from stanmix.relabel.checks import (
    COMPONENTS,
    IntArray,
    check_allocations,
    check_partition,
)
from stanmix.relabel.tables import canonical_labels, contingency

__all__ = ["ecr"]


@checked(components=COMPONENTS)
def ecr(z: ArrayLike, pivot: ArrayLike, components: int | None = None) -> NDArray[np.intp]:
    """Relabel each draw to agree with a pivot allocation in most observations.

    The names are the pivot's: component k is the one that holds what the pivot
    allocates to k. A component that is empty takes a name that is left.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., K - 1.
    pivot : array_like of int, shape (obs,)
        An allocation that represents one mode of the posterior, such as that at
        the draw of highest posterior density.
    components : int, optional
        K; by default the largest label in ``z`` plus one. Needed where ``pivot`` has a component
        that no draw has.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If a shape does not fit, or a label lies outside 0, ..., K - 1.

    References
    ----------
    Papastamoulis and Iliopoulos (2010), J. Comput. Graph. Stat. 19, 313-331.
    """
    values, largest = check_allocations(z, components)
    reference = check_partition(pivot, values.shape[2], largest, "pivot")
    flat = values.reshape(-1, values.shape[2])
    return fit_to_pivot(flat, reference, canonical_labels(flat, largest))[0].reshape(
        *values.shape[:2], largest
    )


def fit_to_pivot(
    z: IntArray, pivot: IntArray, canonical: NDArray[np.intp]
) -> tuple[NDArray[np.intp], int]:
    """Find the permutations that agree best with a pivot, and count the disagreements.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    pivot : ndarray of int, shape (obs,)
        Allocation to agree with.
    canonical : ndarray of int, shape (draw, component)
        The labels of each draw in an order that does not depend on the labels; the
        order in which ties are broken.

    Returns
    -------
    tuple of ndarray (draw, component) and int
        Permutations, and the number of allocations that differ from the pivot.
    """
    table = contingency(z, pivot, canonical.shape[1])
    agreement = np.take_along_axis(table, canonical[:, None, :], axis=2)
    best = assign(-agreement.astype(np.float64))
    agreed = np.take_along_axis(agreement, best[..., None], axis=2).sum()
    return np.take_along_axis(canonical, best, axis=1), int(z.size - agreed)
