"""Whether one component would do for two: what the likelihood loses when they are merged."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix.density import blocks
from stanmix.density.row_terms import RowTerms
from stanmix.model.families import Family
from stanmix.model.parameters import Role
from stanmix.posterior.posterior import Posterior, spread_of
from stanmix.program.coefficients import own
from stanmix.program.variables import Quantity

__all__ = ["loss_of_merging", "merged", "one_would_do"]

Array = NDArray[np.float64]

MOST_DRAWS = 40
# The logarithm of what a shape is multiplied by is sought up to so far, in so many halvings.
WIDEST = 20.0
BISECTIONS = 40


def one_would_do(
    fit: Posterior, parameters: Mapping[str, Array], alike: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pairs of components that overlap one component could stand for.

    Components may overlap much and yet be needed both, as Poisson distributions of low means
    that spread counts more than one does. By Akaike's criterion the second is not needed where
    merging loses less log-likelihood than a component has parameters.

    Parameters
    ----------
    fit : Posterior
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    alike : ndarray of bool, shape (S, K, K)
        Which pairs overlap in which draws.

    Returns
    -------
    ndarray of bool, shape (K, K)
        By the median over draws in which the pair overlaps, 40 at most.
    """
    terms = fit.rows()[0].unlabelled
    K = alike.shape[1]
    result = np.zeros((K, K), dtype=bool)
    for block in terms.blocks:  # one of another family could not stand for both
        size = sum(
            _own_numbers(fit, one)
            for one in fit.program.estimated
            if not one.shared and one.components in ((), block.components)
        )
        for j, k in itertools.combinations(block.components, 2):
            where = np.flatnonzero(alike[:, j, k])
            if not len(where):
                continue
            kept = where[np.linspace(0, len(where) - 1, min(len(where), MOST_DRAWS)).astype(int)]
            here = {name: values[kept] for name, values in parameters.items()}
            loss = loss_of_merging(fit, here, terms, (j, k))
            result[j, k] = result[k, j] = np.median(loss) < size
    return result


def _own_numbers(fit: Posterior, one: Quantity) -> int:
    """Return how many numbers of a quantity a component has for itself, on average."""
    if one.name in fit.numbers:
        return round(float(own(fit.numbers[one.name]).sum() / len(fit.numbers[one.name])))
    return int(np.prod(fit.posterior[one.name].shape[3:]))


def loss_of_merging(
    fit: Posterior, parameters: Mapping[str, Array], terms: RowTerms, pair: tuple[int, int]
) -> Array:
    """Return by how much the log-likelihood falls when two components become one, (S,).

    Parameters
    ----------
    fit : Posterior
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    terms : RowTerms
    pair : tuple of int
        The components, from 0.
    """
    j, k = pair
    S, K = parameters["theta"].shape
    loss = np.empty(S)
    for part in blocks.blocks(S, len(terms), K):
        here = {name: values[part] for name, values in parameters.items()}
        weight, density = terms.log_weights(here), terms.log_density(here)
        both = np.logaddexp(weight[..., j], weight[..., k])
        one = terms.log_density(merged(fit, here, terms, pair))[..., j]
        joint = weight + density
        other = np.delete(joint, k, axis=-1)
        other[..., j - (k < j)] = both + one
        with np.errstate(invalid="ignore"):  # where a row is impossible, with two or with one
            change = logsumexp(joint, axis=-1) - logsumexp(other, axis=-1)
        loss[part] = (np.nan_to_num(change, nan=0.0) * terms.counts).sum(axis=-1)
    return loss


