"""Which component an observation belongs to, computed from draws of the parameters.

Nothing here is kept with the draws: N x draws x components does not fit for large N, so
quantities of observations are computed when asked for, in blocks of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from stanmix.bars import bar
from stanmix.errors import InputError
from stanmix.families import Family
from stanmix.row_terms import Covariates, RowTerms

__all__ = [
    "blocks",
    "check_memory",
    "columns",
    "location",
    "log_joint",
    "log_likelihood",
    "log_total",
    "mean_responsibilities",
    "responsibilities",
    "row_blocks",
    "sample_allocations",
    "scale",
    "summarise_responsibilities",
    "weights",
]

Array = NDArray[np.float64]

BLOCK = 2**18  # numbers in a block: 2 MiB of doubles, which caches hold
MEMORY = 2.0  # GiB that one result may take before it is refused


def check_memory(what: str, *sizes: int, number_bytes: int = 8, gib: float | None = None) -> None:
    """Refuse a result that would not fit in memory.

    Parameters
    ----------
    what : str
        The result, for the message.
    *sizes : int
        Its lengths: draws, observations, ...
    number_bytes : int
        Bytes of one number.
    gib : float, optional
        What it may take, in GiB; default `MEMORY`.

    Raises
    ------
    InputError
        If it would take more.
    """
    limit = MEMORY if gib is None else gib
    needed = float(np.prod([float(size) for size in sizes])) * number_bytes / 2**30
    if needed > limit:
        raise InputError(
            f"{what} would hold {' x '.join(map(str, sizes))} numbers, {needed:.3g} GiB; at most "
            f"{limit:g} GiB are taken without being told. Ask for fewer rows, fit with fewer "
            "draws (thin=), or raise the limit with memory= (in GiB)."
        )


def location(parameters: Mapping[str, Array], X: Covariates) -> Array:
    """Return each component's location at each row.

    Parameters
    ----------
    parameters : mapping
        ``mu`` of shape (S, K), (S, K, D) for responses of D columns, or ``beta`` (S, K, P).
    X : ndarray of shape (N, P) or None
        Covariates; None where there is ``mu``.

    Returns
    -------
    ndarray of shape (S, N, K), or (S, 1, K) where there are no covariates; (S, 1, K, D)
    """
    if isinstance(X, RowTerms):
        return X.location(parameters)
    if X is None:
        return parameters["mu"][:, None, :]
    result: Array = np.einsum("np,skp->snk", X, parameters["beta"])
    return result


def weights(parameters: Mapping[str, Array], X: Covariates) -> Array:
    """Return each component's weight at each row, (S, N, K), or (S, 1, K) where all are alike."""
    if isinstance(X, RowTerms):
        return np.asarray(np.exp(X.log_weights(parameters)))
    return parameters["theta"][:, None, :]


def scale(parameters: Mapping[str, Array]) -> Array:
    """Return each component's scale, (S, 1, K) or (S, 1, K, D); ones for a family without."""
    if "sigma" not in parameters:
        return np.ones((len(parameters["theta"]), 1, 1))
    return parameters["sigma"][:, None, :]


def log_joint(family: Family, parameters: Mapping[str, Array], y: Array, X: Covariates) -> Array:
    """Return log theta_k + log f(y_n | component k) for each draw.

    Parameters
    ----------
    family : Family
    parameters : mapping
        ``theta`` and ``sigma`` of shape (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P); for
        responses of D columns ``mu`` and ``sigma`` of shape (S, K, D).
    y : ndarray of shape (N,) or (N, D)
    X : ndarray of shape (N, P), RowTerms or None
        Covariates; None where there is ``mu``. The density is that of the row's whole group,
        where rows of a group share a class.

    Returns
    -------
    ndarray of shape (S, N, K)
    """
    if isinstance(X, RowTerms):
        with np.errstate(divide="ignore", over="ignore"):
            density = X.log_density(family, parameters, y, scale(parameters))
        return np.asarray(X.log_weights(parameters) + density)
    centre = location(parameters, X)
    # A weight of zero is a log weight of -inf, and so is the log density at a wild value.
    with np.errstate(divide="ignore", over="ignore"):
        log_theta = np.log(parameters["theta"])[:, None, :]
        result: Array = log_theta + family.log_density(y[None, :, None], centre, scale(parameters))
    return result


def columns(parameters: Mapping[str, Array]) -> int:
    """Return how many numbers a draw and observation take: K, or K x D for D responses."""
    location = parameters.get("mu", parameters["theta"])
    return int(np.prod(location.shape[1:]))


