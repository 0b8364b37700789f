"""Relabellings side by side: agreement, time, and checks of what must not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Anything, Function, ListOf, MappingOf, OneOf, OrNone, checked
from stanmix.errors import InputError
from stanmix.relabel.alternation import Convergence
from stanmix.relabel.assignment import assign
from stanmix.relabel.checks import (
    COMPONENTS,
    GENERATOR,
    FloatArray,
    check_allocations,
    check_draws,
    check_parameters,
    check_permutations,
)
from stanmix.relabel.methods import METHODS, gather
from stanmix.relabel.permutations import apply, apply_to_allocations, invert
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource, relabelled_sum
from stanmix.relabel.sample_allocations import sample_allocations
from stanmix.relabel.sjw import LogDensity
from stanmix.relabel.tables import partition_keys

__all__ = ["agreement", "compare", "compare_relabellings"]

_METHODS = OrNone(ListOf(OneOf(*METHODS), f"a list of {', '.join(map(repr, METHODS))}", least=1))


@checked(methods=_METHODS, log_density=OrNone(Function()), components=COMPONENTS, seed=GENERATOR)
def compare_relabellings(
    methods: Sequence[str] | None = None,
    *,
    z: ArrayLike | None = None,
    p: ArrayLike | ProbabilitySource | None = None,
    theta: ArrayLike | None = None,
    y: Any = None,
    pivot: ArrayLike | None = None,
    log_density: LogDensity | None = None,
    components: int | None = None,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Relabel by several methods, and compare the results.

    Parameters
    ----------
    methods : sequence of str, optional
        Names of methods, as ``["order", "ecr", "ecr_iterative_1", "ecr_iterative_2",
        "stephens", "pra", "sjw", "data_based"]``; by default all whose inputs are
        given.
    z : array_like of int, shape (chain, draw, obs), optional
        Allocations; without them, and with ``p``, they are sampled.
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component), optional
        Allocation probabilities.
    theta : array_like, shape (chain, draw, component[, parameter]), optional
        Parameters.
    y : array_like, shape (obs,) or (obs, dimension), optional
        Data.
    pivot : array_like of int, shape (obs,), optional
        An allocation that represents one mode of the posterior, for ECR.
    log_density : callable, optional
        See `sjw`.
    components : int, optional
        Number of components, needed where only ``z`` is given and some component is
        never used.
    seed : int or numpy.random.Generator, default 0
        For allocations, where they are sampled.

    Returns
    -------
    pandas.DataFrame
        The columns of `compare`, a row a method, preceded by ``seconds``, the time of
        the method alone, and ``converged``, whether an iteration reached a fixed
        point (None for methods that do not iterate).

    Raises
    ------
    InputError
        If a method is unknown or lacks an input, or the inputs disagree.
    """
    if z is None and p is not None:
        z = sample_allocations(p, seed)
    inputs = gather(
        z=z, p=p, theta=theta, y=y, pivot=pivot, log_density=log_density, components=components
    )
    if methods is None:
        methods = [name for name, method in METHODS.items() if inputs.has(method.needs)]
    for name in methods:
        if not inputs.has(METHODS[name].needs):
            raise InputError(f"the method {name!r} needs {', '.join(METHODS[name].needs)}.")
    perms: dict[str, NDArray[np.intp]] = {}
    seconds: list[float] = []
    converged: list[bool | None] = []
    for name in methods:
        ends: list[Convergence] = []
        start = perf_counter()
        perms[name] = METHODS[name].run(inputs, ends.append)
        seconds.append(perf_counter() - start)
        converged.append(ends[0].converged if ends else None)
    table = compare(perms, z=z, p=p, theta=theta)
    table.insert(0, "seconds", seconds)
    table.insert(1, "converged", pd.Series(converged, index=table.index, dtype=object))
    return table


