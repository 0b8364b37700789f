"""Stephens' algorithm: the least Kullback-Leibler divergence of allocation probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.relabel.alternation import (
    SUBSET,
    Pass,
    Report,
    best_start,
    settle,
    spread,
    subset,
)
from stanmix.relabel.assignment import assign, total
from stanmix.relabel.checks import ITERATIONS, REPORT, FloatArray
from stanmix.relabel.ecr_iterative import named_by, names_of
from stanmix.relabel.probabilities import (
    Block,
    Probabilities,
    ProbabilitySource,
    relabelled_sum,
)

__all__ = ["stephens"]

_CLIP = 1e-6
# Numbers that the draws on which starts are tried may take, beside the blocks.
_SUBSET_BUDGET = 1 << 24


@checked(max_iterations=ITERATIONS, report=REPORT)
def stephens(
    p: ArrayLike | ProbabilitySource,
    *,
    reference: ArrayLike | None = None,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel so that the allocation probabilities of all draws are near to their mean.

    Minimises the Kullback-Leibler divergence from the mean of the relabelled
    probabilities to those of the draws, summed over draws and observations. The
    mean and the permutations in turn lower it, so a fixed point is reached; it need
    not be the best. Eight draws are tried as first mean on a part of the draws, the
    best goes on with all draws. Labels and the order of the chains have no part in
    the choice.

    Parameters
    ----------
    p : array_like or ProbabilitySource, shape (chain, draw, obs, component)
        Allocation probabilities. Each pass reads them once, in blocks of draws:
        give a memory map, an array on disk, or `ComputedProbabilities` where they
        do not fit in memory. Single precision suffices.
    reference, max_iterations
        As in `ecr_iterative_1`.
    report : callable, optional
        Called with a `Convergence`; the objective is the divergence, in nats.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If the shape does not fit, or ``p`` does not hold probabilities.

    Notes
    -----
    Probabilities are clipped to [1e-6, 1 - 1e-6] and normalised again, so that an
    observation that surely belongs to a component costs no infinite divergence.

    References
    ----------
    Stephens (2000), J. R. Stat. Soc. B 62, 795-809, section 4.1, algorithm 2.
    """
    reader = Probabilities(p)
    names = names_of(reference, reader.observations, reader.components)
    few = reader.take(
        subset(
            reader.draws,
            min(SUBSET, 1 + _SUBSET_BUDGET // (reader.observations * reader.components)),
        )
    )
    starts = [_clipped(few[draw]).astype(np.float64) for draw in spread(_label_free_keys(few))]
    tried = _Divergence(len(few), lambda: [(slice(None), few)])
    best, reached = best_start(tried.step, starts, max_iterations)
    every = _Divergence(reader.draws, reader.blocks)
    end = settle("stephens", every.step, best.reference, max_iterations, report, reached)
    perm = named_by(end.perm, names, lambda: end.reference.argmax(axis=1))
    return perm.reshape(reader.chains, reader.draws_each, reader.components)


class _Divergence:
    """Passes over draws that are read block by block."""

    def __init__(self, draws: int, read: Callable[[], Iterable[tuple[slice, Block]]]) -> None:
        self._draws = draws
        self._read = read
        # The part of the objective that no pass changes, summed in the first.
        self._negative_entropy: float | None = None

    def step(self, mean: FloatArray) -> Pass[FloatArray]:
        """Fit the draws to a mean, and sum up the next mean in the same reading."""
        perm = np.empty((self._draws, mean.shape[1]), dtype=np.intp)
        summed = np.zeros(mean.shape)
        log_mean = np.log(mean).T
        crossed, negative_entropy = 0.0, 0.0
        for place, block in self._read():
            p = _clipped(block)
            if self._negative_entropy is None:
                negative_entropy += float((p * np.log(p)).sum(dtype=np.float64))
            cost = -np.matmul(log_mean.astype(p.dtype), p).astype(np.float64)
            perm[place] = assign(cost)
            crossed += total(cost, perm[place])
            summed += relabelled_sum(p, perm[place])
        if self._negative_entropy is None:
            self._negative_entropy = negative_entropy
        return Pass(perm, self._negative_entropy + crossed, summed / self._draws)


def _clipped(p: Block) -> Block:
    """Keep probabilities from 0 and 1, and normalise them."""
    clipped: Block = p.copy()
    np.clip(clipped, _CLIP, 1 - _CLIP, out=clipped)
    # The product with ones is a sum over the components, several times faster.
    clipped /= (clipped @ np.ones(p.shape[-1], dtype=p.dtype))[..., None]
    return clipped


def _label_free_keys(p: Block) -> FloatArray:
    """Give the sum of squared expected cluster sizes of each draw, which labels do not change."""
    sizes: FloatArray = np.sort(p.sum(axis=1, dtype=np.float64), axis=1)
    keys: FloatArray = np.square(sizes).sum(axis=1, keepdims=True)
    return keys
