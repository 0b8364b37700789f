"""nutpie on a PyMC model."""

from __future__ import annotations

import time
import warnings

import nutpie
import pandas as pd
import pymc as pm
from problems import Problem
from result import Run

from systems.pymc_models import model
from systems.shapes import canonical

__all__ = ["fit_nutpie"]


def fit_nutpie(problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int) -> Run:
    """Compile and sample one chain."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        compiled = nutpie.compile_pymc_model(model(problem, frame))
        built = time.perf_counter() - started
        started = time.perf_counter()
        trace = nutpie.sample(
            compiled,
            draws=draws,
            tune=warmup,
            chains=1,
            seed=seed,
            progress_bar=False,
            save_warmup=True,
        )
        seconds = time.perf_counter() - started
    steps = trace["sample_stats"]["n_steps"].to_numpy()
    all_steps = steps.sum() + trace["warmup_sample_stats"]["n_steps"].to_numpy().sum()
    posterior = trace["posterior"]
    variables = {name: posterior[name].to_numpy()[0] for name in posterior.data_vars}
    return Run(
        built,
        seconds,
        canonical(problem, variables),
        float(steps.mean()),
        seconds / float(all_steps),
        f"nutpie {nutpie.__version__}, PyMC {pm.__version__}",
    )
