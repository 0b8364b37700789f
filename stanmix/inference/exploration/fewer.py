"""The same mixture with a component fewer: how much worse it fits, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.inference.starts import multistart
from stanmix.inference.starts.em import EM, State
from stanmix.model.specification import Specification

__all__ = ["WORSE", "Fewer", "fewer"]

FEW_ROWS = 1000  # enough to tell how much worse one component fewer fits
STEPS = 30
# The part with an empty component is left out where one component fewer fits worse by this much in
# log-likelihood: what an empty component gains in volume is far less.
WORSE = 40.0
OPTIMA = 3  # of the larger mixture, the best, whose components are made one

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fewer:
    """A mixture without a component.

    Attributes
    ----------
    worse_by : float
        By how much the log-likelihood falls, about. Infinite where some response is impossible
        without the component.
    states : list of State
        Where it fits best, the best first; none where that is impossible. Those from more than one
        optimum only where the fit is worse by at most `WORSE`.
    """

    worse_by: float
    states: list[State]


def fewer(
    spec: Specification,
    design: Design,
    found: Sequence[State],
    kinds: Sequence[Sequence[int]],
    rng: np.random.Generator,
    empty: Collection[int] = (),
) -> list[Fewer]:
    """Return the mixtures that lack a component of each kind.

    Parameters
    ----------
    found : sequence of State
        Optima of the mixture's likelihood, best first; at least one.
    kinds : sequence of sequence of int
        The numbers, from 0, of the components that have rows, of those together that nothing tells
        apart. Of each the last is left out.
    rng : Generator
    empty : collection of int
        Components that no row is of as it is.

    Returns
    -------
    list of Fewer
        From components of the best optima made one, and some EM steps from there, on at most
        `FEW_ROWS` rows; brought to the number of all. A component whose weight is known keeps it
        when no row is its own, which every row pays for.
    """
    seed = int(rng.integers(2**31))
    em, part = multistart.em_of_some(spec, design, FEW_ROWS, np.random.default_rng(seed))
    each = np.arange(spec.components)
    without = np.isin(each, [*empty])
    larger = em.without(without)

    def made_one(at: State, smaller: EM, kind: Sequence[int]) -> list[State]:
        merged = _merged(larger.responsibilities(at), kind, kinds)
        fits = [smaller.run(each, steps=STEPS) for each in merged]
        return [one for one in fits if np.isfinite(one.log_likelihood)]

    best = larger.run(larger.responsibilities(found[0]), steps=STEPS, at=found[0])
    result = []
    for kind in kinds:
        smaller = em.without(without | (each == kind[-1]))
        states = [] if smaller.impossible else made_one(best, smaller, kind)
        if not states:
            result.append(Fewer(np.inf, []))
            continue
        fit = max(one.log_likelihood for one in states)
        worse_by = (best.log_likelihood - fit + _lost_by_weight(larger, kind[-1])) / part
        if worse_by <= WORSE:
            for other in found[1:OPTIMA]:
                states += made_one(other, smaller, kind)
        states.sort(key=lambda one: -one.log_likelihood)
        result.append(Fewer(float(worse_by), states))
    return result


def _merged(belong: Array, kind: Sequence[int], kinds: Sequence[Sequence[int]]) -> Iterator[Array]:
    """Yield responsibilities (N, K) where another has the rows of one of a kind.

    No row is of the last of the kind, which in its place takes part instead.
    """
    last = kind[-1]
    for k in kind:
        for j in (one for own in kinds for one in own):
            if j == k or (j in kind and j > k):  # of two of a kind either may have those of both
                continue
            made = belong.copy()
            made[:, j] += made[:, k]
            made[:, k] = made[:, last]
            made[:, last] = 0.0
            yield made


def _lost_by_weight(em: EM, component: int) -> float:
    """Return the log-likelihood that the known weight of an empty component takes away."""
    if em.known_theta is None:
        return 0.0
    units = float(em.first_of_units(em.frequency).sum())
    return -units * float(np.log1p(-em.known_theta[component]))
