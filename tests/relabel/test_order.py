import numpy as np
import pytest
from hypothesis import given, settings
from switched_draws import compose, few_components, make, random_permutations, seeds, unchanged

from stanmix.errors import InputError
from stanmix.relabel import apply, order


@settings(max_examples=500, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_switching_is_undone_where_the_parameter_sets_all_apart(seed, components):
    draws = make(seed, components=components)
    theta = draws.theta.copy()
    theta[..., 1] = 10 * np.arange(components) + draws.theta[..., 1] % 1
    perm = random_permutations(seed, 2, 12, components)
    switched = draws.switched(perm)
    found = order(apply(perm, theta), parameter=1)
    np.testing.assert_array_equal(found, np.argsort(perm, axis=-1))
    assert unchanged(found, switched)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_labels_and_chains_have_no_part_in_the_result(seed, components):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(3, 4, components, 2))
    expected = order(theta)
    perm = random_permutations(seed, 3, 4, components)
    np.testing.assert_array_equal(compose(perm, order(apply(perm, theta))), expected)
    chains = rng.permutation(3)
    np.testing.assert_array_equal(order(theta[chains]), expected[chains])


def test_orders_by_the_named_parameter():
    theta = np.random.default_rng(1).normal(size=(2, 5, 4, 3))
    for parameter in (0, 2, -1):
        ordered = apply(order(theta, parameter), theta)
        assert (np.diff(ordered[..., parameter], axis=2) > 0).all()


def test_one_parameter_needs_no_axis():
    theta = np.random.default_rng(2).normal(size=(2, 5, 4))
    np.testing.assert_array_equal(apply(order(theta), theta), np.sort(theta, axis=2))


def test_equal_values_keep_their_order():
    assert order([[[1.0, 0.0, 1.0, 0.0]]]).tolist() == [[[1, 3, 0, 2]]]


@pytest.mark.parametrize(
    ("theta", "parameter", "message"),
    [
        (np.zeros((1, 2)), 0, "theta has 2 axes"),
        (np.zeros((1, 2, 0)), 0, "its axis component is empty"),
        (np.zeros((1, 2, 3, 1)), 1, "parameter is 1, but theta has 1 parameters"),
        (np.array([[[0.0, np.nan]]]), 0, r"theta holds nan at \(0, 0, 1, 0\)"),
        (np.array([[["a"]]]), 0, "theta must be an array of real numbers, got"),
    ],
)
def test_refuses_what_cannot_be_ordered(theta, parameter, message):
    with pytest.raises(InputError, match=message):
        order(theta, parameter)
