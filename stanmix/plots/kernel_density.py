"""The density of draws, smoothed by a kernel whose width knows several modes.

Botev, Grotowski & Kroese (2010), Kernel density estimation via diffusion, Ann. Statist. 38,
2916-2957: between the ends of the draws the kernel is that of diffusion, so that nothing is lost
beyond them, and the cosine transform computes it.
"""

from __future__ import annotations

import numpy as np
import scipy  # its optimisers are loaded when they are first asked for: they take long
from numpy.typing import NDArray
from scipy.fft import dct, idct

__all__ = ["kernel_density"]

Array = NDArray[np.float64]

GRID = 512
_STAGES = 7  # of the plug-in estimate; more change nothing that could be seen
_WIDEST = 0.1  # squared width of a kernel, in units of the squared range


def kernel_density(draws: Array) -> tuple[Array, Array]:
    """Return places from the least to the largest of draws, and the density there.

    Parameters
    ----------
    draws : ndarray of shape (S,)
        Not all the same.

    Returns
    -------
    places, density : ndarray of shape (512,)
    """
    least, span = draws.min(), np.ptp(draws)
    unit = (draws - least) / span
    counts, edges = np.histogram(unit, GRID, (0.0, 1.0))
    waves = dct(counts / len(unit)) / 2  # means of cos(k pi x) over the draws
    rule, plug_in = _silverman(unit), _plug_in(waves[1:], len(unit))
    # As ArviZ: the rule is too wide where modes lie apart, the plug-in unsteady with few draws.
    width = rule if plug_in is None else (rule + plug_in) / 2
    fading = np.exp(-0.5 * (np.arange(GRID) * np.pi * width) ** 2)
    density = idct(2 * waves * fading) * GRID / span
    return least + span * (edges[1:] + edges[:-1]) / 2, np.maximum(density, 0.0)


def _silverman(draws: Array) -> float:
    """Return the width of a kernel by Silverman's rule of thumb, for a single mode."""
    quartiles = np.quantile(draws, [0.25, 0.75])
    spreads = [draws.std(), np.ptp(quartiles) / 1.34]
    return float(0.9 * min(s for s in spreads if s > 0) * len(draws) ** -0.2)


def _plug_in(waves: Array, count: int) -> float | None:
    """Return the width of a kernel by the improved Sheather-Jones method, if it has a solution."""
    k = np.arange(1, len(waves) + 1) * np.pi

    def roughness(order: int, time: float) -> float:
        return float(2 * np.sum(k ** (2 * order) * waves**2 * np.exp(-(k**2) * time)))

    def excess(time: float) -> float:
        norm = roughness(_STAGES, time)
        for order in range(_STAGES - 1, 1, -1):
            odd = np.prod(np.arange(1.0, 2 * order, 2)) / np.sqrt(2 * np.pi)
            factor = 2 * (1 + 0.5 ** (order + 0.5)) / 3 * odd
            norm = roughness(order, (factor / (count * norm)) ** (2 / (3 + 2 * order)))
        return time - float((2 * count * np.sqrt(np.pi) * norm) ** -0.4)

    with np.errstate(all="ignore"):
        ends = excess(0.0), excess(_WIDEST)
        if not np.isfinite(ends).all() or ends[0] * ends[1] >= 0:
            return None
        return float(np.sqrt(scipy.optimize.brentq(excess, 0.0, _WIDEST)))
