import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import (
    cheapest,
    compose,
    constant,
    few_components,
    make,
    random_permutations,
    seeds,
    unchanged,
)

from stanmix.errors import InputError
from stanmix.relabel import apply, pra


def within_ranks(theta):
    """Standard deviations of the values of each rank, pooled, in plain loops."""
    draws = theta.reshape(-1, *theta.shape[2:])
    return np.array(
        [
            np.sqrt(np.mean(np.var([np.sort(draw) for draw in draws[..., j]], axis=0)))
            for j in range(theta.shape[3])
        ]
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_over_all_chains(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    theta = switched.theta
    assert constant(compose(perm, pra(theta)))
    assert unchanged(pra(theta), switched)
    np.testing.assert_array_equal(
        pra(theta, draws.theta.mean(axis=(0, 1))), np.argsort(perm, axis=-1)
    )


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 6), st.integers(1, 3))
def test_inner_product_equals_brute_force(seed, components, parameters):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(1, 4, components, parameters)) * rng.uniform(0.1, 10, parameters)
    pivot = rng.normal(size=(components, parameters))
    scale = within_ranks(theta)
    relabelled = apply(pra(theta, pivot), theta)[0]
    for draw, original in zip(relabelled, theta[0], strict=True):
        inner = np.einsum("nd,od->no", pivot / scale, original / scale)
        assert (pivot / scale * draw / scale).sum() == pytest.approx(-cheapest(-inner), rel=1e-9)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 6))
def test_labels_and_chains_change_nothing_but_names(seed, components):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(3, 4, components, 2))
    expected = np.argsort(pra(theta), axis=-1)
    perm = random_permutations(seed, 3, 4, components)
    assert constant(compose(expected, compose(perm, pra(apply(perm, theta)))))
    chains = rng.permutation(3)
    assert constant(compose(expected[chains], pra(theta[chains])))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds)
def test_units_have_no_part_in_the_result(seed):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(2, 4, 3, 2))
    np.testing.assert_array_equal(pra(theta * [1e-6, 1e3] + [5.0, -7.0]), pra(theta))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_without_a_pivot_the_mean_is_nearest_for_every_draw(seed, components):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(2, 5, components, 2))
    ends = []
    relabelled = apply(pra(theta, report=ends.append), theta).reshape(10, components, 2)
    scale = within_ranks(theta)
    mean = relabelled.mean(axis=0)
    squared = ((relabelled[:, :, None] - mean) / scale) ** 2
    least = sum(cheapest(draw.sum(axis=-1).T) for draw in squared)
    assert ends[0].converged
    assert ends[0].objective[-1] == pytest.approx(least, rel=1e-9)
    assert (np.diff(ends[0].objective) <= 1e-9).all()


def test_draws_that_never_switched_stay_as_they_are():
    perm = pra(make(31, components=5).theta)
    np.testing.assert_array_equal(perm, np.broadcast_to(np.arange(5), perm.shape))


def test_parameters_that_are_noise_do_not_decide():
    rng = np.random.default_rng(35)
    theta = rng.normal(size=(2, 100, 6, 4))
    theta[..., 2] = np.arange(6) + 0.1 * rng.normal(size=(2, 100, 6))
    perm = random_permutations(35, 2, 100, 6)
    assert constant(compose(perm, pra(apply(perm, theta))))


def test_a_parameter_without_noise_decides():
    rng = np.random.default_rng(36)
    theta = rng.normal(size=(2, 10, 4, 2))
    theta[..., 1] = [0.0, 0.1, 0.2, 0.3]
    perm = random_permutations(36, 2, 10, 4)
    assert constant(compose(perm, pra(apply(perm, theta))))


def test_a_constant_parameter_does_no_harm():
    draws = make(32, components=3)
    theta = np.concatenate([draws.theta, np.full((2, 12, 3, 1), 0.1)], axis=3)
    np.testing.assert_array_equal(pra(theta), pra(draws.theta))


def test_twenty_components_need_no_enumeration():
    draws = make(33, components=20)
    perm = random_permutations(33, 2, 12, 20)
    assert constant(compose(perm, pra(draws.switched(perm).theta)))


def test_one_parameter_needs_no_axis():
    theta = np.random.default_rng(34).normal(size=(2, 4, 3))
    np.testing.assert_array_equal(pra(theta, [0, 1, 2]), pra(theta[..., None], [[0], [1], [2]]))


@pytest.mark.parametrize(
    ("theta", "pivot", "message"),
    [
        (np.zeros((2, 3)), None, "theta has 2 axes"),
        (np.full((1, 2, 3), np.inf), None, "theta holds inf"),
        (np.zeros((1, 2, 3, 1)), np.zeros((2, 1)), r"pivot has shape \(2, 1\); .*\(3, 1\)"),
        (np.zeros((1, 2, 3, 1)), [0, 1, np.nan], "pivot holds nan"),
        (np.zeros((1, 2, 3, 2)), np.zeros(3), r"pivot has shape \(3,\)"),
    ],
)
def test_refuses_what_does_not_fit(theta, pivot, message):
    with pytest.raises(InputError, match=message):
        pra(theta, pivot)
