from __future__ import annotations

import json

import pytest
from synthetic import fit_of, pair_draws

import stanmix
from stanmix.density.label_free import column_names, label_free
from stanmix.diagnostics.report import Report
from stanmix.diagnostics.together import is_together, together


def fit(**attributes):
    draws, y = pair_draws()
    made = fit_of(stanmix.Mixture("y", 2, order="mu"), {"y": y}, draws)
    made.idata.attrs.update(attributes)
    return made


def told(fit):
    report = Report()
    together(fit, report)
    return {finding.topic: finding for finding in report.findings}


@pytest.mark.parametrize(
    ("by", "level", "said"),
    [
        ("reweighted", "fine", "brought together in proportion THUS."),
        ("stacked", "note", "brought together THUS. That is what predicts, and not the posterior"),
    ],
)
def test_how_chains_were_brought_together(by, level, said):
    made = fit(**{by: "THUS"})
    assert is_together(made)
    found = told(made)
    assert set(found) == {"chains"}
    assert found["chains"].level == level
    assert said in found["chains"].text


def test_chains_as_they_were_sampled_are_not():
    assert not is_together(fit())


@pytest.mark.parametrize(("moved", "level"), [(0.0, "fine"), (3.0, "problem")])
def test_the_draws_are_held_against_weighted_ones(moved, level):
    """Those of the same draws agree; those whose means lie sds away do not."""
    made = fit(reweighted="as they weigh")
    draws = made.draws()
    names = column_names(made.program, made.design)
    expected = {
        name: [values.mean() + moved * values.std(), values.std(), values.std() / 30, 1 / 45]
        for name, values in label_free(draws, made.program, draws["mu"], names).items()
    }
    made.idata.attrs["explored"] = json.dumps(
        {
            "k_hat": 0.2,
            "effective": 1000.0,
            "whole": True,
            "modes": [{"log_density": -100.0, "mass": 1.0, "theta": [0.5, 0.5]}],
            "empty": 0.0,
            "sides": [1.0],
            "expected": expected,
        }
    )
    assert told(made)["weighted draws"].level == level
