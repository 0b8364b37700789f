"""Chains held against weighted draws: what agrees, what differs, and what cannot be told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import fit_of, noisy

import stanmix
from stanmix.density.label_free import column_names, label_free
from stanmix.diagnostics.exploration import exploration
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
        for name, v in label_free(flat, (), by, column_names(model, fit.design)).items()
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
    return exploration(fit, report), report


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


def test_fits_without_weighted_draws_are_not_judged():
    fit = fit_of(stanmix.Mixture("y", 2), {"y": np.arange(9.0)}, draws_of(np.random.default_rng(7)))
    report = Report()
    assert exploration(fit, report) == "unknown"
    assert not report.findings
