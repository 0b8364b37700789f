"""The examples on simulated data: what they write, and whether it is right."""

from __future__ import annotations

import re

import matplotlib.image
import numpy as np
import pandas as pd
from run_example import run_example
from scipy import stats

import stanmix


def run(name, folder):
    """Run an example at its smallest; return what it printed."""
    printed = run_example(name, folder)
    assert "\nIn words: " in printed and "nan" not in printed.split("In words: ")[1]
    return printed


def check_figures(folder, names):
    assert {path.stem for path in folder.glob("*.png")} == names
    for path in folder.glob("*.png"):
        assert np.ptp(matplotlib.image.imread(path)[..., :3]) > 0.5, path  # something is drawn


def check_exported_program(folder):
    """Run by CmdStan alone, the exported program makes the draws that the example saved."""
    assert len(list(folder.glob("*.stan"))) == 1
    again = stanmix.rerun(folder, progress=False)
    assert again.same, again
    return stanmix.load(folder / "fit.nc")


def test_two_crossing_lines(tmp_path):
    printed = run("mixture_of_linear_models", tmp_path)
    check_figures(tmp_path, {"lines", "rank", "switching", "intervals", "advi-runs", "minibatches"})
    table = pd.read_csv(tmp_path / "summary.csv", index_col=0)
    # Standard errors with 10 000 points are 0.0025 and 0.0007.
    np.testing.assert_allclose(table["mean"][["beta[1, x]", "beta[2, x]"]], [-1, 3], atol=0.01)
    np.testing.assert_allclose(table["mean"]["sigma"], 0.1, atol=0.005)
    fits = pd.read_csv(tmp_path / "fits.csv", index_col=0, keep_default_na=False)
    advi = fits.index.str.startswith("ADVI")
    assert (len(fits), advi.sum()) == (12, 8)
    slopes = fits[["low slope", "high slope"]].to_numpy(dtype=float)
    right = (np.abs(slopes - [-1, 3]).max(axis=1) < 0.01) & (
        (fits["sigma"].astype(float) - 0.1).abs() < 0.005
    )
    assert (right == fits["recovered"]).all()
    assert right[~advi].all()
    assert (~right).any() and (fits["problems"][~right] != "").all()  # told by diagnosis alone
    # By hand: with one line for all points the slope is E[xy] / E[x^2] = 1, sigma at its bound.
    assert re.search(r"maximum at sigma 1, with a single line of slope (0\.9|1\.0)", printed)
    batches = pd.read_csv(tmp_path / "minibatches.csv", index_col=0, keep_default_na=False)
    assert len(batches) == 10
    assert (batches["problems"][batches["most sds off"] > 0.5] != "").all()
    runs = pd.read_csv(tmp_path / "runs.csv")
    for name, own in runs.groupby("fit"):
        highest = float(fits.loc[name, "highest ELBO"])
        np.testing.assert_allclose(own["elbo"].max(), highest)
    check_exported_program(tmp_path / "stan")


def test_two_clusters_in_the_plane(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("gaussian_mixture_2d", first) == run("gaussian_mixture_2d", second)
    check_figures(
        first, {"trace-as-sampled", "trace", "before-and-after", "contours", "assignments"}
    )
    for name in ("summary.csv", "assignments.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    points = pd.read_csv(first / "assignments.csv", index_col=0)
    assert ((points["mean"] > 0.5) == (points["cluster"] == 2)).all()
    # All points but a few thousandths of one are surely of their cluster, and given the clusters
    # the posterior is conjugate.
    sizes = points.groupby("cluster").size().to_numpy()
    sums = points.groupby("cluster")[["x1", "x2"]].sum().sum(axis=1).to_numpy()
    mu, theta = sums / (2 * sizes + 1), (sizes + 1) / 62
    table = pd.read_csv(first / "summary.csv", index_col=0)
    for name, expected, sd in (
        ("mu", mu, 1 / np.sqrt(2 * sizes + 1)),
        ("theta", theta, np.sqrt(theta * (1 - theta) / 63)),
    ):
        own = table.loc[[f"{name}[1]", f"{name}[2]"]]
        error = 4 * own["mcse_mean"] + 0.003
        assert (np.abs(own["mean"] - expected) < error).all(), (name, own, expected)
        np.testing.assert_allclose(own["sd"], sd, rtol=0.15)  # Monte Carlo error about 0.03
    fit = check_exported_program(first / "stan")
    before, after = fit.diagnose(), fit.relabel().diagnose()
    assert before.figures["labellings_between_chains"] == 2 and not before.ok
    assert before.figures["r_hat_as_sampled"] > 1.4 and after.figures["r_hat"] < 1.02
    # The tutorial's standard normal prior of means at 3.5 pulls at the very limit of what is told.
    assert {one.topic for one in after.findings if one.level == "problem"} <= {"priors"}


def test_two_close_normals(tmp_path):
    run("ordered_means_nuts_advi", tmp_path)
    check_figures(
        tmp_path,
        {
            "trace-unordered", "trace-ordered", "switching", "before-and-after", "elbo", "joint",
            "autocorrelation-unordered", "autocorrelation-ordered",
        },
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "summary.csv", index_col=[0, 1])
    assert table.loc["NUTS, unordered"]["r_hat"].min() > 1.4
    assert table.loc["NUTS, relabelled"]["r_hat"].max() < 1.01
    fit = check_exported_program(tmp_path / "stan")
    exact = ordered_means(fit.design.y)
    for name in ("NUTS, relabelled", "NUTS, ordered"):
        own = table.loc[name]
        assert (np.abs(own["mean"] - exact) < 4 * own["mcse_mean"]).all(), (name, own, exact)
    others = pd.read_csv(tmp_path / "other-data.csv")
    assert len(others) == 4 and others["R-hat relabelled"].max() < 1.01


def ordered_means(y):
    """Posterior means of the ordered means of two normals, by quadrature."""
    grid = np.linspace(-4, 4, 801)
    low, high = np.meshgrid(grid, grid, indexing="ij")
    log_p = stats.norm.logpdf(low, 0, 10) + stats.norm.logpdf(high, 0, 10)
    for value in y:
        log_p += np.logaddexp(stats.norm.logpdf(value, low), stats.norm.logpdf(value, high))
    p = np.exp(log_p - log_p.max()) * np.select([low < high, low == high], [1.0, 0.5])
    return np.array([(p * low).sum(), (p * high).sum()]) / p.sum()
