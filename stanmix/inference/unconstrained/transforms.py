"""Stan's transforms of constrained vectors, along the last axis, and their Jacobians.

All are of the Stan Reference Manual (Constraint Transforms). Stan up to 2.36 makes a simplex by
breaking a stick; from 2.37 it takes isometric log-ratios (Egozcue et al., 2003, Isometric logratio
transformations for compositional data analysis, Mathematical Geology 35).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, logit, softmax

from stanmix.model import correlations

__all__ = [
    "LOG_RATIOS",
    "Bijection",
    "CorrelationFactor",
    "Correlations",
    "Identity",
    "Ordered",
    "PositiveOrdered",
    "Stacked",
    "simplex_of",
]

Array = NDArray[np.float64]

# The first Stan that takes a simplex by isometric log-ratios.
LOG_RATIOS = (2, 37)


class Bijection(Protocol):
    """Constrained vectors (..., J) and their free ones (..., D)."""

    def free(self, values: Array) -> Array:
        """Return the free vectors of values; infinite, or no number, on a boundary."""

    def constrain(self, free: Array) -> Array:
        """Return the values of free vectors."""

    def log_jacobian(self, free: Array) -> Array:
        """Return terms (..., D) of which the sum is the log Jacobian at free vectors (..., D)."""

    def slope(self, free: Array) -> Array:
        """Return the gradient (..., D) of the log Jacobian."""


class Identity:
    """Numbers without a constraint."""

    def free(self, values: Array) -> Array:
        """Return the values."""
        return values

    def constrain(self, free: Array) -> Array:
        """Return the values."""
        return free

    def log_jacobian(self, free: Array) -> Array:
        """Return zeros."""
        return np.zeros(free.shape)

    def slope(self, free: Array) -> Array:
        """Return zeros."""
        return np.zeros(free.shape)


class Ordered:
    """Ascending numbers: the first, and the logarithms of what each adds."""

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        return np.concatenate([values[..., :1], np.log(np.diff(values))], axis=-1)

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        steps = np.concatenate([free[..., :1], np.exp(free[..., 1:])], axis=-1)
        return np.asarray(np.cumsum(steps, axis=-1))

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        return free * self.slope(free)

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        return np.broadcast_to(np.arange(free.shape[-1]) > 0, free.shape).astype(np.float64)


class PositiveOrdered:
    """Ascending positive numbers: the logarithms of what each adds to the one before."""

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        return np.asarray(np.log(np.diff(values, prepend=0.0)))

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        return np.asarray(np.cumsum(np.exp(free), axis=-1))

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        return free.copy()

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        return np.ones(free.shape)


class Correlations:
    """Correlations (P,) of the pairs of columns, as Fisher's z of partial correlations.

    The Jacobian is that of the Cholesky factor of their matrix, which Stan's densities are of.
    """

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        return np.asarray(np.arctanh(correlations.partials(values)))

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        return correlations.correlations(correlations.factors(np.tanh(free)))

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        # Of a number in (-1, 1), and of what it leaves to those that follow in its row.
        return self._times(free) * correlations.log_unexplained(free)

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        return np.asarray(-2 * self._times(free) * np.tanh(free))

    def _times(self, free: Array) -> Array:
        return 1 + correlations.following(free.shape[-1]) / 2


class CorrelationFactor(Correlations):
    """The Cholesky factor of a matrix of correlations, (D, D) in one row."""

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        D = math.isqrt(values.shape[-1])
        factor = values.reshape(*values.shape[:-1], D, D)
        return super().free(correlations.correlations(factor))

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        factor = correlations.factors(np.tanh(free))
        return factor.reshape(*factor.shape[:-2], -1)


class StickBreaking:
    """A simplex (K,) as K - 1 parts that each take of what the earlier ones have left."""

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        # What is left of the stick before each break.
        left = np.cumsum(values[..., ::-1], axis=-1)[..., :0:-1]
        return np.asarray(logit(values[..., :-1] / left) + np.log(_after(left.shape[-1])))

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        broken = expit(free - np.log(_after(free.shape[-1])))
        whole = np.ones((*free.shape[:-1], 1))
        left = np.cumprod(np.concatenate([whole, 1 - broken], axis=-1), axis=-1)
        return np.concatenate([broken * left[..., :-1], left[..., -1:]], axis=-1)

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        after = _after(free.shape[-1])
        at = free - np.log(after)
        # Each break takes expit(at); all that follow have a factor of what it leaves.
        return np.asarray(-np.logaddexp(0.0, -at) - after * np.logaddexp(0.0, at))

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        after = _after(free.shape[-1])
        return np.asarray(1 - (1 + after) * expit(free - np.log(after)))


class LogRatios:
    """A simplex (K,) as its logarithms along K - 1 orthonormal directions that sum to zero."""

    def free(self, values: Array) -> Array:
        """Return the free vector of values."""
        logs = np.log(values)
        many = np.arange(1.0, values.shape[-1])
        with np.errstate(invalid="ignore"):
            along = np.cumsum(logs, axis=-1)[..., :-1] - many * logs[..., 1:]
        return np.asarray(along / np.sqrt(many * (many + 1)))

    def constrain(self, free: Array) -> Array:
        """Return the values of a free vector."""
        return np.asarray(softmax(_sums_to_zero(free), axis=-1))

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        K = free.shape[-1] + 1
        logs = log_softmax(_sums_to_zero(free), axis=-1).sum(axis=-1, keepdims=True)
        return np.asarray(np.broadcast_to((logs + np.log(K) / 2) / max(K - 1, 1), free.shape))

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        K = free.shape[-1] + 1
        theta = softmax(_sums_to_zero(free), axis=-1)
        many = np.arange(1.0, K)
        along = np.cumsum(theta, axis=-1)[..., :-1] - many * theta[..., 1:]
        return np.asarray(-K * along / np.sqrt(many * (many + 1)))


@dataclass(frozen=True)
class Stacked:
    """Several vectors of one length and one transform, one after the other.

    Attributes
    ----------
    each : Bijection
    vectors : int
        How many.
    """

    each: Bijection
    vectors: int

    def free(self, values: Array) -> Array:
        """Return the free vectors of values, all in one."""
        return self._joined(self.each.free(self._apart(values)))

    def constrain(self, free: Array) -> Array:
        """Return the values of free vectors, all in one."""
        return self._joined(self.each.constrain(self._apart(free)))

    def log_jacobian(self, free: Array) -> Array:
        """Return terms of the log Jacobian."""
        return self._joined(self.each.log_jacobian(self._apart(free)))

    def slope(self, free: Array) -> Array:
        """Return the gradient of the log Jacobian."""
        return self._joined(self.each.slope(self._apart(free)))

    def _apart(self, values: Array) -> Array:
        length = values.shape[-1] // self.vectors  # which NumPy does not tell of no points
        return values.reshape(*values.shape[:-1], self.vectors, length)

    def _joined(self, values: Array) -> Array:
        return values.reshape(*values.shape[:-2], self.vectors * values.shape[-1])


def simplex_of(stan_version: tuple[int, ...]) -> Bijection:
    """Return the transform of a simplex that a version of Stan has."""
    return LogRatios() if stan_version >= LOG_RATIOS else StickBreaking()


def _after(breaks: int) -> Array:
    """Return how many parts follow each break; shifts by its log put the uniform one at zero."""
    return np.arange(breaks, 0, -1, dtype=np.float64)


def _sums_to_zero(free: Array) -> Array:
    """Return vectors (..., K) that sum to zero of their coordinates (..., K - 1).

    Coordinate n goes along n equal numbers and one that makes up for them, Helmert's contrast.
    """
    many = np.arange(1.0, free.shape[-1] + 1)
    steps = free / np.sqrt(many * (many + 1))
    end = np.zeros((*free.shape[:-1], 1))
    later = np.cumsum(steps[..., ::-1], axis=-1)[..., ::-1]
    made_up = np.concatenate([end, many * steps], axis=-1)
    return np.asarray(np.concatenate([later, end], axis=-1) - made_up)
