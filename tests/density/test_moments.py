"""Means and variances of components: those of SciPy, at a row that is the average of all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats
from synthetic import made_up_fit

import stanmix
from stanmix.density import moments


def frame(rows=12):
    rng = np.random.default_rng(1)
    trials = rng.integers(3, 9, rows)
    return pd.DataFrame(
        {
            "y": rng.lognormal(size=rows),
            "x": rng.normal(2, 1, rows),
            "z": rng.normal(size=rows),
            "n": rng.poisson(3, rows),
            "shift": rng.normal(size=rows),
            "times": rng.integers(1, 4, rows),
            "trials": trials,
            "successes": rng.binomial(trials, 0.5),
        }
    )


def test_of_components_that_are_alike_at_all_rows():
    fit = made_up_fit(stanmix.Mixture("y", 3, family="lognormal"), frame())
    draws, terms = fit.draws(), fit.rows()[0]
    assert not moments.by_row(terms)
    expected = stats.lognorm(draws["sigma"], scale=np.exp(draws["mu"]))
    for which, of in (("mean", expected.mean()), ("variance", expected.var())):
        np.testing.assert_allclose(moments.of_components(draws, terms, which), of, rtol=1e-9)


def test_at_the_averages_of_covariates_and_offset_as_rows_count():
    data = frame()
    model = stanmix.Mixture(
        "n ~ x", 2, family="negative_binomial", formulas={"phi": "~ z"}, offset="shift",
        weights="times", gating="~ z",
    )  # fmt: skip
    fit = made_up_fit(model, data)
    draws, terms = fit.draws(), fit.rows()[0]
    assert moments.by_row(terms)
    x, z, shift = (np.average(data[name], weights=data["times"]) for name in ("x", "z", "shift"))
    mu = np.exp(draws["beta"] @ [1.0, x] + shift)
    phi = np.exp(draws["beta_phi"] @ [1.0, z])
    expected = stats.nbinom(phi, phi / (phi + mu))
    for which, of in (("mean", expected.mean()), ("variance", expected.var())):
        np.testing.assert_allclose(moments.of_components(draws, terms, which), of, rtol=1e-9)


def test_out_of_as_many_trials_as_rows_have_on_average():
    data = frame()
    model = stanmix.Mixture("successes ~ x", 2, family="binomial", trials="trials")
    fit = made_up_fit(model, data)
    p = special.expit(fit.draws()["beta"] @ [1.0, data["x"].mean()])
    found = moments.of_components(fit.draws(), fit.rows()[0], "variance")
    np.testing.assert_allclose(found, data["trials"].mean() * p * (1 - p), rtol=1e-9)


def test_gating_alone_leaves_components_alike_at_all_rows():
    fit = made_up_fit(stanmix.Mixture("y", 2, gating="~ z"), frame())
    assert not moments.by_row(fit.rows()[0])
    found = moments.of_components(fit.draws(), fit.rows()[0], "mean")
    np.testing.assert_array_equal(found, fit.draws()["mu"])
