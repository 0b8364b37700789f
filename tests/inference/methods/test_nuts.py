from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.errors import InferenceError

LOW_DIM = json.loads((Path(__file__).parents[2] / "data" / "low_dim_gauss_mix.json").read_text())
# posteriordb (BSD-3), low_dim_gauss_mix: mean and sd of its 10 000 reference draws.
REFERENCE = {
    ("mu", 1): (-2.73351, 0.04205),
    ("mu", 2): (2.86983, 0.05460),
    ("sigma", 1): (1.02807, 0.03144),
    ("sigma", 2): (1.02382, 0.04048),
    ("theta", 1): (0.62155, 0.01548),
}


def test_the_reference_posterior_is_met():
    model = stanmix.Mixture(
        "y",
        2,
        priors={
            "mu": stanmix.Normal(0, 2),
            "sigma": stanmix.HalfNormal(2),
            "theta": stanmix.Beta(5, 5),
        },
    )
    fit = model.fit({"y": LOW_DIM}, seed=1, draws=2500, progress=False)
    table = fit.summary()
    for (name, component), (mean, sd) in REFERENCE.items():
        row = table.loc[f"{name}[{component}]"]
        # Both sides have Monte Carlo error: that of the reference from its 10 000 draws.
        error_of_mean = np.hypot(row["mcse_mean"], sd / np.sqrt(10_000))
        error_of_sd = np.hypot(row["mcse_sd"], sd / np.sqrt(2 * 10_000))
        assert abs(row["mean"] - mean) < 4 * error_of_mean
        assert abs(row["sd"] - sd) < 4 * error_of_sd
    assert fit.diagnose().ok


def test_an_exact_posterior_is_met():
    """One component, known scale: the posterior of the mean is normal."""
    y = np.array([1.0, 2.0, 4.0, 5.5])
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(1, 3)})
    fit = model.fit({"y": y}, seed=1, draws=2500, progress=False)
    precision = 1 / 9 + len(y) / 4
    exact = stats.norm((1 / 9 + y.sum() / 4) / precision, precision**-0.5)
    row = fit.summary().loc["mu[1]"]
    assert abs(row["mean"] - exact.mean()) < 4 * row["mcse_mean"]
    assert abs(row["sd"] - exact.std()) < 4 * row["mcse_sd"]


def test_slopes_of_crossing_lines_are_recovered(lines_fit):
    table = lines_fit.summary()
    for row, truth in (("beta[1, x]", -1.0), ("beta[2, x]", 3.0), ("sigma", 0.1)):
        assert abs(table.loc[row, "mean"] - truth) < 4 * table.loc[row, "sd"]
        assert table.loc[row, "sd"] < 0.02
    assert lines_fit.diagnose().ok


def test_draws_follow_the_seed(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    options = {"chains": 2, "draws": 50, "warmup": 100, "progress": False}
    one, again, other = (model.fit(pair, seed=s, **options) for s in (1, 1, 2))
    mu = [fit.idata.posterior["mu"].to_numpy() for fit in (one, again, other)]
    np.testing.assert_array_equal(mu[0], mu[1])
    assert not np.isin(mu[0], mu[2]).any()
    assert not np.isin(mu[0][0], mu[0][1]).any()
    assert one.seed == 1


def test_every_statistic_is_there_and_every_draw_counts(lines_fit):
    stats_ = lines_fit.idata.sample_stats
    expected = {
        "lp",
        "acceptance_rate",
        "step_size",
        "tree_depth",
        "n_steps",
        "diverging",
        "energy",
    }
    assert set(stats_.data_vars) == expected | {"permutation"}  # of the relabelling, not Stan's
    assert all(stats_[name].shape == (4, 1000) for name in expected)
    assert stats_["diverging"].dtype == bool


def test_a_program_that_cannot_start_says_why(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}, order="mu")
    bad = [{"mu": [-1e200, 1e200]}] * 2  # where the log density is minus infinity
    with pytest.raises(InferenceError, match=r"(?s)2 chains failed.*Initialization failed"):
        model.fit(pair, seed=1, chains=2, starts=bad, progress=False)


def test_a_chain_that_fails_is_named_and_the_others_are_kept(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}, order="mu")
    good, bad = {"mu": [-1.0, 1.0]}, {"mu": [-1e200, 1e200]}
    fit = model.fit(pair, seed=1, chains=3, draws=100, starts=[good, bad, good], progress=False)
    assert list(fit.failed_chains) == [2]
    assert "Initialization failed" in fit.failed_chains[2]
    assert list(fit.idata.posterior.chain) == [1, 3]
    diagnosis = fit.diagnose()
    assert not diagnosis.ok
    assert "chain(s) 2 did not finish" in diagnosis.about("failed chains").text


def test_random_starts_are_stans_own(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    fit = model.fit(pair, seed=1, chains=1, draws=50, starts="random", progress=False)
    assert fit.idata.attrs["starts"] == "random"


def test_output_can_be_kept(pair, tmp_path):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    folder = tmp_path / "kept out"
    model.fit(pair, seed=1, chains=2, draws=20, output_dir=folder, progress=False)
    assert len(list(folder.glob("*_[12].csv"))) == 2
    assert (folder / "data.json").exists()


def test_bars_leave_no_trace_in_a_file(capsys):
    frame = stanmix.datasets.load("co2")
    stanmix.Mixture("CO2 ~ GNP", 2).fit(frame, seed=1, chains=2, draws=20, progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "chain 1" not in said.err
