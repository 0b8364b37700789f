from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.data import robust

RNG = np.random.default_rng(0)
TABLES = [
    (RNG.normal(size=37), RNG.integers(0, 4, 37).astype(float)),
    (RNG.integers(0, 5, 60).astype(float), RNG.integers(1, 3, 60).astype(float)),
    (RNG.gamma(0.3, size=8), RNG.integers(0, 3, 8).astype(float)),
    (np.array([1.0, 1.0, 1.0, 1.0, 7.0]), np.array([1.0, 0.0, 2.0, 1.0, 1.0])),
]


@pytest.mark.parametrize(("values", "weights"), TABLES)
def test_a_table_has_the_centre_and_spread_of_its_rows(values, weights):
    rows = np.repeat(values, weights.astype(int))
    assert robust.median(values, weights) == pytest.approx(np.median(rows), rel=1e-15)
    deviation = stats.median_abs_deviation(rows, scale="normal")
    expected = deviation or np.mean(np.abs(rows - np.median(rows)))
    assert robust.spread(values, weights, np.median(rows)) == pytest.approx(expected, rel=1e-14)
    of_rows = robust.moments(rows, np.ones(len(rows)))
    np.testing.assert_allclose(robust.moments(values, weights), of_rows, rtol=1e-13)


def test_moments_are_those_of_values_whose_farthest_are_brought_nearer():
    """Of 200 values, 196 are kept; the others go to the distance of the farthest of these."""
    values = stats.t(2).rvs(200, random_state=1)
    middle = np.median(values)
    distance = np.sort(np.abs(values - middle))[195]
    near = np.clip(values, middle - distance, middle + distance)
    assert 0 < (near != values).sum() <= 4
    np.testing.assert_allclose(
        robust.moments(values, np.ones(200)), (near.mean(), near.std()), rtol=1e-13
    )
    few = values[:9]  # of so few none can be called an outlier
    np.testing.assert_allclose(robust.moments(few, np.ones(9)), (few.mean(), few.std()), rtol=1e-13)


def test_one_gross_outlier_changes_what_one_more_value_would():
    values = RNG.normal(10, 2, 100)
    ones = np.ones(101)
    far, near = (np.append(values, end) for end in (1e9, values.max()))
    for measure in (
        lambda x: robust.median(x, ones),
        lambda x: robust.spread(x, ones, robust.median(x, ones)),
        lambda x: robust.moments(x, ones)[0],
        lambda x: robust.moments(x, ones)[1],
    ):
        assert measure(far) == pytest.approx(measure(near), rel=0.02)


def test_spread_and_moments_do_not_vanish_where_most_values_are_equal():
    values = np.repeat([3.0, 4.0], [995, 5])
    ones = np.ones(1000)
    assert robust.spread(values, ones, 3.0) == pytest.approx(0.005)
    np.testing.assert_allclose(robust.moments(values, ones), (values.mean(), values.std()))
    # Rounding of equal values is no spread: 0.1 * 3 is not 0.3.
    nearly = np.where(np.arange(1000) % 3 == 0, 0.1 * 3, 0.3)
    nearly[:5] = 1.0
    assert robust.spread(nearly, ones, robust.median(nearly, ones)) == pytest.approx(0.0035)


@pytest.mark.parametrize("unit", [2.0**-490, 2.0**-3, 2.0**40, 2.0**490])
def test_another_unit_changes_no_digit(unit):
    values, weights = RNG.standard_t(2, 50), RNG.random(50)
    assert robust.median(unit * values, weights) == unit * robust.median(values, weights)
    assert robust.spread(unit * values, weights, 0.0) == unit * robust.spread(values, weights, 0.0)
    expected = tuple(unit * value for value in robust.moments(values, weights))
    assert robust.moments(unit * values, weights) == expected
    expected = tuple(unit * value for value in robust.moments(values, weights, 0.0))
    assert robust.moments(unit * values, weights, 0.0) == expected


def test_a_small_change_of_the_values_is_a_small_change_of_the_result():
    """Ties at the end of what is kept may be broken either way."""
    values = np.repeat([-3.0, -1.0, 0.0, 1.0, 3.0], [2, 20, 60, 20, 2])
    ones = np.ones(len(values))
    before = robust.moments(values, ones)
    for change in 1e-12 * RNG.normal(size=(20, len(values))):
        np.testing.assert_allclose(robust.moments(values + change, ones), before, atol=1e-11)