def blocks(draws: int, observations: int, components: int) -> Iterator[slice]:
    """Yield slices of draws whose arrays (draw, observation, component) fit in a block."""
    step = max(1, BLOCK // (observations * components))
    for first in range(0, draws, step):
        yield slice(first, min(first + step, draws))


def row_blocks(draws: int, observations: int, components: int) -> Iterator[slice]:
    """Yield slices of observations whose arrays (draw, observation, component) fit in a block."""
    step = max(1, BLOCK // (draws * components))
    for first in range(0, observations, step):
        yield slice(first, min(first + step, observations))


def log_total(joint: Array) -> Array:
    """Return the log of the sum of exp over the last axis, the components.

    One component after another, which is some times faster than a sum over so short an axis.
    """
    top, total = _largest(joint), np.zeros(joint.shape[:-1])
    for k in range(joint.shape[-1]):
        total += np.exp(joint[..., k] - top)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total) + top)


def _largest(joint: Array) -> Array:
    """Return the largest value over the components; 0 where that is infinite, or none is finite."""
    top = joint[..., 0].copy()
    for k in range(1, joint.shape[-1]):
        np.maximum(top, joint[..., k], out=top)
    top[~np.isfinite(top)] = 0.0
    return np.asarray(top)


def responsibilities(joint: Array) -> Array:
    """Return P(z_n = k | y_n, parameters) from `log_joint`, in the same shape.

    An observation that has density zero under every component tells nothing about its own, and
    gets NaN rather than a made-up probability.
    """
    total = log_total(joint)[..., None]
    with np.errstate(invalid="ignore"):
        result: Array = np.exp(joint - total)
    return result


def _in_blocks(
    family: Family,
    parameters: Mapping[str, Array],
    y: Array,
    X: Covariates,
    use: Callable[[slice, Array], None],
    title: str = "",
) -> None:
    """Hand on `log_joint` in blocks of draws; with a title, show how far it is."""
    draws = len(parameters["theta"])
    # The rows of a group are judged together, whichever of them are asked for.
    rows = X.rows_read if isinstance(X, RowTerms) else len(y)
    parts = list(blocks(draws, rows, columns(parameters)))
    for part in bar(parts, title, show=bool(title)):
        here = {name: values[part] for name, values in parameters.items()}
        use(part, log_joint(family, here, y, X))


def mean_responsibilities(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Covariates
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


def summarise_responsibilities(
    family: Family,
    parameters: Mapping[str, Array],
    y: Array,
    X: Covariates,
    quantiles: Sequence[float],
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
    mean, sd = np.empty((len(y), components)), np.empty((len(y), components))
    between = np.empty((len(quantiles), len(y), components))
    for part in row_blocks(draws, len(y), columns(parameters)):
        here = None if X is None else X[part]
        p = responsibilities(log_joint(family, parameters, y[part], here))
        mean[part], sd[part] = p.mean(axis=0), p.std(axis=0)
        between[:, part] = np.quantile(p, list(quantiles), axis=0)
    return mean, sd, between


def log_likelihood(
    family: Family, parameters: Mapping[str, Array], y: Array, X: Covariates, pointwise: bool
) -> Array:
    """Return the log-likelihood with allocations summed out.

    Parameters are as in `log_joint`, for S draws.

    Returns
    -------
    ndarray of shape (S, N) if `pointwise`, else (S,)
        Where rows of a group share a class, a row has the value of its group, which the sum
        counts once.
    """
    draws = len(parameters["theta"])
    result = np.empty((draws, len(y)) if pointwise else draws)

    def keep(part: slice, joint: Array) -> None:
        density = log_total(joint)
        if isinstance(X, RowTerms) and not (pointwise and X.group is not None):
            # What has weight zero counts for nothing, even where it is impossible.
            density = X.counts * np.where(X.counts > 0, density, 0.0)
        result[part] = density if pointwise else density.sum(axis=1)

    _in_blocks(family, parameters, y, X, keep)
    return result


def sample_allocations(
    family: Family,
    parameters: Mapping[str, Array],
    y: Array,
    X: Covariates,
    seed: int,
    progress: bool = False,
) -> NDArray[np.int16]:
    """Draw each observation's component from its responsibilities, one for each draw.

    Parameters are as in `log_joint`, for S draws; `progress` says whether to show a bar.

    Returns
    -------
    ndarray of int, shape (S, N)
        Components 0, ..., K - 1.
    """
    rng = np.random.default_rng([seed, 3])
    z = np.zeros((len(parameters["theta"]), len(y)), dtype=np.int16)
    group = X.group if isinstance(X, RowTerms) else None
    # One draw for a whole group.
    units, place = np.unique(np.arange(len(y)) if group is None else group, return_inverse=True)

    def draw(part: slice, joint: Array) -> None:
        top = _largest(joint)
        # Components stacked on one another, as high as they are probable.
        heights = list(accumulate(np.exp(joint[..., k] - top) for k in range(joint.shape[-1])))
        # Above zero, so that it never lands on a component of probability zero.
        at = (1 - rng.random((len(joint), len(units))))[:, place] * heights[-1]
        for height in heights[:-1]:
            z[part] += at > height

    _in_blocks(family, parameters, y, X, draw, "allocations, blocks of draws" if progress else "")
    return z
