"""Fits to data in which responses are missing: what is asked of them, and of the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from synthetic import made_up_fit

import stanmix
from stanmix import containers
from stanmix.data import columns
from stanmix.runs.write import COLUMNS

NAMES = [f"row {i}" for i in range(40)]
MISSING = [3, 4, 17, 39]


def rows() -> pd.DataFrame:
    """Two crossing lines, two rows a group; in one group no response is known."""
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=40), np.repeat(rng.integers(0, 2, 20), 2)
    y = np.where(z == 1, 3 + x, -2 * x) + rng.normal(0, 0.5, 40)
    frame = pd.DataFrame({"y": y, "x": x, "g": np.repeat(np.arange(20), 2)}, index=NAMES)
    frame.loc[[NAMES[i] for i in (*MISSING, 16)], "y"] = np.nan
    return frame


FRAME = rows()
UNSEEN = FRAME.y.isna().to_numpy()
LINES = stanmix.Mixture("y ~ x", 2, missing="predict")
GROUPS = stanmix.Mixture("y ~ x", 2, missing="predict", group="g")


@pytest.mark.parametrize("model", [LINES, GROUPS], ids=["rows", "groups"])
def test_all_is_asked_of_the_rows_with_a_response_under_their_names(model):
    fit = made_up_fit(model, FRAME)
    seen = [name for name, gone in zip(NAMES, UNSEEN, strict=True) if not gone]
    for found in (fit.responsibilities(), fit.quantile_residuals(), fit.predict(kind="density")):
        assert found.obs_id.to_numpy().tolist() == seen
    alone = made_up_fit(model, FRAME[~UNSEEN])
    np.testing.assert_allclose(fit.log_likelihood(), alone.log_likelihood())
    assert fit.loo().elpd_loo == pytest.approx(alone.loo().elpd_loo)


def test_predictions_are_of_all_rows():
    fit = made_up_fit(LINES, FRAME)
    found = fit.predict()
    assert found.obs_id.to_numpy().tolist() == NAMES
    np.testing.assert_allclose(found, fit.predict(FRAME[["x"]]), rtol=1e-12)
    drawn = fit.predict(kind="draws", quantiles=(0.1, 0.9))
    assert drawn.shape == (2, 40) and np.isfinite(drawn).all()


def test_of_a_group_the_other_responses_tell_the_class():
    fit = made_up_fit(GROUPS, FRAME)
    draws, X = fit.draws(), np.column_stack([np.ones(40), FRAME.x])
    means = np.einsum("skp,np->snk", draws["beta"], X)
    # Row 3 is missing beside row 2; rows 16 and 17 are a group without a response.
    log_f = stats.norm.logpdf(FRAME.y.iloc[2], means[:, 2], draws["sigma"])
    share = special.softmax(np.log(draws["theta"]) + log_f, axis=1)
    found = fit.predict().to_numpy()
    np.testing.assert_allclose(found[3], (share * means[:, 3]).sum(axis=1).mean())
    for row in (16, 17, 2):  # and of one with a response its replicate, whose class is not known
        np.testing.assert_allclose(found[row], (draws["theta"] * means[:, row]).sum(axis=1).mean())
    parts = fit.predict(by_component=True).to_numpy()
    np.testing.assert_allclose(parts, means.mean(axis=0))


def test_draws_for_rows_without_a_response_are_predictions():
    fit = made_up_fit(LINES, FRAME)
    groups = containers.groups_of(fit.with_predictive().idata)
    drawn = fit.predict(kind="draws").to_numpy()
    np.testing.assert_array_equal(groups["posterior_predictive"]["y"], drawn[..., ~UNSEEN])
    np.testing.assert_array_equal(groups["predictions"]["y"], drawn[..., UNSEEN])
    constant = groups["predictions_constant_data"]
    assert constant.obs_id.to_numpy().tolist() == [NAMES[i] for i in np.flatnonzero(UNSEEN)]
    np.testing.assert_array_equal(constant["X"][:, 1], FRAME.x[UNSEEN])
    assert groups["observed_data"].sizes["obs_id"] == (~UNSEEN).sum()


@pytest.mark.parametrize("model", [LINES, GROUPS], ids=["rows", "groups"])
def test_files_keep_all_rows(model, tmp_path):
    fit = made_up_fit(model, FRAME)
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    for kind in ("mean", "draws", "density"):
        np.testing.assert_array_equal(again.predict(kind=kind), fit.predict(kind=kind))
    assert again.predict().obs_id.to_numpy().tolist() == NAMES


def test_missing_vectors_are_predicted_whole():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    frame.iloc[5] = np.nan
    model = stanmix.Mixture(
        ["a", "b"], 2, family="mvnormal", covariance="diagonal", missing="predict"
    )
    fit = made_up_fit(model, frame)
    assert fit.predict().shape == (20, 2)
    assert fit.responsibilities().sizes["obs_id"] == 19


def test_a_folder_keeps_all_rows(tmp_path):
    folder = GROUPS.export(tmp_path / "folder", FRAME, engine="stanli", starts="random", seed=1)
    kept = columns.load(folder / COLUMNS)
    assert kept.index.tolist() == NAMES
    np.testing.assert_array_equal(kept.y, FRAME.y)
    assert GROUPS.data(kept)["N"] == 35


def test_a_fit_predicts_what_was_left_out():
    fit = GROUPS.fit(FRAME, engine="stanli", draws=300, chains=2, seed=3, progress=False)
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=40), np.repeat(rng.integers(0, 2, 20), 2)
    expected = np.where(z == 1, 3 + x, -2 * x)
    low, high = fit.predict(kind="draws", quantiles=(0.005, 0.995)).to_numpy()
    alone = np.isin(np.arange(40), [3, 4, 39])
    assert (low[alone] < expected[alone]).all() and (expected[alone] < high[alone]).all()
    # Where the rest of the group is known, one line is left: within 4 sds of it, either way.
    assert (high[alone] - low[alone]).max() < 8 * fit.draws()["sigma"].max(axis=1).mean()
