"""A distribution over the permutations of each draw that is a product over components.

The weight of a permutation is ``exp(sum(log_weight[new, perm[new]]))``. Sums over all
permutations are permanents; they are built up over sets of components, in
K 2^K steps in place of K!, and without cancellation. Draws are taken in blocks, for the
sums over all sets are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stanmix.relabel.checks import FloatArray
from stanmix.relabel.tables import blocks

_BUDGET = 1 << 22


def log_total(log_weight: FloatArray) -> FloatArray:
    """Give the logarithm of the sum of the weights of all permutations.

    Parameters
    ----------
    log_weight : ndarray, shape (draw, new, old)
        Logarithms of the factors.

    Returns
    -------
    ndarray, shape (draw,)
        Logarithms of the permanents.
    """
    return np.concatenate([_forward(part)[-1] for part in _parts(log_weight)])


def marginals(log_weight: FloatArray) -> FloatArray:
    """Give the probability that component ``old`` is called ``new``.

    Parameters
    ----------
    log_weight : ndarray, shape (draw, new, old)
        Logarithms of the factors.

    Returns
    -------
    ndarray, shape (draw, new, old)
        Probabilities; rows and columns sum to 1.
    """
    return np.concatenate([_marginals(part) for part in _parts(log_weight)])


def sample(log_weight: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Sample a permutation for each draw, exactly.

    Parameters
    ----------
    log_weight : ndarray, shape (draw, new, old)
        Logarithms of the factors.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (draw, component)
        Permutations, ``perm[draw, new] = old``.
    """
    return np.concatenate([_sample(part, rng) for part in _parts(log_weight)])


def _marginals(log_weight: FloatArray) -> FloatArray:
    """Give the marginals of a block of draws."""
    components = log_weight.shape[1]
    forward = _forward(log_weight)
    backward = _backward(log_weight)
    probability = np.empty_like(log_weight)
    for new, (sets, _, rest) in enumerate(_levels(components)[:-1]):
        # The members of a set are called 0, ..., new - 1; one of the rest is called new.
        terms = forward[sets][:, None] + backward[sets[:, None] | 1 << rest]
        joint = np.full((components, len(sets), len(log_weight)), -np.inf)
        joint[rest, np.arange(len(sets))[:, None]] = terms
        probability[:, new] = np.exp(_log_sum(joint).T + log_weight[:, new] - forward[-1][:, None])
    return probability


def _sample(log_weight: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Sample a permutation for each draw of a block."""
    draws, components, _ = log_weight.shape
    forward = _forward(log_weight)
    perm = np.empty((draws, components), dtype=np.intp)
    free = np.full(draws, (1 << components) - 1)
    row = np.arange(draws)
    for new in reversed(range(components)):
        level = np.full((draws, components), -np.inf)
        for old in range(components):
            may = (free >> old & 1) == 1
            level[may, old] = forward[free[may] ^ 1 << old, row[may]] + log_weight[may, new, old]
        # The largest of logarithms with Gumbel noise has the stated probabilities.
        perm[:, new] = np.argmax(level + rng.gumbel(size=level.shape), axis=1)
        free ^= 1 << perm[:, new]
    return perm


def _parts(log_weight: FloatArray) -> Iterator[FloatArray]:
    """Cut the draws into blocks whose sums over sets fit the memory."""
    draws, components, _ = log_weight.shape
    for block in blocks(draws, components << components, _BUDGET):
        yield log_weight[block]


def _forward(log_weight: FloatArray) -> FloatArray:
    """Sum over the ways to name each set of olds 0, 1, ...; ``(set, draw)``."""
    draws, components, _ = log_weight.shape
    sums = np.zeros((1 << components, draws))
    for size, (sets, members, _) in enumerate(_levels(components)[1:]):
        terms = sums[sets[:, None] ^ 1 << members]
        terms += log_weight[:, size, members].transpose(1, 2, 0)
        sums[sets] = _log_sum(terms)
    return sums


def _backward(log_weight: FloatArray) -> FloatArray:
    """Sum over the ways to name what each set of olds leaves; ``(set, draw)``."""
    draws, components, _ = log_weight.shape
    sums = np.zeros((1 << components, draws))
    for size, (sets, _, rest) in reversed(list(enumerate(_levels(components)[:-1]))):
        terms = sums[sets[:, None] | 1 << rest]
        terms += log_weight[:, size, rest].transpose(1, 2, 0)
        sums[sets] = _log_sum(terms)
    return sums


def _log_sum(terms: FloatArray) -> FloatArray:
    """Give the logarithm of the sum of exponentials over the second axis."""
    largest = terms.max(axis=1)
    total: FloatArray = largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1))
    return total


@lru_cache(maxsize=16)
def _levels(
    components: int,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]:
    """Give, for each size, the sets of that size as bits, their members, and the rest."""
    every = frozenset(range(components))
    levels = []
    for size in range(components + 1):
        sets = [frozenset(members) for members in combinations(sorted(every), size)]
        bits = np.array([sum(1 << old for old in members) for members in sets], dtype=np.intp)
        inside = np.array([sorted(members) for members in sets], dtype=np.intp)
        outside = np.array([sorted(every - members) for members in sets], dtype=np.intp)
        levels.append((bits, inside, outside))
    return levels
