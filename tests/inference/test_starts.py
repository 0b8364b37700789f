from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix import design
from stanmix.inference import starts

GALAXIES = stanmix.datasets.load("galaxies")
CO2 = stanmix.datasets.load("co2")


def made(model, frame):
    return model, design.build(model.formula, frame)


def test_same_seed_same_starts_and_another_seed_others():
    model, data = made(stanmix.Mixture("CO2 ~ GNP", 2), CO2)
    first, again, other = (starts.chain_starts(model, data, 4, seed) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not np.allclose(first[0]["beta"], other[0]["beta"])
    assert not np.allclose(first[0]["beta"], first[1]["beta"])


@pytest.mark.parametrize("seed", range(5))
def test_the_best_optimum_is_the_published_one(seed):
    frame = GALAXIES / 1000
    model, data = made(stanmix.Mixture("velocity_km_s", 3), frame)
    best = starts.optima(model, data, seed)[0]
    assert best.log_likelihood > -203.482 - 1e-3
    assert best.smallest > 2


def test_optima_are_distinct_and_best_first():
    model, data = made(stanmix.Mixture("velocity_km_s", 4), GALAXIES)
    found = starts.optima(model, data, 3)
    sound = [state.log_likelihood for state in found if state.smallest >= 2]
    assert sound == sorted(sound, reverse=True)
    assert min(np.abs(np.diff(sound)), default=1) > 1e-4


@pytest.mark.parametrize(
    "model",
    [
        stanmix.Mixture("velocity_km_s", 3),
        stanmix.Mixture("velocity_km_s", 3, order="sigma"),
        stanmix.Mixture("velocity_km_s", 3, priors={"sigma": stanmix.Uniform(100, 5000)}),
        stanmix.Mixture("velocity_km_s", 6, shared=("sigma",)),
        stanmix.Mixture("velocity_km_s", 1),
    ],
)
def test_starts_lie_inside_the_supports(model):
    _, data = made(model, GALAXIES)
    for start in starts.chain_starts(model, data, 4, 1):
        assert np.all(start["theta"] > 0)
        assert start["theta"].sum() == pytest.approx(1)
        sigma = np.atleast_1d(start["sigma"])
        prior = model.priors.get("sigma")
        lower, upper = prior.support if prior else (0, np.inf)
        assert ((sigma > lower) & (sigma < upper)).all()
        if model.program_order:
            assert (np.diff(start[model.program_order]) > 0).all()


def test_a_program_that_orders_a_coefficient_gets_its_own_names():
    model, data = made(stanmix.Mixture("CO2 ~ GNP", 2, order="GNP"), CO2)
    start = starts.chain_starts(model, data, 1, 1)[0]
    assert set(start) == {"theta", "beta_ordered", "beta_rest", "sigma"}
    assert start["beta_ordered"][0] < start["beta_ordered"][1]
    assert start["beta_rest"].shape == (2, 1)


def test_chains_number_free_components_at_random():
    model, data = made(stanmix.Mixture("velocity_km_s", 2, order=None), GALAXIES)
    first_is_lower = [s["mu"][0] < s["mu"][1] for s in starts.chain_starts(model, data, 20, 1)]
    assert 2 <= sum(first_is_lower) <= 18


def test_components_told_apart_by_weights_keep_their_names():
    y = np.random.default_rng(0).normal(np.repeat([5.0, 0.0], [20, 180]))
    model, data = made(stanmix.Mixture("y", 2, fixed={"theta": [0.1, 0.9]}), {"y": y})
    for start in starts.chain_starts(model, data, 4, 1):
        assert start["mu"][0] > 3 > start["mu"][1]


def test_ties_and_many_rows():
    rng = np.random.default_rng(1)
    model, data = made(stanmix.Mixture("y", 3), {"y": rng.integers(0, 3, 50_000).astype(float)})
    for start in starts.chain_starts(model, data, 2, 1):
        assert (np.diff(start["mu"]) > 0).all()
        assert np.isfinite(start["sigma"]).all()
