from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from independent import total_log_likelihood
from rendered import EXAMPLES

import stanmix
from stanmix.inference.starts import declared, multistart
from stanmix.inference.unconstrained.space import Space
from stanmix.program.data import standata
from stanmix.program.lower import lower
from stanmix.program.units import units_of

GALAXIES = stanmix.datasets.load("galaxies")
CO2 = stanmix.datasets.load("co2")


def made(model, frame):
    return model, model.matrices(frame)


def in_users_units(model, design, state):
    """An optimum's parameters in the units of the data, and its log-likelihood there."""
    units, program = units_of(model, design), lower(model)
    found = {"theta": state.theta, "gamma": state.gamma, **state.parameters}
    values = {one.name: found[one.name] for one in program.quantities}
    rows = design.rows.weights
    weight = len(design.y) if rows is None else rows.sum()
    scales = np.broadcast_to(units.y_scale, design.y.shape[1:] or (1,))
    return units.parameters(program, values), state.log_likelihood - weight * np.log(scales).sum()


def test_same_seed_same_starts_and_another_seed_others():
    model, data = made(stanmix.Mixture("CO2 ~ GNP", 2), CO2)
    first, again, other = (multistart.chain_starts(model, data, 4, seed) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not np.allclose(first[0]["beta_scaled"], other[0]["beta_scaled"])
    assert not np.allclose(first[0]["beta_scaled"], first[1]["beta_scaled"])


@pytest.mark.parametrize("seed", range(5))
def test_the_best_optimum_is_the_published_one(seed):
    frame = GALAXIES / 1000
    model, data = made(stanmix.Mixture("velocity_km_s", 3), frame)
    best = multistart.optima(model, data, seed)[0]
    assert in_users_units(model, data, best)[1] == pytest.approx(-203.482, abs=1e-3)
    assert best.smallest > 2


def test_optima_are_distinct_and_best_first():
    model, data = made(stanmix.Mixture("velocity_km_s", 4), GALAXIES)
    found = multistart.optima(model, data, 3)
    sound = [state.log_likelihood for state in found if state.smallest >= 2]
    assert sound == sorted(sound, reverse=True)
    assert min(np.abs(np.diff(sound)), default=1) > 1e-4


@pytest.mark.parametrize(
    "model",
    [
        stanmix.Mixture("velocity_km_s", 3, order="mu"),
        stanmix.Mixture("velocity_km_s", 3, order="sigma"),
        stanmix.Mixture("velocity_km_s", 3, priors={"sigma": stanmix.Uniform(100, 5000)}),
        stanmix.Mixture("velocity_km_s", 6, order="mu", shared=("sigma",)),
        stanmix.Mixture("velocity_km_s", 1),
    ],
)
def test_starts_lie_inside_the_supports(model):
    _, data = made(model, GALAXIES)
    scale = units_of(model, data).y_scale
    for start in multistart.chain_starts(model, data, 4, 1):
        assert np.all(start["theta"] > 0)
        assert start["theta"].sum() == pytest.approx(1)
        sigma = np.atleast_1d(start["sigma_scaled"]) * scale
        prior = model.priors.get("sigma")
        lower, upper = prior.support if prior else (0, np.inf)
        assert ((sigma > lower) & (sigma < upper)).all()
        if model.program_order:
            assert (np.diff(start[f"{model.program_order}_scaled"]) > 0).all()


@pytest.mark.parametrize(
    ("family", "name", "low", "high"),
    [("student_t", "nu", 2.0, 5.0), ("negative_binomial", "phi", 0.5, 3.0)],
)
@pytest.mark.parametrize("shared", [(), "all"])
def test_starts_of_shapes_lie_inside_the_supports(family, name, low, high, shared):
    """Though the data, which are normal or Poisson, ask for shapes beyond any bound."""
    rng = np.random.default_rng(2)
    frame = {
        "student_t": {"y": rng.normal(np.repeat([0.0, 9.0], 40))},
        "negative_binomial": {"y": rng.poisson(np.repeat([2.0, 30.0], 40))},
    }[family]
    bounds = {name: stanmix.Uniform(low, high)}
    model = stanmix.Mixture("y", 2, family=family, shared=(name,) if shared else (), priors=bounds)
    _, data = made(model, frame)
    for start in multistart.chain_starts(model, data, 4, 1):
        values = np.asarray(start[name])
        assert values.shape == (() if shared else (2,))
        assert ((values > low) & (values < high)).all()


def test_climbs_to_modes_begin_at_no_hopeless_optimum():
    """Two clusters, and an optimum of one wide normal with five rows of its own, far below."""
    rng = np.random.default_rng(1)
    frame = {"y": np.r_[rng.normal(0, 1, 150), rng.normal(6, 1.5, 100)]}
    model = stanmix.Mixture("y", 2)
    data = model.matrices(frame)
    found = [state.log_likelihood for state in multistart.optima(model, data, 1)]
    assert found[0] - found[1] > multistart.BEYOND
    begun = multistart.mode_starts(model, data, 4, 1)
    assert len(begun) == 4
    assert all(start["theta"].min() > 0.2 for start in begun)  # not 0.02


def test_a_program_that_orders_a_coefficient_gets_its_own_names():
    model, data = made(stanmix.Mixture("CO2 ~ GNP", 2, order="GNP"), CO2)
    start = multistart.chain_starts(model, data, 1, 1)[0]
    assert set(start) == {"theta", "beta_ordered", "beta_rest", "sigma_scaled"}
    assert start["beta_ordered"][0] < start["beta_ordered"][1]
    assert start["beta_rest"].shape == (2, 1)


def test_chains_number_free_components_at_random():
    model, data = made(stanmix.Mixture("velocity_km_s", 2, order=None), GALAXIES)
    means = [start["mu_scaled"] for start in multistart.chain_starts(model, data, 20, 1)]
    first_is_lower = [mu[0] < mu[1] for mu in means]
    assert 2 <= sum(first_is_lower) <= 18


def test_components_told_apart_by_weights_keep_their_names():
    y = np.random.default_rng(0).normal(np.repeat([5.0, 0.0], [20, 180]))
    model, data = made(stanmix.Mixture("y", 2, fixed={"theta": [0.1, 0.9]}), {"y": y})
    units = units_of(model, data)
    for start in multistart.chain_starts(model, data, 4, 1):
        mu = units.parameters(lower(model), {"mu": start["mu_scaled"]})["mu"]
        assert mu[0] > 3 > mu[1]


def test_ties_and_many_rows():
    rng = np.random.default_rng(1)
    model, data = made(
        stanmix.Mixture("y", 3, order="mu"), {"y": rng.integers(0, 3, 50_000).astype(float)}
    )
    for start in multistart.chain_starts(model, data, 2, 1):
        assert (np.diff(start["mu_scaled"]) > 0).all()
        assert np.isfinite(start["sigma_scaled"]).all()


@pytest.mark.parametrize(
    ("name", "published"),
    [("poisson_regressions_offset", -376.1762), ("poisson_regressions_gating", -197.6753)],
)
def test_the_best_optimum_of_counts_is_the_published_one(name, published):
    best = multistart.optima(*made(*EXAMPLES[name]), seed=1)[0]
    assert published - 1e-3 < best.log_likelihood < published + 0.02


def test_a_table_has_the_optima_of_its_rows():
    table = stanmix.datasets.load("fetal_lamb_counts")
    rows = table.loc[table.index.repeat(table["freq"])].reset_index(drop=True)
    for family in ("normal", "poisson"):
        short = made(stanmix.Mixture("movements", 2, family=family, weights="freq"), table)
        long = made(stanmix.Mixture("movements", 2, family=family), rows)
        best = [
            in_users_units(*each, multistart.optima(*each, seed=1)[0])[1] for each in (short, long)
        ]
        assert best[0] == pytest.approx(best[1], abs=1e-4)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "gating" in name or "group" in name])
