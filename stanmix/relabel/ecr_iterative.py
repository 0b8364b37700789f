"""ECR that finds its own pivot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.errors import InputError
from stanmix.relabel.alternation import Pass, Report, best_start, settle, spread, subset
from stanmix.relabel.checks import (
    COMPONENTS,
    ITERATIONS,
    REPORT,
    IntArray,
    check_allocations,
    check_draws,
    check_partition,
)
from stanmix.relabel.ecr import fit_to_pivot
from stanmix.relabel.permutations import closest_names, invert
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource, relabelled_sum
from stanmix.relabel.tables import canonical_labels, label_counts, partition_keys

__all__ = ["ecr_iterative_1", "ecr_iterative_2"]


@checked(components=COMPONENTS, max_iterations=ITERATIONS, report=REPORT)
def ecr_iterative_1(
    z: ArrayLike,
    components: int | None = None,
    *,
    reference: ArrayLike | None = None,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel by ECR, with the mode of the relabelled allocations as pivot.

    The pivot and the permutations in turn lower the number of allocations that
    differ from the pivot, so a fixed point is reached; it need not be the best.
    Eight draws, spread over the sizes of their clusters, are tried as first pivot on
    up to 400 draws; the best goes on with all draws. Labels and the order of the
    chains have no part in the choice.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., K - 1.
    components : int, optional
        K; by default the largest label plus one.
    reference : array_like of int, shape (obs,), optional
        An allocation that gives the components their names. By default they keep
        the labels that they have in most draws.
    max_iterations : int, default 100
        Most passes over the draws; a warning says when they did not suffice.
    report : callable, optional
        Called with a `Convergence`; the objective is the number of allocations
        that differ from the pivot.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If a shape does not fit, or a label lies outside 0, ..., K - 1.

    References
    ----------
    Papastamoulis (2016), J. Stat. Softw. 69, snippet 1, section 3; Papastamoulis
    and Iliopoulos (2010), J. Comput. Graph. Stat. 19, 313-331.
    """
    values, number = check_allocations(z, components)
    names = names_of(reference, values.shape[2], number)
    flat = values.reshape(-1, values.shape[2])
    canonical = canonical_labels(flat, number)
    start, reached = first_pivot(flat, canonical, max_iterations)

    def step(pivot: IntArray) -> Pass[IntArray]:
        return _pass(flat, canonical, pivot)

    end = settle("ecr_iterative_1", step, start, max_iterations, report, reached)
    perm = named_by(end.perm, names, lambda: end.reference)
    return perm.reshape(*values.shape[:2], number)


@checked(max_iterations=ITERATIONS, report=REPORT)
def ecr_iterative_2(
    z: ArrayLike,
    p: ArrayLike | ProbabilitySource,
    *,
    reference: ArrayLike | None = None,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel by ECR, with the likeliest allocation under the mean probabilities as pivot.

    No single quantity falls with every pass, so the passes may end in a cycle of
    pivots; then the permutations are those of the pass in which fewest allocations
    differ from the pivot, and a warning says so. The first pivot is found as in
    `ecr_iterative_1`, from the allocations.

    Parameters
    ----------
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., K - 1; `sample_allocations` makes them from ``p``.
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component)
        Allocation probabilities under the same labels, read once a pass in blocks.
    reference, max_iterations
        As in `ecr_iterative_1`.
    report : callable, optional
        Called with a `Convergence`; the objective is the number of allocations
        that differ from the pivot.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If a shape does not fit, a label lies outside 0, ..., K - 1, or ``p`` does
        not hold probabilities.

    References
    ----------
    Papastamoulis (2016), J. Stat. Softw. 69, snippet 1, section 3; Papastamoulis
    and Iliopoulos (2010), J. Comput. Graph. Stat. 19, 313-331.
    """
    reader = Probabilities(p)
    values, number = check_allocations(z, reader.components)
    check_draws("z", values.shape, "p", reader.shape)
    if values.shape[2] != reader.observations:
        raise InputError(
            f"z has {values.shape[2]} observations, but p has {reader.observations}; "
            "give the same observations in both."
        )
    names = names_of(reference, reader.observations, number)
    flat = values.reshape(-1, values.shape[2])
    canonical = canonical_labels(flat, number)
    start, reached = first_pivot(flat, canonical, max_iterations)

    def step(pivot: IntArray) -> Pass[IntArray]:
        perm, differing = fit_to_pivot(flat, pivot, canonical)
        summed = sum(relabelled_sum(block, perm[place]) for place, block in reader.blocks())
        return Pass(perm, float(differing), np.argmax(summed, axis=1))

    end = settle("ecr_iterative_2", step, start, max_iterations, report, reached)
    perm = named_by(end.perm, names, lambda: end.reference)
    return perm.reshape(*values.shape[:2], number)


def first_pivot(
    z: IntArray, canonical: NDArray[np.intp], max_iterations: int
) -> tuple[IntArray, tuple[float, ...]]:
    """Find a pivot that represents a part of the draws, from several starts.

    Parameters
    ----------
    z : ndarray of int, shape (draw, obs)
        Allocations.
    canonical : ndarray of int, shape (draw, component)
        See `canonical_labels`.
    max_iterations : int
        Most passes a start.

    Returns
    -------
    tuple of ndarray (obs,) and tuple of float
        The pivot, and the disagreements that each start reached.
    """
    part = subset(len(z))
    few, labels = z[part], canonical[part]

    def step(pivot: IntArray) -> Pass[IntArray]:
        return _pass(few, labels, pivot)

    chosen = spread(partition_keys(few, labels.shape[1]))
    starts = [invert(labels[draw])[few[draw]] for draw in chosen]
    best, reached = best_start(step, starts, max_iterations)
    return best.reference, reached


def names_of(reference: ArrayLike | None, observations: int, components: int) -> IntArray | None:
    """Return the allocation that gives the names, checked; None if there is none."""
    if reference is None:
        return None
    return check_partition(reference, observations, components, "reference")


def named_by(
    perm: NDArray[np.intp], reference: IntArray | None, pivot: Callable[[], IntArray]
) -> NDArray[np.intp]:
    """Name the components of an alignment.

    Parameters
    ----------
    perm : ndarray of int, shape (draw, component)
        Permutations that align the draws.
    reference : ndarray of int, shape (obs,), or None
        The allocation whose names to take. Without one, components keep the labels that they
        have in most draws.
    pivot : callable
        Returns the allocation (obs,) that the aligned draws agree with.

    Returns
    -------
    ndarray of int, shape (draw, component)
        The same alignment under these names.
    """
    if reference is None:
        return closest_names(perm)
    rename = fit_to_pivot(pivot()[None], reference, np.arange(perm.shape[1])[None])[0][0]
    return perm[:, rename]


def _pass(z: IntArray, canonical: NDArray[np.intp], pivot: IntArray) -> Pass[IntArray]:
    """Fit the draws to the pivot, and take their mode as the next pivot."""
    perm, differing = fit_to_pivot(z, pivot, canonical)
    mode = label_counts(z, perm, canonical.shape[1]).argmax(axis=1)
    return Pass(perm, float(differing), mode)
