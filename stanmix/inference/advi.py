"""Automatic differentiation variational inference (Kucukelbir et al., 2017)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np

from stanmix.errors import InferenceError, OutputError
from stanmix.inference import children, stan
from stanmix.inference.options import AdviOptions
from stanmix.inference.output import Array, Output
from stanmix.inference.run_files import RunFiles

__all__ = ["read", "run"]

# The approximation is drawn on Stan's unconstrained scale, where these two densities are given.
STATISTICS = {"log_p__": "log_p", "log_g__": "log_g"}


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: AdviOptions,
    folder: Path,
) -> Output:
    """Fit the approximation and draw from it.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    starts : sequence of one mapping, or None
        None for Stan's own random start.
    options : AdviOptions
    folder : Path
        Where CmdStan writes.

    Returns
    -------
    Output
        One chain; ``elbo`` holds the trace of the evidence lower bound, ``log_p`` and ``log_g``
        the target's and the approximation's log density of each draw (up to a constant).

    Raises
    ------
    InferenceError
        If Stan fails, for example because the ELBO diverges.
    """
    model: Any = stan.executable(exe_file)
    began = time.perf_counter()
    with stan.quiet(), children.ended_with_us(exe_file, folder):
        try:
            fitted = model.variational(
                data=str(data_file),
                seed=options.seed,
                inits=None if starts is None else stan.write_starts(folder, starts)[0],
                algorithm=options.algorithm,
                iter=options.iterations,
                grad_samples=options.grad_samples,
                elbo_samples=options.elbo_samples,
                tol_rel_obj=options.tol_rel_obj,
                eval_elbo=options.eval_elbo,
                draws=options.draws,
                output_dir=str(folder),
                sig_figs=stan.DIGITS,
                save_diagnostics=True,
                require_converged=False,
            )
        except (RuntimeError, ValueError) as error:
            raise InferenceError(f"ADVI failed. Stan said:\n{error}") from error
    seconds = time.perf_counter() - began
    console = "".join(Path(name).read_text() for name in fitted.runset.stdout_files)
    return _output(fitted, console, Path(fitted.runset.diagnostic_files[0]), seconds)


def read(runs: Sequence[RunFiles], options: AdviOptions) -> Output:
    """Read the approximation that an earlier run left, as `run` returns it.

    Raises
    ------
    OutputError
        If the run failed, or its files are not whole.
    """
    (files,) = runs
    if "COMPLETED." not in files.said():
        raise OutputError(
            f"ADVI did not come to its end; in {files.console} Stan said:\n{files.last_words()}\n"
            "Run run.sh again, or export with other options."
        )
    damaged = f"{files.csv} is not whole: it was cut short or changed. Run run.sh again."
    if not files.ends_whole:
        raise OutputError(damaged)
    if fault := files.fault():
        raise OutputError(f"{files.csv}: {fault}. Run run.sh again.")
    with stan.quiet():
        fitted: Any = cmdstanpy.from_csv([str(files.csv)], method="variational")
    if len(fitted.variational_sample) != options.draws:
        raise OutputError(damaged)
    if files.diagnostic is None or not files.diagnostic.is_file():
        raise OutputError(f"The ELBO trace {files.diagnostic} is missing. Run run.sh again.")
    return _output(fitted, files.said(), files.diagnostic, float("nan"))


def _output(fitted: Any, console: str, elbo_file: Path, seconds: float) -> Output:
    draws = {
        name: np.asarray(fitted.stan_variable(name, mean=False), dtype=np.float64)[None]
        for name in fitted.metadata.stan_vars
    }
    columns = dict(zip(fitted.column_names, fitted.variational_sample.T, strict=True))
    stats = {name: columns[column][None] for column, name in STATISTICS.items()}
    converged = "may not have converged" not in console
    return Output(draws, stats, (1,), elbo=_elbo(elbo_file), converged=converged, seconds=seconds)


def _elbo(path: Path) -> Array:
    """Read iteration and ELBO from the diagnostic file (columns iter, time_in_seconds, ELBO)."""
    rows = [
        line.split(",")
        for line in path.read_text().splitlines()
        if line and not line.startswith("#") and not line.startswith("iter")
    ]
    try:
        return np.array([[float(row[0]), float(row[2])] for row in rows]).reshape(-1, 2)
    except (IndexError, ValueError) as error:
        raise OutputError(f"The ELBO trace in {path.name} cannot be read.") from error
