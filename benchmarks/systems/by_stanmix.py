"""stanmix, as its users call it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pandas as pd
from problems import Problem
from result import Run

import stanmix
from systems.csv_files import sampling_seconds

__all__ = ["fit_stanmix"]


def model(problem: Problem) -> stanmix.Mixture:
    """Return the mixture of a problem."""
    wide = {"mu": stanmix.Normal(0, 10)}
    if problem.shape == "lines":
        priors = {"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)}
        return stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), order="x", priors=priors)
    if problem.shape == "pair":
        return stanmix.Mixture("y ~ 1", 2, fixed=problem.known, priors=wide)
    if problem.shape == "clusters":
        return stanmix.Mixture("y ~ 1", 5, priors={**wide, "sigma": stanmix.Uniform(0, 10)})
    terms = [f"x{j}" for j in range(1, 6)]
    priors = {name: stanmix.Normal(0, 2) for name in ["Intercept", *terms]}
    return stanmix.Mixture(
        f"y ~ {' + '.join(terms)}", 3, family="poisson", order="Intercept", priors=priors
    )


def fit_stanmix(problem: Problem, frame: pd.DataFrame, seed: int) -> Run:
    """Fit from the DataFrame, with one chain and stanmix's own choices for the rest."""
    mixture = model(problem)
    started = time.perf_counter()
    mixture.fit(frame.head(100), seed=seed, chains=1, draws=5, warmup=20, progress=False)
    built = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        fit = mixture.fit(frame, seed=seed, chains=1, progress=False, output_dir=folder)
        seconds = time.perf_counter() - started
        sampled = sampling_seconds(Path(folder).rglob("*.csv"))
    posterior = fit.idata.posterior
    draws = {name: posterior[name].to_numpy()[0] for name in posterior.data_vars}
    steps = fit.idata.sample_stats["n_steps"].to_numpy()
    return Run(
        built, seconds, draws, float(steps.mean()), sampled / steps.sum() if sampled else None
    )
