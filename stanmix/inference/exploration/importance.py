"""How well draws from an approximation serve as importance draws from the posterior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stanmix import psis

__all__ = ["K_HAT", "LEAST", "effective_draws", "efficiency", "k_hat", "smoothed", "systematic"]

# Vehtari, Simpson, Gelman, Yao & Gabry (2024): above this importance weights are useless.
K_HAT = 0.7
# Fewer draws have no tail to which a Pareto distribution can be fitted.
LEAST = 25


def k_hat(log_ratio: NDArray[np.float64]) -> float:
    """Return the Pareto k-hat of importance ratios.

    Parameters
    ----------
    log_ratio : ndarray of shape (S,)
        Log density of the posterior minus that of the approximation, at draws from the
        approximation itself and not at resampled ones; constants do not matter.

    Returns
    -------
    float
        Below `K_HAT` the ratios have a variance that can be relied on. Minus infinity where they
        are all equal, infinity where the posterior is zero, or not a number, at a draw.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, J. Mach.
    Learn. Res. 25(72).
    """
    if not np.isfinite(log_ratio).all():
        return np.inf
    relative = log_ratio - log_ratio.max()
    if np.ptp(relative) < 1e-9:
        return -np.inf
    return float(psis.smooth(relative)[1])


def effective_draws(weights: NDArray[np.float64]) -> float:
    """Return how many draws weighted ones are worth (Kong, Liu & Wong, 1994)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def efficiency(log_ratio: NDArray[np.float64]) -> float:
    """Return how many draws from the posterior a draw is worth: from 0 to 1.

    The effective sample size of self-normalised importance weights (Kong, Liu & Wong, 1994, J.
    Am. Stat. Assoc. 89, 278-288) for each draw. An approximation that is far too wide has a small
    k-hat, because its weights are bounded, but a small efficiency too.

    Parameters
    ----------
    log_ratio : ndarray of shape (S,)
        As in `k_hat`.
    """
    if not np.isfinite(log_ratio).all():
        return 0.0
    weights = np.exp(log_ratio - log_ratio.max())
    return effective_draws(weights) / len(weights)


def smoothed(log_ratio: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return Pareto-smoothed importance weights, and their Pareto k-hat.

    Parameters
    ----------
    log_ratio : ndarray of shape (S,)
        As in `k_hat`; minus infinity where the posterior is zero.

    Returns
    -------
    weights : ndarray of shape (S,)
        They sum to one.
    k_hat : float
        Infinite if the posterior is zero at every draw.
    """
    fine = np.isfinite(log_ratio)
    weights = np.zeros(len(log_ratio))
    if not fine.any():
        return np.full(len(log_ratio), 1 / len(log_ratio)), np.inf
    relative = log_ratio[fine] - log_ratio[fine].max()
    if np.ptp(relative) < 1e-9:
        weights[fine] = 1 / fine.sum()
        return weights, -np.inf
    # Draws without density count: to the smoothing they are the least of all ratios.
    lowest = np.full((~fine).sum(), relative.min() - 1.0)
    logs, shape = psis.smooth(np.concatenate([relative, lowest]))
    part = np.exp(logs[: fine.sum()])
    weights[fine] = part / part.sum()
    return weights, float(shape)


def systematic(
    weights: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return `count` rows of draws in proportion to their weights, in ascending order.

    A draw of weight w comes ``w * count`` times, rounded up or down (systematic resampling:
    Kitagawa, 1996, J. Comput. Graph. Stat. 5, 1-25).

    Parameters
    ----------
    weights : ndarray of shape (S,)
        They sum to one.
    count : int
    rng : Generator
    """
    at = (np.arange(count) + rng.random()) / count
    rows = np.searchsorted(np.cumsum(weights), at)
    return np.asarray(rows.clip(0, len(weights) - 1))
