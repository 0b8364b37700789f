"""An independent sampler of the same posteriors: Gibbs, in NumPy, for all data sets at once.

``python benchmarks/calibration/gibbs.py normal 2000 2399`` writes posterior means and sds of these
data sets (the last included) to ``benchmarks/results/calibration/gibbs-normal.npz``. Nothing of
stanmix computes here. Chains start from random allocations, and exchange the locations or the
scales of the two components with the allocations summed out, because both ways round may be modes
that allocations one by one do not leave. Where the chains of a data set do not agree, they are run
again ten times as long.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from models import MODELS, ROWS, Array, Model, X, flat
from numpy.typing import NDArray

__all__ = ["Posteriors", "main", "posteriors"]

RESULTS = Path(__file__).resolve().parents[1] / "results" / "calibration"
BURN_IN = 0.2  # of the iterations
EVERY = 5  # iterations between those that count
# Chains agree where they differ by less than half of what counts as off; see table.py.
MEANS_WITHIN, SDS_WITHIN = 0.25, 1.2


@dataclass(frozen=True)
class State:
    """Where the S chains are, two components each.

    Attributes
    ----------
    theta : ndarray of shape (S, 2)
    location : ndarray of shape (S, 2, P)
        Coefficients; the last orders the components.
    scale : ndarray of shape (S, 2) or (S, 0)
        Without columns where the family has no scale.
    """

    theta: Array
    location: Array
    scale: Array

    def row(self) -> Array:
        """Return parameters in the order of `models.flat`, shape (S, number of parameters)."""
        order = np.argsort(self.location[:, :, -1], axis=1)
        parts = [
            np.take_along_axis(part, order.reshape(order.shape + (1,) * (part.ndim - 2)), axis=1)
            for part in (self.theta, self.location, self.scale)
            if part.size
        ]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


class Likelihood(Protocol):
    """What a family knows: densities of rows, and parameters given allocations."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """Parameters that the components may exchange."""

    def start(self, chains: int) -> State:
        """Return a state of so many chains; the first update replaces it."""

    def log_density(self, state: State) -> Array:
        """Return the log density of each row in each component, but for constants (S, 2, N)."""

    def update(self, member: Array, state: State, rng: np.random.Generator) -> State:
        """Draw locations and scales, given who is a `member` (S, 2, N) of which component."""


@dataclass(frozen=True)
class NormalLikelihood:
    """Normal rows about coefficients of a design matrix; log-normal scales.

    Attributes
    ----------
    y : ndarray of shape (S, N)
    X : ndarray of shape (N, P)
    coefficient_sd : float
        Of the prior of each coefficient, around zero.
    log_scale : tuple of float
        Mean and sd of the logarithm of a scale.
    """

    y: Array
    X: Array
    coefficient_sd: float
    log_scale: tuple[float, float]
    blocks = ("location", "scale")

    def start(self, chains: int) -> State:
        """Return zero coefficients and scales of one."""
        return State(
            np.full((chains, 2), 0.5), np.zeros((chains, 2, self.X.shape[1])), np.ones((chains, 2))
        )

    def log_density(self, state: State) -> Array:
        """Return normal log densities."""
        scale = state.scale[:, :, None]
        residual = (self.y[:, None] - state.location @ self.X.T) / scale
        return np.asarray(-np.log(scale) - residual**2 / 2)

    def update(self, member: Array, state: State, rng: np.random.Generator) -> State:
        """Draw coefficients from their normal distribution, and take steps of the scales."""
        weight = member / state.scale[:, :, None] ** 2
        precision = np.einsum("skn,np,nq->skpq", weight, self.X, self.X)
        precision += np.eye(self.X.shape[1]) / self.coefficient_sd**2
        score = (weight * self.y[:, None]) @ self.X
        centre = np.linalg.solve(precision, score[..., None])
        # With precision L L', the solution of L' e = noise has the precision's inverse.
        factor = np.swapaxes(np.linalg.cholesky(precision), -1, -2)
        deviation = np.linalg.solve(factor, rng.standard_normal(centre.shape))
        location = (centre + deviation)[..., 0]
        size = member.sum(axis=2)
        squares = (member * (self.y[:, None] - location @ self.X.T) ** 2).sum(axis=2)
        return replace(state, location=location, scale=self._steps(state.scale, size, squares, rng))

    def _steps(self, scale: Array, size: Array, squares: Array, rng: np.random.Generator) -> Array:
        """Take Metropolis steps of log scales, as wide as suits so many rows."""
        mean, sd = self.log_scale
        log = np.log(scale)
        width = 2.4 / np.sqrt(2 * size + sd**-2)

        def height(log: Array) -> Array:
            rows = -size * log - squares * np.exp(-2 * log) / 2
            return np.asarray(rows - ((log - mean) / sd) ** 2 / 2)

        for _ in range(3):
            proposed = log + width * rng.standard_normal(log.shape)
            taken = np.log(rng.random(log.shape)) < height(proposed) - height(log)
            log = np.where(taken, proposed, log)
        return np.exp(log)


@dataclass(frozen=True)
class PoissonLikelihood:
    """Counts with gamma means, which are conjugate.

    Attributes
    ----------
    y : ndarray of shape (S, N)
    shape, rate : float
        Of the prior of a mean.
    """

    y: Array
    shape: float
    rate: float
    blocks = ("location",)

    def start(self, chains: int) -> State:
        """Return means of one."""
        return State(np.full((chains, 2), 0.5), np.ones((chains, 2, 1)), np.ones((chains, 0)))

    def log_density(self, state: State) -> Array:
        """Return Poisson log densities, but for the factorials."""
        return np.asarray(self.y[:, None] * np.log(state.location) - state.location)

    def update(self, member: Array, state: State, rng: np.random.Generator) -> State:
        """Draw means from their gamma distributions."""
        total = (member * self.y[:, None]).sum(axis=2)
        drawn = rng.standard_gamma(self.shape + total) / (self.rate + member.sum(axis=2))
        return replace(state, location=drawn[:, :, None])


@dataclass(frozen=True)
class Posteriors:
    """What was found of each of R data sets, each with C chains.

    Attributes
    ----------
    number : ndarray of shape (R,)
    mean, sd : ndarray of shape (R, parameters)
    chain_mean, chain_sd : ndarray of shape (R, C, parameters)
    below : ndarray of shape (R, parameters)
        The share of draws below the true value.
    """

    number: Array
    mean: Array
    sd: Array
    chain_mean: Array
    chain_sd: Array
    below: Array

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Whether the chains of a data set agree, in means and sds, (R,)."""
        means = np.ptp(self.chain_mean, axis=1) < MEANS_WITHIN * self.sd
        sds = self.chain_sd.max(axis=1) < SDS_WITHIN * self.chain_sd.min(axis=1)
        return np.asarray((means & sds).all(axis=1), dtype=bool)

    def with_longer(self, longer: Posteriors) -> Posteriors:
        """Return all, with those that were run again in place of what they were."""
        at = np.searchsorted(self.number, longer.number)
        fields = {name: np.array(value) for name, value in vars(self).items()}
        for name, values in vars(longer).items():
            fields[name][at] = values
        return Posteriors(**fields)


