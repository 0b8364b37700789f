"""EM for responses of several columns, independent within a component."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.starts.em import EM, State

__all__ = ["MultivariateEM"]

Array = NDArray[np.float64]


class MultivariateEM(EM):
    """EM for mixtures of normals with spherical or diagonal covariances (`EM` has the rest).

    Parameters
    ----------
    y : ndarray of shape (N, D)
    X : ndarray of shape (N, 1)
        A column of ones.
    spherical : bool
        Whether a component has one scale for all columns.
    common : bool
        Whether a component has one mean for all columns.
    **parameters
        As of `EM`.
    """

    def __init__(
        self, y: Array, X: Array, *, spherical: bool, common: bool, **parameters: Any
    ) -> None:
        super().__init__(y, X, **parameters)
        self.spherical, self.common = spherical, common

    def _components(self, weights: Array, at: State | None) -> tuple[Array, Array]:
        size = weights.sum(axis=0)[:, None] + 1e-10
        sums = np.einsum("nk,nd->kd", weights, self.y)
        if self.common:
            # The mean that weighs columns by their precision, at the scales of the step before.
            scale = np.ones(len(sums)) if at is None else at.sigma
            precision = np.broadcast_to(scale.T, sums.T.shape).T ** -2.0
            mean = (precision * sums).sum(axis=1) / (precision * size).sum(axis=1)
            beta = np.repeat(mean[:, None], sums.shape[1], axis=1)
        else:
            beta = sums / size
        if self.known_sigma is not None:
            return beta, self.known_sigma
        residual = self.y[:, None, :] - beta
        squares = np.einsum("nk,nkd->kd", weights, residual**2)
        if self.shared_sigma:
            squares, size = squares.sum(axis=0, keepdims=True), size.sum(axis=0, keepdims=True)
        variance = squares / size
        if self.spherical:
            variance = variance.mean(axis=1, keepdims=True)
        scale = np.maximum(np.sqrt(variance), self._floor)
        scale = np.broadcast_to(scale, (len(beta), scale.shape[1]))
        return beta, scale[:, 0] if self.spherical else scale

    def _log_densities(self, state: State) -> Array:
        scale = state.sigma[:, None] if state.sigma.ndim == 1 else state.sigma
        z = (self.y[:, None, :] - state.beta) / scale
        constant = np.log(np.broadcast_to(scale, state.beta.shape)).sum(axis=1)
        constant = constant + 0.5 * self.y.shape[1] * np.log(2 * np.pi)
        return np.asarray(-0.5 * (z * z).sum(axis=2) - constant)
