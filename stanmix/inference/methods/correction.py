"""Draws of an approximation, corrected by importance.

Draws that come with the log density of the posterior and of the approximation are resampled in
proportion to Pareto-smoothed importance weights (Vehtari, Simpson, Gelman, Yao & Gabry, 2024, J.
Mach. Learn. Res. 25(72)), where Pareto k-hat says that these can be relied on.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.importance import (
    K_HAT,
    LEAST,
    effective_draws,
    smoothed,
    systematic,
)
from stanmix.inference.options import ApproximationOptions
from stanmix.inference.runs.output import Importance, Output
from stanmix.streams import Stream, generator

__all__ = ["corrected"]

Array = NDArray[np.float64]


def corrected(output: Output, options: ApproximationOptions) -> Output:
    """Return an approximation's output with its correction, resampled where that may be done.

    Parameters
    ----------
    output : Output
        One chain, with ``log_p`` and ``log_g`` of each draw up to constants.
    options : ApproximationOptions
        ``correct`` says whether draws are to be resampled.

    Returns
    -------
    Output
        As many draws as before, in random order. They are the approximation's own where k-hat is
        `K_HAT` or more, where there are too few of them to tell, and without ``correct``.
    """
    log_ratio = (output.stats["log_p"] - output.stats["log_g"])[0]
    if len(log_ratio) < LEAST:
        return output
    weights, k_hat = smoothed(log_ratio)
    if not np.isfinite(log_ratio).all():
        k_hat = np.inf
    effective = effective_draws(weights)
    means, sds = {}, {}
    for name, values in output.draws.items():
        means[name], sds[name] = _moved(weights, values[0])
    applied = options.correct and bool(k_hat < K_HAT)
    found = Importance(k_hat, effective, applied, means, sds)
    if not applied:
        return dataclasses.replace(output, importance=found)
    rng = generator(options.seed, Stream.CORRECTION)
    rows = rng.permutation(systematic(weights, len(weights), rng))
    return dataclasses.replace(
        output,
        draws={name: values[:, rows] for name, values in output.draws.items()},
        stats={name: values[:, rows] for name, values in output.stats.items()},
        importance=found,
    )


def _moved(weights: Array, values: Array) -> tuple[Array, Array]:
    """Return how far weights move means, in sds, and the logarithm of the factors of sds."""
    mean, before = np.tensordot(weights, values, axes=1), values.mean(axis=0)
    sd = np.sqrt(np.tensordot(weights, (values - mean) ** 2, axes=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        moved, factor = (mean - before) / sd, np.log(sd / values.std(axis=0))
    # Of what is known, or is the same in all draws, nothing moves.
    same = np.ptp(values, axis=0) == 0
    return np.where(same, 0.0, moved), np.where(same, 0.0, factor)
