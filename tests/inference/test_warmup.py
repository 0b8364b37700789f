from __future__ import annotations

import json

import numpy as np
import pytest
from rendered import EXAMPLES

import stanmix
from stanmix.inference.unconstrained.space import Space
from stanmix.program.lower import lower

FAST = {"chains": 2, "draws": 300, "seed": 1, "progress": False}


def test_a_safe_posterior_gets_a_short_warmup_and_keeps_its_metric(lines, tmp_path):
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",))
    fit = model.fit(lines, output_dir=tmp_path, **FAST)
    assert fit.idata.attrs["warmup"] == 150
    assert "curvature" in fit.idata.attrs["warmup_reason"]
    given = np.array(json.loads((tmp_path / "metric.json").read_text())["inv_metric"])
    text = next(tmp_path.glob("*_1.csv")).read_text()
    rows = text.split("# Elements of inverse mass matrix:\n")[1].splitlines()[: len(given)]
    used = np.array([[float(v) for v in row.lstrip("# ").split(",")] for row in rows])
    np.testing.assert_allclose(used, given, rtol=1e-5)  # Stan prints six digits of it
    # The same posterior as with Stan's own adaptation.
    own = model.fit(lines, warmup="stan", **FAST)
    assert own.idata.attrs["warmup"] == 1000
    one, other = fit.summary(), own.summary()
    error = np.hypot(one["mcse_mean"], other["mcse_mean"])
    assert (np.abs(one["mean"] - other["mean"]) < 4 * error).all()


@pytest.mark.parametrize(
    ("options", "iterations"), [({"warmup": 200}, 200), ({"warmup": "stan"}, 1000)]
)
def test_what_is_asked_for_is_done(pair, options, iterations):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    fit = model.fit(pair, **{**FAST, **options})
    assert fit.idata.attrs["warmup"] == iterations
    assert fit.idata.attrs["warmup_reason"] == "Stan's own adaptation"
    # Starts from the data are from all that matters, and the chains are held against it.
    assert fit.diagnose().about("weighted draws").level == "fine"
    given = model.fit(pair, **{**FAST, **options, "starts": "random"})
    assert "explored" not in given.idata.attrs


def test_a_posterior_that_is_not_normal_gets_stans_own():
    galaxies = stanmix.datasets.load("galaxies")
    fit = stanmix.Mixture("velocity_km_s", 3).fit(galaxies, **FAST)
    assert fit.idata.attrs["warmup"] == 1000
    assert "Stan's own adaptation: " in fit.idata.attrs["warmup_reason"]


def test_free_labels_are_given_no_metric(pair):
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    fit = stanmix.Mixture("y", 2, fixed=known, order=None).fit(pair, **FAST)
    assert "labels are free" in fit.idata.attrs["warmup_reason"]


@pytest.fixture(scope="module")
def clumps():
    """Twelve points in three clumps of four; of two components, one must have two of them."""
    return np.repeat([-10.0, 0.0, 10.0], 4) + 0.1 * np.random.default_rng(0).normal(size=12)


@pytest.mark.parametrize(
    "method",
    [{**FAST, "method": "nuts", "warmup": 50, "chains": 4}, {"method": "advi", "restarts": 4}],
)
def test_starts_are_spread_over_two_modes(clumps, method, tmp_path):
    options = {"seed": 1, "progress": False, **method, "output_dir": tmp_path}
    stanmix.Mixture("y", 2, fixed={"sigma": 3.0}).fit({"y": clumps}, **options)
    assert begun_about(tmp_path, 4) == {-1.0, 1.0}


def begun_about(folder, runs):
    """Return on which side of zero the means of starts lie together.

    Of two modes that hold 0.57 and 0.43 of the posterior, each has one of four starts or more.
    """
    begun = [json.loads((folder / f"start_{run + 1}.json").read_text()) for run in range(runs)]
    return {*np.sign([sum(start["mu_scaled"]) for start in begun])}


def test_two_modes_are_named_and_both_get_chains(clumps, tmp_path):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 3.0})
    fit = model.fit({"y": clumps}, output_dir=tmp_path, **{**FAST, "chains": 4})
    reason = fit.idata.attrs["warmup_reason"]
    assert "2 optima matter" in reason and "masses" in reason
    told = fit.diagnose().about("warm-up")
    assert told.level == "note"
    assert reason in told.text
    # Means near -10 and 5 where the upper two clumps share, near -5 and 10 where the lower do.
    # Chains go from one to the other, so their first draws do not tell where they began.
    assert begun_about(tmp_path, 4) == {-1.0, 1.0}


def test_fused_and_portable_structures_have_one_space():
    model, frame = EXAMPLES["normal_regressions_ordered_beta"]
    data = model.data(frame)
    sizes = {Space(lower(model, k), data, (2, 35)).size for k in ("stan", "fused")}
    assert len(sizes) == 1
