"""stanmix, as its users call it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from problems import Problem
from result import Run

import stanmix
from stanmix.model.priors import Prior
from systems.csv_files import sampling_seconds

__all__ = ["fit_auto", "fit_stanmix"]


WIDE = stanmix.LogNormal(0, 1)
# Each regression's family or families, and the priors of what is not a coefficient.
REGRESSIONS: dict[str, tuple[Any, dict[str, Prior]]] = {
    "counts": ("poisson", {}),
    "student_t_regressions": ("student_t", {"sigma": WIDE, "nu": stanmix.Gamma(2, 0.1)}),
    "lognormal_regressions": ("lognormal", {"sigma": WIDE}),
    "gamma_regressions": ("gamma", {"shape": stanmix.LogNormal(1, 1)}),
    "beta_regressions": ("beta", {"phi": stanmix.LogNormal(2, 1)}),
    "binomial_regressions": ("binomial", {}),
    "negative_binomial_regressions": (
        "negative_binomial",
        {"phi": stanmix.InverseGamma(0.4, 0.3)},
    ),
    "zero_inflated_regressions": (
        [stanmix.PointMass(0), "negative_binomial"],
        {"phi": stanmix.InverseGamma(0.4, 0.3)},
    ),
}


def model(problem: Problem, frame: pd.DataFrame) -> stanmix.Mixture:
    """Return the mixture of a problem."""
    wide = {"mu": stanmix.Normal(0, 10)}
    if problem.shape == "lines":
        priors = {"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)}
        return stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), order="x", priors=priors)
    if problem.shape == "pair":
        return stanmix.Mixture("y ~ 1", 2, fixed=problem.known, priors=wide)
    if problem.shape == "clusters":
        return stanmix.Mixture("y ~ 1", 5, priors={**wide, "sigma": stanmix.Uniform(0, 10)})
    if problem.shape == "clouds":
        priors = {**wide, "sigma": WIDE, "rho": stanmix.LKJ(1)}
        return stanmix.Mixture(list(frame), 5, family="mvnormal", covariance="full", priors=priors)
    family, others = REGRESSIONS[problem.shape]
    return stanmix.Mixture(
        f"y ~ {' + '.join(frame.columns.drop(['y', 'trials'], errors='ignore'))}",
        problem.components,
        family=family,
        order="Intercept" if isinstance(family, str) else "auto",
        trials="trials" if "trials" in frame else None,
        priors={"beta": stanmix.Normal(0, 2), **others},
    )


def fit_stanmix(problem: Problem, frame: pd.DataFrame, seed: int) -> Run:
    """Fit from the DataFrame, with one chain and stanmix's own choices for the rest."""
    mixture = model(problem, frame)
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


def fit_auto(problem: Problem, frame: pd.DataFrame, seed: int) -> Run:
    """Fit from the DataFrame by the method that chooses, with one chain where it chooses chains."""
    mixture = model(problem, frame)
    options: dict[str, Any] = {"method": "auto", "seed": seed, "chains": 1, "progress": False}
    started = time.perf_counter()
    mixture.fit(frame.head(100), draws=5, **options)
    built = time.perf_counter() - started
    started = time.perf_counter()
    fit = mixture.fit(frame, **options)
    seconds = time.perf_counter() - started
    posterior, stats = fit.idata.posterior, fit.idata.sample_stats
    draws = {name: posterior[name].to_numpy()[0] for name in posterior.data_vars}
    steps = float(stats["n_steps"].mean()) if "n_steps" in stats else None
    return Run(built, seconds, draws, steps, None)
