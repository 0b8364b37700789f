import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import random_permutations, seeds

from stanmix.relabel import tables
from stanmix.relabel.tables import canonical_labels, contingency, label_counts, partition_keys


@pytest.fixture(params=[1, 1 << 20])
def block(request, monkeypatch):
    original = tables.blocks
    monkeypatch.setattr(tables, "blocks", lambda draws, size: original(draws, size, request.param))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_counts_equal_loops(seed, components):
    rng = np.random.default_rng(seed)
    z = rng.integers(components, size=(5, 7)).astype(np.int8)
    pivot = rng.integers(components, size=7).astype(np.int8)
    perm = random_permutations(seed, 1, 5, components)[0]
    table = contingency(z, pivot, components)
    counts = label_counts(z, perm, components)
    for new in range(components):
        for old in range(components):
            np.testing.assert_array_equal(
                table[:, new, old], ((z == old) & (pivot == new)).sum(axis=1)
            )
        np.testing.assert_array_equal(counts[:, new], (z == perm[:, [new]]).sum(axis=0))


def test_blocks_have_no_part_in_the_counts(block):
    rng = np.random.default_rng(1)
    z = rng.integers(3, size=(6, 5)).astype(np.int8)
    table = contingency(z, z[2], 3)
    assert (table.sum(axis=(1, 2)) == 5).all()
    np.testing.assert_array_equal(table[2], np.diag(np.bincount(z[2], minlength=3)))
    perm = np.broadcast_to(np.arange(3), (6, 3))
    assert label_counts(z, perm, 3).sum() == 30
    np.testing.assert_array_equal(label_counts(z, perm, 3)[0], np.bincount(z[:, 0], minlength=3))


def test_canonical_labels_follow_first_appearance():
    z = np.array([[2, 2, 0, 1], [1, 3, 3, 0]], dtype=np.int8)
    assert canonical_labels(z, 4).tolist() == [[2, 0, 1, 3], [1, 3, 0, 2]]


def test_keys_tell_partitions_apart_but_not_labels():
    z = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=np.int8)
    keys = partition_keys(z, 2)
    np.testing.assert_array_equal(keys[0], keys[1])
    assert keys[0, 0] == keys[2, 0] == 8
    assert keys[0, 1] != keys[2, 1]
    assert keys[3, 0] == 10
