"""PyMC's own NUTS."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd
import pymc as pm
from problems import Problem
from result import Run, median_seconds

from systems.pymc_models import model
from systems.shapes import canonical

__all__ = ["fit_pymc"]


def fit_pymc(problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int) -> Run:
    """Sample one chain; compiling is part of it and cannot be told apart."""
    with warnings.catch_warnings(), model(problem, frame) as built:
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        trace = pm.sample(
            draws,
            tune=warmup,
            chains=1,
            random_seed=seed,
            nuts_sampler="pymc",
            progressbar=False,
            compute_convergence_checks=False,
        )
        seconds = time.perf_counter() - started
    steps = trace["sample_stats"]["n_steps"].to_numpy()
    posterior = trace["posterior"]
    variables = {name: posterior[name].to_numpy()[0] for name in posterior.data_vars}
    return Run(
        0.0,
        seconds,
        canonical(problem, variables),
        float(steps.mean()),
        gradient_seconds(built),
        f"PyMC {pm.__version__}; compiling is within sampling",
    )


def gradient_seconds(built: pm.Model) -> float:
    """Time the log density with its gradient by itself."""
    density = built.logp_dlogp_function(ravel_inputs=True)
    density.set_extra_values({})
    start = np.concatenate(
        [np.ravel(built.initial_point()[value.name]) for value in built.continuous_value_vars]
    )
    return median_seconds(lambda: density(start))
