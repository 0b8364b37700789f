"""Correlations, their factors and their prior, beside NumPy, SciPy and an integral."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from independent import lkj_of_factor
from scipy import linalg, stats
from stan_transforms import correlation_factor

from stanmix.model import correlations

RNG = np.random.default_rng(4)


def some_matrices(count, D):
    """Correlation matrices of points in a plane and a little beside it."""
    points = RNG.normal(size=(count, D, 2)) @ RNG.normal(size=(count, 2, 3 * D))
    points = points + 0.5 * RNG.normal(size=points.shape)
    return np.array([np.corrcoef(each) for each in points])


@pytest.mark.parametrize("D", [2, 3, 5])
def test_factors_are_those_of_cholesky(D):
    matrices = some_matrices(4, D)
    rho = correlations.correlations_of_matrix(matrices)
    assert rho.shape == (4, D * (D - 1) // 2)
    for matrix, found in zip(matrices, correlations.factors_of(rho), strict=True):
        np.testing.assert_allclose(found, np.linalg.cholesky(matrix), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(correlations.correlations(correlations.factors_of(rho)), rho)
    np.testing.assert_allclose(correlations.matrices(rho), matrices)
    assert correlations.hold(rho)


def test_partial_correlations_are_those_of_residuals():
    """Of the fourth column with the third, both less their regression on the two before."""
    rows = RNG.normal(size=(50, 4)) @ RNG.normal(size=(4, 4))
    rho = correlations.correlations_of_matrix(np.corrcoef(rows.T))
    before = np.column_stack([np.ones(50), rows[:, :2]])
    left = rows - before @ np.linalg.lstsq(before, rows, rcond=None)[0]
    expected = np.corrcoef(left[:, 2:].T)[0, 1]
    assert correlations.partials(rho)[-1] == pytest.approx(expected, rel=1e-9)


def test_correlations_of_some_columns_are_found_in_any_order():
    matrix = some_matrices(1, 5)[0]
    rho = correlations.correlations_of_matrix(matrix)
    for columns in ([3, 1], [0, 2, 4], [4, 0, 3]):
        found = correlations.matrices(rho[correlations.among(columns)])
        np.testing.assert_allclose(found, matrix[np.ix_(columns, columns)])


def test_a_matrix_with_a_negative_eigenvalue_is_none_of_correlations():
    assert not correlations.hold(np.array([0.9, 0.9, -0.9]))
    assert correlations.hold(np.array([1.0, 0.3, 0.3]))  # collinear, and nothing worse


@pytest.mark.parametrize("rho", [[1.0, 0.3, 0.3], [-1.0, 0.3, -0.3], [1.0, 1.0, 1.0]])
def test_a_singular_matrix_has_a_factor_for_all_that(rho):
    factor = correlations.factors_of(np.array(rho))
    assert np.isfinite(factor).all() and (np.diag(factor) > 0).all()
    np.testing.assert_allclose(correlations.correlations(factor), rho, atol=1e-5)


def test_columns_without_correlation_are_those_of_a_triangular_solve():
    factor = np.linalg.cholesky(some_matrices(3, 4))
    z = RNG.normal(size=(7, 1, 4))
    found = correlations.whitened(z, factor)
    for n, k in np.ndindex(7, 3):
        expected = linalg.solve_triangular(factor[k], z[n, 0], lower=True)
        np.testing.assert_allclose(found[n, k], expected, rtol=1e-10)


@pytest.mark.parametrize("eta", [0.8, 1.0, 3.5])
@pytest.mark.parametrize("D", [2, 3, 4])
def test_the_density_is_that_of_the_factor_with_its_jacobian(eta, D):
    for z in RNG.normal(size=(4, D * (D - 1) // 2)):
        factor, jacobian = correlation_factor(z)
        expected = lkj_of_factor(factor, eta) + jacobian
        assert correlations.lkj_log_density(z, eta) == pytest.approx(expected, rel=1e-10)


def test_correlations_of_draws_are_alike_and_beta():
    """By Kolmogorov's test at 1e-3, each."""
    eta, D = 1.7, 4
    drawn = correlations.lkj_draws(eta, (4000, 6), np.random.default_rng(2))
    rho = correlations.correlations(correlations.factors(drawn))
    expected = stats.beta(eta - 1 + D / 2, eta - 1 + D / 2, -1, 2)
    assert all(stats.kstest(each, expected.cdf).pvalue > 1e-3 for each in rho.T)
    for one, other in itertools.combinations(rho.T, 2):  # of standard error 1 / sqrt(4000)
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(4000)


def test_far_out_no_digit_is_lost():
    """Where tanh is one, what it leaves is 4 exp(-2 z)."""
    assert correlations.log_unexplained(np.array(30.0)) == pytest.approx(np.log(4) - 60, rel=1e-14)
