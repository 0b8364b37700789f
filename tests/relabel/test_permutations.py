import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import compose, few_components, make, random_permutations, seeds

from stanmix.errors import InputError
from stanmix.relabel import apply, apply_to_allocations, name_by
from stanmix.relabel.permutations import closest_names


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_apply_equals_loops(seed, components, chains):
    draws = make(seed, chains=chains, draws=3, components=components, extra=2)
    perm = random_permutations(seed, chains, 3, components)
    expected = draws.switched(perm)
    np.testing.assert_array_equal(apply(perm, draws.theta), expected.theta)
    np.testing.assert_array_equal(apply(perm, draws.p, axis=3), expected.p)
    np.testing.assert_array_equal(apply(perm, draws.p, axis=-1), expected.p)
    np.testing.assert_array_equal(apply_to_allocations(perm, draws.z), expected.z)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_label_invariant_functionals_do_not_change(seed, components):
    draws = make(seed, components=components)
    perm = random_permutations(seed, 2, 12, components)
    theta, weight = apply(perm, draws.theta), apply(perm, draws.weight)
    for power in (1, 2, 3):
        np.testing.assert_allclose(
            (weight[..., None] * theta**power).sum(axis=2),
            (draws.weight[..., None] * draws.theta**power).sum(axis=2),
            rtol=1e-12,
            atol=1e-12 * np.abs(draws.theta**power).max(),
        )


def test_apply_takes_a_cycle_of_three_in_the_stated_direction():
    perm = np.array([[[2, 0, 1]]])
    assert apply(perm, np.array([[[10, 20, 30]]])).tolist() == [[[30, 10, 20]]]
    # The observation of old component 2 is now called 0.
    assert apply_to_allocations(perm, np.array([[[2, 0, 1, 2]]])).tolist() == [[[0, 1, 2, 0]]]


def test_matrix_of_transitions_takes_two_calls():
    matrix = np.arange(9).reshape(1, 1, 3, 3)
    perm = np.array([[[1, 2, 0]]])
    both = apply(perm, apply(perm, matrix, axis=2), axis=3)
    np.testing.assert_array_equal(both[0, 0], matrix[0, 0][np.ix_(perm[0, 0], perm[0, 0])])


def test_closest_names_leave_unswitched_draws_alone():
    perm = np.array([[0, 1, 2]] * 5 + [[2, 0, 1]])
    turned = perm[:, [1, 2, 0]]
    np.testing.assert_array_equal(closest_names(turned), perm)


def test_name_by_orders_the_means_and_keeps_the_alignment():
    draws = make(5, components=4)
    perm = random_permutations(5, 2, 12, 4)
    switched = draws.switched(perm)
    back = np.argsort(perm, axis=-1)
    named = name_by(back, switched.theta[..., 0])
    means = apply(named, switched.theta[..., 0]).mean(axis=(0, 1))
    assert (np.diff(means) > 0).all()
    relation = compose(perm, named)
    assert (relation == relation[0, 0]).all()
    falling = name_by(back, switched.theta[..., 0], descending=True)
    np.testing.assert_array_equal(falling, named[..., ::-1])


@pytest.mark.parametrize(
    ("perm", "draws", "axis", "message"),
    [
        ([[[0, 0]]], np.zeros((1, 1, 2)), 2, r"perm\[0, 0\] is \[0, 0\]"),
        ([[0, 1]], np.zeros((1, 1, 2)), 2, r"perm has 2 axes.*perm\[None\]"),
        ([[[0.0, 1.0]]], np.zeros((1, 1, 2)), 2, "perm must be an array of whole numbers"),
        ([[[0, 1]]], np.zeros((1, 1)), 2, r"draws has shape \(1, 1\)"),
        ([[[0, 1]]], np.zeros((2, 1, 2)), 2, "draws has 2 chains of 1 draws, but perm has 1"),
        ([[[0, 1]]], np.zeros((1, 1, 3)), 2, "axis 2 of draws has length 3, but perm has 2"),
        ([[[0, 1]]], np.zeros((1, 1, 2)), 1, "axis is 1"),
        ([[[0, 1]]], np.zeros((1, 1, 2)), 3, "axis is 3"),
    ],
)
def test_apply_refuses_what_does_not_fit(perm, draws, axis, message):
    with pytest.raises(InputError, match=message):
        apply(perm, draws, axis=axis)


def test_apply_to_allocations_refuses_labels_that_perm_lacks():
    with pytest.raises(InputError, match=r"z holds the label 2; .* 2 components.*subtract 1"):
        apply_to_allocations([[[0, 1]]], [[[1, 2]]])
    with pytest.raises(InputError, match="z has 1 chains of 2 draws, but perm"):
        apply_to_allocations([[[0, 1]]], [[[1, 0], [0, 0]]])
