"""When an evidence is told, and why not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import fit_of

import stanmix
from stanmix import containers
from stanmix.errors import InferenceError, InputError
from stanmix.posterior.evidence import LogEvidence, log_evidence

KNOWN = {
    "k_hat": 0.2, "effective": 2000.0, "whole": True, "proper": True, "drift": 0.01,
    "log_evidence": -12.5, "log_evidence_error": 0.03,
}  # fmt: skip


def fit(known=None):
    draws = {"theta": np.ones((1, 5, 1)), "mu": np.zeros((1, 5, 1))}
    made = fit_of(stanmix.Mixture("y", 1, fixed={"sigma": 1.0}), {"y": [0.0, 1.0]}, draws)
    if known is None:
        return made
    explored = {"explored": json.dumps(known)}
    return stanmix.Fit(made.model, made.design, containers.replace(made.idata, explored))


def test_the_evidence_is_what_weighted_draws_found():
    assert log_evidence(fit(KNOWN)) == LogEvidence(-12.5, 0.03)
    # Many draws make up for a larger k-hat; fits that know no drift had none to tell of.
    many = {name: value for name, value in KNOWN.items() if name != "drift"} | {"k_hat": 0.6}
    assert log_evidence(fit(many)).value == -12.5


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"proper": False}, "flat prior of a scale.*state a proper prior"),
        ({"log_evidence": None}, "state proper priors for all parameters"),
        ({"k_hat": 0.9}, r"\(k-hat 0.90, 2000 effective draws\)"),
        ({"effective": 20.0}, r"\(k-hat 0.20, 20 effective draws\)"),
        ({"whole": False}, "draws; parts with empty components were not looked for"),
        ({"drift": 0.2}, "draws; the last round of draws still moved"),
        ({"drift": None}, "draws; the last round of draws still moved"),
    ],
)
def test_it_is_refused_where_it_does_not_exist_or_is_not_known(changed, why):
    with pytest.raises(InferenceError, match=why):
        log_evidence(fit({**KNOWN, **changed}))


def test_a_fit_without_weighted_draws_has_none():
    with pytest.raises(InputError, match="without weighted draws"):
        log_evidence(fit())
