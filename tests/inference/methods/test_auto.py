"""Which method is chosen, and that the fit is the one which that method makes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.monte_carlo import standard_error

OPTIONS = {"method": "auto", "engine": "stanli", "seed": 1, "progress": False}


def test_weighted_draws_where_they_can_be_relied_on(pair):
    model = stanmix.Mixture("y", 2)
    fit = model.fit(pair, **OPTIONS)
    same = model.fit(pair, **{**OPTIONS, "method": "importance", "budget": 20_000})
    assert fit.method == "importance"
    np.testing.assert_array_equal(fit.posterior["mu"], same.posterior["mu"])
    finding = fit.diagnose().about("method")
    assert "importance sampling, because k-hat is" in finding.text
    made_by = fit.provenance()
    assert made_by.method == "importance" and made_by.decisions["auto"] in finding.text


def test_chains_where_weights_cannot_be_relied_on(pair):
    model = stanmix.Mixture("y", 2)
    fit = model.fit(pair, **OPTIONS, draws=1500, budget=600, chains=2)
    same = model.fit(pair, **{**OPTIONS, "method": "nuts"}, draws=1500, chains=2)
    assert fit.method == "nuts" and fit.posterior.sizes["chain"] == 2
    # The two overlap so much that one run may name them another way than the other.
    for ends in (np.min, np.max):
        one, other = (ends(each.posterior["mu"].to_numpy(), axis=-1) for each in (fit, same))
        error = np.hypot(*(standard_error(each, "mean") for each in (one, other)))
        assert abs(one.mean() - other.mean()) < 5 * error
    assert json.loads(fit.idata.attrs["options"])["chains"] == 2
    assert "no-U-turn sampler, because k-hat" in fit.diagnose().about("method").text


def test_chains_where_weighted_draws_are_too_few(pair):
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0})
    fit = model.fit(pair, **OPTIONS, draws=1200, budget=1000, chains=1)
    assert fit.method == "nuts"
    assert "and 1200 were asked for" in fit.diagnose().about("method").text


def test_chains_where_a_posterior_has_no_integral(pair):
    model = stanmix.Mixture("y", 2, priors={"sigma": stanmix.Flat()})
    fit = model.fit(pair, **OPTIONS, draws=100, chains=2)
    assert fit.method == "nuts"
    assert "flat prior of a scale" in fit.diagnose().about("method").text


def test_it_takes_no_starts(pair):
    with pytest.raises(InputError, match="begins at all optima"):
        stanmix.Mixture("y", 2).fit(pair, method="auto", starts="random")
