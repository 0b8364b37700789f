from __future__ import annotations

import os

import numpy as np
import pytest
from rendered import render

import stanmix
from stanmix.errors import InputError
from stanmix.inference import options
from stanmix.inference.runs import stan, threads
from stanmix.program.lower import lower


def number(chosen, N, K=2, kernel="fused", group=None):
    program = lower(stanmix.Mixture("y", K, group=group), kernel)
    return threads.for_each_run(chosen, program, {"N": N, "K": K})


@pytest.mark.parametrize(
    ("cores", "chains", "N", "expected"),
    [
        (2, 4, 10**6, 1),  # the chains keep all busy
        (2, 1, 10**6, 2),
        (8, 4, 10**6, 2),
        (9, 4, 10**6, 2),
        (64, 1, 10**6, 30),  # at least two pieces for each
        (64, 4, 10**5, 1),  # compiling again would take longer
        (64, 4, 1, 1),
    ],
)
def test_spare_processors_are_shared_out(monkeypatch, cores, chains, N, expected):
    monkeypatch.setattr(stan, "cores", lambda: cores)
    assert number(options.NutsOptions(chains=chains), N) == expected


def test_what_cannot_use_threads_gets_none(monkeypatch):
    monkeypatch.setattr(stan, "cores", lambda: 16)
    one = options.NutsOptions(chains=1)
    assert number(one, 10**6) == 16
    assert number(one, 10**6, kernel="stan") == 1
    assert number(one, 10**6, group="g") == 1
    assert number(options.NutsOptions(chains=8, cores=2), 10**6) == 8
    assert number(options.PathfinderOptions(restarts=4), 10**6) == 4
    assert number(options.NutsOptions(chains=8, threads=3), 10) == 3


def test_unusable_numbers_are_refused():
    for wrong in (0, 1.5, "many", True):
        with pytest.raises(InputError, match="threads must be"):
            options.read("nuts", {"threads": wrong})


def test_the_environment_is_as_before(monkeypatch):
    monkeypatch.setenv("STAN_NUM_THREADS", "7")
    with threads.environment(2):
        assert os.environ["STAN_NUM_THREADS"] == "2"
    assert os.environ["STAN_NUM_THREADS"] == "7"
    monkeypatch.delenv("STAN_NUM_THREADS")
    with threads.environment(2):
        pass
    assert "STAN_NUM_THREADS" not in os.environ


def test_fits_at_once_leave_each_other_the_environment(monkeypatch):
    monkeypatch.setenv("STAN_NUM_THREADS", "7")
    first, second = threads.environment(2), threads.environment(3)
    first.__enter__()
    second.__enter__()
    assert os.environ["STAN_NUM_THREADS"] == "3"
    first.__exit__(None, None, None)
    assert os.environ["STAN_NUM_THREADS"] == "3"
    second.__exit__(None, None, None)
    assert os.environ["STAN_NUM_THREADS"] == "7"


def test_pieces_are_those_of_the_kernels():
    from stanmix.program.files import models_folder

    kernels = models_folder() / "kernels"
    assert "block_rows = 128;" in (kernels / "mixing.hpp").read_text()
    assert "piece_rows = 128 * block_rows;" in (kernels / "dispatch.hpp").read_text()
    assert threads.PIECE == 128 * 128


def test_threads_change_no_digit(monkeypatch):
    """Four pieces of rows, the last of them a short one."""
    frame = render.crossing_lines(3 * threads.PIECE + 1000)
    model = stanmix.Mixture("y", 2)
    given = [{"theta": [0.5, 0.5], "mu": [-1.0, 1.0], "sigma": [1.0, 2.0]}]
    common = {"seed": 1, "chains": 1, "draws": 20, "warmup": 20, "starts": given, "progress": False}
    one, two = (model.fit(frame, threads=count, **common) for count in (1, 2))
    assert (one.idata.attrs["threads"], two.idata.attrs["threads"]) == (1, 2)
    assert one.idata.attrs["program_key"] != two.idata.attrs["program_key"]
    for name in model.parameters:
        np.testing.assert_array_equal(one.idata.posterior[name], two.idata.posterior[name])
    np.testing.assert_array_equal(one.idata.sample_stats["lp"], two.idata.sample_stats["lp"])
