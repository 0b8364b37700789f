"""What a mixture reads of a DataFrame, as numbers."""

from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.model.matrices import matrices

FRAME = {
    "n": [3.0, 1.0, 4.0, 2.0, 5.0],
    "x": [0.5, 1.5, -1.0, 2.0, 0.0],
    "z": [1.0, 1.0, 0.0, 0.0, 2.0],
    "o": [0.1, 0.2, 0.3, 0.4, 0.5],
    "w": [1, 2, 0, 1, 3],
    "g": ["b", "b", "a", "a", "c"],
}


def test_every_column_is_in_its_role():
    model = stanmix.Mixture(
        "n ~ x",
        2,
        family="negative_binomial",
        formulas={"phi": "~ x"},
        gating="~ z",
        offset="o",
        weights="w",
        group="g",
    )
    read = matrices(model, FRAME)
    ones = np.ones(5)
    np.testing.assert_array_equal(read.y, FRAME["n"])
    np.testing.assert_array_equal(read.X, np.column_stack([ones, FRAME["x"]]))
    np.testing.assert_array_equal(read.rows.predictors["phi"].matrix, read.X)
    np.testing.assert_array_equal(read.rows.Z, np.column_stack([ones, FRAME["z"]]))
    np.testing.assert_array_equal(read.matrix("theta"), [[1, 1], [1, 0], [1, 2]])  # a row a group
    np.testing.assert_array_equal(read.rows.offset, FRAME["o"])
    np.testing.assert_array_equal(read.rows.weights, FRAME["w"])
    np.testing.assert_array_equal(read.rows.group, [0, 0, 1, 1, 2])


def test_several_columns_are_a_matrix():
    model = stanmix.Mixture(["n", "x"], 2, family="mvnormal", covariance="diagonal")
    read = matrices(model, FRAME)
    np.testing.assert_array_equal(read.y, np.column_stack([FRAME["n"], FRAME["x"]]))
    assert read.dimensions == ("n", "x")


def test_the_offset_is_checked_with_the_family():
    frame = {**FRAME, "o": [100.0, 2000.0, 50.0, 3.0, 7.0]}
    with pytest.raises(InputError, match="offset='o'"):
        matrices(stanmix.Mixture("n", 2, family="poisson", offset="o"), frame)
    np.testing.assert_array_equal(
        matrices(stanmix.Mixture("n", 2, offset="o"), frame).rows.offset, frame["o"]
    )
