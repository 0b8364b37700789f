"""Arguments of relabelling: what they become, and what is said of those that are none."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.errors import InputError
from stanmix.relabel.checks import (
    check_allocations,
    check_draws,
    check_finite,
    check_labels,
    check_parameters,
    check_partition,
    check_permutations,
)

Z = np.random.default_rng(0).integers(3, size=(2, 4, 6))
Z[0, 0, 0] = 2


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float64, "list"])
def test_allocations_become_small_integers(kind):
    given = Z.tolist() if kind == "list" else Z.astype(kind)
    values, components = check_allocations(given)
    np.testing.assert_array_equal(values, Z)
    assert components == 3 and values.dtype == np.int8
    assert check_allocations(given, 7)[1] == 7


@pytest.mark.parametrize("components", [2, 127, 128, 129, 200, 40_000])
def test_the_type_holds_every_label(components):
    labels = np.array([0, components - 1])
    values, _ = check_labels(labels, "z", components)
    np.testing.assert_array_equal(values, labels)
    assert values.dtype.kind == "i" and np.iinfo(values.dtype).min <= -components


@pytest.mark.parametrize(
    ("z", "components", "word"),
    [
        (Z[0], None, r"z has 2 axes \(shape \(4, 6\)\).*For one chain, add the axis: z\[None\]"),
        (Z[..., None], None, r"z has 4 axes.*expected 3: \(chain, draw, obs\)\.$"),
        (Z[:, :0], None, "its axis draw is empty"),
        (Z + 0.5, None, r"z holds 2\.5 at \(0, 0, 0\); allocations are whole numbers"),
        (np.where(Z == 1, np.nan, Z), None, "z holds nan at"),
        (Z - 1, None, "z holds the label -1; labels start at 0"),
        (Z + 1, 3, "0, ..., 2. Stan counts from 1: subtract 1"),
        (Z + 2, 3, r"with 3 components labels are 0, \.\.\., 2\.$"),
        (Z * 50_000, None, "say components=100001"),
        (Z.astype(str), None, "z must be an array of whole numbers from 0"),
    ],
)
def test_what_are_no_allocations(z, components, word):
    with pytest.raises(InputError, match=word):
        check_allocations(z, components)


def test_a_partition_is_of_all_observations():
    np.testing.assert_array_equal(check_partition([0, 4, 4], 3, None, "pivot"), [0, 4, 4])
    with pytest.raises(InputError, match="pivot allocates 3 observations, but there are 4"):
        check_partition([0, 4, 4], 4, None, "pivot")
    with pytest.raises(InputError, match="pivot holds the label 4; with 3 components"):
        check_partition([0, 4, 4], 3, 3, "pivot")


def test_permutations_are_permutations():
    perm = np.array([[[2, 0, 1], [0, 1, 2]]])
    np.testing.assert_array_equal(check_permutations(perm.astype(np.int8)), perm)
    for wrong in ([2, 0, 0], [1, 2, 3], [-1, 0, 1]):
        with pytest.raises(InputError, match=r"perm\[0, 1\] is .*; expected a permutation of 0, "):
            check_permutations(np.array([[[2, 0, 1], wrong]]))
    with pytest.raises(InputError, match="whole numbers, each row a permutation"):
        check_permutations(perm.astype(float))


def test_parameters_get_an_axis_and_are_finite():
    theta = np.random.default_rng(1).normal(size=(2, 4, 3))
    np.testing.assert_array_equal(check_parameters(theta), theta[..., None])
    assert check_parameters(theta[..., None] * [1.0, 2.0]).shape == (2, 4, 3, 2)
    with pytest.raises(InputError, match=r"expected 4: \(chain, draw, component, parameter\)"):
        check_parameters(theta[0])
    theta[1, 2, 0] = np.inf
    with pytest.raises(InputError, match=r"theta holds inf at \(1, 2, 0, 0\); expected finite"):
        check_parameters(theta)


def test_numbers_become_doubles_and_complex_ones_are_none():
    assert check_finite([[1, 2]], "p").dtype == np.float64
    with pytest.raises(InputError, match="p must be an array of real numbers"):
        check_finite([1j], "p")


def test_two_arrays_have_the_same_draws():
    check_draws("p", (2, 4, 9), "z", (2, 4, 6))
    with pytest.raises(InputError, match="p has 2 chains of 5 draws, but z has 2 of 4"):
        check_draws("p", (2, 5, 9), "z", (2, 4, 6))
