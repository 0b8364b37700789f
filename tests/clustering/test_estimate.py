import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmix.clustering.estimate import credible_ball, distances, expected_loss, point_estimate
from stanmix.clustering.similarity import similarity
from stanmix.errors import InputError
from stanmix.relabel import apply_to_allocations

seeds = st.integers(0, 2**32 - 1)


def partitions(observations):
    """All partitions, as labels by first appearance."""
    if observations == 1:
        yield [0]
        return
    for shorter in partitions(observations - 1):
        for label in range(max(shorter) + 2):
            yield [*shorter, label]


def binder(one, two):
    """The part of all ordered pairs on which two partitions differ, a pair at a time."""
    n = len(one)
    differing = [(one[i] == one[j]) != (two[i] == two[j]) for i in range(n) for j in range(n)]
    return np.mean(differing)


def vi(one, two):
    """H(one | two) + H(two | one) in bits, from the probabilities of the clusters."""
    n, information = len(one), 0.0
    for a in set(one):
        for b in set(two):
            both = sum(x == a and y == b for x, y in zip(one, two, strict=True)) / n
            if both > 0:
                of_a, of_b = list(one).count(a) / n, list(two).count(b) / n
                information -= both * (np.log2(both / of_a) + np.log2(both / of_b))
    return information


LOSSES = {"vi": vi, "binder": binder}


def noisy_draws(seed, observations, clusters=3, draws=20, noise=0.3):
    """Draws around one partition, some observations allocated at random."""
    rng = np.random.default_rng(seed)
    centre = rng.integers(clusters, size=observations)
    random = rng.integers(clusters, size=(2, draws // 2, observations))
    return np.where(rng.random(random.shape) < noise, random, centre)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 9), st.sampled_from(["vi", "binder"]))
def test_distances_equal_their_definitions(seed, observations, loss):
    z = noisy_draws(seed, observations, draws=6)
    labels = np.random.default_rng(seed).integers(5, size=observations)
    expected = [[LOSSES[loss](labels, draw) for draw in chain] for chain in z]
    np.testing.assert_allclose(distances(labels, z, loss), expected, rtol=1e-12, atol=1e-12)
    assert expected_loss(labels, z, loss) == pytest.approx(np.mean(expected), abs=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 7), st.sampled_from(["vi", "binder"]), st.floats(0.1, 1.0))
def test_estimate_equals_brute_force_over_all_partitions(seed, observations, loss, noise):
    z = noisy_draws(seed, observations, clusters=4, draws=10, noise=noise)
    every = np.array(list(partitions(observations)))
    # The expected loss is symmetric: the distances of all partitions from each draw.
    least = np.mean([distances(draw, every[None], loss)[0] for draw in z.reshape(10, -1)], axis=0)
    found = point_estimate(z, loss)
    assert found.expected_loss == pytest.approx(least.min(), abs=1e-12)
    assert found.expected_loss == pytest.approx(min(found.reached), abs=1e-12)
    assert found.clusters == len(set(found.labels))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_estimate_equals_brute_force_for_eight_observations(loss, seed):
    z = noisy_draws(seed, 8, clusters=5, draws=30, noise=0.6)
    every = np.array(list(partitions(8)))
    assert len(every) == 4140
    least = np.mean([distances(draw, every[None], loss)[0] for draw in z.reshape(30, -1)], axis=0)
    assert point_estimate(z, loss).expected_loss == pytest.approx(least.min(), abs=1e-12)


def test_expected_binder_loss_equals_that_of_the_similarity_matrix():
    z = noisy_draws(4, 12)
    labels = z[0, 0]
    together = labels[:, None] == labels
    expected = np.abs(together - similarity(z).astype(float)).mean()
    assert expected_loss(labels, z, "binder") == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_recovers_clusters_whatever_the_labels(loss):
    rng = np.random.default_rng(5)
    z = noisy_draws(6, 60, clusters=5, draws=40, noise=0.1)
    perm = np.argsort(rng.random((2, 20, 5)), axis=-1)
    found = point_estimate(apply_to_allocations(perm, z), loss)
    centre = np.array([np.bincount(column).argmax() for column in z.reshape(40, 60).T])
    assert vi(found.labels, centre) == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(found.labels, point_estimate(z, loss).labels)
    sizes = np.bincount(found.labels)
    assert all(a >= b for a, b in pairwise(sizes))


