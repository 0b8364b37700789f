"""What a fitted mixture expects of observations: means, draws and densities, row by row.

All of it is computed from the draws of the parameters, in blocks. Quantities are mixed over the
components (the prediction for a row whose component is not known) or given by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.density import angles, limited
from stanmix.density.blocks import row_blocks
from stanmix.density.log_joint import log_joint
from stanmix.density.row_terms import RowTerms
from stanmix.model.families import Family, truncation
from stanmix.model.families.constants import POINT_MASS
from stanmix.streams import Stream, generator

__all__ = ["density", "mean", "responses"]

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]
Method = Literal["inverted_cdf", "linear"]  # of quantiles

# Rows that share a stream of random numbers: fixed, so that the size of blocks does not change
# what is drawn.
_STREAM = 64


def mean(
    parameters: Parameters,
    terms: RowTerms,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Return the expected response at each row.

    Parameters
    ----------
    parameters : mapping
        S draws, as in `stanmix.density.log_joint.log_joint`.
    terms : RowTerms
        Of M rows.
    by_component : bool
        Whether components are kept apart; otherwise they are weighted by ``theta``.
    quantiles : sequence of float, optional
        Posterior quantiles of the expected response instead of its posterior mean.

    Returns
    -------
    ndarray of shape (M,), with ``by_component`` (M, K), with quantiles (Q,) before these, and for
    responses of D columns (D,) behind them; of C categories (C,) behind them
        Of categories their probabilities. Not a number where a draw has no mean (Student's t, up
        to one degree of freedom). Of angles the mean direction, from -pi to pi; and quantiles of
        directions within half a turn of that.
    """
    draws = len(parameters["theta"])
    circular = _circular(terms)

    def expected(rows: RowTerms) -> NDArray[Any]:
        least, most = rows.recorded

        def expectation(family: Family, values: dict[str, Array]) -> Array:
            return truncation.mean(family, values, least, most)

        def moment(family: Family, values: dict[str, Array]) -> NDArray[Any]:
            assert family.resultant is not None  # of families of angles, and of constants
            return np.asarray(family.resultant(values) * np.exp(1j * family.mean(values)))

        centre: NDArray[Any] = rows.by_component(parameters, moment if circular else expectation)
        wide = np.broadcast_to(centre, (draws, len(rows), *centre.shape[2:]))
        if by_component:
            return wide
        share = rows.weights(parameters)
        share = share.reshape(*share.shape, *[1] * (wide.ndim - 3))
        # A component that a row cannot be of has no say, whether it has a mean or none.
        return np.asarray((share * np.where(share > 0, wide, 0.0)).sum(axis=2))

    return _over_draws(expected, parameters, terms, quantiles)


