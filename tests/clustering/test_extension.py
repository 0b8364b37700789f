import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmix.clustering.estimate import _table, expected_loss, point_estimate
from stanmix.clustering.extension import _LargePartition, extend

seeds = st.integers(0, 2**32 - 1)


def noisy_draws(seed, observations, clusters=3, draws=40, noise=0.2):
    """Draws around one partition, (draw, obs), some observations allocated at random."""
    rng = np.random.default_rng(seed)
    centre = rng.integers(clusters, size=observations)
    random = rng.integers(clusters, size=(draws, observations))
    return np.where(rng.random(random.shape) < noise, random, centre).astype(np.int8)


def state_of(z, labels, loss):
    return _LargePartition(z, int(z.max()) + 1, _table(loss, z.shape[1]), z.shape[1], labels)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds, st.sampled_from(["vi", "binder"]))
def test_a_cost_is_that_of_the_observation_alone(seed, loss):
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=(6, 9)).astype(np.int8)
    labels = np.unique(rng.integers(3, size=9), return_inverse=True)[1]
    state = state_of(z, labels.copy(), loss)
    assert state.expected_loss() == pytest.approx(expected_loss(labels, z[None], loss), abs=1e-12)
    state.grow()
    costs = state._costs(np.arange(9), labels)
    for n, own in enumerate(labels):
        moved = [labels.copy() for _ in range(state.clusters)]
        for cluster, other in enumerate(moved):
            other[n] = cluster
        before = expected_loss(labels, z[None], loss)
        expected = [expected_loss(other, z[None], loss) - before for other in moved]
        np.testing.assert_allclose(costs[n] - costs[n, own], expected, atol=1e-12)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seeds, st.sampled_from(["vi", "binder"]))
def test_counts_stay_right_through_moves_of_many(seed, loss):
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=(6, 30)).astype(np.int8)
    first = np.full(30, -1)
    first[:10] = np.unique(rng.integers(3, size=10), return_inverse=True)[1]
    state = state_of(z, first, loss)
    state.place(np.arange(10, 30))
    for _ in range(3):
        state.grow()
        state.move(rng.permutation(30)[:12])
        found = expected_loss(state.labels, z[None], loss)
        assert state.expected_loss() == pytest.approx(found, abs=1e-12)
    state.tidy()
    assert sorted(set(state.labels)) == list(range(state.clusters))
    found = expected_loss(state.labels, z[None], loss)
    assert state.expected_loss() == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_subsample_extended_is_as_good_as_a_search_of_all(seed):
    z = noisy_draws(seed, 600)[None]
    whole = point_estimate(z, seed=seed)
    part = point_estimate(z, seed=seed, searched=100)
    assert (whole.searched, part.searched) == (600, 100)
    assert part.expected_loss == pytest.approx(whole.expected_loss, rel=1e-6)
    np.testing.assert_array_equal(part.labels, whole.labels)


def test_binders_many_clusters_cost_little_when_some_are_missed():
    """Its loss is flat in clusters of one or two observations."""
    z = noisy_draws(3, 600, noise=0.4)[None]
    whole, part = point_estimate(z, "binder"), point_estimate(z, "binder", searched=100)
    assert whole.expected_loss <= part.expected_loss < 1.002 * whole.expected_loss


def test_a_cluster_that_the_subsample_lacks_is_found():
    z = noisy_draws(4, 3000, noise=0.02)
    z[:, :30] = 3
    some = np.arange(100, 400)
    labels = point_estimate(z[None][..., some]).labels
    assert labels.max() == 2
    found = extend(z, 4, _table("vi", 3000), some, labels, most=3000, rng=np.random.default_rng(1))
    assert len(set(found)) == 4
    assert len(set(found[:30])) == 1
    assert (found == found[0]).sum() == 30


def test_no_more_clusters_than_asked_for():
    z = noisy_draws(5, 500, clusters=4)[None]
    assert point_estimate(z, max_clusters=3, searched=60).clusters <= 3


def test_all_rows_take_little_more_memory_than_the_allocations():
    z = noisy_draws(6, 20_000, draws=200)[None]
    tracemalloc.start()
    try:
        found = point_estimate(z, searched=200)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.clusters == 3
    # Beside them blocks of a million counts, and some numbers for each row.
    assert peak < 2 * z.nbytes + 40e6
