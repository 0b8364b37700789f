from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import compose, constant, make, random_permutations, seeds, unchanged

from stanmix.errors import InputError
from stanmix.relabel import RelabellingWarning, apply, apply_to_allocations, sjw


def log_density(y, parameters):
    """Normal components of unit variance; the last parameter is the weight."""
    distance = ((y[:, None] - parameters[:, :-1]) ** 2).sum(axis=2)
    return np.log(parameters[:, -1]) - distance / 2 - np.log(2 * np.pi)


def parameters(draws):
    return np.concatenate([draws.theta, draws.weight[..., None]], axis=3)


def complete(y, z, estimate):
    """The complete log likelihood, an observation at a time."""
    logs = log_density(y, estimate)
    return sum(logs[i, label] for i, label in enumerate(z))


@settings(max_examples=450, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4), st.integers(1, 3))
def test_switching_is_undone_over_all_chains(seed, components, chains):
    draws = make(seed, chains=chains, draws=6, components=components)
    perm = random_permutations(seed, chains, 6, components)
    switched = draws.switched(perm)
    for sampled in (None, 1):
        found = sjw(parameters(switched), switched.z, draws.y, log_density, seed=sampled)
        assert constant(compose(perm, found))
        assert unchanged(found, switched)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_ends_at_the_likeliest_permutations_and_their_weighted_mean(seed, components):
    draws = make(seed, draws=3, components=components, extra=0, separation=0.7)
    theta = parameters(draws)
    calls, ends = [], []

    def spy(y, estimate):
        calls.append(estimate)
        return log_density(y, estimate)

    perm = sjw(theta, draws.z, draws.y, spy, max_iterations=5000, report=ends.append)
    estimate = calls[-1]
    choices = [np.array(q) for q in permutations(range(components))]
    updated, objective = np.zeros_like(estimate), 0.0
    # Names that make all permutations the likeliest under the estimate.
    names = set(range(len(choices)))
    allocations = draws.z.reshape(6, -1), apply_to_allocations(perm, draws.z).reshape(6, -1)
    for z, got, drawn in zip(*allocations, theta.reshape(6, components, 3), strict=True):
        logs = np.array([complete(draws.y, np.argsort(q)[z], estimate) for q in choices])
        weights = np.exp(logs - np.logaddexp.reduce(logs))
        updated += sum(weight * drawn[q] for weight, q in zip(weights, choices, strict=True)) / 6
        objective -= np.logaddexp.reduce(logs)
        renamed = [complete(draws.y, q[got], estimate) for q in choices]
        names &= {i for i, value in enumerate(renamed) if value > logs.max() - 1e-9}
    assert names
    assert ends[0].converged
    np.testing.assert_allclose(updated, estimate, atol=1e-5)
    assert ends[0].objective[-1] == pytest.approx(objective, rel=1e-6)


@settings(max_examples=350, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 4))
def test_labels_rows_and_chains_change_nothing_but_names(seed, components):
    rng = np.random.default_rng(seed)
    draws = make(seed, chains=3, draws=4, components=components, separation=4.0)
    expected = np.argsort(sjw(parameters(draws), draws.z, draws.y, log_density), axis=-1)
    perm = random_permutations(seed, 3, 4, components)
    other = draws.switched(perm)
    found = compose(perm, sjw(parameters(other), other.z, other.y, log_density))
    assert constant(compose(expected, found))
    other = draws.rows(rng.permutation(len(draws.y)))
    assert constant(compose(expected, sjw(parameters(other), other.z, other.y, log_density)))
    chains = rng.permutation(3)
    other = draws.chains(chains)
    found = sjw(parameters(other), other.z, other.y, log_density)
    assert constant(compose(expected[chains], found))


def test_one_seed_gives_one_sample_and_another_differs():
    draws = make(41, draws=60, components=3, extra=0, separation=0.7)
    theta = parameters(draws)

    def run(seed):
        return sjw(theta, draws.z, draws.y, log_density, seed=seed, max_iterations=5000)

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()


def test_a_density_of_zero_is_no_failure():
    draws = make(42, components=3)
    perm = random_permutations(42, 2, 12, 3)
    switched = draws.switched(perm)

    def truncated(y, estimate):
        logs = log_density(y, estimate)
        return np.where(logs < -20, -np.inf, logs)

    found = sjw(parameters(switched), switched.z, draws.y, truncated)
    assert constant(compose(perm, found))


def test_eight_components_need_no_enumeration():
    draws = make(43, components=8)
    perm = random_permutations(43, 2, 12, 8)
    switched = draws.switched(perm)
    found = sjw(parameters(switched), switched.z, draws.y, log_density)
    assert constant(compose(perm, found))
    np.testing.assert_array_equal(
        apply(found, switched.weight).std(axis=(0, 1)).argsort(),
        apply(np.argsort(perm, axis=-1), switched.weight)
        .std(axis=(0, 1))[compose(perm, found)[0, 0]]
        .argsort(),
    )


def test_says_when_the_steps_did_not_suffice():
    draws = make(44, separation=1.0)
    with pytest.warns(RelabellingWarning, match="sjw did not reach a fixed point in 1 pass"):
        sjw(parameters(draws), draws.z, draws.y, log_density, max_iterations=1)


def test_refuses_what_does_not_fit():
    draws = make(45)
    theta = parameters(draws)
    with pytest.raises(InputError, match=r"theta has 13 components; .* at most 12"):
        sjw(np.zeros((1, 1, 13)), [[[0]]], [0.0], log_density)
    with pytest.raises(InputError, match="z holds the label 3; with 3 components"):
        sjw(theta, draws.z + 1, draws.y, log_density)
    with pytest.raises(InputError, match="z has 1 chains of 12 draws, but theta has 2"):
        sjw(theta, draws.z[:1], draws.y, log_density)
    with pytest.raises(InputError, match=r"log_density gave shape \(3, 19\)"):
        sjw(theta, draws.z, draws.y, lambda y, t: log_density(y, t).T)
    with pytest.raises(InputError, match="log_density gave NaN"):
        sjw(theta, draws.z, draws.y, lambda y, t: log_density(y, t) * np.nan)
