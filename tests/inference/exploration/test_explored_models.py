"""Every kind of model is explored, and judged, without numbers that are none."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from rendered import EXAMPLES

import stanmix

pytestmark = pytest.mark.usefixtures("few_searched")

NORMALS = EXAMPLES["normal_mixture"][1]
GATED, LINES = EXAMPLES["normal_regressions_gating"]
PLANE, CLOUDS = EXAMPLES["mvnormal_mixture_spherical"]
THREE = pd.DataFrame({"y": [1.0, 2.0, 4.0]})
FLAT = stanmix.Flat()
# By either engine the density is the same (engines/test_stanli); of this one nothing compiles.
RUN = {"seed": 1, "engine": "stanli", "progress": False}
ODD = {
    "one component": (stanmix.Mixture("velocity_km_s", 1), NORMALS),
    "one gated component": (dataclasses.replace(GATED, components=1), LINES),
    "one component of vectors": (dataclasses.replace(PLANE, components=1), CLOUDS),
    "known weights": (stanmix.Mixture("y", 2, fixed={"theta": [0.3, 0.7]}), THREE),
    "all but means known": (
        stanmix.Mixture("y", 2, fixed={"theta": [0.5, 0.5], "sigma": [1.0, 2.0]}),
        THREE,
    ),
    "weights with a prior each": (
        stanmix.Mixture("y", 3, priors={"theta": stanmix.Dirichlet([1, 2, 3])}),
        LINES,
    ),
    "weights near zero": (
        stanmix.Mixture("y", 3, priors={"theta": stanmix.Dirichlet(0.05)}),
        LINES,
    ),
    "scales with ends": (
        stanmix.Mixture("y", 2, priors={"sigma": stanmix.Uniform(0.1, 5)}),
        THREE,
    ),
    "flat means": (stanmix.Mixture("y", 2, priors={"mu": FLAT}), THREE),
    "flat scales": (stanmix.Mixture("y", 2, priors={"sigma": FLAT}), LINES),
    "flat coefficients": (
        dataclasses.replace(GATED, priors={"beta": FLAT, "gamma": FLAT}),
        LINES,
    ),
    "two rows": (stanmix.Mixture("y", 2), THREE[:2]),
    "a component a row": (stanmix.Mixture("y", 3), THREE),
    "four rows of lines": (stanmix.Mixture("y ~ x", 2), LINES[:4]),
    "four rows of vectors": (PLANE, CLOUDS[:4]),
    "ordered by weight": (stanmix.Mixture("y", 3, order="theta"), LINES),
    "more components than clusters": (stanmix.Mixture("y", 6), LINES),
}


def numbers(values):
    """Return all numbers within nested lists and mappings."""
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list):
        return [number for value in values for number in numbers(value)]
    return [values]


def explored(fit):
    known = json.loads(fit.idata.attrs["explored"])
    evidence = known.pop("log_evidence")  # none under a flat prior
    flat = any(isinstance(prior, stanmix.Flat) for prior in fit.model.priors.values())
    assert (evidence is None) == flat and np.isfinite(numbers([evidence or 0.0, known])).all()
    held = sum(mode["mass"] for mode in known["modes"]) + known["empty"]
    assert 0.99 < held < 1.001
    assert 0.98 < sum(known["sides"]) < 1.001
    return known


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_shipped_program_is_explored(name):
    model, frame = EXAMPLES[name]
    fit = model.fit(frame, chains=1, draws=20, warmup=100, **RUN)
    known = explored(fit)
    for finding in fit.diagnose().findings:
        assert "nan" not in finding.text and "inf" not in finding.text.split()
    # What is expected is told in the names that the draws have.
    for parameter in model.component_parameters:
        values = fit.idata.posterior[parameter]
        for labels in (values[dim].to_numpy() for dim in values.dims[3:] if values[dim].size > 1):
            assert {f"{parameter}[{label}], rank 1" for label in labels} <= set(known["expected"])


@pytest.mark.parametrize("name", ODD)
def test_odd_models_are_explored(name):
    model, frame = ODD[name]
    fit = model.fit(frame, chains=2, draws=50, **RUN)
    known = explored(fit)
    assert known["expected"]
    diagnosis = fit.diagnose()
    if name == "flat scales":  # where an empty component is, there is no posterior
        assert diagnosis.about("draws").level == "problem"
        assert diagnosis.about("improper").level == "problem"
        assert not known["proper"]
    else:
        assert diagnosis.about("weighted draws").level in ("fine", "note", "problem")
    assert not any(" nan" in finding.text for finding in diagnosis.findings)
