from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from independent import log_likelihood
from scipy import stats

import stanmix
from stanmix import containers
from stanmix.errors import InputError, OutputError

CO2 = stanmix.datasets.load("co2").set_index("country")


def test_dimensions_have_names(co2_fit):
    posterior = co2_fit.idata.posterior
    assert posterior["beta"].dims == ("chain", "draw", "component", "covariate")
    assert list(posterior.covariate) == ["Intercept", "GNP"]
    assert list(posterior.component) == [1, 2]
    assert posterior["theta"].shape == (4, 500, 2)
    assert list(co2_fit.idata.observed_data["y"].obs_id) == list(CO2.index)
    np.testing.assert_array_equal(co2_fit.idata.constant_data["X"][:, 1], CO2.GNP)


def test_attributes_say_what_made_the_draws(co2_fit):
    attrs = co2_fit.idata.posterior.attrs
    source = stanmix.Mixture("CO2 ~ GNP", 2).program(kernel="auto")
    assert attrs["seed"] == 1
    assert attrs["program"] == source
    assert attrs["program_hash"] == hashlib.sha256(source.encode()).hexdigest()
    assert attrs["stanmix_version"] == stanmix.__version__
    assert "CmdStan 2." in attrs["toolchain"]
    assert co2_fit.labelling == "relabelled by ECR"


def test_summary_has_a_row_a_parameter(co2_fit):
    table = co2_fit.summary()
    assert list(table.index) == [
        "theta[1]", "theta[2]", "beta[1, Intercept]", "beta[1, GNP]", "beta[2, Intercept]",
        "beta[2, GNP]", "sigma[1]", "sigma[2]",
    ]  # fmt: skip
    beta = co2_fit.idata.posterior["beta"].sel(component=2, covariate="GNP")
    assert table.loc["beta[2, GNP]", "mean"] == pytest.approx(beta.mean().item())
    assert {"mean", "sd", "mcse_mean", "ess_bulk", "r_hat"} <= set(table.columns)


def test_the_weight_of_one_component_has_an_r_hat():
    rng = np.random.default_rng(1)
    draws = {"theta": np.ones((2, 50, 1)), "sigma": np.abs(rng.normal(1, 0.1, (2, 50, 1)))}
    draws["mu"] = rng.normal(size=(2, 50, 1))
    table = stanmix.from_draws(stanmix.Mixture("y", 1), {"y": np.arange(9.0)}, draws).summary()
    assert table.loc["theta[1]", "r_hat"] == 1
    assert table["r_hat"].notna().all()


def test_responsibilities_are_bayes_rule_over_the_draws(co2_fit):
    draws = co2_fit.draws()
    X = np.column_stack([np.ones(len(CO2)), CO2.GNP])
    weighted = np.stack(
        [
            draws["theta"][:, None, k]
            * stats.norm.pdf(
                CO2.CO2.to_numpy(),
                draws["beta"][:, k] @ X.T,
                draws["sigma"][:, k, None],
            )
            for k in range(2)
        ],
        axis=-1,
    )
    expected = (weighted / weighted.sum(axis=-1, keepdims=True)).mean(axis=0)
    result = co2_fit.responsibilities()
    assert result.dims == ("obs_id", "component")
    assert list(result.obs_id) == list(CO2.index)
    np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-14)


def test_responsibilities_of_new_rows(co2_fit):
    some = co2_fit.responsibilities(CO2.iloc[[3, 1]])
    np.testing.assert_allclose(some, co2_fit.responsibilities()[[3, 1]], rtol=1e-12)
    with pytest.raises(InputError, match="Unknown column 'CO2'"):
        co2_fit.responsibilities(CO2[["GNP"]])


def test_log_likelihood_is_that_of_scipy(co2_fit):
    pointwise = co2_fit.log_likelihood(pointwise=True)
    draws = {name: values[7] for name, values in co2_fit.draws().items()}
    X = np.column_stack([np.ones(len(CO2)), CO2.GNP])
    expected = log_likelihood(CO2.CO2.to_numpy(), X, draws)
    np.testing.assert_allclose(pointwise[0, 7], expected, rtol=1e-10)
    np.testing.assert_allclose(pointwise.sum("obs_id"), co2_fit.log_likelihood(), rtol=1e-12)


def test_shared_and_known_parameters_are_spread_out(lines_fit, unordered_pair):
    draws = lines_fit.draws()
    assert draws["sigma"].shape == draws["theta"].shape == (4000, 2)
    np.testing.assert_array_equal(draws["sigma"][:, 0], draws["sigma"][:, 1])
    known = unordered_pair.draws()
    assert (known["sigma"] == 1).all() and (known["theta"] == 0.5).all()


@pytest.mark.parametrize("method", ["ecr", "order"])
def test_relabelling_undoes_switching(unordered_pair, method):
    fit = unordered_pair.relabel(method)
    mu = fit.idata.posterior["mu"].to_numpy()
    raw = unordered_pair.idata.posterior["mu"].to_numpy()
    np.testing.assert_array_equal(np.sort(mu, axis=-1), np.sort(raw, axis=-1))
    perm = fit.idata.sample_stats["permutation"].to_numpy()
    np.testing.assert_array_equal(np.take_along_axis(raw, perm, axis=-1), mu)
    assert (mu.mean(axis=1)[:, 0] < mu.mean(axis=1)[:, 1]).all()
    assert fit.diagnose().figures["r_hat"] < 1.01
    # What does not depend on the labels is as it was.
    np.testing.assert_allclose(fit.log_likelihood(), unordered_pair.log_likelihood(), rtol=1e-12)


