from __future__ import annotations

import numpy as np
import pytest

from stanmix.data.missing_cells import numbered, patterns, with_means


def lacking(D, rows=40, seed=1):
    """Columns whose rows lack some, a few of them all and many of them the same."""
    rng = np.random.default_rng(seed)
    there = np.concatenate([rng.random((6, D)) < 0.6, np.zeros((1, D)), np.ones((1, D))])
    return np.where(there[rng.integers(0, 8, rows)] > 0, rng.normal(size=(rows, D)), np.nan)


@pytest.mark.parametrize("D", [1, 3, 62, 63, 70])
def test_rows_are_grouped_by_the_columns_that_they_have(D):
    """Also of more columns than a whole number has bits."""
    columns = lacking(D)
    expected: dict[tuple[int, ...], list[int]] = {}
    for n, row in enumerate(columns):
        expected.setdefault(tuple(d for d in range(D) if row[d] == row[d]), []).append(n)
    there, of_row = numbered(columns)
    assert len(there) == len(expected)
    np.testing.assert_array_equal(there[of_row], ~np.isnan(columns))
    assert () in expected
    del expected[()]
    found = patterns(columns)
    assert {tuple(own.tolist()): rows.tolist() for own, rows in found} == expected
    assert len(found) == len(expected)


def test_nothing_there_has_no_pattern():
    assert patterns(np.full((3, 2), np.nan)) == []
    assert patterns(np.empty((0, 2))) == []


def test_what_is_missing_becomes_the_mean_of_what_is_there():
    columns = np.array([[1.0, np.nan], [np.nan, 4.0], [3.0, 8.0]])
    np.testing.assert_array_equal(with_means(columns), [[1, 6], [2, 4], [3, 8]])
    found = with_means(columns, np.array([1.0, 3.0, 4.0]))
    np.testing.assert_allclose(found, [[1, (12 + 32) / 7], [13 / 5, 4], [3, 8]], rtol=1e-15)
    one = with_means(columns[:, 0], np.array([1.0, 3.0, 4.0]))
    np.testing.assert_allclose(one, [1, 13 / 5, 3], rtol=1e-15)
    np.testing.assert_array_equal(np.isnan(columns), [[0, 1], [1, 0], [0, 0]])
