"""Blocks that cover everything once, and the refusal of results that are too large."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.density import blocks
from stanmix.errors import InputError

SIZES = [(1, 1, 1), (7, 5, 3), (100, 3, 2), (3, 100, 2), (13, 1000, 10), (1000, 13, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("block", [1, 30, 1000, 2**18])
def test_blocks_cover_everything_once_and_hold_no_more_than_they_may(size, block, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    draws, rows, components = size
    for found, whole, other in (
        (blocks.blocks(*size), draws, rows),
        (blocks.row_blocks(*size), rows, draws),
    ):
        parts = [np.arange(whole)[part] for part in found]
        np.testing.assert_array_equal(np.concatenate(parts), np.arange(whole))
        for part in parts:  # one draw or row is computed at least
            assert len(part) == 1 or len(part) * other * components <= block
        # No fewer at a time than there is room for.
        assert all(len(part) == len(parts[0]) for part in parts[:-1])
        assert len(parts) == 1 or (len(parts[0]) + 1) * other * components > block


def test_what_needs_more_than_it_may_is_refused_with_its_size():
    blocks.check_memory("the table", 2**14, 2**14)  # 2 GiB of doubles, which is all there is
    with pytest.raises(InputError, match=r"the table would hold 16384 x 16385 numbers, 2 GiB; at"):
        blocks.check_memory("the table", 2**14, 2**14 + 1)
    with pytest.raises(InputError, match=r"2\.56e\+15 GiB"):  # no integer overflows on the way
        blocks.check_memory("the table", *[7 * 10**7] * 3)
    blocks.check_memory("the table", 2**14, 2**14 + 1, number_bytes=1)
    blocks.check_memory("the table", 2**14, 2**14 + 1, gib=2.1)
    with pytest.raises(InputError, match=r"at most 0\.5 GiB"):
        blocks.check_memory("the table", 2**13, 2**13 + 1, gib=0.5)
