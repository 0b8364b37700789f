from __future__ import annotations

import numpy as np
import pytest
from independent import total_log_likelihood
from rendered import EXAMPLES

import stanmix
from stanmix.inference import starts

GALAXIES = stanmix.datasets.load("galaxies")
CO2 = stanmix.datasets.load("co2")


def made(model, frame):
    return model, model.matrices(frame)


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


@pytest.mark.parametrize(
    ("name", "published"),
    [("poisson_regressions_offset", -376.1762), ("poisson_regressions_gating", -197.6753)],
)
def test_the_best_optimum_of_counts_is_the_published_one(name, published):
    best = starts.optima(*made(*EXAMPLES[name]), seed=1)[0]
    assert published - 1e-3 < best.log_likelihood < published + 0.02


def test_a_table_has_the_optima_of_its_rows():
    table = stanmix.datasets.load("fetal_lamb_counts")
    rows = table.loc[table.index.repeat(table["freq"])].reset_index(drop=True)
    for family in ("normal", "poisson"):
        short = made(stanmix.Mixture("movements", 2, family=family, weights="freq"), table)
        long = made(stanmix.Mixture("movements", 2, family=family), rows)
        best = [starts.optima(*each, seed=1)[0] for each in (short, long)]
        assert best[0].log_likelihood == pytest.approx(best[1].log_likelihood, abs=1e-4)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "gating" in name or "group" in name])
def test_the_likelihood_at_an_optimum_is_that_of_scipy(name):
    model, frame = EXAMPLES[name]
    data = made(model, frame)[1]
    state = starts.optima(model, data, seed=1)[0]
    values = {"theta": state.theta, "sigma": state.sigma}
    plain = model.regression or model.responses
    values[model.location] = state.beta if plain else state.beta[:, 0]
    if model.gated:
        values["gamma"] = state.gamma
    expected = total_log_likelihood(model, model.data(frame), values)
    assert state.log_likelihood == pytest.approx(expected, abs=1e-6)


def test_starts_of_gating_are_coefficients_along_the_contrasts():
    model, data = made(*EXAMPLES["poisson_regressions_gating"])
    state = starts.optima(model, data, 1)[0]
    start = starts.initial_values(model, data, state, np.random.default_rng(0))
    gamma = starts.contrasts(3) @ start["gamma_free"]
    np.testing.assert_allclose(np.sort(gamma, axis=0), np.sort(state.gamma, axis=0), atol=1e-9)


def test_many_rows_are_thinned_by_whole_groups():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(6000), 4)
    y = np.where(rng.random(6000) < 0.3, 2.0, -2.0)[group] + rng.normal(size=len(group))
    model, data = made(stanmix.Mixture("y", 2, group="g"), {"y": y, "g": group})
    best = starts.optima(model, data, 1)[0]
    np.testing.assert_allclose(np.sort(best.beta[:, 0]), [-2, 2], atol=0.1)
    np.testing.assert_allclose(np.sort(best.theta), [0.3, 0.7], atol=0.05)
