"""Loadings of columns on factors: one of all matrices that make the same covariances."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.model import factors


@pytest.mark.parametrize(("columns", "number"), [(3, 1), (5, 2), (6, 3), (2, 3)])
def test_loadings_make_the_same_products_as_any_matrix(columns, number):
    matrix = np.random.default_rng(columns).normal(size=(4, columns, number))
    loadings = factors.loadings_of(matrix)
    assert loadings.shape == (4, factors.number(columns, number))
    found = factors.matrices(loadings, columns)
    np.testing.assert_allclose(found @ found.swapaxes(1, 2), matrix @ matrix.swapaxes(1, 2))
    np.testing.assert_array_equal(found, np.tril(found))
    assert (loadings >= factors.floors(columns, loadings.shape[-1])).all()
    np.testing.assert_allclose(factors.loadings_of(found), loadings)


def test_loadings_stand_one_factor_after_another():
    assert factors.names(["a", "b", "c"], 2) == ("a, 1", "b, 1", "c, 1", "b, 2", "c, 2")
    assert factors.columns(5, 2) == 3
    np.testing.assert_array_equal(factors.floors(3, 5), [0, -np.inf, -np.inf, 0, -np.inf])
    found = factors.matrices(np.arange(1.0, 6.0), 3)
    np.testing.assert_array_equal(found, [[1, 0], [2, 4], [3, 5]])


def test_more_factors_say_nothing_of_a_covariance():
    """D (D + 1) / 2 numbers, of D + D R - R (R - 1) / 2."""
    for D in range(2, 12):
        for R in range(1, D):
            left = D * (D + 1) // 2 - (D + factors.number(D, R))
            assert factors.identified(D, R) == (left >= 0)
