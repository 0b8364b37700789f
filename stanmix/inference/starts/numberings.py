"""How the components of an optimum of the likelihood are numbered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy  # its parts are loaded when they are first asked for: they take long
from numpy.typing import NDArray

from stanmix.inference.starts.em import State
from stanmix.model.prior_distributions import distribution, known
from stanmix.model.specification import Specification
from stanmix.program.coded_priors import coded
from stanmix.program.lower import lower
from stanmix.program.units import Columns
from stanmix.program.variables import Quantity

__all__ = ["numberings"]

Array = NDArray[np.float64]

ALL = 4  # components, up to which every numbering is one to begin from
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
        Draws the one numbering of components that nothing tells apart.

    Yields
    ------
    ndarray of int, shape (K,)
        Known parameters number the components as EM did. Where priors tell them apart, those of
        few components in the order of their prior densities, but for hopeless ones; of more the
        likeliest.
    """
    K = spec.components
    if spec.exchangeable:
        yield rng.permutation(K)
        return
    if any(np.ndim(value) and np.ptp(np.asarray(value), axis=0).any()
           for value in spec.fixed.values()):  # fmt: skip
        yield np.arange(K)
        return
    densities = _prior_densities(spec, data, state)
    if K > ALL:
        yield scipy.optimize.linear_sum_assignment(densities, maximize=True)[1].astype(np.intp)
        return
    found = np.array([*itertools.permutations(range(K))], dtype=np.intp)
    totals = densities[np.arange(K), found].sum(axis=1)
    for at in np.argsort(-totals, kind="stable"):
        if totals[at] >= totals.max() - HOPELESS:
            yield found[at]


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
            found += [_log_density(one, data, j, values) for j in range(K)]
    return np.maximum(found, -1e100)  # outside a support: not at all, but a number


def _log_density(one: Quantity, data: Mapping[str, Any], component: int, values: Array) -> Array:
    """Return the log densities (K,) of values (K,) or (K, P) by the priors of a component."""
    columns = values.reshape(len(values), -1)
    if one.matrix is not None:
        at_zero = np.asarray(data[f"{one.name}_prior_at_zero"], dtype=bool)
        own = Columns.of_data(data, one.matrix.name).at_zero(columns)
        columns = np.where(at_zero, own, columns)
    numbers, arguments = coded(one, data, component)
    total = np.zeros(len(values))
    for code, of, column in zip(numbers, arguments, columns.T, strict=True):
        if known(int(code)):
            total += distribution(int(code), of).logpdf(column)
    return total
