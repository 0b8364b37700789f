"""The cheapest permutation of each draw."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

import numpy as np
import scipy
from numpy.typing import NDArray

from stanmix.relabel.checks import FloatArray

# Up to here one matrix product over all permutations beats a Hungarian search a draw.
_ENUMERATED = 5


def assign(cost: FloatArray) -> NDArray[np.intp]:
    """Find, for each draw, the permutation of least cost.

    Parameters
    ----------
    cost : ndarray, shape (draw, new, old)
        The cost of calling component ``old`` by the name ``new``.

    Returns
    -------
    ndarray of int, shape (draw, component)
        ``perm`` that minimises ``sum(cost[new, perm[new]] for new)``; exact, by
        enumeration or by the Hungarian method.
    """
    draws, components, _ = cost.shape
    if components <= _ENUMERATED:
        choices, chosen = _all_permutations(components)
        # Without the smallest cost of each row, rounding does not depend on its level.
        excess = cost - cost.min(axis=2, keepdims=True)
        best: NDArray[np.intp] = choices[np.argmin(excess.reshape(draws, -1) @ chosen, axis=1)]
        return best
    perm = np.empty((draws, components), dtype=np.intp)
    for draw in range(draws):
        perm[draw] = scipy.optimize.linear_sum_assignment(cost[draw])[1]
    return perm


def total(cost: FloatArray, perm: NDArray[np.intp]) -> float:
    """Give the cost of the permutations, summed over the draws."""
    return float(np.take_along_axis(cost, perm[..., None], axis=2).sum())


@lru_cache(maxsize=_ENUMERATED)
def _all_permutations(components: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Give all permutations, and for each the entries of a cost matrix that it sums."""
    choices = np.array(list(permutations(range(components))), dtype=np.intp)
    chosen = np.zeros((components, components, len(choices)))
    for new in range(components):
        chosen[new, choices[:, new], np.arange(len(choices))] = 1.0
    return choices, chosen.reshape(components * components, -1)
