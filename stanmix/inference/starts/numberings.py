"""How the components of an optimum of the likelihood are numbered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy  # its parts are loaded when they are first asked for: they take long
from numpy.typing import NDArray
from scipy.special import xlogy

from stanmix.inference.starts.em import State
from stanmix.model.correlations import lkj_log_density, partials
from stanmix.model.prior_distributions import distribution, known
from stanmix.model.specification import Specification
from stanmix.program.coded_priors import coded, lkj
from stanmix.program.lower import lower
from stanmix.program.units import Columns
from stanmix.program.variables import Quantity

__all__ = ["numberings"]

Array = NDArray[np.float64]

MOST = 24  # numberings, up to which each is one to begin from
HOPELESS = 50.0  # log density below that of the likeliest numbering


def numberings(
    spec: Specification, data: Mapping[str, Any], state: State, rng: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    """Yield the numberings that a state may have, likeliest first: ``numbering[new] = old``.

    Parameters
    ----------
    spec : Specification
    data : mapping
        Its Stan data.
    state : State
        Of K components.
    rng : Generator
        Draws the order of components that nothing tells apart.

    Yields
    ------
    ndarray of int, shape (K,)
        Known parameters, and families, number the components as EM did. Where priors tell them
        apart, those of few components in the order of their prior densities, but for hopeless ones;
        of more the likeliest. Components that nothing tells apart come in any order.
    """
    usual = np.arange(spec.components)
    estimated = [one.components for one in spec.blocks if not one.family.constant]
    whole = all(own in spec.alike for own in estimated if len(own) > 1)
    named = spec.labels is not None or any(_differs(value) for value in spec.fixed.values())
    if whole or named:
        yield _shuffled(spec, usual, rng)
        return
    densities = _prior_densities(spec, data, state)
    if math.prod(math.factorial(len(own)) for own in estimated) > MOST:
        numbering = usual.copy()
        for own in estimated:
            among = densities[np.ix_(own, own)]
            found = scipy.optimize.linear_sum_assignment(among, maximize=True)[1]
            numbering[list(own)] = np.array(own)[found]
        yield _shuffled(spec, numbering, rng)
        return
    # One of those that are the same but for components that nothing tells apart.
    unlike = set()
    for order in itertools.product(*map(itertools.permutations, estimated)):
        numbering = usual.copy()
        numbering[list(sum(estimated, ()))] = sum(order, ())
        unlike.add(_sorted(spec, numbering))
    numbers = np.array([*unlike], dtype=np.intp)
    totals = densities[usual, numbers].sum(axis=1)
    for at in np.lexsort((*numbers.T[::-1], -totals)):
        if totals[at] >= totals.max() - HOPELESS:
            yield _shuffled(spec, numbers[at], rng)


def _differs(value: Any) -> bool:
    """Return whether known values differ between components."""
    return np.ndim(value) > 0 and bool(np.ptp(np.asarray(value), axis=0).any())


def _sorted(spec: Specification, numbering: NDArray[np.intp]) -> tuple[int, ...]:
    """Return a numbering with components ascending where nothing tells them apart."""
    result = numbering.copy()
    for alike in spec.alike:
        result[list(alike)] = np.sort(numbering[list(alike)])
    return tuple(result.tolist())


def _shuffled(
    spec: Specification, numbering: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return a numbering with components in any order where nothing tells them apart."""
    result = numbering.copy()
    for alike in spec.alike:
        result[list(alike)] = rng.permutation(numbering[list(alike)])
    return result


def _prior_densities(spec: Specification, data: Mapping[str, Any], state: State) -> Array:
    """Return log prior densities (K, K): of number j for the component k of a state."""
    K = spec.components
    found = np.zeros((K, K))
    for one in lower(spec).estimated:
        if one.name == "theta":
            alpha = np.asarray(data["theta_prior"], dtype=float)
            found += np.outer(alpha, np.log(np.maximum(state.theta, 1e-3 / K)))
        elif one.apart:
            values = state.gamma if one.weights else state.parameters[one.name]
            assert values is not None
            own = one.of_members(K)
            number = own.stop - own.start
            found[own, own] += [_log_density(one, data, j, values) for j in range(number)]
    return np.maximum(found, -1e100)  # outside a support: not at all, but a number


def _log_density(one: Quantity, data: Mapping[str, Any], component: int, values: Array) -> Array:
    """Return the log densities (K,) of values (K, ...) by the priors of a component."""
    if one.simplex:
        alpha = np.asarray(data[f"{one.name}_prior"], dtype=float)[component]
        return np.asarray(xlogy(alpha - 1, np.maximum(values, 1e-3 / len(alpha))).sum(axis=1))
    if one.correlations:
        # Of what stands for them; that is the same under each prior.
        return lkj_log_density(np.arctanh(partials(values)), lkj(one, data, component))
    numbers, arguments = coded(one, data, component)
    columns = values.reshape(len(values), -1, len(numbers))
    if one.matrix is not None:
        at_zero = np.asarray(data[f"{one.name}_prior_at_zero"], dtype=bool)
        own = Columns.of_data(data, one.matrix.name).at_zero(columns)
        columns = np.where(at_zero, own, columns)
    total = np.zeros(len(values))
    for code, of, column in zip(numbers, arguments, np.moveaxis(columns, -1, 0), strict=True):
        if known(int(code)):
            total += distribution(int(code), of).logpdf(column).sum(axis=1)
    return total