def density(
    parameters: Parameters,
    terms: RowTerms,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Return the posterior predictive density of the response of each row.

    Parameters
    ----------
    parameters, terms, quantiles
        As in `mean`.
    by_component : bool
        Whether to return theta_k f(y | component k), which sum to the density of the mixture.

    Returns
    -------
    ndarray, shaped as from `mean`, per unit of the response
    """

    def dense(rows: RowTerms) -> Array:
        joint = log_joint(parameters, rows)
        return np.exp(joint if by_component else logsumexp(joint, axis=-1))

    return _over_draws(dense, parameters, terms, quantiles)


def cumulative(parameters: Parameters, terms: RowTerms) -> tuple[Array, Array]:
    """Return the posterior predictive probability of less than the response, and of at most it.

    Parameters
    ----------
    parameters, terms
        As in `mean`.

    Returns
    -------
    below, up_to : ndarray of shape (M,), or (M, D) for responses of D columns
        Equal where the response has a density and is seen; of censored responses, the
        probabilities between which they lie.
    """

    def mixed(rows: RowTerms) -> Array:
        y = rows.responses[None, :, None]
        share = rows.weights(parameters)
        share = share.reshape(*share.shape, *[1] * len(rows.dimensions))

        limits = None if rows.limits is None else rows.limits.take(rows.at)

        def ends(family: Family, values: dict[str, Array]) -> Array:
            if family is POINT_MASS:
                found = np.where(y > values["at"], 1.0, 0.0), family.cdf(y, values)
            else:
                found = limited.ends(family, y, values, limits)
            return np.stack(np.broadcast_arrays(*found), axis=-1)

        return np.asarray((share[..., None] * rows.by_component(parameters, ends)).sum(axis=2))

    found = _over_draws(mixed, parameters, terms, None)
    return found[..., 0], found[..., -1]


def responses(
    parameters: Parameters,
    terms: RowTerms,
    seed: int,
    by_component: bool = False,
    quantiles: Sequence[float] | None = None,
) -> Array:
    """Draw a response at each row from each draw of the parameters.

    The rows of a group share the class that is drawn for it.

    Parameters
    ----------
    parameters, terms
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
    M, dimensions = len(terms), terms.dimensions
    trailing = ((K,) if by_component else ()) + dimensions
    result = np.empty(((S if quantiles is None else len(quantiles)), M, *trailing))
    common = _common_levels(terms, S, seed)
    for part, rng in _streams(M, seed):
        rows = terms[part]
        whole = (S, len(rows), K, *dimensions)
        chosen = None
        if not by_component:
            # Below the total as it was rounded: a component of weight 0 is never drawn.
            cumulative = np.cumsum(rows.weights(parameters), axis=-1)
            level = rng.random(whole[:2]) if common is None else common[:, part]
            level = level * cumulative[..., -1]
            chosen = (level[..., None] >= cumulative[..., :-1]).sum(axis=-1)
        drawn = np.empty(whole if by_component else (*whole[:2], *dimensions))
        for block in rows.blocks:
            size = (*whole[:2], len(block.components), *dimensions)
            usual = () if block.family.columns else dimensions
            values = {
                # Behind there are the columns of the response, or the numbers of a vector; nothing
                # where one of several independent columns has a number.
                name: np.broadcast_to(each, (*size[:3], *(each.shape[3:] or usual)))
                for name, each in rows.values(parameters, block).items()
            }
            own = slice(block.components[0], block.components[-1] + 1)
            between = [None if end is None else np.broadcast_to(end, size) for end in rows.recorded]
            if chosen is None:
                drawn[:, :, own] = truncation.sample(block.family, rng, values, *between)
                continue
            here = (chosen >= own.start) & (chosen < own.stop)
            which = chosen[here] - own.start
            of_each = np.arange(len(which)), which
            taken = {name: each[here][of_each] for name, each in values.items()}
            between = [None if end is None else end[here][:, 0] for end in between]
            drawn[here] = truncation.sample(block.family, rng, taken, *between)
        if quantiles is not None and _circular(terms):
            drawn = angles.summary(np.exp(1j * drawn), quantiles)
        elif quantiles is not None:
            # There is nothing between two categories.
            method: Method = "inverted_cdf" if _of_categories(terms) else "linear"
            drawn = np.quantile(drawn, quantiles, axis=0, method=method)
        result[:, part] = drawn
    return result


def _circular(terms: RowTerms) -> bool:
    return any(block.family.response.circular for block in terms.blocks)


def _of_categories(terms: RowTerms) -> bool:
    return any(block.family.categories for block in terms.blocks)


def _over_draws(
    compute: Callable[[RowTerms], NDArray[Any]],
    parameters: Parameters,
    terms: RowTerms,
    quantiles: Sequence[float] | None,
) -> Array:
    """Return the mean or quantiles over the draws of what is computed for blocks of rows."""
    draws, components = parameters["theta"].shape
    found = []
    for part in row_blocks(draws, len(terms), components * terms.columns):
        values = compute(terms[part])
        if np.iscomplexobj(values):
            found.append(angles.summary(values, quantiles))
        elif quantiles is None:
            found.append(values.mean(axis=0))
        else:
            found.append(np.quantile(values, quantiles, axis=0))
    return np.concatenate(found, axis=0 if quantiles is None else 1)


def _common_levels(terms: RowTerms, draws: int, seed: int) -> Array | None:
    """Return uniform numbers (S, M) that rows of a group have in common; None without groups."""
    if terms.group is None:
        return None
    groups, place = np.unique(terms.group, return_inverse=True)
    return generator(seed, Stream.GROUPS).random((draws, len(groups)))[:, place]


def _streams(rows: int, seed: int) -> Iterator[tuple[slice, np.random.Generator]]:
    for number, first in enumerate(range(0, rows, _STREAM)):
        rng = generator(seed, Stream.RESPONSES, number)
        yield slice(first, min(first + _STREAM, rows)), rng
