"""How often two observations are in one cluster."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Integer, checked
from stanmix.relabel.checks import IntArray, check_allocations
from stanmix.relabel.tables import blocks

__all__ = ["similarity", "similarity_blocks"]

_BLOCK = 1 << 23


def similarity(z: ArrayLike) -> NDArray[np.float32]:
    """Give the posterior probability that two observations are in one cluster.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations.

    Returns
    -------
    ndarray, shape (obs, obs)
        Parts of the draws, in single precision: 100 MB for 5 000 observations. Beyond,
        `similarity_blocks` gives the rows in blocks.

    Raises
    ------
    InputError
        If ``z`` has another shape or holds no allocations.
    """
    values, components = check_allocations(z)
    flat = values.reshape(-1, values.shape[2])
    draws, observations = flat.shape
    together = np.zeros((observations, observations), dtype=np.float32)
    for part in blocks(draws, observations * components, _BLOCK):
        indicator = _indicator(flat[part], components)
        together += indicator @ indicator.T
    together /= draws
    return together


@checked(rows=Integer(1))
def similarity_blocks(
    z: ArrayLike, rows: int = 1000
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Give the rows of the similarity matrix in blocks.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations.
    rows : int, default 1000
        Rows in a block.

    Yields
    ------
    tuple of slice and ndarray, shape (row, obs)
        Which rows, and the probabilities; see `similarity`.

    Raises
    ------
    InputError
        If ``z`` has another shape or holds no allocations, or ``rows`` is not positive.
    """
    values, components = check_allocations(z)
    flat = values.reshape(-1, values.shape[2])
    draws, observations = flat.shape
    for start in range(0, observations, rows):
        place = slice(start, min(start + rows, observations))
        together = np.zeros((place.stop - place.start, observations), dtype=np.float32)
        for part in blocks(draws, observations * components, _BLOCK):
            indicator = _indicator(flat[part], components)
            together += indicator[place] @ indicator.T
        together /= draws
        yield place, together


def _indicator(z: IntArray, components: int) -> NDArray[np.float32]:
    """Give which observation is in which cluster of which draw: ``(obs, draw x component)``."""
    member = z.T[:, :, None] == np.arange(components, dtype=z.dtype)
    indicator: NDArray[np.float32] = member.reshape(z.shape[1], -1).astype(np.float32)
    return indicator
