from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import fit_of, pair_draws

import stanmix


def fit(order="auto", **changed):
    draws, y = pair_draws()
    return fit_of(stanmix.Mixture("y", 2, order=order), {"y": y}, {**draws, **changed})


@pytest.mark.parametrize("farthest", [np.inf, 1e200])
def test_a_sampler_that_ran_away_is_said_and_nothing_else(farthest):
    sigma = pair_draws()[0]["sigma"].copy()
    sigma[2, 17, 1] = farthest
    diagnosis = fit(sigma=sigma).diagnose()
    assert [finding.topic for finding in diagnosis.findings] == ["draws"]
    told = diagnosis.about("draws")
    assert told.level == "problem" and f"to {farthest:.2g}: " in told.text
    assert "give sigma a prior" in told.advice


def test_large_numbers_are_no_sign_of_it():
    far = {name: 1e100 * values for name, values in pair_draws()[0].items() if name != "theta"}
    draws, y = pair_draws()
    there = fit_of(stanmix.Mixture("y", 2), {"y": 1e100 * y}, {**draws, **far})
    assert "draws" not in [finding.topic for finding in there.diagnose().findings]


@pytest.mark.parametrize(
    ("masses", "level"), [([0.995, 0.005], "fine"), ([0.6, 0.4], "note"), ([0.6], "note")]
)
def test_a_posterior_of_several_parts_is_noted(masses, level):
    """With the last, four tenths lie where a component is empty."""
    one = fit()
    one.idata.attrs["warmup"] = 1000
    one.idata.attrs["warmup_reason"] = "Stan's own adaptation: why"
    assert one.diagnose().about("warm-up").level == "fine"  # nothing is known
    known = {
        "k_hat": 0.9,
        "effective": 50.0,
        "whole": True,
        "modes": [{"log_density": 0.0, "mass": mass} for mass in masses],
        "empty": 1 - sum(masses),
        "sides": [1.0],
        "expected": {},
    }
    one.idata.attrs["explored"] = json.dumps(known)
    told = one.diagnose().about("warm-up")
    assert told.level == level
    assert told.text == "1000 iterations; Stan's own adaptation: why."
