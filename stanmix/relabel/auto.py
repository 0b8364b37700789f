"""The choice of a method, with its reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.relabel.checks import COMPONENTS, GENERATOR, FloatArray, check_parameters
from stanmix.relabel.ecr_iterative import ecr_iterative_1
from stanmix.relabel.methods import METHODS, gather
from stanmix.relabel.order import order
from stanmix.relabel.permutations import apply
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource
from stanmix.relabel.sample_allocations import sample_allocations

__all__ = ["auto"]

# Beyond so many probabilities each further reading costs more than it tells.
MANY = 1 << 30
# The part of the draws at either side that may overlap with a neighbouring component.
_TAIL = 0.005


@checked(components=COMPONENTS, seed=GENERATOR)
def auto(
    *,
    z: ArrayLike | None = None,
    p: ArrayLike | ProbabilitySource | None = None,
    theta: ArrayLike | None = None,
    pivot: ArrayLike | None = None,
    components: int | None = None,
    seed: int | np.random.Generator = 0,
) -> tuple[NDArray[np.intp], str]:
    """Relabel by the method that makes most of what is given, and say why.

    A pivot for the allocations decides for ECR. Then probabilities, which hold more
    than allocations sampled from them, for Stephens' algorithm; beyond 2^30 numbers
    they are read once to sample allocations. Then allocations, for ECR-iterative-1.
    Parameters come last: the order of one that sets all components apart, else PRA.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs), optional
        Allocations.
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component), optional
        Allocation probabilities.
    theta : array_like, shape (chain, draw, component[, parameter]), optional
        Parameters.
    pivot : array_like of int, shape (obs,), optional
        An allocation that represents one mode of the posterior.
    components : int, optional
        Number of components, needed where only ``z`` is given and some component is
        never used.
    seed : int or numpy.random.Generator, default 0
        For allocations, where they are sampled.

    Returns
    -------
    tuple of ndarray of int, shape (chain, draw, component), and str
        Permutations, ``perm[chain, draw, new] = old``, and the name of the method,
        a colon, and the reason for its choice.

    Raises
    ------
    InputError
        If none of ``z``, ``p`` and ``theta`` is given, two disagree, or one cannot be
        used.
    """
    inputs = gather(z=z, p=p, theta=theta, pivot=pivot, components=components)
    if inputs.has(("z", "pivot")):
        return METHODS["ecr"].run(inputs, None), (
            "ecr: a pivot is given, and each draw is matched to it by its allocations."
        )
    if p is not None:
        size = float(np.prod([float(length) for length in Probabilities(p).shape]))
        if size <= MANY:
            return METHODS["stephens"].run(inputs, None), (
                "stephens: allocation probabilities are given, and hold more than "
                "allocations sampled from them."
            )
        origin = "given" if z is not None else "sampled from them once"
        sampled = sample_allocations(p, seed) if z is None else z
        return ecr_iterative_1(sampled, inputs.components), (
            f"ecr_iterative_1: {size:.2g} probabilities are too many to read in every pass; "
            f"the allocations were {origin}."
        )
    if z is not None:
        return METHODS["ecr_iterative_1"].run(inputs, None), (
            "ecr_iterative_1: allocations are given, without probabilities or a pivot."
        )
    values = check_parameters(inputs.theta)
    parameter = separating_parameter(values)
    if parameter is not None:
        return order(values, parameter), (
            f"order: parameter {parameter} sets all components apart, so that its order names them."
        )
    return METHODS["pra"].run(inputs, None), (
        "pra: only parameters are given, and none of them alone sets all components apart."
    )


def separating_parameter(theta: FloatArray) -> int | None:
    """Find a parameter whose ranks hardly overlap.

    Parameters
    ----------
    theta : ndarray, shape (chain, draw, component, parameter)
        Parameters.

    Returns
    -------
    int or None
        The parameter in which neighbouring ranks, without 0.5% of the draws at either
        side, are farthest apart for its range; None where they overlap in each.
    """
    best, widest = None, 0.0
    for parameter in range(theta.shape[-1]):
        column = theta[..., parameter]
        ranked = apply(order(column), column).reshape(-1, theta.shape[2])
        low, high = np.quantile(ranked, [_TAIL, 1 - _TAIL], axis=0)
        whole = float(high[-1] - low[0])
        if len(low) > 1 and whole > 0:
            gap = float((low[1:] - high[:-1]).min()) / whole
            if gap > widest:
                best, widest = parameter, gap
    return best
