"""Expectation-maximisation, to find where the posterior mass lies.

EM serves starting points alone; inference is Stan's.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, log_softmax

from stanmix import robust
from stanmix.beside import Beside
from stanmix.inference.weighted_fits import multinomial_logit, poisson_log_linear

__all__ = ["EM", "State"]

Array = NDArray[np.float64]

TOLERANCE = 1e-7  # log-likelihood that a step must bring


@dataclass(frozen=True)
class State:
    """Parameters of a mixture of regressions with their log-likelihood.

    Attributes
    ----------
    theta : ndarray of shape (K,)
        With gating, the mean weights.
    beta : ndarray of shape (K, P), or (K, D) for responses of D columns
        Coefficients; Poisson: of the log mean. For several columns, their means.
    sigma : ndarray of shape (K,), or (K, D)
        All rows equal where the scale is shared; ones for a family without a scale.
    log_likelihood : float
        Of the rows that EM saw.
    smallest : float
        Expected number of rows in the smallest component.
    gamma : ndarray of shape (K, Q), optional
        Coefficients of the weights, summing to zero over the components.
    """

    theta: Array
    beta: Array
    sigma: Array
    log_likelihood: float
    smallest: float
    gamma: Array | None = None


class EM:
    """EM for mixtures of regressions (DeSarbo & Cron, 1988, J. Classif. 5, 249-282).

    Parameters
    ----------
    y : ndarray of shape (N,)
    X : ndarray of shape (N, P)
        Of full column rank; a column of ones for components with a mean alone.
    family : {"normal", "poisson"}
        Of the subclass `stanmix.inference.multivariate_em.MultivariateEM`: its own.
    shared_sigma : bool
    theta, sigma : ndarray of shape (K,) or None
        Known weights and scales.
    beside : Beside, optional
        Offset, frequencies, groups and gating covariates of the rows.
    """

    # A component never shrinks below this part of the overall scale, of which outliers are no part:
    # the likelihood is unbounded there, and a start on such a spike is of no use.
    FLOOR = 1e-3

    def __init__(
        self,
        y: Array,
        X: Array,
        *,
        family: str = "normal",
        shared_sigma: bool = False,
        theta: Array | None = None,
        sigma: Array | None = None,
        beside: Beside | None = None,
    ) -> None:
        rows = beside or Beside()
        self.y, self.X = y, X
        self.poisson = family == "poisson"
        self._log_factorial = gammaln(y + 1) if self.poisson else np.zeros(0)
        self.shared_sigma = shared_sigma
        self.known_theta, self.known_sigma = theta, sigma
        self.offset = np.zeros(len(y)) if rows.offset is None else rows.offset
        self.frequency = np.ones(len(y)) if rows.weights is None else rows.weights
        self.group, self.units = rows.group, rows.groups or len(y)
        # Columns of one size condition the equations.
        self._length = np.sqrt((X**2).mean(axis=0))
        self._scaled = X / self._length
        self.Z = None if rows.Z is None else rows.gating_rows
        if self.Z is not None:
            self._gating_length = np.sqrt((self.Z**2).mean(axis=0))
            self._scaled_Z = self.Z / self._gating_length
        # The response on the scale of the linear predictor, to find starts from.
        shift = self.offset if y.ndim == 1 else 0.0
        self.linear_y = (np.log(y + 0.5) if self.poisson else y) - shift
        by_column = self.linear_y.reshape(len(y), -1).T
        sds = np.array([robust.moments(column, self.frequency)[1] for column in by_column])
        self._floor = self.FLOOR * (sds if y.ndim > 1 else sds[0])

    def run(
        self,
        responsibilities: Array,
        weights: Array | None = None,
        steps: int = 500,
        part: float = 0.0,
    ) -> State:
        """Iterate from given responsibilities until the log-likelihood stands still.

        Parameters
        ----------
        responsibilities : ndarray of shape (N, K)
            Rows sum to one.
        weights : ndarray of shape (N,), optional
            Weight of each row, equal within a group, for bootstrap replicates; default one.
        steps : int
            At most so many iterations.
        part : float
            Stop as well where a step brings less than this part of what all steps since the first
            have brought.
        """
        weights = np.ones(len(self.y)) if weights is None else weights
        rows = self.frequency * weights
        # What a unit counts: a row of weight w is w rows, but a group is one whatever its rows.
        counts = rows if self.group is None else self.first_of_units(weights)
        first = previous = -np.inf
        state = None
        for _ in range(steps):
            state = self._maximise(responsibilities, rows, counts, state)
            log_joint = self._log_joint(state)
            log_density = _log_sum_exp(log_joint)
            responsibilities = self.spread(np.exp(log_joint - log_density[:, None]))
            log_likelihood = float(counts @ log_density)
            gain = log_likelihood - previous
            if abs(gain) < TOLERANCE or gain < part * (log_likelihood - first):
                break
            first = log_likelihood if np.isinf(first) else first
            previous = log_likelihood
        assert state is not None  # there is at least one step
        smallest = float(_column_sums(responsibilities * rows[:, None]).min())
        return dataclasses.replace(state, log_likelihood=log_likelihood, smallest=smallest)

    def log_density(self, state: State) -> Array:
        """Return the log density of each row, or group of rows; it knows no numbering."""
        return _log_sum_exp(self._log_joint(state))

    def without(self, component: int) -> EM:
        """Return EM on the same data for the mixture without a component, counted from 0."""
        smaller = copy.copy(self)
        if self.known_theta is not None:
            smaller.known_theta = np.delete(self.known_theta, component)
        if self.known_sigma is not None:
            smaller.known_sigma = np.delete(self.known_sigma, component, axis=0)
        return smaller

    def responsibilities(self, state: State) -> Array:
        """Return the responsibilities (N, K) at a state."""
        log_joint = self._log_joint(state)
        return self.spread(np.exp(log_joint - _log_sum_exp(log_joint)[:, None]))

    def by_unit(self, values: Array) -> Array:
        """Return the means (U, ...) of values of rows (N, ...) within groups; rows without."""
        if self.group is None:
            return values
        total = np.zeros((self.units, *values.shape[1:]))
        np.add.at(total, self.group, values)
        sizes = np.bincount(self.group, minlength=self.units)
        return np.asarray(total / sizes.reshape(-1, *[1] * (values.ndim - 1)))

    def spread(self, values: Array) -> Array:
        """Return values of units (U, K) for their rows (N, K)."""
        return values if self.group is None else values[self.group]

    def first_of_units(self, values: Array) -> Array:
        """Return values of rows that are equal within groups, (N, ...), for each unit, (U, ...)."""
        if self.group is None:
            return values
        result: Array = values[np.unique(self.group, return_index=True)[1]]
        return result

    def _maximise(
        self, responsibilities: Array, rows: Array, counts: Array, at: State | None
    ) -> State:
        weights = responsibilities * rows[:, None]
        belong = weights
        if self.group is not None:
            belong = self.first_of_units(responsibilities) * counts[:, None]
        units = _column_sums(belong) + 1e-10
        theta = units / units.sum() if self.known_theta is None else self.known_theta
        gamma = None
        if self.Z is not None:
            begin = np.zeros((len(units), self.Z.shape[1]))
            if at is not None and at.gamma is not None:
                begin = at.gamma * self._gating_length
            gamma = multinomial_logit(self._scaled_Z, belong, begin) / self._gating_length
        beta, sigma = self._components(weights, at)
        return State(theta, beta, sigma, 0.0, 0.0, gamma)

    def _components(self, weights: Array, at: State | None) -> tuple[Array, Array]:
        """Return coefficients and scales that fit rows of these weights (N, K) best."""
        if self.poisson:
            begin = self._least_squares(weights) if at is None else at.beta
            begin = begin * self._length
            beta = poisson_log_linear(self.y, self._scaled, self.offset, weights, begin)
            return beta / self._length, np.ones(len(beta))
        beta = self._least_squares(weights)
        return beta, self._scale(weights, beta)

    def _least_squares(self, weights: Array) -> Array:
        # einsum keeps to one thread: the threads of BLAS, on matrices as thin as these, cost more
        # than they bring, most of all beside other running chains.
        X = self._scaled
        weighted = weights[:, :, None] * X[:, None, :]
        size = _column_sums(weights) + 1e-10
        ridge = 1e-10 * (size + 1)[:, None, None] * np.eye(X.shape[1])
        left = np.einsum("nkp,nq->kpq", weighted, X) + ridge
        right = np.einsum("nkp,n->kp", weighted, self.linear_y)
        return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0] / self._length)

    def _scale(self, weights: Array, beta: Array) -> Array:
        if self.known_sigma is not None:
            return self.known_sigma
        size = _column_sums(weights) + 1e-10
        squares = _column_sums(weights * (self.linear_y[:, None] - self._linear(beta)) ** 2)
        if self.shared_sigma:
            variance = np.full(len(size), squares.sum() / size.sum())
        else:
            variance = squares / size
        return np.asarray(np.maximum(np.sqrt(variance), self._floor))

    def _log_joint(self, state: State) -> Array:
        """Return log weight + log density of each unit in each component, (U, K)."""
        log_f = self._log_densities(state)
        if self.group is not None:
            of_rows = self.frequency[:, None] * log_f
            log_f = np.zeros((self.units, log_f.shape[1]))
            np.add.at(log_f, self.group, of_rows)
        if self.Z is not None:
            assert state.gamma is not None  # `_maximise` made it
            logits: Array = np.einsum("uq,kq->uk", self.Z, state.gamma)
            return np.asarray(log_softmax(logits, axis=1) + log_f)
        with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
            return np.asarray(np.log(state.theta) + log_f)

    def _log_densities(self, state: State) -> Array:
        """Return the log density of each row in each component, (N, K)."""
        if self.poisson:
            eta = self._linear(state.beta) + self.offset[:, None]
            with np.errstate(over="ignore"):  # a density of zero
                log_f = self.y[:, None] * eta - np.exp(eta) - self._log_factorial[:, None]
            return np.asarray(log_f)
        z = (self.linear_y[:, None] - self._linear(state.beta)) / state.sigma
        return np.asarray(-np.log(state.sigma) - 0.5 * z * z - 0.5 * np.log(2 * np.pi))

    def _linear(self, beta: Array) -> Array:
        result: Array = np.einsum("np,kp->nk", self.X, beta)
        return result


def _column_sums(values: Array) -> Array:
    """Return sums over rows (N, K) -> (K,), as `sum` adds them, which is slow on thin arrays."""
    return np.asarray(np.einsum("nk->k", values))


def _log_sum_exp(values: Array) -> Array:
    """Sum of exponentials over components (N, K) -> (N,); reductions of thin arrays are slow."""
    largest = functools.reduce(np.maximum, values.T)
    total = np.einsum("nk->n", np.exp(values - largest[:, None]))
    return np.asarray(largest + np.log(total))
