from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from synthetic import fit_of, made_up_fit, pair_draws

import stanmix
from stanmix import containers
from stanmix.diagnostics import sampler
from stanmix.diagnostics.report import Report


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


def sampled(**stats):
    """A fit with other statistics of its 1 000 transitions, 250 a chain."""
    draws, y = pair_draws()
    return fit_of(stanmix.Mixture("y", 2), {"y": y}, draws, **stats)


def told(judge, fit, *arguments):
    report = Report()
    judge(fit, report, *arguments)
    return report.diagnosis()


def first(count):
    return (np.arange(1000) < count).astype(float).reshape(4, 250)


@pytest.mark.parametrize(
    ("count", "confirmed", "level"),
    [(0, False, "fine"), (1, False, "problem"), (19, True, "note"), (20, True, "problem")],
)
def test_divergences_are_counted_and_few_may_be_confirmed(count, confirmed, level):
    diagnosis = told(sampler.divergences, sampled(diverging=first(count)), confirmed)
    assert diagnosis.figures["divergences"] == count
    finding = diagnosis.about("divergences")
    assert finding.level == level
    assert ("adapt_delta" in finding.advice) == (count > 0)
    assert f"{count / 1000:.1%}" in finding.text or count == 0
    assert ("confirm what the chains found" in finding.text) == (level == "note")


@pytest.mark.parametrize("deepest", [9, 10, 11])
def test_transitions_at_the_greatest_depth_are_noted(deepest):
    depth = np.where(first(6), deepest, 3)
    diagnosis = told(sampler.transitions, sampled(tree_depth=depth))
    saturated = deepest >= 10
    assert diagnosis.figures["saturated"] == 6 * saturated
    assert ("tree depth" in [finding.topic for finding in diagnosis.findings]) == saturated
    if saturated:
        finding = diagnosis.about("tree depth")
        assert finding.level == "note" and "6 of 1000 transitions" in finding.text


@pytest.mark.parametrize("r", [0.0, 0.95])
@pytest.mark.parametrize("confirmed", [False, True])
def test_the_energy_is_judged_by_the_worst_chain(r, confirmed):
    """E-BFMI as Betancourt (2016) has it: of an autoregression about 2 (1 - r)."""
    rng = np.random.default_rng(0)
    energy = rng.normal(size=(4, 250))
    for t in range(1, 250):
        energy[3, t] = r * energy[3, t - 1] + np.sqrt(1 - r**2) * energy[3, t]
    moves, spread = np.diff(energy, axis=1), energy - energy.mean(axis=1, keepdims=True)
    expected = ((moves**2).sum(axis=1) / (spread**2).sum(axis=1)).min()
    diagnosis = told(sampler.transitions, sampled(energy=energy), confirmed)
    assert diagnosis.figures["e_bfmi"] == pytest.approx(expected, rel=1e-10)
    topics = [finding.topic for finding in diagnosis.findings]
    assert ("energy" in topics) == (r > 0)
    if r > 0:
        assert diagnosis.about("energy").level == ("note" if confirmed else "problem")
        assert f"{expected:.2f}, below 0.3" in diagnosis.about("energy").text


def test_missing_chains_are_named_with_the_last_words_of_the_first():
    whole = sampled()
    assert told(sampler.failed_chains, whole).figures == {"failed_chains": 0}
    assert not told(sampler.failed_chains, whole).findings
    whole.idata.attrs["failed_chains"] = json.dumps({"2": "first words\nlast words\n", "4": ""})
    diagnosis = told(sampler.failed_chains, whole)
    finding = diagnosis.about("failed chains")
    assert diagnosis.figures["failed_chains"] == 2 and finding.level == "problem"
    assert "chain(s) 2, 4 did not finish" in finding.text
    assert "chain 2 last said: last words" in finding.text and "first" not in finding.text


def test_how_draws_of_other_programs_were_warmed_up_is_not_told():
    report = Report()
    sampler.warmup(sampled(), report)
    assert not report.findings and "warmup" not in report.figures


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e150])
def test_values_with_which_nothing_can_be_computed_are_named(value):
    mu = pair_draws()[0]["mu"].copy()
    mu[0, 0, 0] = value
    report = Report()
    assert sampler.ran_away(fit(mu=mu), report)
    assert "mu runs from" in report.findings[0].text
    mu[0, 0, 0] = 9e149
    report = Report()
    assert not sampler.ran_away(fit(mu=mu), report) and not report.findings


@pytest.mark.parametrize(
    ("family", "options", "names"),
    [
        ("normal", {}, "give sigma a prior"),
        ("student_t", {"formulas": {"sigma": "~ z"}}, "give beta_sigma a prior"),
        ("normal", {"fixed": {"sigma": 1.0}}, "or state stronger priors."),
        ("poisson", {}, "or state stronger priors."),
        ("negative_binomial", {}, "or state stronger priors."),
    ],
)
def test_advice_names_the_scale_where_there_is_one(family, options, names):
    frame = pd.DataFrame({"n": np.arange(12.0), "z": np.linspace(-1, 1, 12)})
    made = made_up_fit(stanmix.Mixture("n", 2, family=family, **options), frame)
    shape = (1, 7)
    stats = made.sample_stats.assign(
        diverging=(("chain", "draw"), np.ones(shape, dtype=bool)),
        tree_depth=(("chain", "draw"), np.full(shape, 3)),
        energy=(("chain", "draw"), np.cumsum(np.ones(shape), axis=1)),
    )
    options = {"options": json.dumps({"max_treedepth": 10})}
    idata = containers.replace(made.idata, options, sample_stats=stats)
    report = Report()
    sampler.transitions(stanmix.Fit(made.model, made.design, idata), report)
    advice = {finding.topic: finding.advice for finding in report.findings}
    assert names in advice["divergences"]
    named = names.split()[1] if names.startswith("give") else None
    assert advice["energy"] == (
        "look for heavy tails: stronger priors help."
        if named is None
        else f"look for heavy tails: stronger priors on {named} help most."
    )
