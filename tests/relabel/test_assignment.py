import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import cheapest, seeds

from stanmix.relabel.assignment import assign, total


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 6))
def test_least_cost_equals_brute_force(seed, components):
    cost = np.random.default_rng(seed).normal(size=(2, components, components))
    assert total(cost, assign(cost)) == pytest.approx(
        sum(map(cheapest, cost)), rel=1e-12, abs=1e-12
    )


def test_least_cost_equals_brute_force_for_seven_components():
    cost = np.random.default_rng(3).normal(size=(5, 7, 7))
    assert total(cost, assign(cost)) == pytest.approx(sum(map(cheapest, cost)), rel=1e-12)


def test_permutation_maps_new_to_old():
    # Calling old component 2 by the name 0, 0 by 1 and 1 by 2 is free: not its own inverse.
    cost = np.ones((1, 3, 3))
    cost[0, [0, 1, 2], [2, 0, 1]] = 0
    assert assign(cost).tolist() == [[2, 0, 1]]


def test_large_common_costs_do_not_hide_small_differences():
    cost = np.array([[[1e15, 1e15 + 1], [2e15 + 1, 2e15]]])
    assert assign(cost).tolist() == [[0, 1]]