def test_the_likelihood_at_an_optimum_is_that_of_scipy(name):
    model, frame = EXAMPLES[name]
    data = made(model, frame)[1]
    state = multistart.optima(model, data, seed=1)[0]
    values, found = in_users_units(model, data, state)
    assert found == pytest.approx(total_log_likelihood(model, model.data(frame), values), abs=1e-6)


COUNTS = {"formula": "Seizures ~ Treatment", "family": "negative_binomial"}
FURTHER = {
    "student": (stanmix.Mixture("velocity_km_s", 2, family="student_t", shared="nu"), GALAXIES),
    "by nu": (
        stanmix.Mixture(
            "velocity_km_s",
            2,
            family="student_t",
            order="nu",
            priors={"sigma": stanmix.Uniform(100, 5000)},
        ),
        GALAXIES,
    ),
    "within a prior": (
        stanmix.Mixture(
            "velocity_km_s", 2, family="student_t", priors={"nu": stanmix.Uniform(20, 30)}
        ),
        GALAXIES,
    ),
    "scales by covariates": (
        stanmix.Mixture("CO2 ~ GNP", 2, formulas={"sigma": "~ GNP"}, order="GNP"),
        CO2,
    ),
    "all by covariates": (
        stanmix.Mixture(
            "CO2 ~ GNP",
            2,
            family="student_t",
            formulas={"sigma": "~ GNP", "nu": "~ GNP"},
            shared=("sigma", "nu"),
        ),
        CO2,
    ),
    "counts": (
        stanmix.Mixture(components=2, formulas={"phi": "~ Treatment"}, shared="phi", **COUNTS),
        stanmix.datasets.load("seizure"),
    ),
    "counts with known precision": (
        stanmix.Mixture("Seizures", 2, family="negative_binomial", fixed={"phi": [3.0, 5.0]}),
        stanmix.datasets.load("seizure"),
    ),
}


