"""Which component an observation belongs to, computed from draws of the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from stanmix.density.blocks import row_blocks
from stanmix.density.log_joint import in_blocks, largest, log_joint, log_total
from stanmix.density.row_terms import RowTerms
from stanmix.streams import Stream, generator

__all__ = [
    "mean_responsibilities",
    "responsibilities",
    "sample_allocations",
    "summarise_responsibilities",
]

Array = NDArray[np.float64]


def responsibilities(joint: Array) -> Array:
    """Return P(z_n = k | y_n, parameters) from `log_joint`, in the same shape.

    An observation that has density zero under every component tells nothing about its own, and
    gets NaN rather than a made-up probability.
    """
    total = log_total(joint)[..., None]
    with np.errstate(invalid="ignore"):
        result: Array = np.exp(joint - total)
    return result


def mean_responsibilities(parameters: Mapping[str, Array], terms: RowTerms) -> Array:
    """Return the posterior mean of the responsibilities.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (N, K)
    """
    draws, components = parameters["theta"].shape
    total = np.zeros((len(terms), components))

    def add(_: slice, joint: Array) -> None:
        np.add(total, responsibilities(joint).sum(axis=0), out=total)

    in_blocks(parameters, terms, add)
    mean: Array = total / draws
    return mean


def summarise_responsibilities(
    parameters: Mapping[str, Array], terms: RowTerms, quantiles: Sequence[float]
) -> tuple[Array, Array, Array]:
    """Return how certain the responsibilities are, over the draws.

    Parameters are as in `log_joint`, for S draws; rows are taken in blocks, so that no more than
    a block of (draw, observation, component) is held at a time.

    Returns
    -------
    mean, sd : ndarray of shape (N, K)
    quantiles : ndarray of shape (Q, N, K)
    """
    draws, components = parameters["theta"].shape
    N = len(terms)
    mean, sd = np.empty((N, components)), np.empty((N, components))
    between = np.empty((len(quantiles), N, components))
    for part in row_blocks(draws, N, components * terms.columns):
        p = responsibilities(log_joint(parameters, terms[part]))
        mean[part], sd[part] = p.mean(axis=0), p.std(axis=0)
        between[:, part] = np.quantile(p, list(quantiles), axis=0)
    return mean, sd, between


def sample_allocations(
    parameters: Mapping[str, Array], terms: RowTerms, seed: int, progress: bool = False
) -> NDArray[np.int16]:
    """Draw each observation's component from its responsibilities, one for each draw.

    Parameters are as in `log_joint`, for S draws; `progress` says whether to show a bar.

    Returns
    -------
    ndarray of int, shape (S, N)
        Components 0, ..., K - 1.
    """
    rng = generator(seed, Stream.ALLOCATIONS)
    z = np.zeros((len(parameters["theta"]), len(terms)), dtype=np.int16)
    group = np.arange(len(terms)) if terms.group is None else terms.group
    # One draw for a whole group.
    units, place = np.unique(group, return_inverse=True)

    def draw(part: slice, joint: Array) -> None:
        top = largest(joint)
        # Components stacked on one another, as high as they are probable.
        heights = list(accumulate(np.exp(joint[..., k] - top) for k in range(joint.shape[-1])))
        # Above zero, so that it never lands on a component of probability zero.
        at = (1 - rng.random((len(joint), len(units))))[:, place] * heights[-1]
        for height in heights[:-1]:
            z[part] += at > height

    in_blocks(parameters, terms, draw, "allocations, blocks of draws" if progress else "")
    return z
