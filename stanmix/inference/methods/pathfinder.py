"""Pathfinder: the best normal approximation along the way to a mode (Zhang et al., 2022)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.inference.engines.cmdstan import executable
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration.look import starts_of
from stanmix.inference.methods import restarts
from stanmix.inference.methods.correction import corrected
from stanmix.inference.options import PathfinderOptions
from stanmix.inference.problem import Problem
from stanmix.inference.runs import several, stan, stan_csv
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles, of_fit
from stanmix.inference.settings import Prepared, Setting, keywords
from stanmix.program.units import log_unit

__all__ = ["prepare", "read", "run"]


def prepare(
    stated: Problem, options: PathfinderOptions, engine: Engine | None, data_file: Path
) -> Prepared:
    """Settle starts and settings; parameters are as in `Method.prepare`."""
    starts, decided = starts_of(stated, engine, data_file)
    return Prepared(starts, _settings(options), decided=decided)


def _settings(options: PathfinderOptions) -> tuple[Setting, ...]:
    return (
        Setting("method", "pathfinder"),
        Setting("num_paths", 1, "num_paths"),
        Setting("num_draws", options.draws, "draws"),
        Setting("num_psis_draws", options.draws),
        Setting("max_lbfgs_iters", options.iterations, "max_lbfgs_iters"),
        Setting("history_size", options.history_size, "history_size"),
        Setting("num_elbo_draws", options.elbo_samples, "num_elbo_draws"),
    )


def run(
    stated: Problem,
    options: PathfinderOptions,
    prepared: Prepared,
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> Output:
    """Follow a path from each start, and draw from the approximation of highest ELBO.

    Parameters are as in `Method.run`.

    Returns
    -------
    Output
        One chain, with ``log_p`` and ``log_g``, both normalised: the mean of their difference is
        the ELBO of the scaled data.

    Raises
    ------
    InferenceError
        If Stan fails on every path, for example because no start has a finite gradient.

    References
    ----------
    Zhang, Carpenter, Gelman & Vehtari (2022), Pathfinder: parallel quasi-Newton variational
    inference, J. Mach. Learn. Res. 23(306).
    """
    exe_file = executable(engine)
    model: Any = stan.executable(exe_file)
    told = keywords(prepared.settings)

    def path(own: Path, seed: int, start: str | None) -> restarts.Approximation:
        fitted = model.pathfinder(
            data=str(data_file),
            inits=start,
            seed=seed,
            **told,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
        )
        return _approximation(stan_csv.read(of_fit(fitted)[0].csv))

    began = time.perf_counter()
    ended, failed = several.each(path, exe_file, prepared.starts, options, folder)
    seconds = time.perf_counter() - began
    return corrected(restarts.best(ended, failed, seconds, log_unit(stated.data)), options)


def read(stated: Problem, options: PathfinderOptions, runs: Sequence[RunFiles]) -> Output:
    """Read the approximations that earlier runs left, as `run` returns the best of them.

    Raises
    ------
    OutputError
        If no path came to its end, or a file is not whole.
    """

    def one(files: RunFiles) -> restarts.Approximation:
        found = _approximation(stan_csv.read(files.csv))
        files.check_draws(len(found.log_p), options.draws)
        return found

    ended, failed = several.read(one, runs, lambda said: "Best Iter:" in said)
    found = restarts.best(ended, failed, float("nan"), log_unit(stated.data))
    return corrected(found, options)


def _approximation(table: stan_csv.Table) -> restarts.Approximation:
    log_p, log_g = (table.statistics[name] for name in ("lp__", "lp_approx__"))
    ratio = log_p - log_g
    return restarts.Approximation(
        table.variables,
        log_p,
        log_g,
        elbo=float(ratio.mean()),
        error=float(ratio.std() / np.sqrt(len(ratio))),
    )