@pytest.mark.parametrize("name", FURTHER)
def test_any_family_with_any_predictor_has_optima_and_starts(name):
    """The log-likelihood is SciPy's, and every start can be freed of its constraints."""
    model, frame = FURTHER[name]
    data = made(model, frame)[1]
    found = multistart.optima(model, data, seed=1)
    values, log_likelihood = in_users_units(model, data, found[0])
    expected = total_log_likelihood(model, model.data(frame), values)
    assert log_likelihood == pytest.approx(expected, abs=1e-6)
    space = Space(lower(model), standata(model, data), (2, 35))
    for start in multistart.chain_starts(model, data, 3, 1, found):
        free = space.free(start)
        assert np.isfinite(free).all()
        again = space.constrain(free)
        for key, value in start.items():
            np.testing.assert_allclose(again[key], value, rtol=1e-6, atol=1e-9)


def test_starts_of_gating_are_coefficients_along_the_contrasts():
    model, data = made(*EXAMPLES["poisson_regressions_gating"])
    state = multistart.optima(model, data, 1)[0]
    start = multistart.initial_values(model, standata(model, data), state, np.random.default_rng(0))
    gamma = declared.contrasts(3) @ start["gamma_free"]
    np.testing.assert_allclose(np.sort(gamma, axis=0), np.sort(state.gamma, axis=0), atol=1e-9)


def test_many_rows_are_thinned_by_whole_groups():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(6000), 4)
    y = np.where(rng.random(6000) < 0.3, 2.0, -2.0)[group] + rng.normal(size=len(group))
    model, data = made(stanmix.Mixture("y", 2, group="g"), {"y": y, "g": group})
    best = multistart.optima(model, data, 1)[0]
    mu = in_users_units(model, data, best)[0]["mu"]
    np.testing.assert_allclose(np.sort(mu), [-2, 2], atol=0.1)
    np.testing.assert_allclose(np.sort(best.theta), [0.3, 0.7], atol=0.05)


def test_one_gross_outlier_does_not_hide_the_clusters_of_the_rest():
    """One value of 1e6 among 200: with a third component for it, the two clusters are found."""
    rng = np.random.default_rng(3)
    y = np.append(rng.normal(np.repeat([0.0, 8.0], 100)), 1e6)
    model, design = made(stanmix.Mixture("y", 3), {"y": y})
    found = [
        in_users_units(model, design, state)[0] for state in multistart.optima(model, design, 1)
    ]
    means = [np.sort(values["mu"]) for values in found]
    assert any(np.allclose(mu[:2], [0, 8], atol=0.5) and mu[2] > 9e5 for mu in means)


def test_em_of_some_rows_says_what_part_of_all_they_are():
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=500), "g": np.repeat(np.arange(100), 5)}
    for group, size in ((None, 120), ("g", 120)):
        model, design = made(stanmix.Mixture("y", 2, group=group), frame)
        em, part = multistart.em_of_some(model, design, size, rng)
        assert (len(em.y), part) == (size, size / 500)
        assert multistart.em_of_some(model, design, 500, rng)[1] == 1.0


@pytest.mark.parametrize("rows", [400, 12_000])
def test_climbs_over_many_rows_begin_where_a_subset_fits_as_well(rows):
    """Where all rows were looked at, a worse fit may still lead to a mode, by its priors."""
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, rows)
    y = np.where(rng.random(rows) < 0.35, 2 * x - 1, 1.5 - x) + 0.5 * rng.normal(size=rows)
    model, design = made(stanmix.Mixture("y ~ x", 2), {"x": x, "y": y})
    best = multistart.optima(model, design, seed=1)[0]
    near, far = (
        dataclasses.replace(best, log_likelihood=best.log_likelihood - gap) for gap in (40.0, 60.0)
    )
    kept = multistart.to_climb_from(model, [best, near, far], design)
    assert list(kept) == ([best, near] if rows > 5000 else [best, near, far])
