"""A look at a posterior: what a fit keeps of it, and the way out where there is nothing to see."""

from __future__ import annotations

import json

import numpy as np

import stanmix
from stanmix.inference.engines.ready import ready
from stanmix.inference.exploration import look as module
from stanmix.inference.exploration.look import look, starts_of
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan

FRAME = {"y": [1.0, 2.0, 4.0, 5.5]}
MODEL = stanmix.Mixture("y", 1)


def stated(tmp_path, **options):
    found = problem(MODEL, FRAME, "advi", {"seed": 1, "engine": "stanli", **options})
    return found, ready(found), stan.write_json(tmp_path / "data.json", found.data)


def test_a_look_reaches_the_draws_that_are_wanted(tmp_path):
    found = look(*stated(tmp_path), wanted=1500, budget=20_000)
    assert found.seen.found.effective >= 1500
    kept = json.loads(found.decided()["explored"])
    assert kept["effective"] == found.seen.found.effective
    assert kept["draws"] == len(found.seen.found.weights)
    (mode,) = kept["modes"]
    # About the only mode the moments are those of all draws.
    assert mode["about"]["mu, rank 1"] == kept["expected"]["mu, rank 1"][:2]


def test_a_look_spends_no_more_than_its_budget(tmp_path):
    found = look(*stated(tmp_path), wanted=50_000, budget=3000)
    assert found.seen.found.effective < 50_000
    assert len(found.seen.found.weights) <= 3000


def test_stans_own_starts_need_no_look():
    found = problem(MODEL, FRAME, "advi", {"seed": 1, "engine": "stanli", "starts": "random"})
    assert starts_of(found, None, None) == (None, {})


def test_where_nothing_can_be_seen_starts_are_those_of_em(tmp_path, monkeypatch):
    def blind(*arguments):
        raise stanmix.errors.InferenceError("first line\nno density anywhere")

    monkeypatch.setattr(module, "explore", blind)
    problem_, engine, data_file = stated(tmp_path)
    found = look(problem_, engine, data_file)
    assert found.seen is None and found.why_not == "no density anywhere"
    assert found.decided() == {}
    starts, decided = starts_of(problem_, engine, data_file)
    assert decided == {} and len(starts) == problem_.options.processes
    assert all(np.isfinite(start["mu_scaled"]).all() for start in starts)
