from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from synthetic import fit_of, pair_draws

import stanmix
from stanmix import plots

DRAWS, Y = pair_draws(chains=2, draws=50, gap=2.0)


@pytest.fixture(scope="module")
def fit() -> stanmix.Fit:
    return fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, DRAWS)


def test_sizes_are_weights_expectations_and_most_probable_classes(fit):
    sizes = fit.classes(prob=0.8).sizes
    theta = DRAWS["theta"].reshape(-1, 2)
    np.testing.assert_allclose(sizes.loc["weight", "mean"], theta.mean(axis=0))
    np.testing.assert_allclose(sizes.loc["weight", "lower"], np.quantile(theta, 0.1, axis=0))
    shares = fit.responsibilities().mean("obs_id").to_numpy()
    np.testing.assert_allclose(sizes.loc["expected", "mean"], shares)
    for _, of_figure in sizes.groupby("figure"):
        np.testing.assert_allclose(of_figure["mean"].sum(), 1)


def test_odds_of_correct_classification_are_over_those_of_the_weight(fit):
    found = fit.classes()
    own = np.stack([found.draws["classification"].to_numpy()[:, k, k] for k in range(2)], axis=1)
    theta = DRAWS["theta"].reshape(-1, 2)
    odds = own * (1 - theta) / (theta * (1 - own))
    np.testing.assert_allclose(found.odds["mean"], odds.mean(axis=0))
    np.testing.assert_allclose(found.draws["odds"], odds)


def test_it_prints_its_tables(fit):
    shown = str(fit.classes())
    for words in ("Sizes", "Profiles", "entropy R-squared", "probability 0.95"):
        assert words in shown


def test_rows_whose_class_is_known_are_certain_and_new_rows_are_not(fit):
    labels = pd.Series(np.where(Y < 0, "low", "high"), dtype="category")
    labels = labels.cat.reorder_categories(["low", "high"])
    frame = pd.DataFrame({"y": Y, "known": labels})
    model = stanmix.Mixture("y", 2, labels="known")
    known = fit_of(model, frame, DRAWS)
    quality = known.classes().quality["mean"]
    np.testing.assert_allclose(quality, [1, 0], atol=1e-12)
    assert list(known.classes().odds.index) == ["low", "high"]
    new = known.classes(frame).quality["mean"]
    np.testing.assert_allclose(new, fit.classes().quality["mean"])


def test_profiles_are_means_of_columns_and_probabilities_of_categories(fit):
    profiles = fit.classes().profiles
    np.testing.assert_allclose(profiles.loc["y", "mean"], DRAWS["mu"].mean(axis=(0, 1)))
    both = np.stack([DRAWS["mu"], 10 - DRAWS["mu"]], axis=-1)
    wide = fit_of(
        stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="spherical", order=None),
        {"a": Y, "b": 10 - Y},
        {**DRAWS, "mu": both},
    )
    profiles = wide.classes().profiles
    np.testing.assert_allclose(profiles.loc["b", "mean"], both[..., 1].mean(axis=(0, 1)))
    several = fit_of(
        stanmix.Mixture(["a", "b"], 2, family="bernoulli", order=None, missing="marginalise"),
        {"a": [0, 1, np.nan, 1], "b": [1, 0, 1, 0]},
        {"theta": np.full((1, 3, 2), 0.5), "mu": np.tile([[0.1, 0.9], [0.8, 0.3]], (1, 3, 1, 1))},
    )
    np.testing.assert_allclose(several.classes().profiles["mean"], [0.1, 0.8, 0.9, 0.3])
    answers = pd.Series(["yes", "no", "maybe"] * 4)
    shares = np.random.default_rng(1).dirichlet(np.ones(3), (1, 5, 2))
    draws = {"theta": np.full((1, 5, 2), 0.5), "mu": shares}
    items = fit_of(stanmix.Mixture("a", 2, family="categorical", order=None), {"a": answers}, draws)
    profiles = items.classes().profiles
    assert profiles.index.names == ["response", "class", "category"]
    np.testing.assert_allclose(profiles["mean"], shares.mean(axis=(0, 1)).ravel())


def test_a_mode_has_estimates_without_intervals(fit):
    one = {name: draws[:1, :1] for name, draws in DRAWS.items()}
    mode = fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, one, "map").classes()
    assert mode.sizes["sd"].isna().all()
    np.testing.assert_array_equal(mode.sizes["lower"], mode.sizes["upper"])


def test_columns_of_several_kinds_have_profiles_and_residuals():
    rng = np.random.default_rng(2)
    frame = {"a": rng.normal(size=40), "b": rng.integers(0, 2, 40), "c": rng.poisson(3, 40)}
    family = {"a": "normal", "b": "bernoulli", "c": "poisson"}
    at = {"normal": [-1.0, 1.0], "bernoulli": [0.2, 0.7], "poisson": [2.0, 4.0]}
    draws = {"theta": np.full((1, 6, 2), 0.5), "sigma": np.ones((1, 6, 2, 1))}
    draws |= {f"mu_{name}": np.tile(np.c_[mu], (1, 6, 1, 1)) for name, mu in at.items()}
    fit = fit_of(stanmix.Mixture(["a", "b", "c"], 2, family=family, order=None), frame, draws)
    table = fit.classes().profiles["mean"]
    for name, of in family.items():
        np.testing.assert_allclose(table[name], at[of])
    assert len(fit.bivariate_residuals(draws=5)) == 3
    ax = plots.classes(fit)
    low = ax.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(low[1:], [0.2, 2.0])  # probabilities and counts have no units
    np.testing.assert_allclose(low[0], (-1 - frame["a"].mean()) / frame["a"].std())
    plt.close("all")
