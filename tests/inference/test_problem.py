"""What is settled before anything is compiled."""

from __future__ import annotations

import numpy as np
import pytest
from parameters_block import declarations

import stanmix
from stanmix.errors import InputError
from stanmix.inference.options import METHODS
from stanmix.inference.problem import problem

RNG = np.random.default_rng(1)
X = RNG.normal(size=60)
FRAME = {"y": np.where(np.arange(60) < 30, -3 + X, 3 - X) + 0.3 * RNG.normal(size=60), "x": X}
MODEL = stanmix.Mixture("y ~ x", 2, order=None)


@pytest.mark.parametrize("kernel", ["stan", "fused", "auto"])
def test_program_and_data_are_those_of_the_mixture(kernel):
    stated = problem(MODEL, FRAME, "nuts", {"kernel": kernel, "seed": 3})
    assert stated.source == MODEL.program(kernel=kernel)
    expected = MODEL.data(FRAME)
    assert list(stated.data) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(stated.data[name], value)
    assert stated.options.seed == 3 and stated.threads == 1


@pytest.mark.parametrize("method", METHODS)
def test_there_is_a_start_for_each_process_within_what_the_program_declares(method):
    stated = problem(MODEL, FRAME, method, {"seed": 3})
    starts, found = stated.starts(), declarations(stated.source)
    assert len(starts) == stated.options.processes
    for start in starts:
        assert set(start) == {each.name for each in found}
        for each in found:
            value = np.asarray(start[each.name])
            lower, upper = each.bounds(stated.data)
            assert value.shape == lower.shape and np.isfinite(value).all()
            assert (value > lower).all() and (value < upper).all()
        assert np.sum(start["theta"]) == pytest.approx(1) and (np.array(start["theta"]) > 0).all()


def test_the_same_seed_gives_the_same_starts():
    def values(seed):
        starts = problem(MODEL, FRAME, "nuts", {"seed": seed}).starts()
        return [np.concatenate([np.ravel(start[name]) for name in start]) for start in starts]

    np.testing.assert_array_equal(values(3), values(3))
    assert not np.array_equal(values(3), values(4))


def test_starts_of_stans_own_are_none():
    assert problem(MODEL, FRAME, "nuts", {"starts": "random"}).starts() is None


@pytest.mark.parametrize(
    ("method", "options", "word"),
    [
        ("gibbs", {}, "method must be one of 'nuts'"),
        ("nuts", {"tol_rel_obj": 0.1}, "method='nuts' has no option 'tol_rel_obj'"),
        ("nuts", {"starts": [{}] * 4}, "theta"),
        ("nuts", {"starts": [{"mu": 1}], "chains": 2}, "starts has 1 entries, but 2 are needed"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(method, options, word):
    with pytest.raises(InputError, match=word):
        problem(MODEL, FRAME, method, options)
