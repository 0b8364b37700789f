"""Newton's method from several starts, on densities whose optima are known."""

import numpy as np
from scipy.special import logsumexp

from stanmix.inference.exploration.optima import climb, distinct
from stanmix.inference.exploration.t_mixture import Labels

ALONE = Labels(1, block=2, common=0, alike=())


def normals(centres, scales, heights):
    """Return a sum of round normal bumps with its gradient."""
    centres, scales, heights = map(np.asarray, (centres, scales, heights))

    def target(points):
        gap = points[:, None] - centres
        terms = heights - 0.5 * (gap**2).sum(axis=-1) / scales**2
        value = logsumexp(terms, axis=1)
        share = np.exp(terms - value[:, None])
        return value, -np.einsum("sm,smd->sd", share / scales**2, gap)

    return target


def test_a_normal_density_is_climbed_in_a_step():
    calls = []
    target = normals([[3.0, -2.0]], [0.01], [5.0])

    def counted(points):
        calls.append(len(points))
        return target(points)

    found = climb(counted, np.array([[3.02, -2.01]]), rows=10_000)
    assert len(found) == 1 and found[0].converged and found[0].definite
    np.testing.assert_allclose(found[0].point, [3.0, -2.0], atol=1e-8)
    np.testing.assert_allclose(found[0].covariance, 1e-4 * np.eye(2), rtol=1e-5, atol=1e-10)
    np.testing.assert_allclose(found[0].log_mass, 5.0 + np.log(2 * np.pi * 1e-4), rtol=1e-6)
    assert len(calls) <= 3


def test_every_optimum_is_found_once():
    target = normals([[0.0, 0.0], [4.0, 4.0], [-6.0, 1.0]], [1.0, 0.5, 0.2], [0.0, 3.0, 1.0])
    starts = np.random.default_rng(1).uniform(-8, 6, (40, 2))
    found = distinct(climb(target, starts, rows=10), ALONE)
    at = sorted(np.round(one.point, 4).tolist() for one in found if one.converged)
    np.testing.assert_allclose(at, [[-6.0, 1.0], [0.0, 0.0], [4.0, 4.0]], atol=1e-3)
    assert [one.value for one in found] == sorted((one.value for one in found), reverse=True)


def test_a_renumbered_optimum_is_the_same():
    labels = Labels(2, block=1, common=0, alike=((0, 1),))
    target = normals([[0.0, 3.0], [3.0, 0.0]], [0.3, 0.3], [0.0, 0.0])
    found = climb(target, np.array([[0.2, 2.9], [2.8, 0.1]]), rows=10)
    assert len(found) == 2
    assert len(distinct(found, labels)) == 1


def test_a_saddle_is_left():
    target = normals([[-2.0, 0.0], [2.0, 0.0]], [1.0, 1.0], [0.0, 0.0])
    found = climb(target, np.array([[1e-3, 0.5]]), rows=1)
    np.testing.assert_allclose(np.abs(found[0].point), [2.0, 0.0], atol=2e-3)


def test_a_start_without_a_density_is_left_out():
    bump = normals([[0.0, 0.0]], [1.0], [0.0])

    def target(points):
        value, gradient = bump(points)
        outside = points[:, 0] > 5
        value[outside], gradient[outside] = -np.inf, np.nan
        return value, gradient

    found = climb(target, np.array([[9.0, 0.0], [4.0, 1.0]]), rows=1)
    assert len(found) == 1
    np.testing.assert_allclose(found[0].point, [0.0, 0.0], atol=1e-6)
