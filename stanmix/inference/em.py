"""Expectation-maximisation for normal mixtures, to find where the posterior mass lies.

EM serves starting points alone; inference is Stan's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EM", "State"]

Array = NDArray[np.float64]

TOLERANCE = 1e-7  # log-likelihood that a step must bring


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
        # Columns of one size condition the equations.
        self._length = np.sqrt((X**2).mean(axis=0))
        self._scaled = X / self._length

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
            log_density = _log_sum_exp(log_joint)
            responsibilities = np.exp(log_joint - log_density[:, None])
            log_likelihood = float(weights @ log_density)
            if abs(log_likelihood - previous) < TOLERANCE:
                break
            previous = log_likelihood
        smallest = float((responsibilities * weights[:, None]).sum(axis=0).min())
        return State(theta, beta, sigma, log_likelihood, smallest)

    def log_density(self, state: State) -> Array:
        """Return the log density of each row (N,) at a state; it knows no numbering."""
        return _log_sum_exp(self._log_joint(state.theta, state.beta, state.sigma))

    def responsibilities(self, state: State) -> Array:
        """Return the responsibilities (N, K) at a state."""
        log_joint = self._log_joint(state.theta, state.beta, state.sigma)
        result: Array = np.exp(log_joint - _log_sum_exp(log_joint)[:, None])
        return result

    def _maximise(self, weights: Array) -> tuple[Array, Array, Array]:
        size = weights.sum(axis=0) + 1e-10
        theta = size / size.sum() if self.known_theta is None else self.known_theta
        # einsum keeps to one thread: the threads of BLAS, on matrices as thin as these, cost more
        # than they bring, most of all beside other running chains.
        X = self._scaled
        weighted = weights[:, :, None] * X[:, None, :]
        ridge = 1e-10 * (size + 1)[:, None, None] * np.eye(X.shape[1])
        left = np.einsum("nkp,nq->kpq", weighted, X) + ridge
        right = np.einsum("nkp,n->kp", weighted, self.y)
        beta = np.linalg.solve(left, right[:, :, None])[:, :, 0] / self._length
        if self.known_sigma is not None:
            return theta, beta, self.known_sigma
        squares = (weights * (self.y[:, None] - self._linear(beta)) ** 2).sum(axis=0)
        if self.shared_sigma:
            variance = np.full(len(size), squares.sum() / size.sum())
        else:
            variance = squares / size
        return theta, beta, np.maximum(np.sqrt(variance), self._floor)

    def _log_joint(self, theta: Array, beta: Array, sigma: Array) -> Array:
        z = (self.y[:, None] - self._linear(beta)) / sigma
        with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
            log_theta = np.log(theta)
        result: Array = log_theta - np.log(sigma) - 0.5 * z * z - 0.5 * np.log(2 * np.pi)
        return result

    def _linear(self, beta: Array) -> Array:
        result: Array = np.einsum("np,kp->nk", self.X, beta)
        return result


def _log_sum_exp(values: Array) -> Array:
    """Sum of exponentials over the components (N, K) -> (N,); SciPy's is slow on thin arrays."""
    largest = values.max(axis=1)
    result: Array = largest + np.log(np.exp(values - largest[:, None]).sum(axis=1))
    return result
