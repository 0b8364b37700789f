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
from stanmix.relabel import RelabellingWarning, apply_to_allocations, data_based


def described(y, z, components):
    """Means and standard deviations of the clusters, averaged over draws, in plain loops."""
    means = [
        [y[draw == k].mean(axis=0) for draw in z if (draw == k).any()] for k in range(components)
    ]
    sds = [
        [y[draw == k].std(axis=0) for draw in z if (draw == k).sum() > 1] for k in range(components)
    ]
    return np.array([np.mean(m, axis=0) for m in means]), np.array(
        [np.mean(s, axis=0) for s in sds]
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_over_all_chains(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    assert constant(compose(perm, data_based(draws.y, switched.z, components)))
    named = data_based(draws.y, switched.z, components, reference=draws.truth)
    np.testing.assert_array_equal(named, np.argsort(perm, axis=-1))
    assert unchanged(named, switched)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_ends_at_a_fixed_point_of_the_stated_distance(seed, components):
    draws = make(seed, draws=5, components=components, separation=2.0)
    draws = draws.switched(random_permutations(seed, 2, 5, components))
    ends = []
    with np.errstate(all="raise"):
        perm = data_based(draws.y, draws.z, components, report=ends.append)
    assert ends[0].converged
    relabelled = apply_to_allocations(perm, draws.z).reshape(10, -1)
    mean, sd = described(draws.y, relabelled, components)
    # With a cluster of a single observation in all draws, its sd is undefined.
    for original, got in zip(draws.z.reshape(10, -1), relabelled, strict=True):
        cost = np.array(
            [
                [
                    (((draws.y[original == old] - mean[new]) / sd[new]) ** 2).sum()
                    for old in range(components)
                ]
                for new in range(components)
            ]
        )
        ours = (((draws.y - mean[got]) / sd[got]) ** 2).sum()
        assert ours == pytest.approx(cheapest(cost), rel=1e-9)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components)
def test_labels_rows_and_chains_change_nothing_but_names(seed, components):
    rng = np.random.default_rng(seed)
    draws = make(seed, chains=3, draws=4, components=components, separation=4.0)
    expected = np.argsort(data_based(draws.y, draws.z, components), axis=-1)
    perm = random_permutations(seed, 3, 4, components)
    found = compose(perm, data_based(draws.y, draws.switched(perm).z, components))
    assert constant(compose(expected, found))
    other = draws.rows(rng.permutation(len(draws.y)))
    assert constant(compose(expected, data_based(other.y, other.z, components)))
    chains = rng.permutation(3)
    found = data_based(draws.y, draws.chains(chains).z, components)
    assert constant(compose(expected[chains], found))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds)
def test_units_have_no_part_in_the_result(seed):
    draws = make(seed, draws=4, separation=3.0)
    np.testing.assert_array_equal(
        data_based(draws.y * [1e-3, 1e4] + [1e3, -5.0], draws.z), data_based(draws.y, draws.z)
    )


def test_many_dimensions_and_few_components_start_by_component():
    # More dimensions than components, and more components than dimensions.
    rng = np.random.default_rng(51)
    for components, dimension in ((2, 6), (6, 1)):
        truth = np.repeat(np.arange(components), 5)
        y = truth[:, None] * 10.0 + rng.normal(size=(len(truth), dimension))
        perm = random_permutations(51, 2, 10, components)
        z = apply_to_allocations(perm, np.broadcast_to(truth, (2, 10, len(truth))))
        assert constant(compose(perm, data_based(y, z)))


def test_one_dimension_needs_no_axis():
    draws = make(52)
    np.testing.assert_array_equal(
        data_based(draws.y[:, 0], draws.z), data_based(draws.y[:, :1], draws.z)
    )


def test_empty_and_single_clusters_and_constant_data_do_no_harm():
    z = np.array([[[0, 0, 0, 2], [2, 2, 2, 0], [1, 1, 1, 2]]])
    found = data_based([1.0, 1.1, 0.9, 9.0], z, components=4)
    relabelled = apply_to_allocations(found, z)
    assert (relabelled == relabelled[0, 0]).all()
    assert data_based(np.ones(4), z, components=4).shape == (1, 3, 4)


def test_says_when_the_passes_did_not_suffice():
    draws = make(53)
    with pytest.warns(RelabellingWarning, match="data_based did not reach a fixed point in 1 pass"):
        data_based(draws.y, draws.z, max_iterations=1)


@pytest.mark.parametrize(
    ("y", "z", "message"),
    [
        ([1.0, 2.0, 3.0], [[[0, 1]]], "y has 3 observations, but z allocates 2"),
        ([1.0, np.nan], [[[0, 1]]], r"y holds nan at \(1,\)"),
        (np.zeros((2, 1, 1)), [[[0, 1]]], "y has 3 axes"),
        ([1.0, 2.0], [[0, 1]], "z has 2 axes"),
        (["a", "b"], [[[0, 1]]], "y must be an array of real numbers"),
    ],
)
def test_refuses_what_does_not_fit(y, z, message):
    with pytest.raises(InputError, match=message):
        data_based(y, z)
