"""Counts over allocations, in blocks of draws that fit the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stanmix.relabel.checks import FloatArray, IntArray
from stanmix.relabel.permutations import invert

_BLOCK = 1 << 20


def blocks(draws: int, size: int, budget: int = _BLOCK) -> Iterator[slice]:
    """Cut the draws, of ``size`` numbers each, into blocks of about ``budget`` numbers."""
    length = max(1, budget // max(size, 1))
    for start in range(0, draws, length):
        yield slice(start, min(start + length, draws))


def contingency(z: IntArray, pivot: IntArray, components: int) -> NDArray[np.intp]:
    """Count the observations by the label in the pivot and the label in each draw.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    pivot : ndarray of int, shape (obs,)
        One allocation.
    components : int
        Number of labels.

    Returns
    -------
    ndarray of int, shape (draw, component, component)
        Counts by draw, label in the pivot, label in the draw.
    """
    draws, observations = z.shape
    cells = components * components
    table = np.empty((draws, cells), dtype=np.intp)
    row = pivot.astype(np.intp) * components
    for block in blocks(draws, observations):
        number = block.stop - block.start
        code = z[block] + (row + (np.arange(number) * cells)[:, None])
        table[block] = np.bincount(code.ravel(), minlength=number * cells).reshape(number, cells)
    return table.reshape(draws, components, components)


def label_counts(z: IntArray, perm: NDArray[np.intp], components: int) -> NDArray[np.intp]:
    """Count, for each observation, the draws that give it each relabelled label.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations as given.
    perm : ndarray of int, shape (draw, component)
        Permutations, ``perm[draw, new] = old``.
    components : int
        Number of labels.

    Returns
    -------
    ndarray of int, shape (obs, component)
        Counts of draws.
    """
    draws, observations = z.shape
    counts = np.zeros(observations * components, dtype=np.intp)
    new = invert(perm)
    cell = np.arange(observations) * components
    for block in blocks(draws, observations):
        code = np.take_along_axis(new[block], z[block].astype(np.intp), axis=1) + cell
        counts += np.bincount(code.ravel(), minlength=len(counts))
    return counts.reshape(observations, components)


def canonical_labels(z: IntArray, components: int) -> NDArray[np.intp]:
    """Give the permutations that number the components of each draw by first appearance.

    Equal partitions then have equal labels, so that no tie is broken by the labels
    that came in. Components without observations come last, in the order given.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    components : int
        Number of labels.

    Returns
    -------
    ndarray of int, shape (draw, component)
        Permutations, ``perm[draw, new] = old``.
    """
    draws, observations = z.shape
    first = np.full((draws, components), observations, dtype=np.intp)
    for label in range(components):
        for block in blocks(draws, observations):
            is_label = z[block] == label
            found = is_label.any(axis=1)
            first[block, label] = np.where(found, is_label.argmax(axis=1), observations)
    return np.argsort(first, axis=1, kind="stable")


def partition_keys(z: IntArray, components: int) -> FloatArray:
    """Give label-free numbers that tell partitions apart.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    components : int
        Number of labels.

    Returns
    -------
    ndarray, shape (draw, 2)
        The sum of squared cluster sizes, and the same with the observations
        weighted, which sets apart partitions of equal sizes.
    """
    draws, observations = z.shape
    # Fractional parts of multiples of the golden ratio: weights without a pattern.
    weight = np.arange(1, observations + 1) * 0.6180339887498949 % 1.0
    keys = np.empty((draws, 2))
    for block in blocks(draws, observations):
        number = block.stop - block.start
        code = (z[block] + (np.arange(number) * components)[:, None]).ravel()
        for column, values in enumerate((np.ones_like(weight), weight)):
            sums = np.bincount(code, np.tile(values, number), minlength=number * components)
            # Sorted, so that the sum of squares is rounded the same under any labels.
            sums = np.sort(sums.reshape(number, components), axis=1)
            keys[block, column] = (sums**2).sum(axis=1)
    return keys
