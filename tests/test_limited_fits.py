"""Fits to censored rows and truncated responses, of which the truth is known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from exported import put_program, run_script
from scipy import stats
from synthetic import made_up_fit

import stanmix
from stanmix import plots
from stanmix.cli import main
from stanmix.inference.distinct_rows import distinct_rows
from stanmix.plots.densities import MEAN

pytestmark = pytest.mark.usefixtures("few_searched")


def waiting(N: int = 150) -> tuple[pd.DataFrame, np.ndarray]:
    """Two kinds of waiting times, of which those above 12 are only known to be longer."""
    rng = np.random.default_rng(2)
    z = rng.random(N) < 0.4
    y = np.where(z, rng.gamma(8, 2 / 8, N), rng.gamma(6, 12 / 6, N))
    kinds = np.where(y > 12, "right", "none").astype(object)
    to = np.full(N, np.nan)
    # Some are known to a day.
    days = (rng.random(N) < 0.2) & (kinds == "none") & (y > 1)
    kinds[days], to[days] = "interval", np.floor(y[days]) + 1
    seen = np.where(days, np.floor(y), np.minimum(y, 12))
    return pd.DataFrame({"y": seen, "c": kinds, "to": to}), y


@pytest.mark.parametrize("method", ["nuts", "map"])
def test_censored_waiting_times_are_recovered(method):
    frame, _ = waiting()
    model = stanmix.Mixture("y", 2, family="gamma", censoring=("c", "to"))
    own = {"draws": 200, "warmup": 150, "chains": 2} if method == "nuts" else {}
    fit = model.fit(frame, method, engine="stanli", seed=1, progress=False, **own)
    means = fit.posterior.mu.mean(("chain", "draw")).to_numpy()
    assert means == pytest.approx([2, 12], rel=0.15)
    if method == "nuts":
        sds = fit.posterior.mu.std(("chain", "draw")).to_numpy()
        assert (abs(means - [2, 12]) < 4 * sds).all()
        assert np.isfinite(fit.loo().elpd_loo)
        fit.diagnose()


def test_counts_without_zeros_are_recovered():
    rng = np.random.default_rng(5)
    counts = np.where(rng.random(400) < 0.5, rng.poisson(1.2, 400), rng.poisson(9, 400))
    frame = {"n": counts[counts > 0]}
    model = stanmix.Mixture("n", 2, family="poisson", truncation=(1, None))
    fit = model.fit(frame, engine="stanli", draws=200, warmup=150, chains=2, seed=1, progress=False)
    means, sds = (
        getattr(fit.posterior.mu, of)(("chain", "draw")).to_numpy() for of in ("mean", "std")
    )
    assert (abs(means - [1.2, 9]) < 4 * sds).all()
    # The mean of what is recorded, and not of the distributions that were cut off.
    assert fit.predict()[0] == pytest.approx(np.mean(frame["n"]), rel=0.05)


def test_the_command_line_states_limits(tmp_path, capsys):
    frame, _ = waiting(60)
    frame.to_csv(tmp_path / "data.csv", index=False)
    out = tmp_path / "out"
    arguments = ["fit", str(tmp_path / "data.csv"), "--formula", "y", "--components", "2",
                 "--family", "gamma", "--censoring", "c", "to", "--truncation", "none", "40",
                 "--method", "map", "--engine", "stanli", "--seed", "1", "--out", str(out),
                 "--quiet"]  # fmt: skip
    assert main(arguments) == 0
    fit = stanmix.load(out / "fit.nc")
    assert fit.model.truncation == (None, 40.0) and fit.model.censoring == ("c", "to")
    assert "named by" not in capsys.readouterr().out


def test_pictures_and_equal_rows_know_limits():
    rng = np.random.default_rng(1)
    y = rng.integers(1, 6, 80)
    frame = pd.DataFrame({"n": y, "x": rng.normal(size=80), "c": np.resize(["none", "right"], 80)})
    model = stanmix.Mixture("n", 2, family="poisson", censoring="c", truncation=(1, None))
    _, counted = distinct_rows(model, model.matrices(frame))
    pairs = frame.groupby(["n", "c"]).size()
    assert sorted(counted.rows.weights) == sorted(pairs)
    fit = made_up_fit(model, frame)
    heights = [line.get_ydata() for line in plots.density(fit).lines if line.get_label() == MEAN]
    assert sum(heights[0]) <= 1 + 1e-9
    plots.residuals(fit)
    lines = stanmix.Mixture("n ~ x", 2, family="poisson", truncation=(1, None))
    plots.regression(made_up_fit(lines, frame))


def test_a_fused_fit_of_censored_rows_is_exported_read_and_run_again(cmdstan, tmp_path):
    """Rows that are known to half a unit, of which many are equal."""
    rng = np.random.default_rng(3)
    z = rng.random(200) < 0.4
    y = np.maximum(np.round(2 * np.exp(np.where(z, 0.2, 2.0) + 0.4 * rng.normal(size=200))) / 2, 1)
    kinds = np.where(y > 8, "right", np.where(y <= 1, "left", "interval"))
    kinds[:30] = "none"
    y = np.minimum(y, 8)
    to = np.where(kinds == "interval", y + 0.5, np.nan)
    frame = pd.DataFrame({"y": y, "c": kinds, "to": to})
    model = stanmix.Mixture("y", 2, family="lognormal", censoring=("c", "to"))
    folder = model.export(
        tmp_path / "folder", frame, draws=50, warmup=60, chains=1, seed=1, progress=False
    )
    assert "interval_lognormal_mixture_lpdf(y_limited" in next(folder.glob("*.stan")).read_text()
    data = json.loads(next(folder.glob("*data*.json")).read_text())
    assert data["N"] == len(frame.drop_duplicates())
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    fit = stanmix.read(folder)
    theta, mu, sigma = (
        fit.posterior[name].to_numpy()[..., None, :] for name in ("theta", "mu", "sigma")
    )
    known = stats.lognorm(sigma, scale=np.exp(mu))
    below, until = (known.cdf(at[:, None]) for at in (y, np.nan_to_num(to, nan=9.0)))
    of_kind = {"none": known.pdf(y[:, None]), "left": below, "right": 1 - below,
               "interval": until - below}  # fmt: skip
    each = np.select([(kinds == kind)[:, None] for kind in of_kind], [*of_kind.values()])
    expected = np.log((theta * each).sum(axis=-1))
    np.testing.assert_allclose(fit.log_likelihood(pointwise=True), expected, rtol=1e-8)
    assert stanmix.rerun(folder, progress=False).same
