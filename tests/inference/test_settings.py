"""What runs are told is told the same to CmdStan (exported commands) and to cmdstanpy (`fit`)."""

from __future__ import annotations

import inspect

import cmdstanpy
import pytest

import stanmix
from stanmix.inference.method import method_of
from stanmix.inference.options import METHODS
from stanmix.inference.problem import problem
from stanmix.inference.settings import Setting, keywords, words

CALLS = {"nuts": "sample", "advi": "variational", "pathfinder": "pathfinder", "map": "optimize",
         "laplace": "optimize"}  # fmt: skip
OWN = {
    "nuts": {"draws": 31, "thin": 3, "max_treedepth": 7, "warmup": 51, "adapt_delta": 0.83,
             "metric": "dense_e"},
    "advi": {"draws": 31, "iterations": 211, "tol_rel_obj": 0.0123456789, "eval_elbo": 11,
             "grad_samples": 3, "elbo_samples": 17, "eta": 0.23, "algorithm": "fullrank"},
    "pathfinder": {"draws": 31, "iterations": 211, "history_size": 6, "elbo_samples": 17},
    "map": {"iterations": 211},
    "laplace": {"draws": 31, "iterations": 211},
}  # fmt: skip
# These look at the posterior; what then runs is another method, or nothing.
LOOKING = {"auto", "importance"}


def prepared(method, **options):
    stated = problem(stanmix.Mixture("y", 2), {"y": [1.0, 2.0, 5.0, 6.0]}, method,
                     {"seed": 1, "starts": "random", **options})  # fmt: skip
    return method_of(stated.options).prepare(stated, stated.options, None, None)


@pytest.mark.parametrize("method", sorted(set(METHODS) - LOOKING))
def test_every_option_reaches_both_command_and_call(method):
    told = prepared(method, **OWN[method])
    settings = [*told.settings, *told.last]
    taken = inspect.signature(getattr(cmdstanpy.CmdStanModel, CALLS[method])).parameters
    assert set(keywords(told.settings)) <= set(taken)
    last = inspect.signature(cmdstanpy.CmdStanModel.laplace_sample).parameters
    assert set(keywords(told.last)) <= set(last)
    for value in OWN[method].values():
        assert value in {**keywords(told.settings), **keywords(told.last)}.values()
        assert any(word.endswith(f"={value}") for word in words(settings))


def test_settings_are_words_and_keywords():
    settings = [Setting("adapt"), Setting("engaged", True, "on"), Setting("delta", 0.8, "d")]
    assert words(settings) == ["adapt", "engaged=1", "delta=0.8"]
    assert keywords(settings) == {"on": True, "d": 0.8}