def likelihood(model: Model, y: Array) -> Likelihood:
    """Return the likelihood and priors of a model, written down a second time."""
    if model.name == "normal":
        return NormalLikelihood(y, np.ones((ROWS, 1)), 3.0, (0.0, 0.5))
    if model.name == "regressions":
        return NormalLikelihood(y, np.column_stack([np.ones(ROWS), X]), 2.0, (-0.5, 0.5))
    return PoissonLikelihood(y, 2.0, 0.3)


def posteriors(
    model: Model, numbers: Sequence[int], iterations: int, chains: int, seed: int
) -> Posteriors:
    """Sample the posteriors of data sets.

    Parameters
    ----------
    model : Model
    numbers : sequence of int
        The data sets.
    iterations : int
        Of a chain; the first fifth does not count.
    chains : int
        Of each data set.
    seed : int
    """
    sets = [model.data_set(number) for number in numbers]
    truth = np.array([flat(parameters) for parameters, _ in sets])
    y = np.array([columns["y"] for _, columns in sets], dtype=float)
    of = likelihood(model, np.repeat(y, chains, axis=0))
    rng = np.random.default_rng([seed, model.number])
    state = of.start(len(sets) * chains)
    second = rng.random((len(state.theta), ROWS)) < rng.random((len(state.theta), 1))
    mean = np.zeros((len(sets), chains, truth.shape[1]))
    squares, below, kept = np.zeros_like(mean), np.zeros_like(mean), 0
    for iteration in range(iterations):
        member = np.stack([~second, second], axis=1).astype(float)
        gammas = rng.standard_gamma(2 + member.sum(axis=2))  # the weights' prior is Dirichlet(2)
        state = replace(state, theta=gammas / gammas.sum(axis=1, keepdims=True))
        state = of.update(member, state, rng)
        state, terms = exchange(of, state, of.blocks[iteration % len(of.blocks)], rng)
        log_odds = np.clip(terms[:, 0] - terms[:, 1], -700, 700)
        second = rng.random(log_odds.shape) < 1 / (1 + np.exp(log_odds))
        if iteration >= BURN_IN * iterations and iteration % EVERY == 0:
            values = state.row().reshape(mean.shape)
            kept += 1
            deviation = values - mean
            mean += deviation / kept
            squares += deviation * (values - mean)
            below += values < truth[:, None]
    variance = squares / kept
    overall = mean.mean(axis=1)
    between = ((mean - overall[:, None]) ** 2).mean(axis=1)
    return Posteriors(
        np.array(numbers),
        overall,
        np.sqrt(variance.mean(axis=1) + between),
        mean,
        np.sqrt(variance),
        below.mean(axis=1) / kept,
    )