def test_number_of_clusters_may_exceed_and_undercut_that_of_the_draws():
    # Each draw cuts the observations in two, in another place: together they make four.
    z = np.array([[[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1]]])
    found = point_estimate(np.repeat(z, 5, axis=1), "binder")
    assert found.clusters in (2, 4)
    assert found.expected_loss == pytest.approx(0.25)
    # Draws of two clusters that share nothing are best summed up by one.
    scattered = (np.arange(8) == np.arange(8)[:, None]).astype(int)[None]
    assert point_estimate(scattered, "vi").clusters == 1


def test_at_most_so_many_clusters():
    z = noisy_draws(7, 20, clusters=4, noise=0.0)
    assert point_estimate(z).clusters == 4
    limited = point_estimate(z, max_clusters=2)
    assert limited.clusters == 2
    assert limited.expected_loss > 0


def test_the_seed_decides():
    z = noisy_draws(8, 30, clusters=6, noise=0.7)
    one, same = point_estimate(z, seed=1), point_estimate(z, seed=1)
    np.testing.assert_array_equal(one.labels, same.labels)
    assert one.reached == same.reached
    assert len(one.reached) >= 9


@pytest.mark.parametrize("loss", LOSSES)
def test_ball_holds_the_nearest_draws_and_their_extremes(loss):
    z = noisy_draws(9, 10, clusters=4, draws=40, noise=0.4)
    centre = point_estimate(z, loss).labels
    ball = credible_ball(centre, z, loss, probability=0.8)
    far = np.array([[LOSSES[loss](centre, draw) for draw in chain] for chain in z])
    assert ball.radius == pytest.approx(np.sort(far.ravel())[31], abs=1e-12)
    np.testing.assert_array_equal(ball.inside, far <= ball.radius + 1e-9)
    assert ball.probability == ball.inside.mean() >= 0.8
    inside = z[ball.inside]
    number = np.array([len(set(draw)) for draw in inside])
    distance = far[ball.inside]
    for extreme, among in (
        (ball.horizontal, np.ones(len(inside), dtype=bool)),
        (ball.upper, number == number.min()),
        (ball.lower, number == number.max()),
    ):
        farthest = {
            draw_key(draw)
            for draw, d, a in zip(inside, distance, among, strict=True)
            if a and d > distance[among].max() - 1e-9
        }
        assert {draw_key(labels) for labels in extreme} == farthest
        assert len(extreme) == len(farthest)


def draw_key(labels):
    """A partition as a set of its clusters."""
    return frozenset(frozenset(np.flatnonzero(labels == k).tolist()) for k in set(labels))


def test_ball_of_all_draws_and_of_one_partition():
    z = noisy_draws(10, 10)
    assert credible_ball(z[0, 0], z, probability=1.0).inside.all()
    certain = np.broadcast_to(z[0, 0], (2, 5, 10))
    ball = credible_ball(z[0, 0], certain)
    assert ball.radius == 0
    assert len(ball.horizontal) == len(ball.upper) == len(ball.lower) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: point_estimate([[0, 1]]), "z has 2 axes"),
        (lambda: point_estimate([[[0, 1]]], "square"), "loss must be one of 'vi', 'binder'"),
        (
            lambda: point_estimate([[[0, 1]]], max_clusters=0),
            "max_clusters must be an integer of at least 1, got 0",
        ),
        (lambda: point_estimate([[[0, 1]]], starts=0), "starts must be an integer of at least 1"),
        (lambda: expected_loss([0, 1, 1], [[[0, 1]]]), "labels allocates 3 observations"),
        (lambda: distances([0, -1], [[[0, 1]]]), "labels holds the label -1"),
        (
            lambda: credible_ball([0, 1], [[[0, 1]]], probability=0),
            "probability must be .* above 0 and at most 1",
        ),
    ],
)
def test_refuses_what_does_not_fit(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_ball_takes_no_copy_of_the_draws():
    """As of many observations, whose draws in the ball would be eight times the allocations."""
    z = noisy_draws(1, 20_000, draws=100).astype(np.int8)
    labels = np.random.default_rng(1).integers(3, size=20_000)
    tracemalloc.start()
    try:
        ball = credible_ball(labels, z)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ball.probability >= 0.95
    assert peak < z.nbytes + 25e6  # a block of a million counts, twice, and what is chosen
