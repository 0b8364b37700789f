"""Draws of mixtures with known labels, switched on purpose, for the tests of relabelling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from hypothesis import strategies as st

from stanmix.relabel import apply


@dataclass(frozen=True)
class Draws:
    """Draws of a normal mixture in the plane with unit variances."""

    z: np.ndarray
    p: np.ndarray
    theta: np.ndarray
    weight: np.ndarray
    y: np.ndarray
    truth: np.ndarray

    @property
    def components(self) -> int:
        return self.theta.shape[2]

    def switched(self, perm: np.ndarray) -> Draws:
        """Call component perm[new] by the name new, in plain loops."""
        z, p = np.empty_like(self.z), np.empty_like(self.p)
        theta, weight = np.empty_like(self.theta), np.empty_like(self.weight)
        for c, t in np.ndindex(*perm.shape[:2]):
            for new, old in enumerate(perm[c, t]):
                z[c, t, self.z[c, t] == old] = new
                p[c, t, :, new] = self.p[c, t, :, old]
                theta[c, t, new] = self.theta[c, t, old]
                weight[c, t, new] = self.weight[c, t, old]
        return replace(self, z=z, p=p, theta=theta, weight=weight)

    def rows(self, rows: np.ndarray) -> Draws:
        """Put the observations in another order."""
        return replace(
            self,
            z=self.z[:, :, rows],
            p=self.p[:, :, rows],
            y=self.y[rows],
            truth=self.truth[rows],
        )

    def chains(self, chains: np.ndarray) -> Draws:
        """Put the chains in another order."""
        return replace(
            self,
            z=self.z[chains],
            p=self.p[chains],
            theta=self.theta[chains],
            weight=self.weight[chains],
        )


def make(
    seed: int,
    chains: int = 2,
    draws: int = 12,
    components: int = 3,
    extra: int = 10,
    separation: float = 8.0,
) -> Draws:
    """Make draws without switching; at least three observations a component."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate(
        [np.repeat(np.arange(components), 3), rng.integers(components, size=extra)]
    )
    rng.shuffle(truth)
    angle = 2 * np.pi * np.arange(components) / components
    # On a circle wide enough that neighbours are `separation` apart.
    radius = separation / (2 * np.sin(np.pi / max(components, 2)))
    centres = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    y = centres[truth] + rng.uniform(-1, 1, size=(len(truth), 2))
    theta = centres + 0.2 * rng.normal(size=(chains, draws, components, 2))
    weight = rng.dirichlet(np.full(components, 20.0), size=(chains, draws))
    p = responsibilities(y, theta, weight)
    z = (rng.random((*p.shape[:3], 1)) > p.cumsum(axis=3)[..., :-1]).sum(axis=3)
    return Draws(z, p, theta, weight, y, truth)


def responsibilities(y: np.ndarray, theta: np.ndarray, weight: np.ndarray) -> np.ndarray:
    distance = ((y[:, None] - theta[:, :, None]) ** 2).sum(axis=-1)
    log_p = np.log(weight)[:, :, None] - distance / 2
    p = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def random_permutations(seed: int, chains: int, draws: int, components: int) -> np.ndarray:
    rng = np.random.default_rng([seed, 7])
    return np.argsort(rng.random((chains, draws, components)), axis=-1)


def constant(perm: np.ndarray) -> bool:
    """Say whether all draws of all chains have the same permutation."""
    return bool((perm == perm[0, 0]).all())


def compose(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """first[second]: what relabelling by first, and then by second, comes to."""
    return np.take_along_axis(first, second, axis=-1)


def unchanged(perm: np.ndarray, draws: Draws) -> bool:
    """Say whether relabelling leaves the mixture's density, mean and variance, to 1e-12."""

    def functionals(weight: np.ndarray, theta: np.ndarray) -> list[np.ndarray]:
        distance = ((draws.y[:, None] - theta[:, :, None]) ** 2).sum(axis=-1)
        density = (weight[:, :, None] * np.exp(-distance / 2)).sum(axis=-1)
        moments = [(weight[..., None] * theta**k).sum(axis=2) for k in (1, 2)]
        return [density, *moments]

    before = functionals(draws.weight, draws.theta)
    after = functionals(apply(perm, draws.weight), apply(perm, draws.theta))
    size = 1 + np.abs(draws.theta).max() ** 2
    return all(np.abs(a - b).max() <= 1e-12 * size for a, b in zip(before, after, strict=True))


def cheapest(cost: np.ndarray) -> float:
    """The least cost over all permutations of one (new, old) matrix, by trying them all."""
    names = range(len(cost))
    return min(
        sum(cost[new, old] for new, old in zip(names, q, strict=True)) for q in permutations(names)
    )


seeds = st.integers(0, 2**32 - 1)
few_components = st.integers(1, 5)
