"""Chains held against weighted draws: what agrees, what differs, and what cannot be told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import fit_of, noisy

import stanmix
from stanmix.density.label_free import column_names, label_free
from stanmix.diagnostics import convergence, modes
from stanmix.diagnostics.exploration import explained_by_sides, exploration
from stanmix.diagnostics.report import Report

CHAINS, DRAWS = 4, 500


def draws_of(rng, first=(0.0, 1.0, 0.3), second=(4.0, 2.0, 0.7)):
    """Draws of two normals; a component is its mean, scale and weight."""
    mu, sigma, theta = (np.array(pair) for pair in zip(first, second, strict=True))
    return {
        "theta": np.broadcast_to(theta, (CHAINS, DRAWS, 2)) + 0.0,
        "mu": noisy(rng, mu, 0.1, CHAINS, DRAWS),
        "sigma": np.abs(noisy(rng, sigma, 0.05, CHAINS, DRAWS)),
    }


def judged(draws, truth, order="auto", **known):
    """Judge draws against weighted ones whose expectations are those of `truth`."""
    model = stanmix.Mixture("y", 2, order=order)
    frame = {"y": np.linspace(-3, 9, 60)}
    fit = fit_of(model, frame, draws)
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in truth.items()}
    by = None if order == "auto" else flat[order]
    expected = {
        name: [float(v.mean()), float(v.std()), float(v.std()) / 30, 1 / 45]
        for name, v in label_free(
            flat, fit.program, by, column_names(fit.program, fit.design)
        ).items()
    }
    explored = {
        "k_hat": 0.2,
        "effective": 1000.0,
        "whole": True,
        "modes": [{"log_density": -100.0, "mass": 0.9, "theta": [0.3, 0.7]}],
        "empty": 0.1,
        "sides": [1.0],
        "expected": expected,
        **known,
    }
    fit.idata.attrs["explored"] = json.dumps(explored)
    report = Report()
    verdict = exploration(fit, report)
    confirmed = verdict == "agrees"
    sides = explained_by_sides(fit, report) if confirmed else ()
    convergence.convergence(fit, report, False, confirmed, sides)
    modes.modes(fit, report, confirmed)
    return verdict, report


def on_two_sides(rng):
    """Draws of two normals about one mean, ordered by it: two chains on either side.

    The narrow component has the lower mean in the first two chains and the higher in the others,
    so that all draws together are in proportion.
    """
    low, high = np.sort(rng.normal(0, 0.1, (2, CHAINS, DRAWS)), axis=0)
    narrow, wide = rng.normal(1, 0.05, (CHAINS, DRAWS)), rng.normal(3, 0.1, (CHAINS, DRAWS))
    weight = rng.normal(0.4, 0.05, (CHAINS, DRAWS))
    first = (np.arange(CHAINS) < CHAINS / 2)[:, None]
    return {
        "theta": np.stack([np.where(first, weight, 1 - weight)] * 2, axis=-1) * [1, -1] + [0, 1],
        "mu": np.stack([low, high], axis=-1),
        "sigma": np.stack([np.where(first, narrow, wide), np.where(first, wide, narrow)], axis=-1),
    }


def test_chains_that_found_the_same_agree():
    rng = np.random.default_rng(1)
    verdict, report = judged(draws_of(rng), draws_of(rng))
    assert verdict == "agrees"
    assert report.diagnosis().about("weighted draws").level == "fine"
    assert report.figures["weights_k_hat"] == 0.2


def test_labels_do_not_matter():
    rng = np.random.default_rng(2)
    switched = {name: values[..., ::-1] for name, values in draws_of(rng).items()}
    assert judged(switched, draws_of(rng))[0] == "agrees"


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": (0.05, 1.0, 0.3)},  # a mean that is half an sd off
        {"first": (0.0, 2.0, 0.3), "second": (4.0, 1.0, 0.7)},  # scales of the other components
    ],
)
def test_chains_that_found_something_else_differ(wrong):
    rng = np.random.default_rng(3)
    verdict, report = judged(draws_of(rng, **wrong), draws_of(rng))
    assert verdict == "differs"
    found = report.diagnosis().about("weighted draws")
    assert found.level == "problem"
    assert "90% about an optimum of log density -100.0" in found.text
    assert "10% where a component is left empty" in found.text


def test_chains_that_are_too_narrow_differ():
    rng = np.random.default_rng(4)
    draws = draws_of(rng)
    centre = draws["mu"].mean(axis=(0, 1))
    narrow = {**draws, "mu": centre + 0.6 * (draws["mu"] - centre)}
    assert judged(narrow, draws)[0] == "differs"


@pytest.mark.parametrize("known", [{"k_hat": 0.9}, {"effective": 60.0}, {"whole": False}])
def test_weights_that_cannot_be_trusted_say_nothing_of_chains(known):
    rng = np.random.default_rng(5)
    wrong = draws_of(rng, first=(1.0, 1.0, 0.3))
    verdict, report = judged(wrong, draws_of(rng), **known)
    assert verdict == "unknown"
    assert report.diagnosis().about("weighted draws").level == "note"


def test_chains_on_one_side_of_an_order_say_so():
    rng = np.random.default_rng(6)
    one_side = draws_of(rng)
    verdict, report = judged(one_side, one_side, order="mu", k_hat=0.9, sides=[0.6, 0.4])
    assert verdict == "differs"
    found = report.diagnosis().about("order")
    assert found.level == "problem" and "60.0%, 40.0%" in found.text
    assert 'order="auto"' in found.advice
    # A side that changes no mean or sd is a note.
    verdict, report = judged(one_side, one_side, order="mu", sides=[0.985, 0.015])
    assert verdict == "agrees"
    assert report.diagnosis().about("order").level == "note"


def test_chains_that_stay_on_sides_in_proportion_are_explained():
    draws = on_two_sides(np.random.default_rng(8))
    verdict, report = judged(draws, draws, order="mu", sides=[0.5, 0.5])
    assert verdict == "agrees"
    assert report.figures["sides_seen"] == 2
    assert report.figures["r_hat"] > 1.5 and report.figures["r_hat_within_sides"] < 1.02
    found = report.diagnosis().about("convergence")
    assert found.level == "note" and "2 sides (50.0%, 50.0% of it)" in found.text
    assert 'order="auto"' in found.advice
    assert report.diagnosis().ok


@pytest.mark.parametrize("within", [True, False])
def test_sides_explain_nothing_else(within):
    rng = np.random.default_rng(9)
    draws = on_two_sides(rng)
    if within:  # chains differ on a side, and all draws together are in proportion still
        shift = np.array([-0.04, 0.04, -0.04, 0.04])[:, None, None] * [1, -1]
        draws["theta"] = draws["theta"] + shift
        verdict, report = judged(draws, draws, order="mu", sides=[0.5, 0.5])
        assert verdict == "agrees"
        assert report.figures["r_hat_within_sides"] > 1.2
    else:  # one side has too many of the chains
        truth = on_two_sides(rng)
        draws["sigma"][2], draws["theta"][2] = draws["sigma"][0], draws["theta"][0]
        verdict, report = judged(draws, truth, order="mu", sides=[0.5, 0.5])
        assert verdict == "differs"
    assert report.diagnosis().about("convergence").level == "problem"


def test_fits_without_weighted_draws_are_not_judged():
    fit = fit_of(stanmix.Mixture("y", 2), {"y": np.arange(9.0)}, draws_of(np.random.default_rng(7)))
    report = Report()
    assert exploration(fit, report) == "unknown"
    assert not report.findings
