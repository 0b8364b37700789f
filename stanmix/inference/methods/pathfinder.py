"""Pathfinder: the best normal approximation along the way to a mode (Zhang et al., 2022)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np

from stanmix.inference.methods import restarts
from stanmix.inference.options import PathfinderOptions
from stanmix.inference.runs import stan
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles

__all__ = ["read", "run"]


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: PathfinderOptions,
    folder: Path,
    log_unit: float,
) -> Output:
    """Follow a path from each start, and draw from the approximation of highest ELBO.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    starts : sequence of mappings, or None
        One path from each; None for Stan's own random starts.
    options : PathfinderOptions
    folder : Path
        Where CmdStan writes.
    log_unit : float
        What takes the ELBO to the units of the data; see `restarts.best`.

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
    model: Any = stan.executable(exe_file)

    def path(own: Path, seed: int, start: str | None) -> restarts.Approximation:
        fitted = model.pathfinder(
            data=str(data_file),
            inits=start,
            seed=seed,
            num_paths=1,
            draws=options.draws,
            max_lbfgs_iters=options.iterations,
            history_size=options.history_size,
            num_elbo_draws=options.elbo_samples,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
        )
        return _approximation(fitted)

    began = time.perf_counter()
    ended, failed = restarts.each(path, exe_file, starts, options, folder)
    return restarts.best(ended, failed, time.perf_counter() - began, log_unit)


def read(runs: Sequence[RunFiles], options: PathfinderOptions, log_unit: float) -> Output:
    """Read the approximations that earlier runs left, as `run` returns the best of them.

    Raises
    ------
    OutputError
        If no path came to its end, or a file is not whole.
    """

    def one(files: RunFiles) -> restarts.Approximation:
        found = _approximation(cmdstanpy.from_csv([str(files.csv)], method="pathfinder"))
        files.check_draws(len(found.log_p), options.draws)
        return found

    ended, failed = restarts.read(one, runs, lambda said: "Best Iter:" in said)
    return restarts.best(ended, failed, float("nan"), log_unit)


def _approximation(fitted: Any) -> restarts.Approximation:
    stats = fitted.method_variables()
    log_p, log_g = (np.asarray(stats[name], dtype=np.float64) for name in ("lp__", "lp_approx__"))
    ratio = log_p - log_g
    return restarts.Approximation(
        stan.variables(fitted),
        log_p,
        log_g,
        elbo=float(ratio.mean()),
        error=float(ratio.std() / np.sqrt(len(ratio))),
    )