def exchange(
    of: Likelihood, state: State, block: str, rng: np.random.Generator
) -> tuple[State, Array]:
    """Exchange a block of the two components' parameters where the likelihood lets it.

    The priors of both components are the same, so that the likelihood alone decides, summed over
    the allocations. Returns the state, and log weight plus log density of each row (S, 2, N).
    """
    exchanged = replace(state, **{block: getattr(state, block)[:, ::-1]})
    terms, others = (
        np.log(one.theta)[:, :, None] + of.log_density(one) for one in (state, exchanged)
    )
    gain = np.logaddexp(others[:, 0], others[:, 1]).sum(1)
    gain -= np.logaddexp(terms[:, 0], terms[:, 1]).sum(1)
    go = np.log(rng.random(len(gain))) < gain
    moved = np.where(
        go.reshape((-1,) + (1,) * (getattr(state, block).ndim - 1)),
        getattr(exchanged, block),
        getattr(state, block),
    )
    return replace(state, **{block: moved}), np.where(go[:, None, None], others, terms)


def main() -> None:
    """Sample what was asked for, and keep it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--iterations", type=int, default=20_000)
    parser.add_argument("--chains", type=int, default=4, help="of each data set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    model, numbers = MODELS[arguments.model], range(arguments.first, arguments.last + 1)
    began = time.perf_counter()
    found = posteriors(model, numbers, arguments.iterations, arguments.chains, arguments.seed)
    unsettled = found.number[~found.settled].tolist()
    print(f"{model.name}: {len(unsettled)} of {len(numbers)} not settled", flush=True)
    if unsettled:
        longer = 10 * arguments.iterations
        again = posteriors(model, unsettled, longer, arguments.chains, arguments.seed + 1)
        found = found.with_longer(again)
        unsettled = found.number[~found.settled].tolist()
        print(f"{model.name}: after {longer} iterations not settled: {unsettled}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"gibbs-{model.name}.npz"
    np.savez(path, **vars(found), settled=found.settled)
    print(f"{path}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
