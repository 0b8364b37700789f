from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import (
    compose,
    constant,
    few_components,
    make,
    random_permutations,
    seeds,
    unchanged,
)

from stanmix.errors import InputError
from stanmix.relabel import (
    RelabellingWarning,
    apply,
    apply_to_allocations,
    ecr,
    ecr_iterative_1,
    ecr_iterative_2,
)


def modes(z, components):
    """All allocations that are most frequent in each observation; several where labels tie."""
    counts = np.array([np.bincount(column, minlength=components) for column in z.T])
    tied = [np.flatnonzero(row == row.max()) for row in counts]
    return (np.array(pivot) for pivot in product(*tied))


def as_partition(z):
    """Labels by first appearance over all draws in one row, so that only names are lost."""
    _, first, inverse = np.unique(z.ravel(), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].reshape(z.shape)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_over_all_chains(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    assert constant(compose(perm, ecr_iterative_1(switched.z, components)))
    named = ecr_iterative_1(switched.z, components, reference=draws.truth)
    np.testing.assert_array_equal(named, np.argsort(perm, axis=-1))
    assert unchanged(named, switched)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 5))
def test_ends_at_a_fixed_point(seed, components):
    rng = np.random.default_rng(seed)
    z = rng.integers(components, size=(2, 5, 9))
    ends = []
    perm = ecr_iterative_1(z, components, report=ends.append)
    relabelled = apply_to_allocations(perm, z)
    differing = [
        (
            (relabelled != pivot).sum(),
            (apply_to_allocations(ecr(z, pivot, components), z) != pivot).sum(),
        )
        for pivot in modes(relabelled.reshape(10, 9), components)
    ]
    # For the mode that was the pivot, no permutation of any draw is nearer to it.
    assert any(ours == least for ours, least in differing)
    assert ends[0].converged
    assert ends[0].objective[-1] == differing[0][0]
    assert list(ends[0].objective) == sorted(ends[0].objective, reverse=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 5))
def test_labels_change_nothing_but_names_even_with_ties(seed, components):
    rng = np.random.default_rng(seed)
    z = rng.integers(components, size=(2, 5, 9))
    again = apply_to_allocations(random_permutations(seed, 2, 5, components), z)
    np.testing.assert_array_equal(
        as_partition(apply_to_allocations(ecr_iterative_1(again, components), again)),
        as_partition(apply_to_allocations(ecr_iterative_1(z, components), z)),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_rows_and_chains_change_nothing_but_names(seed, components):
    rng = np.random.default_rng(seed)
    draws = make(seed, chains=3, draws=4, components=components, separation=4.0)
    draws = draws.switched(random_permutations(seed, 3, 4, components))
    expected = ecr_iterative_1(draws.z, components)
    by_rows = ecr_iterative_1(draws.rows(rng.permutation(len(draws.y))).z, components)
    assert constant(compose(np.argsort(expected, axis=-1), by_rows))
    chains = rng.permutation(3)
    by_chains = ecr_iterative_1(draws.chains(chains).z, components)
    assert constant(compose(np.argsort(expected[chains], axis=-1), by_chains))


def test_draws_that_never_switched_stay_as_they_are():
    draws = make(11, components=4)
    perm = ecr_iterative_1(draws.z)
    assert constant(perm)
    np.testing.assert_array_equal(perm[0, 0], np.arange(4))


def test_cycles_of_three_are_undone():
    # A permutation in place of its inverse would pass with two components, not with three.
    draws = make(12, components=3)
    perm = np.broadcast_to([1, 2, 0], (2, 12, 3)).copy()
    perm[0, ::2] = [0, 1, 2]
    assert constant(compose(perm, ecr_iterative_1(draws.switched(perm).z)))


def test_a_first_draw_that_represents_nothing_does_no_harm():
    draws = make(13, components=4, draws=30)
    perm = random_permutations(13, 2, 30, 4)
    z = draws.switched(perm).z
    z[0, 0] = 0
    z[0, 1] = np.arange(z.shape[2]) % 4
    found = compose(perm, ecr_iterative_1(z, 4)).reshape(60, 4)[2:]
    assert (found == found[0]).all()


def test_says_when_the_passes_did_not_suffice():
    draws = make(14)
    with pytest.warns(RelabellingWarning, match="ecr_iterative_1 did not reach a fixed point in 1"):
        ecr_iterative_1(draws.z, max_iterations=1)


def test_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="z has 2 axes"):
        ecr_iterative_1([[0, 1]])
    with pytest.raises(InputError, match="reference allocates 3"):
        ecr_iterative_1([[[0, 1]]], reference=[0, 1, 1])
    with pytest.raises(InputError, match="max_iterations must be an integer of at least 1, got 0"):
        ecr_iterative_1([[[0, 1]]], max_iterations=0)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_with_probabilities(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    assert constant(compose(perm, ecr_iterative_2(switched.z, switched.p)))
    named = ecr_iterative_2(switched.z, switched.p, reference=draws.truth)
    np.testing.assert_array_equal(named, np.argsort(perm, axis=-1))
    assert unchanged(named, switched)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 5))
def test_ends_where_the_mean_probabilities_are_the_pivot(seed, components):
    draws = make(seed, draws=5, components=components, separation=3.0)
    draws = draws.switched(random_permutations(seed, 2, 5, components))
    ends = []
    perm = ecr_iterative_2(draws.z, draws.p, report=ends.append)
    pivot = apply(perm, draws.p, axis=3).mean(axis=(0, 1)).argmax(axis=1)
    relabelled = apply_to_allocations(perm, draws.z)
    fitted = apply_to_allocations(ecr(draws.z, pivot, components), draws.z)
    assert ends[0].converged
    assert (relabelled != pivot).sum() == (fitted != pivot).sum() == ends[0].objective[-1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_labels_rows_and_chains_change_nothing_with_probabilities(seed, components):
    rng = np.random.default_rng(seed)
    draws = make(seed, chains=3, draws=4, components=components, separation=4.0)
    expected = np.argsort(ecr_iterative_2(draws.z, draws.p), axis=-1)
    perm = random_permutations(seed, 3, 4, components)
    other = draws.switched(perm)
    assert constant(compose(expected, compose(perm, ecr_iterative_2(other.z, other.p))))
    other = draws.rows(rng.permutation(len(draws.y)))
    assert constant(compose(expected, ecr_iterative_2(other.z, other.p)))
    chains = rng.permutation(3)
    other = draws.chains(chains)
    assert constant(compose(expected[chains], ecr_iterative_2(other.z, other.p)))


def test_probabilities_and_allocations_speak_of_the_same_draws():
    draws = make(15)
    with pytest.raises(InputError, match="z has 1 chains of 12 draws, but p has 2"):
        ecr_iterative_2(draws.z[:1], draws.p)
    with pytest.raises(InputError, match="z has 18 observations, but p has 19"):
        ecr_iterative_2(draws.z[..., 1:], draws.p)
    with pytest.raises(InputError, match="z holds the label 3; with 3 components"):
        ecr_iterative_2(draws.z + 1, draws.p)
    with pytest.raises(InputError, match="p sums to"):
        ecr_iterative_2(draws.z, draws.p * 0.9)
