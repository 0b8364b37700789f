import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmix.clustering.estimate import _table, expected_loss
from stanmix.clustering.search import _break_up, _improve, _Partition, _sweep

seeds = st.integers(0, 2**32 - 1)


def state_of(z, labels, loss="vi", most=None):
    draws, observations = z.shape
    components = int(z.max()) + 1
    codes = (z + np.arange(draws)[:, None] * components).T
    return _Partition(
        codes, draws * components, _table(loss, observations), most or observations, labels
    )


def constant(z, loss):
    """The mean over the draws of F: the distance of a draw from one cluster, less F of that."""
    f = _table(loss, z.shape[1]).f
    return np.mean([sum(f[size] for size in np.bincount(draw)) for draw in z])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds, st.sampled_from(["vi", "binder"]))
def test_counts_stay_right_through_any_moves(seed, loss):
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=(6, 9))
    state = state_of(z, np.unique(rng.integers(4, size=9), return_inverse=True)[1], loss)
    for _ in range(20):
        observation = int(rng.integers(9))
        state.remove(observation)
        state.place(observation)
        assert sorted(set(state.labels)) == list(range(state.clusters))
    expected = expected_loss(state.labels, z[None], loss) - constant(z, loss)
    assert state.loss() == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds, st.sampled_from(["vi", "binder"]), st.integers(1, 9))
def test_an_observation_goes_where_the_loss_is_least(seed, loss, most):
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=(6, 9))
    labels = np.unique(rng.integers(most, size=9), return_inverse=True)[1]
    state = state_of(z, labels, loss, most)
    state.remove(4)
    rest, clusters = state.labels.copy(), state.clusters
    choices = []
    for cluster in range(min(clusters + 1, most)):
        rest[4] = cluster
        choices.append(expected_loss(rest, z[None], loss))
    state.place(4)
    assert expected_loss(state.labels, z[None], loss) == pytest.approx(min(choices), abs=1e-12)


def test_clusters_merge_while_that_lowers_the_loss():
    z = np.zeros((5, 20), dtype=int)
    state = state_of(z, np.repeat([0, 1, 2], [8, 8, 4]))
    assert state.merge()
    assert state.clusters == 2
    expected = expected_loss(state.labels, z[None]) - constant(z, "vi")
    assert state.loss() == pytest.approx(expected, abs=1e-12)
    assert state.merge()
    assert state.clusters == 1
    assert state.loss() == pytest.approx(-constant(z, "vi"), abs=1e-12)
    assert not state.merge()


def test_a_cluster_breaks_up_that_no_single_move_divides():
    z = np.repeat([[0, 1]], 5, axis=0).repeat(10, axis=1)
    state = state_of(z, np.zeros(20, dtype=int))
    rng = np.random.default_rng(1)
    assert not _sweep(state, rng)
    assert _break_up(state, rng)
    assert state.clusters == 2
    assert expected_loss(state.labels, z[None]) == 0
    before = state.labels.copy()
    assert not _break_up(state, rng)
    np.testing.assert_array_equal(state.labels, before)


@pytest.mark.parametrize("labels", [np.repeat([0, 1, 2, 3], 5), np.zeros(20, dtype=int)])
def test_improvement_uses_every_kind_of_move(labels):
    z = np.repeat([[0, 1]], 5, axis=0).repeat(10, axis=1)
    state = state_of(z, labels)
    _improve(state, np.random.default_rng(2))
    assert expected_loss(state.labels, z[None]) == 0
