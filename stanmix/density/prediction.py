"""What a fitted mixture expects of observations: means, draws and densities, row by row.

All of it is computed from the draws of the parameters, in blocks. Quantities are mixed over the
components (the prediction for a row whose component is not known) or given by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.density.blocks import row_blocks
from stanmix.density.log_joint import columns, location, log_joint, weights
from stanmix.density.log_joint import scale as scale_of
from stanmix.density.row_terms import Covariates, RowTerms
from stanmix.model.families import Family
from stanmix.streams import Stream, generator

__all__ = ["density", "mean", "responses"]

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]

# Rows that share a stream of random numbers: fixed, so that the size of blocks does not change
# what is drawn.
_STREAM = 64


def mean(
    family: Family,
    parameters: Parameters,
    X: Covariates,
    rows: int,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Return the expected response at each row.

    Parameters
    ----------
    family : Family
    parameters : mapping
        As in `stanmix.density.log_joint.log_joint`, for S draws.
    X : ndarray of shape (M, P) or None
        Covariates; None where there is ``mu``.
    rows : int
        M, the number of rows.
    by_component : bool
        Whether components are kept apart; otherwise they are weighted by ``theta``.
    quantiles : sequence of float, optional
        Posterior quantiles of the expected response instead of its posterior mean.

    Returns
    -------
    ndarray of shape (M,), with ``by_component`` (M, K), with quantiles (Q,) before these, and for
    responses of D columns (D,) behind them
    """
    draws = len(parameters["theta"])

    def expected(part: slice) -> Array:
        here = None if X is None else X[part]
        centre = family.mean(location(parameters, here), scale_of(parameters))
        wide = np.broadcast_to(centre, (draws, part.stop - part.start, *centre.shape[2:]))
        if by_component:
            return wide
        share = weights(parameters, here)
        share = share.reshape(*share.shape, *[1] * (wide.ndim - 3))
        return np.asarray((share * wide).sum(axis=2))

    return _over_draws(expected, parameters, rows, quantiles)


def density(
    family: Family,
    parameters: Parameters,
    y: Array,
    X: Covariates,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Return the posterior predictive density of a response at each row.

    Parameters
    ----------
    family, parameters, quantiles
        As in `mean`.
    y : ndarray of shape (M,) or (M, D)
        The responses.
    X : ndarray of shape (M, P) or None
    by_component : bool
        Whether to return theta_k f(y | component k), which sum to the density of the mixture.

    Returns
    -------
    ndarray, shaped as from `mean`, per unit of the response
    """

    def dense(part: slice) -> Array:
        joint = log_joint(family, parameters, y[part], None if X is None else X[part])
        return np.exp(joint if by_component else logsumexp(joint, axis=-1))

    return _over_draws(dense, parameters, len(y), quantiles)


def responses(
    family: Family,
    parameters: Parameters,
    X: Covariates,
    rows: int,
    seed: int,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Draw a response at each row from each draw of the parameters.

    The rows of a group share the class that is drawn for it.

    Parameters
    ----------
    family, parameters, X, rows
        As in `mean`.
    seed : int
        Same seed, same responses, whatever the size of blocks.
    by_component : bool
        Whether to draw one response from each component instead of one from the mixture.
    quantiles : sequence of float, optional
        Quantiles of the predictive distribution instead of draws from it.

    Returns
    -------
    ndarray of shape (S, M) or (S, M, K); with quantiles (Q, M) or (Q, M, K); for responses of D
    columns (D,) behind these
    """
    S, K = parameters["theta"].shape
    dimensions = parameters["mu"].shape[2:] if "mu" in parameters else ()
    trailing = ((K,) if by_component else ()) + dimensions
    result = np.empty(((S if quantiles is None else len(quantiles)), rows, *trailing))
    common = _common_levels(X, S, seed)
    for part, rng in _streams(rows, seed):
        size = part.stop - part.start
        here = None if X is None else X[part]
        centre = np.broadcast_to(location(parameters, here), (S, size, K, *dimensions))
        scale = np.broadcast_to(scale_of(parameters), (S, size, K, *dimensions))
        if not by_component:
            # Below the total as it was rounded: a component of weight 0 is never drawn.
            cumulative = np.cumsum(weights(parameters, here), axis=-1)
            level = rng.random((S, size)) if common is None else common[:, part]
            level = level * cumulative[..., -1]
            chosen = (level[..., None] >= cumulative[..., :-1]).sum(axis=-1)
            chosen = chosen.reshape(S, size, 1, *[1] * len(dimensions))
            centre = np.take_along_axis(centre, chosen, axis=2)[:, :, 0]
            scale = np.take_along_axis(scale, chosen, axis=2)[:, :, 0]
        drawn = family.sample(rng, centre, scale)
        result[:, part] = drawn if quantiles is None else np.quantile(drawn, quantiles, axis=0)
    return result


def _over_draws(
    compute: Callable[[slice], Array],
    parameters: Parameters,
    rows: int,
    quantiles: Sequence[float] | None,
) -> Array:
    """Return the mean or quantiles over the draws of what is computed for blocks of rows."""
    draws = len(parameters["theta"])
    found = []
    for part in row_blocks(draws, rows, columns(parameters)):
        values = compute(part)
        found.append(
            values.mean(axis=0) if quantiles is None else np.quantile(values, quantiles, axis=0)
        )
    return np.concatenate(found, axis=0 if quantiles is None else 1)


def _common_levels(X: Covariates, draws: int, seed: int) -> Array | None:
    """Return uniform numbers (S, M) that rows of a group have in common; None without groups."""
    if not isinstance(X, RowTerms) or X.group is None:
        return None
    groups, place = np.unique(X.group, return_inverse=True)
    return generator(seed, Stream.GROUPS).random((draws, len(groups)))[:, place]


def _streams(rows: int, seed: int) -> Iterator[tuple[slice, np.random.Generator]]:
    for number, first in enumerate(range(0, rows, _STREAM)):
        rng = generator(seed, Stream.RESPONSES, number)
        yield slice(first, min(first + _STREAM, rows)), rng
