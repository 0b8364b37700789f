from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import seeds

from stanmix.relabel import permutation_weights
from stanmix.relabel.permutation_weights import log_total, marginals, sample


def enumerated(log_weight):
    """All permutations, and their weights, of one (new, old) matrix."""
    choices = list(permutations(range(len(log_weight))))
    logs = np.array([sum(log_weight[new, old] for new, old in enumerate(q)) for q in choices])
    return choices, np.exp(logs)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 5))
def test_sums_equal_enumeration(seed, components):
    log_weight = np.random.default_rng(seed).normal(scale=3, size=(3, components, components))
    totals, probability = log_total(log_weight), marginals(log_weight)
    for draw in range(3):
        choices, weights = enumerated(log_weight[draw])
        assert totals[draw] == pytest.approx(np.log(weights.sum()), rel=1e-12, abs=1e-12)
        expected = np.zeros((components, components))
        for choice, weight in zip(choices, weights, strict=True):
            expected[range(components), choice] += weight / weights.sum()
        np.testing.assert_allclose(probability[draw], expected, rtol=1e-10, atol=1e-14)


def test_weights_of_any_size_do_not_overflow():
    log_weight = np.random.default_rng(2).normal(scale=1e5, size=(20, 6, 6))
    probability = marginals(log_weight)
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(probability.sum(axis=2), 1, rtol=1e-9)
    np.testing.assert_allclose(marginals(log_weight + 1e6), probability, atol=1e-6)


def test_sampled_permutations_have_their_probabilities():
    draws = 40_000
    log_weight = np.random.default_rng(3).normal(size=(1, 4, 4))
    choices, weights = enumerated(log_weight[0])
    perm = sample(np.repeat(log_weight, draws, axis=0), np.random.default_rng(4))
    code = perm @ 4 ** np.arange(4)
    for choice, probability in zip(choices, weights / weights.sum(), strict=True):
        observed = (code == np.dot(choice, 4 ** np.arange(4))).mean()
        # Five standard errors for each of 24 frequencies: a false alarm in 70 000.
        assert abs(observed - probability) < 5 * np.sqrt(probability * (1 - probability) / draws)


def test_blocks_of_draws_have_no_part_in_the_sums(monkeypatch):
    log_weight = np.random.default_rng(5).normal(size=(7, 3, 3))
    expected = log_total(log_weight), marginals(log_weight)
    monkeypatch.setattr(permutation_weights, "_BUDGET", 1)
    np.testing.assert_allclose(log_total(log_weight), expected[0], rtol=1e-14)
    np.testing.assert_allclose(marginals(log_weight), expected[1], rtol=1e-12)
