"""Numbers within intervals beside Stan's transforms; derivatives beside differences."""

from __future__ import annotations

import numpy as np
import pytest
from stan_transforms import between

from stanmix.inference.unconstrained.intervals import Interval

LOWER = np.array([-np.inf, 0.0, -3.0, 0.2, 1e-3])
UPPER = np.array([np.inf, np.inf, np.inf, 4.0, 1e3])
MIXED = Interval(LOWER, UPPER)
OPEN = Interval(np.full(3, -np.inf), np.full(3, np.inf))
FREE = np.random.default_rng(0).normal(0, 3, size=(4, 7, 5))


def test_values_and_jacobian_are_those_of_stan():
    values, jacobian = MIXED.constrain(FREE), MIXED.log_jacobian(FREE)
    for index in np.ndindex(FREE.shape):
        p = index[-1]
        value, log_slope = between(FREE[index], LOWER[p], UPPER[p])
        assert values[index] == pytest.approx(value, rel=1e-13)
        assert jacobian[index] == pytest.approx(log_slope, rel=1e-12, abs=1e-13)


def test_there_and_back():
    np.testing.assert_allclose(MIXED.free(MIXED.constrain(FREE)), FREE, rtol=1e-9, atol=1e-10)
    inside = np.array([-7.0, 0.4, -2.9, 3.99, 500.0])
    np.testing.assert_allclose(MIXED.constrain(MIXED.free(inside)), inside, rtol=1e-12)


def test_derivatives_are_those_of_differences():
    step = 1e-5
    up, down = FREE + step, FREE - step
    slope = (MIXED.constrain(up) - MIXED.constrain(down)) / (2 * step)
    np.testing.assert_allclose(np.log(slope), MIXED.log_jacobian(FREE), atol=1e-6)
    bend = (MIXED.log_jacobian(up) - MIXED.log_jacobian(down)) / (2 * step)
    np.testing.assert_allclose(MIXED.slope(FREE), bend, atol=1e-6)


def test_where_there_is_no_end_values_stay():
    assert not OPEN.bounded and MIXED.bounded
    free = FREE[..., :3]
    np.testing.assert_array_equal(OPEN.constrain(free), free)
    np.testing.assert_array_equal(OPEN.free(free), free)
    for zero in (OPEN.log_jacobian(free), OPEN.slope(free)):
        np.testing.assert_array_equal(zero, np.zeros(free.shape))


def test_ends_are_infinitely_far():
    np.testing.assert_array_equal(MIXED.free(LOWER), [-np.inf, -np.inf, -np.inf, -np.inf, -np.inf])
    np.testing.assert_array_equal(MIXED.free(UPPER), [np.inf] * 5)


def test_far_out_values_stay_between_their_ends():
    """And nothing is announced, where an exponential overflows."""
    far = MIXED.constrain(np.full(5, 1e4)), MIXED.constrain(np.full(5, -1e4))
    for values in far:
        assert ((values >= LOWER) & (values <= UPPER)).all()
    np.testing.assert_allclose(MIXED.log_jacobian(np.full(5, 800.0))[3], np.log(3.8) - 800)
    np.testing.assert_array_equal(MIXED.slope(np.full(5, 800.0)), [0, 1, 1, -1, -1])
