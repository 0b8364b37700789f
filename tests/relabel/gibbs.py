"""A Gibbs sampler of a normal mixture: draws whose labels switch as they do in practice."""

from __future__ import annotations

import numpy as np


def sample(
    y: np.ndarray, components: int, draws: int, seed: int, warmup: int = 100
) -> dict[str, np.ndarray]:
    """Draw from one chain, its labels permuted at random after each draw.

    Priors: weights uniform, means normal around the mean of the data with the range as
    sd, variances inverse gamma(2, 1).
    """
    rng = np.random.default_rng(seed)
    mu, variance = rng.choice(y, components), np.full(components, y.var())
    weight = np.full(components, 1 / components)
    kept: dict[str, list[np.ndarray]] = {"theta": [], "z": [], "p": []}
    for iteration in range(warmup + draws):
        log_p = np.log(weight / np.sqrt(variance)) - (y[:, None] - mu) ** 2 / variance / 2
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        z = (rng.random((len(y), 1)) > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
        if iteration >= warmup:
            kept["theta"].append(np.column_stack([mu, np.log(variance), np.log(weight)]))
            kept["z"].append(z)
            kept["p"].append(p)
        size = np.bincount(z, minlength=components)
        weight = rng.dirichlet(1 + size)
        precision = size / variance + np.ptp(y) ** -2.0
        centre = np.bincount(z, y, components) / variance + y.mean() * np.ptp(y) ** -2.0
        mu = centre / precision + rng.normal(size=components) / np.sqrt(precision)
        squares = np.bincount(z, (y - mu[z]) ** 2, components)
        variance = (1 + squares / 2) / rng.gamma(2 + size / 2)
        switch = rng.permutation(components)
        mu, variance, weight = mu[switch], variance[switch], weight[switch]
    return {name: np.array(values) for name, values in kept.items()}


def log_density(y: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Log weight plus log density, but for a constant, from mean, log variance, log weight."""
    mu, log_variance, log_weight = parameters.T
    return log_weight - log_variance / 2 - (y[:, None] - mu) ** 2 / np.exp(log_variance) / 2
