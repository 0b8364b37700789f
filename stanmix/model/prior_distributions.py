"""The priors as distributions of SciPy, by the numbers that the Stan programs know them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import scipy  # its statistics are loaded when they are first asked for: they take long

__all__ = ["FLAT", "UNIFORM", "distribution", "known"]

FLAT, UNIFORM = 0, 12


def _asymmetric_laplace(mu: float, sigma: float, tau: float) -> Any:
    """Return Stan's skew double exponential: slopes 2 (1 - tau) / sigma below mu, 2 tau above."""
    kappa = np.sqrt(tau / (1 - tau))
    return scipy.stats.laplace_asymmetric(kappa, mu, kappa * sigma / (2 * tau))


_BY_CODE: dict[int, Callable[[Sequence[Any]], Any]] = {
    1: lambda a: scipy.stats.norm(a[0], a[1]),
    2: lambda a: scipy.stats.t(a[0], a[1], a[2]),
    3: lambda a: scipy.stats.cauchy(a[0], a[1]),
    4: lambda a: scipy.stats.laplace(a[0], a[1]),
    5: lambda a: scipy.stats.logistic(a[0], a[1]),
    6: lambda a: scipy.stats.norm(0, a[0]),
    7: lambda a: scipy.stats.t(a[0], 0, a[1]),
    8: lambda a: scipy.stats.expon(scale=1 / a[0]),
    9: lambda a: scipy.stats.gamma(a[0], scale=1 / a[1]),
    10: lambda a: scipy.stats.invgamma(a[0], scale=a[1]),
    11: lambda a: scipy.stats.lognorm(a[1], scale=np.exp(a[0])),
    UNIFORM: lambda a: scipy.stats.uniform(a[0], a[1] - a[0]),
    13: lambda a: scipy.stats.weibull_min(a[0], scale=a[1]),
    14: lambda a: scipy.stats.invweibull(a[0], scale=a[1]),
    15: lambda a: scipy.stats.fisk(a[1], scale=a[0]),
    16: lambda a: scipy.stats.pareto(a[1], scale=a[0]),
    17: lambda a: scipy.stats.lomax(a[2], loc=a[0], scale=a[1]),
    18: lambda a: scipy.stats.gumbel_r(a[0], a[1]),
    19: lambda a: scipy.stats.skewnorm(a[2], a[0], a[1]),
    20: lambda a: _asymmetric_laplace(*a[:3]),
    21: lambda a: scipy.stats.exponnorm(1 / (a[1] * a[2]), a[0], a[1]),
    22: lambda a: scipy.stats.beta(a[0], a[1]),
}


def known(code: int) -> bool:
    """Return whether a prior is a distribution, as a flat one is not."""
    return code in _BY_CODE


def distribution(code: int, arguments: Iterable[Any]) -> Any:
    """Return the frozen distribution of a prior.

    Parameters
    ----------
    code : int
        The prior's number in the programs (`stanmix.model.priors.Prior.code`).
    arguments : iterable of float or ndarray
        In Stan's order, padded or not; arrays are of as many distributions.

    Returns
    -------
    scipy.stats frozen distribution
        On all numbers where the prior's formula is; whoever holds a positive parameter to it cuts
        it at zero. A half-normal and a half-t are the whole ones.
    """
    return _BY_CODE[code]([np.asarray(value, dtype=float)[()] for value in arguments])