def merged(
    fit: Posterior, parameters: Mapping[str, Array], terms: RowTerms, pair: tuple[int, int]
) -> dict[str, Array]:
    """Return parameters in which the first of two components stands for both.

    Parameters
    ----------
    fit : Posterior
    parameters : mapping
        S draws; see `stanmix.Fit.draws`.
    terms : RowTerms
        Over which moments are means.
    pair : tuple of int

    Returns
    -------
    dict of str to ndarray
        All averages are by weight. Locations and coefficients are averaged, scales and shapes on
        the scale of their link. Then the scales, or in a family without the first shape, are
        multiplied by what gives the one component the variance within the two and between them;
        where there is no variance, the square of the scale stands for it, or a shape stays as it
        is. Where there is no mean, the location stands for it. What is known stays as the first
        component has it, and so do the weights.
    """
    first, both = pair[0], list(pair)
    block = next(block for block in terms.blocks if first in block.components)
    places = [k - block.components[0] for k in pair]
    spread = spread_of(fit, block)
    share = parameters["theta"][:, both]
    share = share / share.sum(axis=1, keepdims=True)
    result = {name: np.array(values) for name, values in parameters.items()}
    quantities = [fit.program[one.name] for one in block.predictors.values()]
    for one in quantities:
        if one.known:
            continue
        values = parameters[one.name][:, both]
        wide = share.reshape(*share.shape, *([1] * (values.ndim - 2)))
        if one is quantities[0] or one.matrix is not None:
            result[one.name][:, first] = (wide * values).sum(axis=1)
        else:
            assert one.parameter is not None
            link = one.parameter.link
            result[one.name][:, first] = link.inverse((wide * link.forward(values)).sum(axis=1))
    if spread is None:
        return result
    two = _of(terms.values(parameters, block), places)
    alone = _of(terms.values(result, block), places[:1])
    factor = _factor(block.family, spread.of, two, alone, share)
    for one in _widened(block.family, quantities, spread):
        if one.matrix is None:
            result[one.name][:, first] *= factor
        else:
            result[one.name][:, first] += np.log(factor)[:, None] * fit.units.columns[one.of].ones
    return result


def _widened(family: Family, quantities: list[Quantity], spread: Quantity) -> list[Quantity]:
    """Return what a factor of the spread multiplies, through its logarithm.

    On the real line the variance grows with the square of all scales together.
    """
    together = [
        one
        for one in quantities
        if one.parameter is not None
        and one.parameter.role in (Role.SCALE, Role.LOADING)
        and not one.known
    ]
    found = together if family.response.origin else [spread]
    return [
        one
        for one in found
        if one.parameter is not None
        and (one.parameter.log_link or one.parameter.role is Role.LOADING)
    ]


def _of(values: Mapping[str, Array], components: list[int]) -> dict[str, Array]:
    """Return the values of some components; what is of rows alone, as trials are, as it is."""
    return {
        name: each if each.shape[2] == 1 else each[:, :, components]
        for name, each in values.items()
    }


def _factor(
    family: Family, name: str, two: Mapping[str, Array], one: Mapping[str, Array], share: Array
) -> Array:
    """Return by what a parameter of `one` gives it the variance of `two` together, (S, ...)."""
    within, own = family.variance(two), family.variance(one)
    scale = family.scale if family.response.origin else None
    if scale is not None:
        rest = tuple(range(1, within.ndim))
        finite = np.isfinite(within).all(axis=rest) & np.isfinite(own).all(axis=rest)
        finite = finite.reshape(-1, *[1] * len(rest))
        within = np.where(finite, within, two[scale.name] ** 2)
        own = np.where(finite, own, one[scale.name] ** 2)
    between = (family.centre(two) - family.centre(one)) ** 2
    wide = share.reshape(*share.shape, *[1] * (within.ndim - 3))
    variance = (wide * (within.mean(axis=1) + between.mean(axis=1))).sum(axis=1)
    if scale is not None:
        return np.asarray(np.sqrt(variance / own.mean(axis=1)[:, 0]))

    def exceeds(log_factor: Array) -> NDArray[np.bool_]:
        other = {**one, name: one[name] * np.exp(log_factor)[:, None, None]}
        return np.asarray(family.variance(other).mean(axis=1)[:, 0] > variance)

    low, high = np.full(len(share), -WIDEST), np.full(len(share), WIDEST)
    rising = exceeds(high)  # else the variance falls as the parameter grows
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        down = exceeds(middle) == rising
        low, high = np.where(down, low, middle), np.where(down, middle, high)
    found = np.isfinite(variance) & np.isfinite(own).all(axis=tuple(range(1, own.ndim)))
    return np.asarray(np.where(found, np.exp((low + high) / 2), 1.0))
