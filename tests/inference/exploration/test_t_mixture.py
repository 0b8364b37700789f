"""t distributions that know no labels, against SciPy and all numberings one by one."""

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from stanmix.inference.exploration.t_mixture import Labels, T


def random_t(rng, size, freedom=5.0, spread=1.0):
    root = rng.normal(size=(size, size)) * 0.3
    return T(spread * rng.normal(size=size), root @ root.T + 0.2 * np.eye(size), freedom)


def averaged(t, points, labels):
    """Return SciPy's density averaged over every numbering."""
    one = stats.multivariate_t(t.centre, t.scale, t.freedom)
    every = list(itertools.permutations(range(labels.components)))
    terms = [one.logpdf(points[:, labels.coordinates(np.array(perm))]) for perm in every]
    return logsumexp(terms, axis=0) - np.log(len(every))


def test_the_density_is_scipys():
    rng = np.random.default_rng(1)
    t, points = random_t(rng, 4, 7.0), rng.normal(size=(6, 4))
    expected = stats.multivariate_t(t.centre, t.scale, 7.0).logpdf(points)
    np.testing.assert_allclose(t.log_density(points), expected, rtol=1e-10)


def test_draws_have_the_moments_of_the_distribution():
    rng = np.random.default_rng(2)
    t = random_t(rng, 3, 9.0)
    draws = t.draw(40_000, rng)
    covariance = 9 / 7 * t.scale
    error = np.sqrt(np.diag(covariance) / len(draws))
    assert (np.abs(draws.mean(axis=0) - t.centre) < 4 * error).all()
    # Kurtosis of t_9 is 4.2, so a variance has an error of sqrt(3.2 / n) of itself.
    np.testing.assert_allclose(draws.var(axis=0), np.diag(covariance), rtol=4 * 0.009)


@pytest.mark.parametrize("components", [1, 2, 3, 4])
def test_the_average_over_the_numberings(components):
    rng = np.random.default_rng(3)
    labels = Labels(components, block=2, common=1, alike=(tuple(range(components)),))
    t, points = random_t(rng, 2 * components + 1), rng.normal(size=(5, 2 * components + 1))
    density, perm = t.nearest(points, labels)
    np.testing.assert_allclose(density, averaged(t, points, labels), rtol=1e-10)
    for point, numbering in zip(points, perm, strict=True):
        least = min(
            t.distance(point[None, labels.coordinates(np.array(other))])[0]
            for other in itertools.permutations(range(components))
        )
        np.testing.assert_allclose(t.distance(point[None, labels.coordinates(numbering)]), least)


def test_many_components_apart_need_only_the_numberings_near_the_best():
    rng = np.random.default_rng(4)
    labels = Labels(7, block=1, common=0, alike=((0, 1, 2, 3, 4, 5, 6),))
    t = T(3 * np.arange(7.0), 0.1 * np.eye(7))
    points = rng.permuted(t.draw(30, rng), axis=1)
    density, perm = t.nearest(points, labels)
    np.testing.assert_allclose(density, averaged(t, points, labels), atol=1e-3)
    np.testing.assert_array_equal(np.take_along_axis(points, perm, axis=1), np.sort(points, axis=1))


def test_components_that_are_told_apart_have_one_numbering():
    rng = np.random.default_rng(5)
    labels = Labels(3, block=2, common=0, alike=())
    t, points = random_t(rng, 6), rng.normal(size=(4, 6))
    density, perm = t.nearest(points, labels)
    np.testing.assert_allclose(density, t.log_density(points))
    np.testing.assert_array_equal(perm, np.broadcast_to([0, 1, 2], (4, 3)))
