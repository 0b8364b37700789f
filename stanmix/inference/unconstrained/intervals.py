"""Numbers within an interval, on the real line and back, as Stan takes them.

``x`` itself where nothing bounds it, ``log(x - lower)`` where only a lower end does, and
``logit((x - lower) / (upper - lower))`` between two ends (Stan Reference Manual, Constraint
Transforms). All functions take arrays of ends that broadcast with the values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["Interval"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Ends of intervals, one for each of some numbers.

    Attributes
    ----------
    lower, upper : ndarray of shape (P,), or (K, P) where those of each component differ
        Infinite where there is no such end; where there is an upper end, there is a lower one.
    """

    lower: Array
    upper: Array

    @property
    def bounded(self) -> bool:
        """Whether any number has an end."""
        return bool(np.isfinite(self.lower).any())

    def free(self, values: Array) -> Array:
        """Return values (..., P) on the real line; on an end they are infinite."""
        if not self.bounded:
            return values
        below, above, low, width = self._ends
        inside = np.where(below, values, (values - low) / width)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(inside) - np.log1p(-np.where(above, 0.0, inside))
        return np.where(below, values, logs)

    def constrain(self, free: Array) -> Array:
        """Return the values (..., P) of which `free` are those on the real line."""
        if not self.bounded:
            return free
        below, above, low, width = self._ends
        with np.errstate(over="ignore"):
            inside = np.where(above, np.exp(np.where(below, 0.0, free)), expit(free))
        return np.where(below, free, low + width * inside)

    def log_jacobian(self, free: Array) -> Array:
        """Return the log derivative of the values in their free ones, (..., P)."""
        if not self.bounded:
            return np.zeros(free.shape)
        below, above, _, width = self._ends
        # The logarithm of inside * (1 - inside), where inside = expit(free).
        within = -np.logaddexp(0.0, free) - np.logaddexp(0.0, -free)
        jacobian = np.where(above, free, np.log(width) + within)
        return np.where(below, 0.0, jacobian)

    def slope(self, free: Array) -> Array:
        """Return the derivative of `log_jacobian`, (..., P)."""
        if not self.bounded:
            return np.zeros(free.shape)
        below, above, _, _ = self._ends
        return np.where(below, 0.0, np.where(above, 1.0, 1 - 2 * expit(free)))

    @property
    def _ends(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Array, Array]:
        """Which have no end below, and none above; the lower end, and the distance to the upper."""
        below, above = np.isneginf(self.lower), np.isposinf(self.upper)
        low = np.where(below, 0.0, self.lower)
        return below, above, low, np.where(above, 1.0, self.upper - low)
