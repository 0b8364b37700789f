from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from rendered import render
from scipy import stats
from synthetic import fit_of, made_up_fit, noisy, pair_draws

import stanmix
from stanmix import containers
from stanmix.density import prediction
from stanmix.errors import InputError

RNG = np.random.default_rng(5)
FRAME = pd.DataFrame(
    {"x": RNG.normal(size=30), "g": RNG.choice(["a", "b"], 30), "y": RNG.normal(size=30)},
    index=[f"row {i}" for i in range(30)],
)
NEW = pd.DataFrame({"x": [0.0, 1.0], "g": ["b", "a"], "y": [0.1, -0.2]}, index=["u", "v"])


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(6)
    draws = {
        "theta": rng.dirichlet([5, 5], size=(2, 40)),
        "beta": noisy(rng, [[0, 1, 2], [1, -1, 0]], 0.1, 2, 40),
        "sigma": np.exp(noisy(rng, [0, 0.5], 0.1, 2, 40)),
    }
    return fit_of(stanmix.Mixture("y ~ g + x", 2, order=None), FRAME, draws)


def test_means_at_new_rows(fit):
    draws = fit.draws()
    X = np.array([[1, 1, 0], [1, 0, 1.0]])  # intercept, g = b, x
    centre = np.einsum("np,skp->snk", X, draws["beta"])
    found = fit.predict(NEW.drop(columns="y"))
    assert found.dims == ("obs_id",) and list(found.obs_id) == ["u", "v"]
    mixed = (draws["theta"][:, None] * centre).sum(axis=-1)
    np.testing.assert_allclose(found, mixed.mean(axis=0), rtol=1e-10)
    apart = fit.predict(NEW, by_component=True, quantiles=[0.1, 0.5])
    assert apart.dims == ("quantile", "obs_id", "component")
    np.testing.assert_allclose(apart, np.quantile(centre, [0.1, 0.5], axis=0), rtol=1e-10)


def test_density_and_responsibilities_at_new_rows(fit):
    draws = fit.draws()
    X = np.array([[1, 1, 0], [1, 0, 1.0]])
    centre = np.einsum("np,skp->snk", X, draws["beta"])
    dense = draws["theta"][:, None] * stats.norm.pdf(
        NEW.y.to_numpy()[:, None], centre, draws["sigma"][:, None]
    )
    found = fit.predict(NEW, "density", by_component=True)
    np.testing.assert_allclose(found, dense.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(
        fit.predict(NEW, "density"), dense.sum(axis=-1).mean(axis=0), rtol=1e-10
    )
    p = dense / dense.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(fit.predict(NEW, "responsibilities"), p.mean(axis=0), rtol=1e-10)
    median = fit.predict(NEW, "responsibilities", quantiles=0.5)
    np.testing.assert_allclose(median[0], np.median(p, axis=0), rtol=1e-10)


def test_draws_have_chains_and_are_seeded(fit):
    drawn = fit.predict(NEW, "draws")
    assert drawn.dims == ("chain", "draw", "obs_id") and drawn.shape == (2, 40, 2)
    np.testing.assert_array_equal(drawn, fit.predict(NEW, "draws", seed=fit.seed))
    assert (drawn != fit.predict(NEW, "draws", seed=9)).all()
    expected = prediction.responses(fit.draws(), fit.covariates(NEW)[0], seed=fit.seed)
    np.testing.assert_array_equal(drawn.to_numpy().reshape(80, 2), expected)
    assert fit.predict(NEW, "draws", by_component=True).dims[-1] == "component"
    tails = fit.predict(NEW, "draws", quantiles=(0.1, 0.9))
    np.testing.assert_array_equal(tails, np.quantile(expected, (0.1, 0.9), axis=0))


def test_replicates_and_predictions_go_to_their_groups(fit):
    whole = fit.with_predictive().with_predictive(NEW)
    groups = containers.groups_of(whole.idata)
    assert {"posterior_predictive", "predictions", "predictions_constant_data"} <= set(groups)
    assert whole.idata.posterior_predictive["y"].shape == (2, 40, 30)
    np.testing.assert_array_equal(whole.idata.predictions["y"], fit.predict(NEW, "draws"))
    assert list(whole.idata.predictions_constant_data.covariate) == list(fit.design.covariates)
    assert "predictions" not in containers.groups_of(fit.idata)


def test_a_mixture_of_means_needs_rows_alone():
    draws, y = pair_draws(chains=1, draws=10)
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, draws)
    found = fit.with_predictive(pd.DataFrame(index=["one", "two"])).idata
    assert "predictions_constant_data" not in containers.groups_of(found)
    assert list(found.predictions.obs_id) == ["one", "two"]
    np.testing.assert_allclose(
        fit.predict(pd.DataFrame(index=[0])), (draws["theta"] * draws["mu"]).sum(-1).mean()
    )


