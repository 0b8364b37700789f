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
from stanmix.relabel import RelabellingWarning, apply, stephens


def clipped(p):
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    return inside / inside.sum(axis=-1, keepdims=True)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(seeds, few_components, st.integers(1, 3))
def test_switching_is_undone_over_all_chains(seed, components, chains):
    draws = make(seed, chains=chains, components=components)
    perm = random_permutations(seed, chains, 12, components)
    switched = draws.switched(perm)
    named = stephens(switched.p, reference=draws.truth)
    np.testing.assert_array_equal(named, np.argsort(perm, axis=-1))
    assert unchanged(named, switched)
    assert constant(compose(perm, stephens(switched.p)))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_ends_at_a_fixed_point_of_the_stated_divergence(seed, components):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(components), size=(2, 3, 6))
    ends = []
    relabelled = clipped(apply(stephens(p, report=ends.append), p, axis=3)).reshape(6, 6, -1)
    mean = relabelled.mean(axis=0)
    divergence = (relabelled * np.log(relabelled / mean)).sum()
    assert ends[0].converged
    assert ends[0].objective[-1] == pytest.approx(divergence, rel=1e-10, abs=1e-10)
    assert (np.diff(ends[0].objective) <= 1e-10).all()
    least = 0.0
    for draw in relabelled:
        cost = [
            [
                (draw[:, old] * np.log(draw[:, old] / mean[:, new])).sum()
                for old in range(components)
            ]
            for new in range(components)
        ]
        least += cheapest(np.array(cost))
    assert divergence == pytest.approx(least, rel=1e-10, abs=1e-10)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_labels_change_nothing_but_names(seed, components):
    p = np.random.default_rng(seed).dirichlet(np.ones(components), size=(2, 3, 6))
    perm = random_permutations(seed, 2, 3, components)
    again = compose(perm, stephens(apply(perm, p, axis=3)))
    assert constant(compose(np.argsort(stephens(p), axis=-1), again))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_rows_and_chains_change_nothing_but_names(seed, components):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(components), size=(3, 3, 6))
    expected = np.argsort(stephens(p), axis=-1)
    assert constant(compose(expected, stephens(p[:, :, rng.permutation(6)])))
    chains = rng.permutation(3)
    assert constant(compose(expected[chains], stephens(p[chains])))


def test_draws_that_never_switched_stay_as_they_are():
    perm = stephens(make(21, components=4).p)
    np.testing.assert_array_equal(perm, np.broadcast_to(np.arange(4), perm.shape))


def test_goes_on_when_only_the_last_draw_has_settled():
    # All draws but the last are switched: its own cost says nothing about theirs.
    draws = make(22, components=3, draws=20)
    perm = random_permutations(22, 2, 20, 3)
    perm[-1, -1] = np.arange(3)
    assert constant(compose(perm, stephens(draws.switched(perm).p)))


def test_certain_allocations_are_no_infinite_divergence():
    draws = make(23, components=3)
    perm = random_permutations(23, 2, 12, 3)
    p = np.eye(3)[draws.switched(perm).z]
    assert constant(compose(perm, stephens(p)))


def test_single_precision_gives_the_same():
    draws = make(24, components=4, separation=3.0)
    draws = draws.switched(random_permutations(24, 2, 12, 4))
    np.testing.assert_array_equal(stephens(draws.p.astype(np.float32)), stephens(draws.p))


def test_says_when_the_passes_did_not_suffice():
    with pytest.warns(RelabellingWarning, match="stephens did not reach a fixed point in 1 pass"):
        stephens(make(25).p, max_iterations=1)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (np.full((1, 2, 3), 1 / 3), r"p has 3 axes .*expected 4.*p\[None\]"),
        (np.full((1, 1, 2, 2), 0.4), r"p sums to 0.8 over the components at \(0, 0, 0\)"),
        (np.array([[[[0.5, 0.5], [1.5, -0.5]]]]), r"p holds 1.5 at \(0, 0, 1, 0\)"),
        (np.array([[[[0.5, np.nan]]]]), r"p holds nan at \(0, 0, 0, 1\)"),
        (np.ones((1, 1, 0, 2)), "its axis obs is empty"),
    ],
)
def test_refuses_what_are_not_probabilities(p, message):
    with pytest.raises(InputError, match=message):
        stephens(p)
