"""What rows are expected to have that lack some columns of a vector."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.inference.starts.completed import completed
from stanmix.inference.starts.em import EM
from stanmix.program.lower import lower
from stanmix.program.units import units_of

NAMES = ["a", "b", "c"]


def rows(size: int = 60) -> np.ndarray:
    rng = np.random.default_rng(4)
    y = rng.normal(size=(size, 3)) @ [[1.0, 0.7, 0.0], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]]
    y[: size // 2] += [4.0, -3.0, 2.0]
    y[rng.random((size, 3)) < 0.3] = np.nan
    y[3] = np.nan
    return y


def test_conditional_moments_are_those_of_regressions():
    y, weights = rows(), np.random.default_rng(1).random((60, 2))
    mu, sigma = np.array([[0.0, 1.0, 2.0], [3.0, -2.0, 0.5]]), np.array([[1.0, 2, 3], [0.5, 1, 4]])
    rho = np.array([[0.3, -0.2, 0.5], [0.0, 0.6, -0.4]])
    found = completed(y, {"mu": mu, "sigma": sigma, "rho": rho}, weights)
    for k in range(2):
        matrix = np.eye(3)
        matrix[np.tril_indices(3, -1)] = rho[k]
        matrix = np.outer(sigma[k], sigma[k]) * (matrix + matrix.T - np.eye(3))
        left = np.zeros((3, 3))
        for n, row in enumerate(y):
            at, gone = np.flatnonzero(~np.isnan(row)), np.flatnonzero(np.isnan(row))
            if not len(at):
                continue
            slopes = np.linalg.solve(matrix[np.ix_(at, at)], matrix[np.ix_(at, gone)]).T
            apart = row[at] - mu[k, at]
            np.testing.assert_allclose(found.y[n, k, at], row[at])
            np.testing.assert_allclose(found.y[n, k, gone], mu[k, gone] + slopes @ apart)
            squares = apart @ np.linalg.solve(matrix[np.ix_(at, at)], apart)
            assert found.squares[n, k] == pytest.approx(squares)
            rest = matrix[np.ix_(gone, gone)] - slopes @ matrix[np.ix_(at, gone)]
            left[np.ix_(gone, gone)] += weights[n, k] * rest
        np.testing.assert_allclose(found.roots[:, k].T @ found.roots[:, k], left, atol=1e-12)
    np.testing.assert_array_equal(found.seen[:, 0], (~np.isnan(y)).sum(axis=1))


@pytest.mark.parametrize("covariance", ["tied", "spherical", "VEE", "factor"])
@pytest.mark.parametrize("mean", ["free", "common"])
def test_em_climbs(covariance, mean):
    """Every step brings a likelihood of what is there that is higher."""
    factors = 1 if covariance == "factor" else None
    model = stanmix.Mixture(
        [*NAMES, "d"], 2, family="mvnormal", covariance=covariance, mean=mean, factors=factors,
        missing="marginalise",
    )  # fmt: skip
    y = rows()
    frame = pd.DataFrame(y, columns=NAMES).assign(d=np.nansum(y, axis=1) + np.arange(60) % 7)
    design = model.matrices(frame)
    em = EM(lower(model), units_of(model, design).scaled(design))
    belong = np.where(np.arange(60)[:, None] < 30, [0.8, 0.2], [0.2, 0.8])
    state, found = None, []
    for _ in range(12):
        state = em.run(belong, steps=1, at=state)
        belong = em.responsibilities(state)
        found.append(state.log_likelihood)
    assert (np.diff(found) > -1e-9).all() and found[-1] > found[0] + 1
