"""Alternation between a reference and the permutations that fit the draws to it.

The iterative algorithms differ in what they take as reference (an allocation, a
matrix of probabilities, means and standard deviations) and share the rest: some
starts on a part of the draws, the best of them on all draws, to a fixed point.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from stanmix.relabel.checks import FloatArray

Reference = TypeVar("Reference")

STARTS = 8
SUBSET = 400


@dataclass(frozen=True)
class Convergence:
    """How an iterative relabelling ended.

    Attributes
    ----------
    converged : bool
        Whether the permutations stopped changing.
    iterations : int
        Passes over all draws.
    objective : tuple of float
        What the method minimises, after each pass.
    starts : tuple of float
        The objective that each start reached on the draws it was tried on; a wide
        spread says that there are several poor fixed points.
    """

    converged: bool
    iterations: int
    objective: tuple[float, ...]
    starts: tuple[float, ...]


class RelabellingWarning(UserWarning):
    """A relabelling was not carried to a fixed point."""


@dataclass(frozen=True)
class Pass(Generic[Reference]):
    """One pass: permutations for a reference, their cost, and the reference they imply."""

    perm: NDArray[np.intp]
    objective: float
    reference: Reference


Step = Callable[[Reference], Pass[Reference]]
Report = Callable[[Convergence], object]


def alternate(
    step: Step[Reference], reference: Reference, max_iterations: int
) -> tuple[Pass[Reference], tuple[float, ...], bool]:
    """Repeat ``step`` until the permutations stay, and give the best pass.

    Parameters
    ----------
    step : callable
        From a reference to a `Pass`; deterministic.
    reference : object
        Where to start.
    max_iterations : int
        Most passes.

    Returns
    -------
    tuple of Pass, tuple of float and bool
        The last pass, or the best of a cycle; the objective of each pass; whether a
        fixed point was reached.
    """
    passes: list[Pass[Reference]] = []
    seen: dict[bytes, int] = {}
    for iteration in range(max_iterations):
        passes.append(step(passes[-1].reference if passes else reference))
        key = passes[-1].perm.tobytes()
        objective = tuple(p.objective for p in passes)
        if key in seen:
            # Equal permutations imply equal references: from here on all repeats.
            cycle = passes[seen[key] + 1 :]
            best = min(cycle, key=lambda p: p.objective)
            # A cycle among equals, as where components tie, is as good as a fixed point.
            level = all(np.isclose(p.objective, best.objective, rtol=1e-12) for p in cycle)
            return best, objective, level
        seen[key] = iteration
    return min(passes, key=lambda p: p.objective), objective, False


def settle(
    method: str,
    step: Step[Reference],
    reference: Reference,
    max_iterations: int,
    report: Report | None,
    starts: tuple[float, ...] | None = None,
) -> Pass[Reference]:
    """Alternate to the end, say how it ended, and give the best pass.

    Parameters
    ----------
    method : str
        Its name, for the warning.
    step, reference, max_iterations
        As in `alternate`.
    report : callable or None
        Called with a `Convergence`.
    starts : tuple of float, optional
        The objective that each start reached; by default that of the first pass.
    """
    end, objective, converged = alternate(step, reference, max_iterations)
    reached = objective[:1] if starts is None else starts
    conclude(method, objective, reached, converged, report, caller=5)
    return end


def best_start(
    step: Step[Reference], starts: Sequence[Reference], max_iterations: int
) -> tuple[Pass[Reference], tuple[float, ...]]:
    """Run from each start and give the pass of least objective, with the objective of each."""
    ends = [alternate(step, start, max_iterations)[0] for start in starts]
    return min(ends, key=lambda p: p.objective), tuple(p.objective for p in ends)


def spread(keys: FloatArray, number: int = STARTS) -> NDArray[np.intp]:
    """Choose draws to start from, evenly over the ranks of a label-free key.

    Parameters
    ----------
    keys : ndarray, shape (draw, key)
        Functions of a draw that its labels do not change; later columns break ties.
    number : int
        How many draws to choose.

    Returns
    -------
    ndarray of int, shape (at most number,)
        Draws, all with different keys; the choice of keys does not depend on the
        order of the draws.
    """
    ranked = np.lexsort(keys.T[::-1])
    number = min(number, len(ranked))
    chosen = ranked[((np.arange(number) + 0.5) * len(ranked) / number).astype(np.intp)]
    # Equal keys would lead the same way twice.
    first = np.unique(keys[chosen], axis=0, return_index=True)[1]
    return chosen[np.sort(first)]


def subset(draws: int, most: int = SUBSET) -> NDArray[np.intp]:
    """Choose draws, evenly over all chains, for the starts to be tried on."""
    number = min(draws, most)
    return (np.arange(number) * draws // number).astype(np.intp)


def conclude(
    method: str,
    objective: tuple[float, ...],
    starts: tuple[float, ...],
    converged: bool,
    report: Report | None,
    caller: int = 4,
) -> None:
    """Report how the iteration ended; warn the caller where it did not end at a fixed point.

    The caller is so many calls away, of which one checks the arguments.
    """
    if not converged:
        warnings.warn(
            f"{method} did not reach a fixed point in {len(objective)} passes; the permutations "
            "are those of the best pass. Raise max_iterations, or compare with another method.",
            RelabellingWarning,
            stacklevel=caller,
        )
    if report is not None:
        report(Convergence(converged, len(objective), objective, starts))
