"""The methods by name, and what each needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.errors import InputError
from stanmix.relabel.alternation import Report
from stanmix.relabel.checks import check_allocations, check_draws, check_parameters
from stanmix.relabel.data_based import data_based
from stanmix.relabel.ecr import ecr
from stanmix.relabel.ecr_iterative import ecr_iterative_1, ecr_iterative_2
from stanmix.relabel.order import order
from stanmix.relabel.pra import pra
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource
from stanmix.relabel.sjw import LogDensity, sjw
from stanmix.relabel.stephens import stephens

__all__ = ["METHODS", "Inputs", "Method", "gather"]


@dataclass(frozen=True)
class Inputs:
    """What is known of some draws; each method takes what it needs.

    Attributes
    ----------
    chains, draws, components : int
        The shape of the permutations.
    z : array_like of int, shape (chain, draw, obs), optional
        Allocations.
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component), optional
        Allocation probabilities.
    theta : array_like, shape (chain, draw, component[, parameter]), optional
        Parameters.
    y : array_like, shape (obs,) or (obs, dimension), optional
        Data.
    pivot : array_like of int, shape (obs,), optional
        An allocation that represents one mode of the posterior.
    log_density : callable, optional
        See `sjw`.
    """

    chains: int
    draws: int
    components: int
    z: Any = None
    p: Any = None
    theta: Any = None
    y: Any = None
    pivot: Any = None
    log_density: Any = None

    def has(self, names: tuple[str, ...]) -> bool:
        """Say whether all of these are given."""
        return all(getattr(self, name) is not None for name in names)


@dataclass(frozen=True)
class Method:
    """A method: what it needs of `Inputs`, and how it is called with them."""

    needs: tuple[str, ...]
    run: Callable[[Inputs, Report | None], NDArray[np.intp]]


METHODS: dict[str, Method] = {
    "order": Method(("theta",), lambda i, _: order(i.theta)),
    "ecr": Method(("z", "pivot"), lambda i, _: ecr(i.z, i.pivot, i.components)),
    "ecr_iterative_1": Method(
        ("z",), lambda i, report: ecr_iterative_1(i.z, i.components, report=report)
    ),
    "ecr_iterative_2": Method(
        ("z", "p"), lambda i, report: ecr_iterative_2(i.z, i.p, report=report)
    ),
    "stephens": Method(("p",), lambda i, report: stephens(i.p, report=report)),
    "pra": Method(("theta",), lambda i, report: pra(i.theta, report=report)),
    "sjw": Method(
        ("theta", "z", "y", "log_density"),
        lambda i, report: sjw(i.theta, i.z, i.y, i.log_density, report=report),
    ),
    "data_based": Method(
        ("y", "z"), lambda i, report: data_based(i.y, i.z, i.components, report=report)
    ),
}


def gather(
    *,
    z: ArrayLike | None = None,
    p: ArrayLike | ProbabilitySource | None = None,
    theta: ArrayLike | None = None,
    y: Any = None,
    pivot: ArrayLike | None = None,
    log_density: LogDensity | None = None,
    components: int | None = None,
) -> Inputs:
    """Put the inputs together, and check that they speak of the same draws.

    Parameters
    ----------
    z, p, theta, y, pivot, log_density
        See `Inputs`.
    components : int, optional
        Number of components, needed where only ``z`` is given and some component is
        never used.

    Returns
    -------
    Inputs
        The inputs, with the shape that they share.

    Raises
    ------
    InputError
        If none of ``z``, ``p`` and ``theta`` is given, or two disagree.
    """
    shapes: dict[str, tuple[int, int, int]] = {}
    if theta is not None:
        shape = check_parameters(theta).shape
        shapes["theta"] = (shape[0], shape[1], shape[2])
    if p is not None:
        reader = Probabilities(p)
        shapes["p"] = (reader.chains, reader.draws_each, reader.components)
    for name, found in shapes.items():
        if components is None:
            components = found[2]
        if found[2] != components:
            raise InputError(
                f"{name} has {found[2]} components, but {components} were expected; "
                "give the same number in components, theta and p."
            )
    if z is not None:
        values, components = check_allocations(z, components)
        shapes["z"] = (values.shape[0], values.shape[1], components)
    if not shapes:
        raise InputError("none of z, p and theta is given; relabelling needs one of them.")
    first = next(iter(shapes))
    for name, found in shapes.items():
        check_draws(name, found, first, shapes[first])
    return Inputs(*shapes[first], z, p, theta, y, pivot, log_density)