def test_relabelling_twice_still_leads_back(unordered_pair):
    fit = unordered_pair.relabel("ecr").relabel("order")
    raw = unordered_pair.idata.posterior["mu"].to_numpy()
    perm = fit.idata.sample_stats["permutation"].to_numpy()
    np.testing.assert_array_equal(
        np.take_along_axis(raw, perm, axis=-1), fit.idata.posterior["mu"].to_numpy()
    )


def test_ordered_means_agree_with_relabelled_ones(unordered_pair, pair):
    ordered = stanmix.Mixture(
        "y ~ 1", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}, priors={"mu": stanmix.Normal(0, 10)}
    ).fit(pair, seed=2, progress=False)
    one, other = ordered.summary(), unordered_pair.relabel("order").summary()
    error = np.hypot(one["mcse_mean"], other["mcse_mean"])
    assert (np.abs(one["mean"] - other["mean"]) < 4 * error).all()


def test_relabelling_refuses_what_it_cannot_do(unordered_pair, pair):
    with pytest.raises(InputError, match=r"method must be one of 'auto'.*got 'stephen'"):
        unordered_pair.relabel("stephen")
    with pytest.raises(InputError, match="no parameter of the components; there are 'mu'"):
        unordered_pair.relabel("order", "sigma")
    with pytest.raises(InputError, match="belongs to method='order'"):
        unordered_pair.relabel("ecr", "mu")
    told_apart = stanmix.Mixture("y", 2, fixed={"theta": [0.3, 0.7]})
    few = {"engine": "stanli", "seed": 1, "chains": 1, "draws": 50, "warmup": 100}
    fit = told_apart.fit(pair, **few, progress=False)
    assert fit.labelling.startswith("as families, formulas, priors or known parameters tell")
    with pytest.raises(InputError, match="told apart"):
        fit.relabel("ecr")


def test_weights_can_name_the_components(pair):
    model = stanmix.Mixture("y", 2, order="theta", fixed={"sigma": 1.0})
    fit = model.fit(pair, seed=1, chains=2, draws=100, engine="stanli", progress=False)
    theta = fit.idata.posterior["theta"]
    assert (theta.sel(component=1) <= theta.sel(component=2)).all()
    assert fit.labelling == "ordered by theta after sampling"


def test_what_is_saved_is_what_is_loaded(co2_fit, tmp_path):
    path = co2_fit.save(tmp_path / "fit é.nc")
    again = stanmix.load(path)
    assert again.model == co2_fit.model
    assert type(again.idata) is type(co2_fit.idata) and again.idata.attrs == co2_fit.idata.attrs
    groups, others = (containers.groups_of(one.idata) for one in (again, co2_fit))
    assert list(groups) == list(others)
    for group in groups:
        assert groups[group].identical(others[group]), group
    pd.testing.assert_frame_equal(again.design.columns, co2_fit.design.columns)
    pd.testing.assert_frame_equal(again.summary(), co2_fit.summary())
    assert str(again.diagnose()) == str(co2_fit.diagnose())
    np.testing.assert_array_equal(again.responsibilities(), co2_fit.responsibilities())
    assert repr(again) == repr(co2_fit)
    again.save(path)  # the file is not kept open


def test_factors_survive_saving(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a/b ratio": rng.normal(size=40),
            "g": pd.Categorical(rng.choice(["u", "v"], 40), ["v", "u", "unused"][:2]),
            "s": rng.choice(["p", "q"], 40),
            "flag": rng.random(40) < 0.5,
        }
    )
    model = stanmix.Mixture("`a/b ratio` ~ g + s + flag", 1)
    fit = model.fit(frame, method="map", seed=1, progress=False)
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.design.covariates == fit.design.covariates
    np.testing.assert_array_equal(again.design.X, fit.design.X)


def test_files_that_hold_no_fit_are_refused(tmp_path, co2_fit):
    with pytest.raises(OutputError, match="no file"):
        stanmix.load(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("no NetCDF")
    with pytest.raises(OutputError, match="cannot be read"):
        stanmix.load(tmp_path / "text.nc")
    path = co2_fit.save(tmp_path / "whole.nc")
    (tmp_path / "half.nc").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(OutputError, match="cannot be read"):
        stanmix.load(tmp_path / "half.nc")
    co2_fit.sample_stats.to_netcdf(tmp_path / "other.nc", group="posterior")
    with pytest.raises(OutputError, match="no fit of stanmix"):
        stanmix.load(tmp_path / "other.nc")


BAD = pd.DataFrame({"y": [1.0, 2.0, np.nan, 4.0], "x": [1.0, 2.0, 3.0, 4.0], "c": [1.0] * 4})


@pytest.mark.parametrize(
    ("model", "frame", "word"),
    [
        (stanmix.Mixture("y", 2), BAD, "'y' has 1 missing"),
        (stanmix.Mixture("x", 2), BAD.assign(x=[1, 2, np.inf, 4]), "'x' is infinite"),
        (stanmix.Mixture("x", 2), BAD.iloc[:0], "no rows"),
        (stanmix.Mixture("x", 2), BAD.iloc[:1], "one row"),
        (stanmix.Mixture("x", 5), BAD, "components=5"),
        (stanmix.Mixture("c", 2), BAD, "constant"),
        (stanmix.Mixture("x ~ z", 2), BAD, "Unknown column 'z'"),
        (stanmix.Mixture("s", 2), BAD.assign(s=list("abcd")), "not numeric"),
        (stanmix.Mixture("x ~ y", 2, order="z"), BAD.dropna(), "order='z'"),
    ],
)
def test_bad_data_are_refused_before_anything_compiles(model, frame, word, monkeypatch):
    def build(*args, **kwargs):
        raise AssertionError("compiled")

    monkeypatch.setattr(stanmix.cmdstan, "build", build)
    monkeypatch.setattr(stanmix.cmdstan, "require", build)
    with pytest.raises(InputError, match=word):
        model.fit(frame)
