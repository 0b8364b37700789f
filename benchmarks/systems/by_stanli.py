"""The vectorised Stan programs, interpreted by stanli: without a compiler."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import stanli
from problems import Problem
from result import Run, median_seconds

from systems.by_stan import data, source
from systems.shapes import canonical

__all__ = ["fit_stanli"]


def fit_stanli(problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int) -> Run:
    """Sample one chain of the program ``stan/<shape>_vectorised.stan``, with Stan's defaults."""
    text = source(f"{problem.shape}_vectorised")
    started = time.perf_counter()
    program = stanli.Model(stan_code=text, data=data(problem, frame))
    built = time.perf_counter() - started
    started = time.perf_counter()
    sampled = program.sample(chains=1, seed=seed, warmup=warmup, samples=draws, refresh=0)
    variables = {name: np.asarray(sampled.draws(name))[0] for name in sampled.variables}
    seconds = time.perf_counter() - started
    steps = sampled.sampler_stats[0, :, stanli.SAMPLER_COLUMNS.index("n_leapfrog__")]
    start = np.zeros(program.n_unconstrained)
    return Run(
        built,
        seconds,
        canonical(problem, variables),
        float(steps.mean()),
        median_seconds(lambda: program.log_prob_grad(start)),
        f"stanli {stanli.__version__}",
    )
