"""Roses: areas are in proportion to what they stand for, and marks say the densities."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from stanmix.errors import InputError
from stanmix.plots.roses import PETALS, petals, polar_axes, radii, scale_radii

WIDTH = 2 * np.pi / PETALS


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def areas(ax):
    """Twice those of the petals, as sectors of a circle, by where they begin."""
    return {round(bar.get_x(), 9): bar.get_height() ** 2 * bar.get_width() for bar in ax.patches}


@pytest.mark.parametrize("weights", [None, np.array([2.0, 0.0, 1.0, 5.0, 2.0])])
def test_the_area_of_a_petal_is_the_part_of_the_data_in_it(weights):
    y = np.array([-np.pi, -0.1, 0.1, 0.2, np.pi])
    ax = polar_axes(None)
    petals(ax, y, weights)
    found = areas(ax)
    times = np.ones(5) if weights is None else weights
    expected = dict.fromkeys(found, 0.0)
    for angle, count in zip(y, times, strict=True):
        petal = min(np.floor((angle + np.pi) / WIDTH), PETALS - 1)
        expected[round(-np.pi + petal * WIDTH, 9)] += count / times.sum()
    assert len(found) == PETALS and found == pytest.approx(expected, abs=1e-12)


def test_a_density_around_the_circle_has_area_one():
    angles = np.linspace(-np.pi, np.pi, 2001)
    density = (1 + 0.7 * np.cos(angles - 1)) / (2 * np.pi)  # a cardioid
    assert np.trapezoid(radii(density) ** 2, angles) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("top", [0.3, 2.0, 1e-4, 700.0])
def test_marks_say_the_densities_that_are_drawn_at_them(top):
    ax = polar_axes(None)
    ax.plot([0, 1], radii(np.array([0.1 * top, top])))
    scale_radii(ax)
    marks, words = np.array(ax.get_yticks()), [one.get_text() for one in ax.get_yticklabels()]
    assert 1 <= len(marks) <= 6
    np.testing.assert_allclose(marks**2, [float(one) for one in words], rtol=1e-5)
    assert marks.min() > 0 and marks.max() ** 2 <= top * (1 + 1e-12)
    assert ax.get_ylim() == pytest.approx((0, 1.05 * np.sqrt(top)))
    eighths = dict(
        zip([one.get_text() for one in ax.get_xticklabels()], ax.get_xticks(), strict=True)
    )
    assert eighths["π/2"] == pytest.approx(np.pi / 2)
    assert eighths["-π/4"] == pytest.approx(2 * np.pi - np.pi / 4)


def test_axes_that_do_not_go_around_are_refused():
    ax = plt.figure().add_subplot(projection="polar")
    assert polar_axes(ax) is ax and polar_axes(None).name == "polar"
    with pytest.raises(InputError, match=r"projection 'rectilinear'; make them by plt\.subplots"):
        polar_axes(plt.figure().add_subplot())
