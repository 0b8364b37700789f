"""Unconstrained values of Stan from 2.37, as Stan before it has them: with another simplex."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from parameters_block import Declaration
from scipy import linalg, special
from stan_transforms import free_shape


def broken_stick(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The breaks of the stick that make the weights of isometric log-ratios u, and d breaks / du.

    A break is the logit of a weight's part of what the earlier ones have left, moved so that equal
    weights are at zero.
    """
    K = len(u) + 1
    log_x = special.log_softmax(linalg.helmert(K).T @ u)
    of_log_x = (np.eye(K) - np.exp(log_x)) @ linalg.helmert(K).T
    rows = []
    for k in range(K - 1):
        later = special.softmax(log_x[k + 1 :])
        rows.append(of_log_x[k] - later @ of_log_x[k + 1 :])
    left = np.array([special.logsumexp(log_x[k + 1 :]) for k in range(K - 1)])
    return log_x[:-1] - left + np.log(np.arange(K - 1, 0, -1)), np.reshape(rows, (K - 1, K - 1))


def in_older_stan(
    parameters: Iterable[Declaration], data: Mapping[str, Any], u: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The values of the same parameters, their derivatives by u, and the log of its determinant."""
    values, blocks, volume = [np.empty(0)], [], 0.0
    at = 0
    for declaration in parameters:
        *vectors, size = free_shape(declaration, data) or (1,)
        for _ in range(int(np.prod(vectors))):
            part = u[at : at + size]
            if declaration.kind == "simplex":
                part, block = broken_stick(part)
                # Either way of making weights has the Jacobian of their product, but for this.
                volume += 0.5 * np.log(size + 1)
            else:
                block = np.eye(size)
            values.append(part)
            blocks.append(block)
            at += size
    return np.concatenate(values), linalg.block_diag(*blocks), volume


def told_by_older_stan(
    ask: Callable[[np.ndarray], np.ndarray],
    parameters: Iterable[Declaration],
    data: Mapping[str, Any],
    points: np.ndarray,
) -> np.ndarray:
    """Log densities and gradients at points, of what an older Stan says at the same parameters."""
    there = [in_older_stan(parameters, data, u) for u in points]
    found = ask(np.array([values for values, _, _ in there]))
    for row, (_, derivatives, volume) in zip(found, there, strict=True):
        row[0] += volume
        row[1:] = row[1:] @ derivatives
    return found
