"""Sperrin, Jaki and Wit's probabilistic relabelling (SJW): EM over permutations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Function, OrNone, checked
from stanmix.errors import InputError
from stanmix.relabel.alternation import Report, conclude, spread, subset
from stanmix.relabel.assignment import assign
from stanmix.relabel.checks import (
    GENERATOR,
    ITERATIONS,
    REPORT,
    FloatArray,
    IntArray,
    check_allocations,
    check_draws,
    check_parameters,
)
from stanmix.relabel.permutation_weights import log_total, marginals, sample
from stanmix.relabel.permutations import closest_names
from stanmix.relabel.pra import location_and_scale, parameter_keys
from stanmix.relabel.tables import blocks

__all__ = ["sjw"]

MOST_COMPONENTS = 12
# What a density of zero counts as: finite, so that it never meets 0 times infinity.
_LEAST = -1e6
# The estimate has settled when no parameter moves by more than this part of its sd.
_TOLERANCE = 1e-6
_SUBSET_BUDGET = 1 << 20

LogDensity = Callable[[Any, FloatArray], ArrayLike]


@checked(log_density=Function(), seed=OrNone(GENERATOR), max_iterations=ITERATIONS, report=REPORT)
def sjw(
    theta: ArrayLike,
    z: ArrayLike,
    y: Any,
    log_density: LogDensity,
    *,
    seed: int | np.random.Generator | None = None,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel by the probability of each permutation under one estimate of the parameters.

    The permutations are missing data. An EM algorithm finds the parameters: the
    probability of a permutation is proportional to the complete likelihood of the
    relabelled allocations; the estimate is the mean of the relabelled draws,
    weighted by these probabilities. It starts from eight draws, spread over all, on
    a part of the draws; the best goes on with all draws.

    Parameters
    ----------
    theta : array_like, shape (chain, draw, component) or (chain, draw, component, parameter)
        Draws of all parameters that ``log_density`` needs, weights included.
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., K - 1; K at most 12.
    y : object
        The data, passed on to ``log_density``.
    log_density : callable
        ``log_density(y, parameters)`` takes parameters ``(component, parameter)`` and
        gives ``(obs, component)``: the logarithm of a component's weight times its
        density at an observation, in nats. The complete log likelihood is the sum
        over the observations of the entry of their component. Anything below -1e6
        counts as -1e6.
    seed : int or numpy.random.Generator, optional
        With a seed a permutation is sampled from its probabilities for each draw, as
        the method has it. Without, each draw takes its most probable permutation.
    max_iterations : int, default 100
        Most EM steps; a warning says when they did not suffice.
    report : callable, optional
        Called with a `Convergence`; the objective is minus the log likelihood of the
        parameters, the permutations summed out, in nats.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``. The components keep the labels
        that they have in most draws.

    Raises
    ------
    InputError
        If a shape does not fit, a value is not finite, or K exceeds 12.

    Notes
    -----
    The complete likelihood is a product over observations, so sums over all K!
    permutations are permanents of K x K matrices and take K 2^K steps each.

    References
    ----------
    Sperrin, Jaki and Wit (2010), Statistics and Computing 20, 357-366.
    """
    values = check_parameters(theta)
    components = values.shape[2]
    if components > MOST_COMPONENTS:
        raise InputError(
            f"theta has {components} components; sjw sums over permutations of at most "
            f"{MOST_COMPONENTS}. Use ecr_iterative_1 or pra."
        )
    allocations, _ = check_allocations(z, components)
    check_draws("z", allocations.shape, "theta", values.shape)
    flat = values.reshape(-1, *values.shape[2:])
    em = _EM(flat, allocations.reshape(len(flat), -1), y, log_density, max_iterations)
    most = min(400, max(50, _SUBSET_BUDGET // allocations.shape[2]))
    few = em.part(subset(len(flat), most))
    centre, scale = location_and_scale(few.theta)
    tried = [
        few.run(few.theta[draw]) for draw in spread(parameter_keys((few.theta - centre) / scale))
    ]
    best = min(tried, key=lambda end: end[1][-1])
    estimate, objective, converged = em.run(best[0])
    reached = tuple(end[1][-1] for end in tried)
    conclude("sjw", objective, reached, converged, report)
    log_weight = em.log_weights(estimate)
    perm = assign(-log_weight) if seed is None else sample(log_weight, np.random.default_rng(seed))
    return closest_names(perm).reshape(values.shape[:3])


class _EM:
    """The EM algorithm on some draws."""

    def __init__(
        self,
        theta: FloatArray,
        z: IntArray,
        y: Any,
        log_density: LogDensity,
        max_iterations: int,
    ) -> None:
        self.theta = theta
        self._z = z
        self._y = y
        self._log_density = log_density
        self._max_iterations = max_iterations

    def part(self, draws: NDArray[np.intp]) -> _EM:
        """Give the same problem with some of the draws."""
        return _EM(
            self.theta[draws], self._z[draws], self._y, self._log_density, self._max_iterations
        )

    def run(self, estimate: FloatArray) -> tuple[FloatArray, tuple[float, ...], bool]:
        """Repeat E and M step until the estimate settles."""
        _, scale = location_and_scale(self.theta)
        objective: list[float] = []
        for _ in range(self._max_iterations):
            log_weight = self.log_weights(estimate)
            objective.append(-float(log_total(log_weight).sum()))
            # The weighted mean of theta[perm] over permutations and draws.
            weights = marginals(log_weight)
            updated = np.einsum("tno,tod->nd", weights, self.theta) / len(self.theta)
            moved = np.abs((updated - estimate) / scale).max()
            estimate = updated
            if moved <= _TOLERANCE:
                return estimate, tuple(objective), True
        return estimate, tuple(objective), False

    def log_weights(self, estimate: FloatArray) -> FloatArray:
        """Give the log likelihood of what each draw calls ``old`` if it is ``new``."""
        logs = self._logs(estimate)
        draws, observations = self._z.shape
        components = len(estimate)
        log_weight = np.empty((draws, components, components))
        for block in blocks(draws, observations):
            for old in range(components):
                log_weight[block, :, old] = (self._z[block] == old).astype(np.float64) @ logs
        return log_weight

    def _logs(self, estimate: FloatArray) -> FloatArray:
        """Evaluate and check the user's log density."""
        logs = np.asarray(self._log_density(self._y, estimate), dtype=np.float64)
        expected = (self._z.shape[1], len(estimate))
        if logs.shape != expected:
            raise InputError(
                f"log_density gave shape {logs.shape}; expected (obs, component) = {expected}."
            )
        if np.isnan(logs).any() or (logs == np.inf).any():
            raise InputError(
                f"log_density gave NaN or infinity at the parameters {estimate.tolist()}; "
                "expected logarithms of densities, -inf for a density of zero."
            )
        return np.maximum(logs, _LEAST)
