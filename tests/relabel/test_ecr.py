import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import cheapest, few_components, make, random_permutations, seeds, unchanged

from stanmix.errors import InputError
from stanmix.relabel import apply_to_allocations, ecr


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_to_the_names_of_the_pivot(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    found = ecr(switched.z, draws.truth)
    np.testing.assert_array_equal(found, np.argsort(perm, axis=-1))
    assert unchanged(found, switched)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 6))
def test_disagreement_equals_brute_force(seed, components):
    rng = np.random.default_rng(seed)
    z, pivot = rng.integers(components, size=(1, 2, 12)), rng.integers(components, size=12)
    relabelled = apply_to_allocations(ecr(z, pivot, components), z)
    for draw, got in zip(z[0], relabelled[0], strict=True):
        cost = [
            [np.sum((draw == old) & (pivot != new)) for old in range(components)]
            for new in range(components)
        ]
        assert (got != pivot).sum() == cheapest(np.array(cost))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 6))
def test_labels_have_no_part_in_the_result_even_with_ties(seed, components):
    rng = np.random.default_rng(seed)
    z, pivot = rng.integers(components, size=(2, 3, 6)), rng.integers(components, size=6)
    perm = random_permutations(seed, 2, 3, components)
    again = apply_to_allocations(perm, z)
    np.testing.assert_array_equal(
        apply_to_allocations(ecr(again, pivot, components), again),
        apply_to_allocations(ecr(z, pivot, components), z),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_rows_and_chains_have_no_part_in_the_result(seed, components):
    rng = np.random.default_rng(seed)
    draws = make(seed, chains=3, draws=4, components=components)
    draws = draws.switched(random_permutations(seed, 3, 4, components))
    expected = ecr(draws.z, draws.truth)
    rows, chains = rng.permutation(len(draws.y)), rng.permutation(3)
    other = draws.rows(rows)
    np.testing.assert_array_equal(ecr(other.z, other.truth), expected)
    np.testing.assert_array_equal(ecr(draws.chains(chains).z, draws.truth), expected[chains])


def test_empty_components_keep_their_place_among_the_names():
    perm = ecr([[[2, 2, 0]]], [0, 0, 1], components=4)
    assert perm[0, 0, :2].tolist() == [2, 0]
    assert sorted(perm[0, 0].tolist()) == [0, 1, 2, 3]


def test_pivot_may_use_more_labels_than_the_draws_where_they_are_said_to_be_there():
    assert ecr([[[0, 0, 0]]], [2, 2, 2], components=3).tolist()[0][0][2] == 0


@pytest.mark.parametrize(
    ("z", "pivot", "components", "message"),
    [
        ([[0, 1]], [0, 1], None, r"z has 2 axes .*z\[None\]"),
        ([[[0, 1]]], [[0, 1]], None, "pivot has 2 axes"),
        ([[[0, 1]]], [0, 1, 1], None, "pivot allocates 3 observations, but there are 2"),
        ([[[0, -1]]], [0, 1], None, "z holds the label -1"),
        ([[[1, 2]]], [0, 1], 2, "z holds the label 2; with 2 components.*subtract 1"),
        ([[[0, 1]]], [0, 2], 2, "pivot holds the label 2"),
        ([[[0, 1]]], [0, 5], None, "pivot holds the label 5; with 2 components"),
        ([[[0, 1], [0]]], [0, 1], None, "z must be an array of whole numbers from 0"),
        (np.ma.array([[[0, 1]]], mask=[[[0, 1]]]), [0, 1], None, "z must be an array.*MaskedArray"),
        ([[[0, 1j]]], [0, 1], None, "z must be an array of whole numbers from 0"),
        ([[[0.5, 1]]], [0, 1], None, r"z holds 0.5 at \(0, 0, 0\)"),
        ([[[np.nan, 1]]], [0, 1], None, "z holds nan"),
        ([[["a", "b"]]], [0, 1], None, "z must be an array of whole numbers from 0"),
        ([[[0, 1]]], [0, 1], 0, "components must be an integer of at least 1, got 0"),
        ([[[0, 1]]], [0, 1], 2.0, "components must be an integer.*got 2.0"),
        (np.zeros((1, 0, 2)), [0, 1], None, "its axis draw is empty"),
    ],
)
def test_refuses_what_does_not_fit(z, pivot, components, message):
    with pytest.raises(InputError, match=message):
        ecr(z, pivot, components)
