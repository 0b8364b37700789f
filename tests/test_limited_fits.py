"""Fits to censored rows and truncated responses, of which the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
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
