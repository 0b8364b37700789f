"""Expectation-maximisation for normal mixtures, to find where the posterior mass lies.

EM serves starting points alone; inference is Stan's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["EM", "State"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """Parameters of a mixture of normal regressions with their log-likelihood.

    Attributes
    ----------
    theta : ndarray of shape (K,)
    beta : ndarray of shape (K, P)
    sigma : ndarray of shape (K,)
        All equal where the scale is shared.
    log_likelihood : float
        Of the rows that EM saw.
    smallest : float
        Expected number of rows in the smallest component.
    """

    theta: Array
    beta: Array
    sigma: Array
    log_likelihood: float
    smallest: float


class EM:
    """EM for mixtures of normal regressions (DeSarbo & Cron, 1988, J. Classif. 5, 249-282).

    Parameters
    ----------
    y : ndarray of shape (N,)
    X : ndarray of shape (N, P)
        Of full column rank; a column of ones for components with a mean alone.
    shared_sigma : bool
    theta, sigma : ndarray of shape (K,) or None
        Known weights and scales.
    """

    # A component never shrinks below this part of the overall scale: the likelihood is unbounded
    # there, and a start on such a spike is of no use.
    FLOOR = 1e-3

    def __init__(
        self,
        y: Array,
        X: Array,
        *,
        shared_sigma: bool = False,
        theta: Array | None = None,
        sigma: Array | None = None,
    ) -> None:
        self.y, self.X = y, X
        self.shared_sigma = shared_sigma
        self.known_theta, self.known_sigma = theta, sigma
        self._floor = self.FLOOR * float(np.std(y))
        self._length = np.sqrt((X**2).mean(axis=0))  # columns of one size condition the equations

    def run(self, responsibilities: Array, weights: Array | None = None, steps: int = 500) -> State:
        """Iterate from given responsibilities until the log-likelihood stands still.

        Parameters
        ----------
        responsibilities : ndarray of shape (N, K)
            Rows sum to one.
        weights : ndarray of shape (N,), optional
            Weight of each row, for bootstrap replicates; default one.
        steps : int
            At most so many iterations.
        """
        weights = np.ones(len(self.y)) if weights is None else weights
        previous = -np.inf
        for _ in range(steps):
            theta, beta, sigma = self._maximise(responsibilities * weights[:, None])
            log_joint = self._log_joint(theta, beta, sigma)
            log_density = logsumexp(log_joint, axis=1)
            responsibilities = np.exp(log_joint - log_density[:, None])
            log_likelihood = float(weights @ log_density)
            if abs(log_likelihood - previous) < 1e-9 * (1 + abs(log_likelihood)):
                break
            previous = log_likelihood
        smallest = float((responsibilities * weights[:, None]).sum(axis=0).min())
        return State(theta, beta, sigma, log_likelihood, smallest)

    def responsibilities(self, state: State) -> Array:
        """Return the responsibilities (N, K) at a state."""
        log_joint = self._log_joint(state.theta, state.beta, state.sigma)
        result: Array = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
        return result

    def _maximise(self, weights: Array) -> tuple[Array, Array, Array]:
        size = weights.sum(axis=0) + 1e-10
        theta = size / size.sum() if self.known_theta is None else self.known_theta
        X = self.X / self._length
        beta = np.empty((weights.shape[1], X.shape[1]))
        for k, w in enumerate(weights.T):
            weighted = X * w[:, None]
            ridge = 1e-10 * (size[k] + 1) * np.eye(X.shape[1])
            beta[k] = np.linalg.solve(X.T @ weighted + ridge, weighted.T @ self.y)
        beta /= self._length
        if self.known_sigma is not None:
            return theta, beta, self.known_sigma
        squares = (weights * (self.y[:, None] - self.X @ beta.T) ** 2).sum(axis=0)
        if self.shared_sigma:
            variance = np.full(len(size), squares.sum() / size.sum())
        else:
            variance = squares / size
        return theta, beta, np.maximum(np.sqrt(variance), self._floor)

    def _log_joint(self, theta: Array, beta: Array, sigma: Array) -> Array:
        z = (self.y[:, None] - self.X @ beta.T) / sigma
        with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
            log_theta = np.log(theta)
        result: Array = log_theta - np.log(sigma) - 0.5 * z * z - 0.5 * np.log(2 * np.pi)
        return result
