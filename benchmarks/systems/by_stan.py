"""Stan programs as its user's guide writes them, and vectorised, with CmdStan's defaults."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import cmdstanpy
import numpy as np
import pandas as pd
from problems import Problem
from result import Run

from stanmix import cmdstan
from systems.csv_files import sampling_seconds
from systems.shapes import canonical

__all__ = ["data", "fit_stan", "source"]

PROGRAMS = Path(__file__).resolve().parents[1] / "stan"


def data(problem: Problem, frame: pd.DataFrame) -> dict[str, object]:
    """Return the data of a problem's programs."""
    values: dict[str, object] = {"N": len(frame), "K": problem.components, **problem.known}
    values["y"] = frame["y"].to_numpy()
    if problem.shape == "lines":
        values["x"] = frame["x"].to_numpy()
    if problem.shape == "counts":
        x = frame.drop(columns="y").to_numpy()
        values.update(P=x.shape[1], x=x)
    return values


def source(name: str) -> str:
    """Return the text of the program ``stan/<name>.stan``."""
    path = PROGRAMS / f"{name}.stan"
    if not path.exists():
        raise NotImplementedError(f"there is no program {path.name}")
    return path.read_text()


def fit_stan(
    style: str, problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int
) -> Run:
    """Sample one chain of the program ``stan/<shape>_<style>.stan``."""
    name = f"{problem.shape}_{style}"
    text = source(name)
    started = time.perf_counter()
    program = cmdstan.build(text, name=name, progress=False)
    built = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder, cmdstanpy.disable_logging():
        started = time.perf_counter()
        sampled = cmdstanpy.CmdStanModel(exe_file=str(program.exe_file)).sample(
            data=data(problem, frame),
            chains=1,
            seed=seed,
            iter_warmup=warmup,
            iter_sampling=draws,
            output_dir=folder,
            show_progress=False,
        )
        variables = sampled.stan_variables()
        seconds = time.perf_counter() - started
        in_sampling = sampling_seconds(Path(folder).glob("*.csv"))
    steps = np.asarray(sampled.method_variables()["n_leapfrog__"])
    return Run(
        built,
        seconds,
        canonical(problem, variables),
        float(steps.mean()),
        in_sampling / float(steps.sum()),
    )
