"""Allocations sampled from their probabilities, for algorithms that read allocations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from stanmix.arguments import checked
from stanmix.relabel.checks import GENERATOR, IntArray
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource

__all__ = ["sample_allocations"]


@checked(seed=GENERATOR)
def sample_allocations(
    p: ArrayLike | ProbabilitySource, seed: int | np.random.Generator
) -> IntArray:
    """Sample an allocation of each observation in each draw.

    Draws of a model in which the allocations were summed out have none; these are
    draws from their conditional posterior, exact.

    Parameters
    ----------
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component)
        Allocation probabilities, read once, in blocks of draws.
    seed : int or numpy.random.Generator
        What the sample depends on; the size of the blocks has no part in it.

    Returns
    -------
    ndarray of int, shape (chain, draw, obs)
        Labels 0, ..., component - 1, in the smallest integers that hold them.

    Raises
    ------
    InputError
        If the shape does not fit, or ``p`` does not hold probabilities.
    """
    reader = Probabilities(p)
    rng = np.random.default_rng(seed)
    dtype = np.min_scalar_type(-reader.components)
    z = np.zeros((reader.draws, reader.observations), dtype=dtype)
    for place, block in reader.blocks():
        cumulative = np.cumsum(block, axis=-1, dtype=np.float64)
        # Below the total as it was rounded: a component of probability 0 is never drawn.
        level = rng.random(cumulative.shape[:2]) * cumulative[..., -1]
        for component in range(reader.components - 1):
            z[place] += level >= cumulative[..., component]
    return z.reshape(reader.chains, reader.draws_each, reader.observations)
