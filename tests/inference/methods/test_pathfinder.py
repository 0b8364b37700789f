from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.errors import InferenceError

OPTIONS = {"method": "pathfinder", "seed": 1, "progress": False}


@pytest.fixture(scope="module")
def fit():
    """One component and known scale: the posterior is normal."""
    y = np.random.default_rng(0).normal(3, 2, 50)
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(0, 10)})
    return model.fit({"y": y}, draws=4000, **OPTIONS)


def test_a_normal_posterior_is_met(fit):
    y, mu = fit.design.y, fit.idata.posterior["mu"].to_numpy().ravel()
    precision = 1 / 100 + len(y) / 4
    mean, sd = y.sum() / 4 / precision, precision**-0.5
    # Independent draws: standard errors of mean and sd, and four of them.
    assert abs(mu.mean() - mean) < 4 * sd / np.sqrt(4000)
    assert abs(mu.std() / sd - 1) < 4 / np.sqrt(2 * 4000)


def test_the_elbo_of_a_normal_posterior_is_the_evidence(fit):
    y = fit.design.y
    evidence = stats.multivariate_normal.logpdf(
        y, np.zeros(len(y)), 4 * np.eye(len(y)) + 100 * np.ones((len(y), len(y)))
    )
    np.testing.assert_allclose(fit.idata.sample_stats["run_elbo"], evidence, rtol=1e-6)


COLUMNS = stanmix.Mixture(
    ["a", "b"], 1, family="mvnormal", covariance="diagonal", order="a", shared="sigma"
)
WEIGHTED = stanmix.Mixture("a", 1, weights="w")


@pytest.mark.parametrize(("model", "densities"), [(COLUMNS, 30), (WEIGHTED, 60)])
@pytest.mark.parametrize("method", ["pathfinder", "advi"])
def test_an_elbo_is_in_the_units_of_the_data(method, model, densities):
    """Densities of a column, a thousandth as high; what decides of the fit is the same."""
    rng = np.random.default_rng(0)
    y = rng.normal(3, 2, (30, 2))
    weight = np.repeat([1.0, 3.0], 15)
    options = {**OPTIONS, "method": method, "restarts": 2, "draws": 100}
    one, other = (
        model.fit({"a": unit * y[:, 0], "b": y[:, 1], "w": weight}, **options)
        for unit in (1.0, 1024.0)
    )
    shift = -densities * np.log(1024)
    for name in ("run_elbo", "elbo") if method == "advi" else ("run_elbo",):
        np.testing.assert_allclose(
            other.idata.sample_stats[name], one.idata.sample_stats[name] + shift, rtol=1e-10
        )
    assert [f.level for f in one.diagnose().findings] == [
        f.level for f in other.diagnose().findings
    ]


def test_the_draws_are_of_the_approximation_itself(fit):
    """Resampled draws repeat; these do not."""
    mu = fit.idata.posterior["mu"].to_numpy().ravel()
    assert len(np.unique(mu)) == len(mu)
    assert fit.idata.posterior["mu"].shape == (1, 4000, 1)
    assert {"log_p", "log_g"} <= set(fit.idata.sample_stats.data_vars)


def test_it_is_called_good_and_its_runs_agree(fit):
    diagnosis = fit.diagnose()
    assert diagnosis.ok
    assert diagnosis.about("restarts").level == "fine"
    assert list(diagnosis.tables["runs"].index) == [1, 2, 3, 4]


def test_two_crossing_lines_are_as_nuts_has_them(lines, lines_fit):
    fit = lines_fit.model.fit(lines, **OPTIONS)
    one, other = fit.summary(), lines_fit.summary()
    # The posterior is close to normal, but not quite: a tenth of an sd and of the sd's size.
    assert (np.abs(one["mean"] - other["mean"]) < 0.15 * other["sd"]).all()
    assert (np.abs(one["sd"] / other["sd"] - 1) < 0.15).all()
    again = lines_fit.model.fit(lines, **OPTIONS)
    np.testing.assert_array_equal(fit.idata.posterior["beta"], again.idata.posterior["beta"])


def test_all_that_reads_a_fit_reads_this_one():
    frame = stanmix.datasets.load("co2").set_index("country")
    fit = stanmix.Mixture("CO2 ~ GNP", 2, order=None).fit(frame, **OPTIONS).relabel("ecr")
    assert fit.responsibilities().sum("component").to_numpy() == pytest.approx(1)
    assert fit.predict().sizes["obs_id"] == len(frame)
    assert np.isfinite(fit.loo().elpd_loo)
    assert fit.clusters().sizes["obs_id"] == len(frame)
    assert "permutation" in fit.idata.sample_stats


def test_a_fit_is_kept_with_the_figures_of_its_runs(fit, tmp_path):
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.diagnose().figures == fit.diagnose().figures


def test_no_start_with_a_density_is_said():
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    model = stanmix.Mixture("y", 2, fixed=known, order=None)
    far = [{"mu": [-1e200, 1e200]}] * 2
    words = r"(?s)All 2 runs of method='pathfinder'.*Initialization failed"
    with pytest.raises(InferenceError, match=words):
        model.fit({"y": [-1.0, 0.0, 1.0]}, starts=far, restarts=2, **OPTIONS)
