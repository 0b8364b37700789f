"""Gradients that are made of some rows: on average, over the blocks, those of all rows.

Points that differ in their last digits alone have the same gradient, of blocks of their own.
"""

from __future__ import annotations

import numpy as np
import pytest
from interpreted import interpreted
from parameters_block import declarations
from rendered import IN_BLOCKS
from scipy import stats
from stan_transforms import free_shape


@pytest.fixture
def asked(log_density, shipped):
    """Values and gradients at points that differ in their last digits, and those of all rows."""

    def ask(name: str, batch_size: int, times: int) -> tuple[np.ndarray, np.ndarray]:
        model, frame = IN_BLOCKS[name]
        data, rng = model.data(frame), np.random.default_rng(1)
        shapes = [free_shape(each, data) for each in declarations(model.program())]
        point = np.concatenate([0.3 * rng.normal(size=shape).ravel() for shape in shapes])
        points = point + 1e-13 * rng.normal(size=(times, len(point)))
        told = {**data, "batch_size": batch_size}
        found = log_density(model, told, points, kernel="fused", among=shipped, minibatch=True)
        return found, interpreted(model, data, point[None])[0]

    return ask


def _blocks(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that differ by more than rounding, and how often each is there."""
    digits = 7 - np.ceil(np.log10(np.abs(found[:, 0]).max()))
    _, first, counts = np.unique(
        np.round(found[:, 0], int(digits)), return_index=True, return_counts=True
    )
    return found[first], counts


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_the_mean_over_all_blocks_is_the_gradient_of_all_rows(name, asked):
    rows = len(IN_BLOCKS[name][1])
    found, whole = asked(name, -(-rows // 4), 80)
    each, _ = _blocks(found)
    assert len(each) == 4
    scale = np.abs(whole).max()
    np.testing.assert_allclose(each.mean(axis=0), whole, rtol=1e-8, atol=1e-9 * scale)
    assert np.abs(each - whole).max() > 1e-3 * scale  # a block is not all rows


@pytest.mark.parametrize("name", IN_BLOCKS)
@pytest.mark.parametrize("more", [0, 7])
def test_a_block_of_all_rows_is_all_rows(name, more, asked):
    found, whole = asked(name, len(IN_BLOCKS[name][1]) + more, 3)
    np.testing.assert_allclose(found, np.stack([whole] * 3), rtol=1e-9, atol=1e-10)


def test_each_block_is_as_likely_as_the_others(asked):
    rows = len(IN_BLOCKS["nothing"][1])
    found, whole = asked("nothing", 7, 1500)
    each, counts = _blocks(found)
    assert len(each) == -(-rows // 7)
    assert stats.chisquare(counts).pvalue > 0.01
    # And so gradients have the mean that they should have, by four standard errors.
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - whole) < 4 * error + 1e-9 * np.abs(whole)).all()


def test_the_same_point_has_the_same_gradient(asked):
    np.testing.assert_array_equal(asked("weights", 5, 50)[0], asked("weights", 5, 50)[0])
