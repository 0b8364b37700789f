"""The expected loss of a partition, from counts, beside that of pairs and of whole tables."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stanmix.clustering.counts import LossTable, Partition

N, DRAWS, COMPONENTS = 9, 12, 3
Z = np.random.default_rng(6).integers(COMPONENTS, size=(DRAWS, N))
SQUARES = LossTable(np.arange(N + 1.0) ** 2)  # F counts the ordered pairs within clusters
ENTROPY = LossTable(np.arange(N + 1) * np.log(np.maximum(np.arange(N + 1), 1)))


def partition(labels, table=SQUARES):
    """With counts made one observation at a time."""
    labels = np.asarray(labels)
    sizes = np.zeros(N, dtype=np.intp)
    joint = np.zeros((DRAWS * COMPONENTS, N), dtype=np.int32)
    for n, label in enumerate(labels):
        sizes[label] += 1
        for s in range(DRAWS):
            joint[s * COMPONENTS + Z[s, n], label] += 1
    return Partition(DRAWS, table, labels.copy(), sizes, joint)


def differing(labels):
    """Ordered pairs that are together here and apart in a draw, or the other way, on average."""
    pairs = list(itertools.product(range(N), repeat=2))
    return np.mean([sum((labels[i] == labels[j]) != (z[i] == z[j]) for i, j in pairs) for z in Z])


def f_of_draws(table):
    return np.mean([table.f[np.bincount(z)].sum() for z in Z])


LABELS = [[0] * N, list(range(N)), [0, 1, 2] * 3, [0, 0, 0, 1, 1, 1, 2, 2, 3]]


@pytest.mark.parametrize("labels", LABELS)
def test_the_loss_counts_pairs_that_differ(labels):
    """Binder's loss, but for the part that belongs to the draws."""
    found = partition(labels)
    assert found.clusters == len(set(labels))
    assert found.loss() + f_of_draws(SQUARES) == pytest.approx(differing(labels), abs=1e-9)


def test_a_step_is_what_one_more_observation_adds():
    np.testing.assert_allclose(SQUARES.step, 2 * np.arange(N) + 1)
    np.testing.assert_allclose(ENTROPY.step.cumsum(), ENTROPY.f[1:])


@pytest.mark.parametrize("table", [SQUARES, ENTROPY], ids=["squares", "entropy"])
@pytest.mark.parametrize("labels", LABELS)
def test_merging_goes_on_while_two_clusters_are_worse_than_one(labels, table):
    """At the end no merger lowers the loss, which is that of a partition counted from scratch."""
    found = partition(labels, table)
    while True:
        before = found.loss()
        if not found.merge():
            break
        assert found.loss() < before
        np.testing.assert_allclose(found.loss(), partition(found.labels, table).loss())
        assert set(found.labels) == set(range(found.clusters))
    for one, other in itertools.combinations(range(found.clusters), 2):
        merged = np.where(found.labels == one, other, found.labels)
        merged = np.unique(merged, return_inverse=True)[1]
        assert partition(merged, table).loss() >= found.loss() - 1e-9


def test_a_snapshot_brings_back_all_of_it():
    found = partition(range(N), ENTROPY)
    kept, before, labels = found.snapshot(), found.loss(), found.labels.copy()
    assert found.merge() and found.loss() != before
    for _ in range(2):  # and stays what it was, whatever follows
        found.restore(kept)
        assert found.loss() == before and found.clusters == N
        np.testing.assert_array_equal(found.labels, labels)
        found.merge()