@checked(perms=MappingOf(Anything("arrays"), "a mapping of names to permutations"))
def compare(
    perms: Mapping[str, ArrayLike],
    *,
    z: ArrayLike | None = None,
    p: ArrayLike | ProbabilitySource | None = None,
    theta: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compare permutations that are there already.

    Parameters
    ----------
    perms : mapping of str to array_like of int, shape (chain, draw, component)
        Permutations by name.
    z : array_like of int, shape (chain, draw, obs), optional
        Allocations as they were before relabelling.
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component), optional
        Allocation probabilities as they were before relabelling.
    theta : array_like, shape (chain, draw, component[, parameter]), optional
        Parameters as they were before relabelling.

    Returns
    -------
    pandas.DataFrame
        A row a name, with the columns

        - ``switched``: the part of the draws whose permutation is not the commonest;
        - ``differing``: the part of the relabelled allocations that differ from the
          commonest of their observation (where ``z`` is given; smaller is better);
        - ``spread``: the variance within components after relabelling over that before,
          averaged over the parameters (where ``theta`` is given; smaller is better);
        - ``invariance``: the largest relative change, by relabelling, of quantities that
          labels do not affect: sums over components of powers of the parameters,
          sizes of clusters, sums of squared probabilities; rounding apart, 0;
        - ``agrees_with_<name>``: the part of the draws to which both give the same
          permutation, their names matched as well as can be.

    Raises
    ------
    InputError
        If there are no permutations, they are not valid, or shapes disagree.
    """
    if not perms:
        raise InputError("there are no permutations to compare; give at least one by name.")
    checked = {name: check_permutations(perm, f"perms[{name!r}]") for name, perm in perms.items()}
    first_name, first = next(iter(checked.items()))
    for name, perm in checked.items():
        if perm.shape != first.shape:
            raise InputError(
                f"perms[{name!r}] has shape {perm.shape}, but perms[{first_name!r}] has "
                f"{first.shape}; compare relabellings of the same draws."
            )
    rows = []
    for perm in checked.values():
        row: dict[str, float] = {"switched": _switched(perm)}
        changes = []
        if z is not None:
            row["differing"], change = _check_allocated(perm, z)
            changes.append(change)
        if theta is not None:
            row["spread"], change = _check_theta(perm, theta)
            changes.append(change)
        if p is not None:
            changes.append(_check_p(perm, p))
        if changes:
            row["invariance"] = max(changes)
        for name, other in checked.items():
            row[f"agrees_with_{name}"] = agreement(perm, other)
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(list(checked), name="method"))


def agreement(first: ArrayLike, second: ArrayLike) -> float:
    """Give the part of the draws on which two relabellings agree, whatever the names.

    Parameters
    ----------
    first, second : array_like of int, shape (chain, draw, component)
        Permutations.

    Returns
    -------
    float
        The part of the draws with equal permutations, after the names of the second
        are matched to those of the first in most components.

    Raises
    ------
    InputError
        If these are not permutations of one shape.
    """
    one, two = check_permutations(first, "first"), check_permutations(second, "second")
    if one.shape != two.shape:
        raise InputError(f"first has shape {one.shape}, but second has {two.shape}.")
    components = one.shape[-1]
    one, two = one.reshape(-1, components), two.reshape(-1, components)
    # translated[draw, name in the first] = name in the second of the same component.
    translated = np.take_along_axis(invert(two), one, axis=1)
    together = np.zeros((components, components))
    np.add.at(together, (np.broadcast_to(np.arange(components), one.shape), translated), 1.0)
    names = assign(-together[None])[0]
    return float((translated == names).all(axis=1).mean())


def _switched(perm: NDArray[np.intp]) -> float:
    """Give the part of the draws whose permutation is not the commonest."""
    flat = perm.reshape(-1, perm.shape[-1])
    counts = np.unique(flat, axis=0, return_counts=True)[1]
    return float(1 - counts.max() / len(flat))


def _check_allocated(perm: NDArray[np.intp], z: ArrayLike) -> tuple[float, float]:
    """Give the part of allocations beside the mode, and the change of cluster sizes."""
    values, components = check_allocations(z, perm.shape[-1])
    check_draws("z", values.shape, "perms", perm.shape)
    relabelled = apply_to_allocations(perm, values).reshape(-1, values.shape[2])
    counts = np.stack([(relabelled == label).sum(axis=0) for label in range(components)])
    differing = 1 - float(counts.max(axis=0).sum()) / relabelled.size
    before = partition_keys(values.reshape(relabelled.shape), components)
    return differing, _change(before, partition_keys(relabelled, components))


def _check_theta(perm: NDArray[np.intp], theta: ArrayLike) -> tuple[float, float]:
    """Give the variance within components that is left, and the change of power sums."""
    values = check_parameters(theta)
    check_draws("theta", values.shape, "perms", perm.shape)
    relabelled = apply(perm, values)
    before, after = (x.var(axis=(0, 1)).mean(axis=0) for x in (values, relabelled))
    varies = before > 0
    left = float((after[varies] / before[varies]).mean()) if varies.any() else 1.0
    powers = (1, 2, 3)
    change = max(
        _change((values**k).sum(axis=2), (relabelled**k).sum(axis=2), np.abs(values**k).sum(axis=2))
        for k in powers
    )
    return left, change


def _check_p(perm: NDArray[np.intp], p: ArrayLike | ProbabilitySource) -> float:
    """Give the change, by relabelling, of the sum of squared probabilities of the draws."""
    reader = Probabilities(p)
    check_draws("p", reader.shape, "perms", perm.shape)
    flat = perm.reshape(-1, perm.shape[-1])
    before, after = 0.0, 0.0
    for place, block in reader.blocks():
        squared = np.square(block, dtype=np.float64)
        before += float(squared.sum())
        after += float(relabelled_sum(squared, flat[place]).sum())
    return abs(after - before) / before


def _change(before: FloatArray, after: FloatArray, size: FloatArray | None = None) -> float:
    """Give the largest change, relative to the size of what was summed."""
    scale = np.abs(before) if size is None else size
    return float((np.abs(after - before) / np.where(scale > 0, scale, 1)).max())
