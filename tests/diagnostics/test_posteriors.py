"""The diagnosis of posteriors that were sampled: what is known of them must be found."""

from __future__ import annotations

import numpy as np

import stanmix

SHORT = {"seed": 1, "draws": 200, "progress": False}


def test_two_explanations_that_no_relabelling_merges():
    """Three groups for two components: the middle one joins the left or the right."""
    rng = np.random.default_rng(0)
    side, middle = rng.normal(size=40), rng.normal(size=40)
    y = np.concatenate([side - 6, middle - middle.mean(), 6 - side])
    fit = stanmix.Mixture("y", 2).fit({"y": y}, warmup=400, **SHORT)
    # Weighted draws knew of both, so that chains began on both; without them nothing confirms it.
    assert fit.diagnose().about("modes").level == "note"
    del fit.idata.attrs["explored"]
    diagnosis = fit.diagnose()
    assert diagnosis.figures["modes"] == 2
    finding = diagnosis.about("modes")
    assert finding.level == "problem" and "relabelling cannot help" in finding.advice
    # By symmetry each is as probable as the other: their log densities are alike.
    heights = diagnosis.tables["modes"]["lp_mean"].to_numpy()
    assert abs(heights[0] - heights[1]) < 1
    assert fit.relabel("stephens").diagnose().figures["modes"] == 2


def test_four_components_for_two_are_two_too_many():
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(-5, 1, 100), rng.normal(5, 1, 100)])
    model = stanmix.Mixture("y", 4, order=None)
    diagnosis = model.fit({"y": y}, warmup=400, **SHORT).diagnose()
    assert diagnosis.figures["distinct_components"] == 2
    text = diagnosis.about("surplus components").text
    assert "K = 4 were fitted, but 2 are distinct" in text
