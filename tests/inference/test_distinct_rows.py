"""Rows that are counted once: the same posterior from fewer rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

import stanmix
from stanmix.inference.distinct_rows import distinct_rows
from stanmix.inference.problem import problem

RNG = np.random.default_rng(4)
N = 600
FRAME = pd.DataFrame(
    {
        "n": RNG.poisson(np.where(RNG.random(N) < 0.5, 2, 9)),
        "x": RNG.integers(0, 3, N).astype(float),
        "z": RNG.integers(0, 2, N).astype(float),
        "t": RNG.integers(1, 3, N),
        "w": RNG.integers(0, 4, N),
        "noise": RNG.normal(size=N),
    }
)
STATED = {
    "counts": {"formula": "n", "family": "poisson"},
    "covariates": {"formula": "n ~ x", "family": "negative_binomial", "formulas": {"phi": "~ z"}},
    "weights": {"formula": "n ~ x", "family": "poisson", "weights": "w", "gating": "~ z"},
    "offset": {"formula": "n", "family": "poisson", "offset": "z"},
    "rounded": {"formula": "x", "family": "normal"},
    "inflated": {"formula": "n", "family": [stanmix.PointMass(0), "poisson"]},
}


@pytest.mark.parametrize("name", STATED)
def test_the_posterior_is_the_same(name):
    """Up to the origin and the unit of the sampled parameters, which both have alike."""
    model = stanmix.Mixture(components=2, **STATED[name])
    fewer, design = distinct_rows(model, model.matrices(FRAME))
    read = list(model.columns - {"w"})
    assert len(design.y) == len(FRAME[read].drop_duplicates()) <= N / 2
    assert design.rows.weights.sum() == (FRAME["w"].sum() if name == "weights" else N)
    stated = problem(model, FRAME, "nuts", {"engine": "stanli"}, lambda _: False)
    whole, data = model.data(FRAME), stated.data
    assert data["N"] == len(design.y) and stated.observed.y.size == N
    points = np.random.default_rng(1).normal(0, 0.4, (3, _size(model, whole)))
    found, expected = interpreted(fewer, data, points), interpreted(model, whole, points)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-8)


def _size(model, data):
    return sum(int(np.prod(free_shape(each, data))) for each in declarations(model.program()))


@pytest.mark.parametrize(
    "stated",
    [
        {"formula": "noise"},
        {"formula": "n ~ noise", "family": "poisson"},
        {"formula": "n", "family": "poisson", "group": "x"},
        {"formula": "n", "family": "poisson", "offset": "noise"},
    ],
)
def test_rows_that_differ_stay_as_they_are(stated):
    model = stanmix.Mixture(components=2, **stated)
    design = model.matrices(FRAME)
    assert distinct_rows(model, design) == (model, design)


def test_a_fit_keeps_every_row():
    model = stanmix.Mixture("n", 2, family="poisson")
    run = {"engine": "stanli", "seed": 1, "progress": False}
    fit = model.fit(FRAME, **run, chains=2, draws=100)
    assert fit.model == model and len(fit.responsibilities()) == N
    by_count = FRAME.groupby("n").size().rename("times").reset_index()
    counted = stanmix.Mixture("n", 2, family="poisson", weights="times")
    again = counted.fit(by_count, **run, chains=2, draws=100)
    for name in ("theta", "mu"):
        means = (each.posterior[name].mean(("chain", "draw")) for each in (fit, again))
        sd = fit.posterior[name].std(("chain", "draw"))
        # 200 draws of each: their Monte Carlo error is about a tenth of an sd.
        np.testing.assert_array_less(abs(next(means) - next(means)) / sd, 0.5)
