import numpy as np
import pytest

from stanmix.clustering import similarity as similarity_module
from stanmix.clustering.similarity import similarity, similarity_blocks
from stanmix.errors import InputError
from stanmix.relabel import apply_to_allocations


@pytest.fixture(params=[1, 1 << 23])
def z(request, monkeypatch):
    monkeypatch.setattr(similarity_module, "_BLOCK", request.param)
    return np.random.default_rng(1).integers(3, size=(2, 15, 7))


def test_equals_loops(z):
    expected = [
        [np.mean([draw[i] == draw[j] for draw in z.reshape(30, 7)]) for j in range(7)]
        for i in range(7)
    ]
    np.testing.assert_allclose(similarity(z), expected, rtol=1e-6)


def test_blocks_of_rows_make_up_the_matrix(z):
    whole = similarity(z)
    for rows in (1, 3, 7, 100):
        parts = dict.fromkeys(range(7))
        for place, block in similarity_blocks(z, rows):
            assert len(block) <= rows
            for row, values in zip(range(7)[place], block, strict=True):
                parts[row] = values
        np.testing.assert_array_equal(np.stack(list(parts.values())), whole)


def test_labels_have_no_part_in_it(z):
    perm = np.argsort(np.random.default_rng(2).random((2, 15, 3)), axis=-1)
    np.testing.assert_array_equal(similarity(apply_to_allocations(perm, z)), similarity(z))


def test_refuses_what_are_not_allocations():
    with pytest.raises(InputError, match="z has 2 axes"):
        similarity([[0, 1]])
    with pytest.raises(InputError, match="rows must be an integer of at least 1, got 0"):
        list(similarity_blocks([[[0, 1]]], rows=0))