@pytest.mark.parametrize(
    ("frame", "kind", "word"),
    [
        (NEW.assign(g="c"), "mean", r"levels of a factor.*\{'c'\}"),
        (NEW[["x", "y"]], "mean", "Unknown column 'g'"),
        (NEW[["x", "g"]], "density", "Unknown column 'y'"),
        (NEW.assign(x=np.nan), "draws", "'x' has 2 missing"),
        (NEW, "median", "kind must be one of 'mean'"),
    ],
)
def test_rows_and_kinds_that_cannot_be_used(fit, frame, kind, word):
    with pytest.raises(InputError, match=word):
        fit.predict(frame, kind)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"quantiles": 1.1}, "predict: quantiles must be one or more numbers between 0 and 1"),
        ({"quantiles": [0.5, np.nan]}, "quantiles must be .* got .0.5, nan"),
        ({"quantiles": []}, "quantiles must be"),
        ({"quantiles": [[0.1]]}, "quantiles must be"),
        ({"quantiles": "a"}, "quantiles must be .* got 'a'"),
        ({"by_component": "yes"}, "by_component must be True or False"),
        ({"kind": "draws", "seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"kind": "draws", "memory": "2 GB"}, "memory must be a positive, finite number"),
    ],
)
def test_arguments_that_cannot_be_used(fit, arguments, word):
    with pytest.raises(InputError, match=word):
        fit.predict(**arguments)


def test_scalars_of_numpy_will_do(fit):
    same = {"quantiles": np.float32(0.5), "seed": np.int64(3), "by_component": np.True_}
    plain = {"quantiles": 0.5, "seed": 3, "by_component": True}
    found, expected = fit.predict(kind="draws", **same), fit.predict(kind="draws", **plain)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found["quantile"], [0.5])


def test_no_new_rows_are_refused(fit):
    for ask in (fit.predict, fit.responsibilities, fit.with_predictive, fit.similarity):
        with pytest.raises(InputError, match="The new data have no rows"):
            ask(NEW.iloc[:0])


def test_draws_that_do_not_fit_in_memory_are_refused(fit):
    with pytest.raises(InputError, match=r"2 x 40 x 30 numbers.*at most 1e-06 GiB"):
        fit.predict(kind="draws", memory=1e-6)


def test_what_new_rows_brought_is_kept_beside_their_predictions():
    frame = render.grouped_lines(groups=8)
    model = stanmix.Mixture(
        "y ~ x", 2, offset="shift", group="group", gating="~ z", weights="times"
    )
    new = frame[["x", "z", "shift"]].iloc[[3, 1]]
    kept = made_up_fit(model, frame).with_predictive(new).idata.predictions_constant_data
    np.testing.assert_array_equal(kept["X"], np.column_stack([[1, 1], new["x"]]))
    np.testing.assert_array_equal(kept["offset"], new["shift"])
    np.testing.assert_array_equal(kept["Z"].sel(gating_covariate="z"), new["z"])
    assert list(kept["obs_id"]) == [3, 1]


def test_new_rows_have_covariates_of_every_parameter():
    frame = render.grouped_lines(groups=8)
    model = stanmix.Mixture(
        "y ~ x", 2, family="student_t", formulas={"sigma": "~ z", "nu": "~ shift"}, group="group"
    )
    fit = made_up_fit(model, frame)
    new = frame[["x", "z", "shift"]].iloc[[3, 1]]
    kept = fit.with_predictive(new).idata.predictions_constant_data
    np.testing.assert_array_equal(kept["X_sigma"].sel(sigma_covariate="z"), new["z"])
    np.testing.assert_array_equal(kept["X_nu"].sel(nu_covariate="shift"), new["shift"])
    with pytest.raises(InputError, match="Unknown column 'z'"):
        fit.predict(new.drop(columns="z"))
    beta, theta = fit.draws()["beta"], fit.draws()["theta"]
    centre = beta[..., 0] + beta[..., 1] * new["x"].to_numpy()[:, None, None]
    draws = fit.draws()
    sigma, nu = (
        np.exp(
            draws[name][:, None, :, 0]
            + draws[name][:, None, :, 1] * new[column].to_numpy()[:, None]
        )
        for name, column in (("beta_sigma", "z"), ("beta_nu", "shift"))
    )
    # Student's t distributions of one degree of freedom or less have no mean.
    means = np.where(nu > 1, centre.swapaxes(0, 1), np.nan)
    np.testing.assert_allclose(fit.predict(new), (theta[:, None] * means).sum(-1).mean(axis=0))
    assert np.isnan(means).any()
    dense = stats.t.pdf(0.3, nu, centre.swapaxes(0, 1), sigma)
    ungrouped = made_up_fit(dataclasses.replace(model, group=None), frame)
    found = ungrouped.predict(new.assign(y=0.3), "density", by_component=True)
    np.testing.assert_allclose(found, (theta[:, None] * dense).mean(axis=0), rtol=1e-9)
