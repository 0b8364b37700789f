"""Fixtures that several test modules use."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cmdstanpy
import matplotlib
import numpy as np
import pandas as pd
import pytest
from compiled import Compiled
from driver_programs import assembled
from fused_mixtures import COLUMNS, CORRELATED, EVERY, mixture
from older_simplex import told_by_older_stan
from parameters_block import declarations
from rendered import EXAMPLES, IN_BLOCKS, render

import stanmix
from stanmix.inference.starts import multistart
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.render import render as render_program
from stanmix.program.render import user_header

matplotlib.use("Agg")
# A shell that starts the tests in the background lets them ignore interrupts, and with them all
# that they start; tests of interrupts need the usual answer.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LogDensity = Callable[..., np.ndarray]


def pytest_configure() -> None:
    """Let each of the workers, and what they start, calculate in one thread.

    Of small matrices several take twice the time of the processor, and keep it from the others.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def cmdstan() -> Path:
    """The CmdStan that the tests run on."""
    return stanmix.cmdstan.require(progress=False)


@pytest.fixture(scope="session")
def compiled(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Compiled]:
    """Programs that are compiled together, which are kept for the next run if anything is."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none without its plugin
    folder = cache.mkdir("densities") if cache else tmp_path_factory.mktemp("densities")
    return functools.partial(Compiled, cmdstan=assembled(), folder=folder)


@pytest.fixture(scope="session")
def shipped(compiled: Callable[..., Compiled]) -> Compiled:
    """The shipped programs with a fused likelihood, and some with gradients of some rows."""
    programs = [lower(model, "fused") for model, _ in EXAMPLES.values()]
    programs += [lower(model, minibatch=True, kernel="fused") for model, _ in IN_BLOCKS.values()]
    return compiled("shipped", programs)


@pytest.fixture(scope="session")
def fused_programs(compiled: Callable[..., Compiled]) -> Compiled:
    """Fused programs of several families, of columns, of vectors, and of limited responses."""
    programs = [lower(mixture(each), "fused") for each in EVERY]
    of_some = (COLUMNS["items"], CORRELATED["any matrices"])
    in_blocks = [lower(mixture(each), "fused", minibatch=True) for each in of_some]
    return compiled("fused", [*programs, *in_blocks])


@pytest.fixture
def log_density(cmdstan: Path, tmp_path: Path) -> LogDensity:
    """Stan's log density, Jacobian included, and its gradient at rows of unconstrained values.

    Of a program that CmdStan compiles, or `among` those that are compiled together. They are those
    of today's Stan, for any CmdStan.
    """

    def by_cmdstan(program: Program, data: dict[str, Any], points: np.ndarray) -> np.ndarray:
        built = stanmix.cmdstan.build(
            render_program(program),
            name=program.name,
            user_header=user_header(program),
            cmdstan=cmdstan,
            progress=False,
        )
        cmdstanpy.write_stan_json(str(tmp_path / "data.json"), data)
        (tmp_path / "points.json").write_text(json.dumps({"params_r": points.tolist()}))
        arguments = "log_prob unconstrained_params=points.json jacobian=1 data file=data.json"
        output = "output file=out.csv sig_figs=18"
        subprocess.run(
            [built.exe_file, *arguments.split(), *output.split()],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        lines = (tmp_path / "out.csv").read_text().splitlines()
        rows = [line for line in lines if line and not line.startswith("#")]
        assert rows[0].split(",")[0] == "lp__"
        return np.array([[float(value) for value in row.split(",")] for row in rows[1:]])

    def evaluate(
        model: stanmix.Mixture,
        data: dict[str, Any],
        points: np.ndarray,
        kernel: str = "stan",
        priors: str = "coded",
        among: Compiled | None = None,
        minibatch: bool = False,
    ) -> np.ndarray:
        program = lower(model, kernel, priors, minibatch=minibatch)

        def ask(points: np.ndarray) -> np.ndarray:
            if among is None:
                return by_cmdstan(program, data, points)
            return among.log_density(program, data, points, tmp_path)

        if stanmix.cmdstan.version(among.cmdstan if among else cmdstan) < (2, 37):
            stated = declarations(render_program(program))
            return told_by_older_stan(ask, stated, data, points)
        return ask(points)

    return evaluate


@pytest.fixture(scope="module")
def few_searched() -> Iterator[None]:
    """Components that lie apart are found from a few starts: the rest would take half the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multistart, "RUNS", (12, 12))
        yield


@pytest.fixture(scope="session")
def lines() -> pd.DataFrame:
    """Slopes 3 and -1 through the origin, noise 0.1; 1 000 rows."""
    return render.crossing_lines()


@pytest.fixture(scope="session")
def pair() -> pd.DataFrame:
    """Normals at -1 and 1 with sd 1; 100 rows."""
    return render.close_pair()


@pytest.fixture(scope="session")
def co2_fit() -> stanmix.Fit:
    """Two regressions of CO2 on GNP, labels by ECR."""
    frame = stanmix.datasets.load("co2").set_index("country")
    return stanmix.Mixture("CO2 ~ GNP", 2).fit(frame, seed=1, draws=500, progress=False)


@pytest.fixture(scope="session")
def lines_fit(lines: pd.DataFrame) -> stanmix.Fit:
    """Two regressions through the origin, one sigma, labels by ECR."""
    model = stanmix.Mixture(
        "y ~ 0 + x",
        2,
        shared=("sigma",),
        priors={"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)},
    )
    return model.fit(lines, seed=1, progress=False)


@pytest.fixture(scope="session")
def unordered_pair(pair: pd.DataFrame) -> stanmix.Fit:
    """Two means that nothing orders: chains settle on opposite labels."""
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    model = stanmix.Mixture(
        "y ~ 1", 2, fixed=known, priors={"mu": stanmix.Normal(0, 10)}, order=None
    )
    return model.fit(pair, seed=1, progress=False)
