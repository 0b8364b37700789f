from __future__ import annotations

import numpy as np
import pytest

from stanmix.density.angles import summary

QUANTILES = [0.0, 0.1, 0.5, 1.0]


@pytest.mark.parametrize("centre", [0.3, 2.9, np.pi, -3.0])
def test_about_any_centre_the_same_as_about_zero(centre):
    """Also where the angles lie on both sides of half a turn."""
    angles = np.random.default_rng(2).normal(0, 0.4, (50, 3))
    angles -= np.arctan2(np.sin(angles).sum(axis=0), np.cos(angles).sum(axis=0))
    points = np.exp(1j * (angles + centre))
    off = summary(points) - centre
    np.testing.assert_allclose(off - 2 * np.pi * np.round(off / (2 * np.pi)), 0, atol=1e-12)
    assert (np.abs(summary(points)) <= np.pi).all()
    expected = summary(points) + np.quantile(angles, QUANTILES, axis=0)
    found = summary(points, QUANTILES)
    assert found.shape == (4, 3)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_points_within_the_circle_count_by_their_length():
    """A long one at a right angle to short ones: (0, 3) and two of (1, 0) point up by 3 / 2."""
    points = np.array([0.3j, 0.1, 0.1])
    mean = np.arctan(3 / 2)
    assert summary(points) == pytest.approx(mean)
    np.testing.assert_allclose(summary(points, [0.0, 0.5, 1.0]), [0, 0, np.pi / 2], atol=1e-12)


def test_quantiles_go_beyond_half_a_turn_and_not_around():
    points = np.exp(1j * np.array([np.pi - 0.1, -np.pi + 0.3]))
    assert summary(points) == pytest.approx(-np.pi + 0.1)
    np.testing.assert_allclose(summary(points, [0, 1]), [-np.pi - 0.1, -np.pi + 0.3])
