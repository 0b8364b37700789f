from __future__ import annotations

import numpy as np
import pytest

from stanmix.inference.runs.ends import GAIN, End, gains

LINES = """\
Initial log joint probability = -315.147
    Iter      log prob        ||dx||      ||grad||       alpha      alpha0  # evals  Notes
     100      -315.9     7.62279e-05     0.5           1           1       11
     {steps}      -315.144  7.62279e-05  {gradient}  1  1  11  LS failed, Hessian reset
"""
NORMAL = "Optimization terminated normally: \n  {}\n"
BY_GRADIENT = NORMAL.format("Convergence detected: relative gradient magnitude is below tolerance")
BY_ITERATIONS = NORMAL.format("Maximum number of iterations hit, may not be at an optima")
STUCK = (
    "Optimization terminated with error: \n  Line search failed to achieve a sufficient decrease"
)


def end(last, gradient="0.0226906", steps=109, height=-315.0, gain=np.nan):
    console = LINES.format(steps=steps, gradient=gradient) + last
    told = End.told_by(console, height)
    return End(told.how, told.iterations, told.gradient, told.height, gain)


def test_the_last_line_is_read():
    found = end(BY_GRADIENT)
    assert (found.how, found.iterations, found.gradient) == ("converged", 109, 0.0226906)
    assert End.told_by("Initial log joint probability = -1\n" + STUCK, -1.0).iterations == 0
    assert end(STUCK, gradient="1.5e-09").gradient == 1.5e-9


@pytest.mark.parametrize("gain", [np.nan, 0.0, 10 * GAIN, np.inf])
def test_iterations_that_ran_out_are_no_convergence(gain):
    """Whatever Stan's line says, which calls it a normal end."""
    assert "terminated normally" in BY_ITERATIONS
    assert not end(BY_ITERATIONS, gain=gain).at_mode


@pytest.mark.parametrize("last", [BY_GRADIENT, STUCK])
def test_what_is_measured_counts_more_than_stans_words(last):
    assert end(last, gain=GAIN / 10).at_mode
    assert not end(last, gain=10 * GAIN).at_mode
    assert not end(last, gain=np.inf).at_mode


def test_without_a_measurement_stuck_climbs_are_judged_by_their_gradient():
    assert end(BY_GRADIENT, gradient="0.3").at_mode
    assert not end(STUCK, gradient="0.3").at_mode
    assert end(STUCK, gradient="1e-5").at_mode
    assert not End.told_by("Initial log joint probability = -1\n" + STUCK, -1.0).at_mode


def quadratic(precision):
    def density(x):
        return -0.5 * np.einsum("si,ij,sj->s", x, precision, x), -x @ precision

    return density


@pytest.mark.parametrize("size", [1.0, 1e6])
def test_the_gain_of_a_normal_density_is_what_its_top_is_above(size):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    density = quadratic(size * (root @ root.T + 0.1 * np.eye(4)))
    points = rng.normal(size=(5, 4)) / np.sqrt(size)
    heights, found = gains(density, points)
    np.testing.assert_allclose(heights, density(points)[0], rtol=1e-12)
    np.testing.assert_allclose(found, -heights, rtol=1e-5)
    assert gains(density, np.zeros((1, 4)))[1] == pytest.approx(0, abs=1e-15)


def test_the_gain_of_a_curved_density_is_that_of_newtons_step():
    """Of a Poisson likelihood; the rest after the step is of higher order."""

    def density(x):
        return (100 * x - 100 * np.exp(x)).sum(axis=1), 100 - 100 * np.exp(x)

    points = np.array([[0.01], [-0.02]])
    found = gains(density, points)[1]
    np.testing.assert_allclose(found, -100 - density(points)[0], rtol=0.02)


def test_a_flat_stretch_is_a_mode_only_where_it_is_level():
    def level(x):
        return -0.5 * x[:, 0] ** 2, np.column_stack([-x[:, 0], np.zeros(len(x))])

    def tilted(x):
        return -0.5 * x[:, 0] ** 2 + 0.01 * x[:, 1], np.column_stack([-x[:, 0], 0.01 + 0 * x[:, 1]])

    at = np.zeros((1, 2))
    assert gains(level, at)[1] < GAIN
    assert gains(tilted, at)[1] > 10 * GAIN


def test_a_density_that_levels_off_has_little_to_gain():
    """As that of a weight that goes to zero, on the scale of its logit."""

    def density(x):
        return -np.exp(x[:, 0]), -np.exp(x)

    near, far = gains(density, np.array([[-2.0], [-20.0]]))[1]
    assert near > GAIN > far


def test_a_saddle_is_no_mode():
    def saddle(x):
        return -0.5 * x[:, 0] ** 2 + 0.5 * x[:, 1] ** 2, np.column_stack([-x[:, 0], x[:, 1]])

    assert gains(saddle, np.zeros((1, 2)))[1] > 1


def test_a_point_at_the_edge_of_the_support_is_no_mode():
    def edge(x):
        inside = x[:, 0] <= 0
        return np.where(inside, x[:, 0], -np.inf), np.where(inside[:, None], 1.0, np.nan)

    assert gains(edge, np.zeros((1, 1)))[1][0] == np.inf
