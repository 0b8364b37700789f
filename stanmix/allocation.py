"""Which component an observation belongs to, computed from draws of the parameters.

Nothing here is kept with the draws: N x draws x components does not fit for large N, so
quantities of observations are computed when asked for, in blocks of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.families import Family

__all__ = [
    "blocks",
    "log_joint",
    "log_likelihood",
    "mean_responsibilities",
    "responsibilities",
    "sample_allocations",
]

Array = NDArray[np.float64]

BLOCK = 2**22  # numbers in a block: 32 MiB of doubles


def log_joint(family: Family, parameters: Mapping[str, Array], y: Array, X: Array | None) -> Array:
    """Return log theta_k + log f(y_n | component k) for each draw.

    Parameters
    ----------
    family : Family
    parameters : mapping
        ``theta`` and ``sigma`` of shape (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P).
    y : ndarray of shape (N,)
    X : ndarray of shape (N, P) or None
        Covariates; None where there is ``mu``.

    Returns
    -------
    ndarray of shape (S, N, K)
    """
    if X is None:
        location = parameters["mu"][:, None, :]
    else:
        location = np.einsum("np,skp->snk", X, parameters["beta"])
    scale = parameters["sigma"][:, None, :]
    with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
        log_theta = np.log(parameters["theta"])[:, None, :]
    result: Array = log_theta + family.log_density(y[None, :, None], location, scale)
    return result


def blocks(draws: int, observations: int, components: int) -> Iterator[slice]:
    """Yield slices of draws whose arrays (draw, observation, component) fit in a block."""
    step = max(1, BLOCK // (observations * components))
    for first in range(0, draws, step):
        yield slice(first, min(first + step, draws))


def responsibilities(joint: Array) -> Array:
    """Return P(z_n = k | y_n, parameters) from `log_joint`, in the same shape.

    An observation that has density zero under every component tells nothing about its own, and
    gets NaN rather than a made-up probability.
    """
    total = logsumexp(joint, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        result: Array = np.exp(joint - total)
    return result


def _in_blocks(
    family: Family,
    parameters: Mapping[str, Array],
    y: Array,
    X: Array | None,
    use: Callable[[slice, Array], None],
) -> None:
    draws, components = parameters["theta"].shape
    for part in blocks(draws, len(y), components):
        here = {name: values[part] for name, values in parameters.items()}
        use(part, log_joint(family, here, y, X))


def mean_responsibilities(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Array | None
) -> Array:
    """Return the posterior mean of the responsibilities.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (N, K)
    """
    draws, components = parameters["theta"].shape
    total = np.zeros((len(y), components))

    def add(_: slice, joint: Array) -> None:
        np.add(total, responsibilities(joint).sum(axis=0), out=total)

    _in_blocks(family, parameters, y, X, add)
    mean: Array = total / draws
    return mean


def log_likelihood(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Array | None, pointwise: bool
) -> Array:
    """Return the log-likelihood with allocations summed out.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (S, N) if `pointwise`, else (S,)
    """
    draws = len(parameters["theta"])
    result = np.empty((draws, len(y)) if pointwise else draws)

    def keep(part: slice, joint: Array) -> None:
        density = logsumexp(joint, axis=-1)
        result[part] = density if pointwise else density.sum(axis=1)

    _in_blocks(family, parameters, y, X, keep)
    return result


def sample_allocations(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Array | None, seed: int
) -> NDArray[np.int16]:
    """Draw each observation's component from its responsibilities, one for each draw.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of int, shape (S, N)
        Components 0, ..., K - 1.
    """
    rng = np.random.default_rng([seed, 3])
    z = np.empty((len(parameters["theta"]), len(y)), dtype=np.int16)

    def draw(part: slice, joint: Array) -> None:
        # The largest of log p + Gumbel noise is a draw from p.
        z[part] = (joint + rng.gumbel(size=joint.shape)).argmax(axis=-1)

    _in_blocks(family, parameters, y, X, draw)
    return z
