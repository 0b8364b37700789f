"""Automatic differentiation variational inference (Kucukelbir et al., 2017)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import OutputError
from stanmix.inference.engines.cmdstan import executable
from stanmix.inference.engines.engine import Engine
from stanmix.inference.engines.ready import ready
from stanmix.inference.exploration.look import starts_of
from stanmix.inference.methods import restarts
from stanmix.inference.methods.correction import corrected
from stanmix.inference.options import AdviOptions
from stanmix.inference.problem import Problem
from stanmix.inference.runs import several, stan, stan_csv
from stanmix.inference.runs.output import Array, Output
from stanmix.inference.runs.run_files import RunFiles, of_fit, of_folder
from stanmix.inference.settings import Prepared, Setting, keywords
from stanmix.program.units import log_unit

__all__ = ["prepare", "read", "run"]


def prepare(
    stated: Problem, options: AdviOptions, engine: Engine | None, data_file: Path
) -> Prepared:
    """Settle starts and settings; parameters are as in `Method.prepare`."""
    if engine is not None and stated.program.minibatch and options.explores:
        stated = stated.by_all_rows
        engine = ready(stated)
    starts, decided = starts_of(stated, engine, data_file)
    return Prepared(starts, _settings(options), decided=decided)


def _settings(options: AdviOptions) -> tuple[Setting, ...]:
    eta = [] if options.eta is None else [Setting("eta", options.eta, "eta")]
    return (
        Setting("method", "variational"),
        Setting("algorithm", options.algorithm, "algorithm"),
        Setting("iter", options.iterations, "iter"),
        Setting("grad_samples", options.grad_samples, "grad_samples"),
        Setting("elbo_samples", options.elbo_draws, "elbo_samples"),
        *eta,
        Setting("adapt"),
        Setting("engaged", options.eta is None, "adapt_engaged"),
        Setting("tol_rel_obj", options.tol_rel_obj, "tol_rel_obj"),
        Setting("eval_elbo", options.elbo_every, "eval_elbo"),
        Setting("output_samples", options.draws, "draws"),
    )


def run(
    stated: Problem,
    options: AdviOptions,
    prepared: Prepared,
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> Output:
    """Fit an approximation from each start, and draw from that of highest ELBO.

    Parameters are as in `Method.run`.

    Returns
    -------
    Output
        One chain; ``elbo`` holds the trace of the evidence lower bound, ``log_p`` and ``log_g``
        the target's and the approximation's log density of each draw (up to a constant).

    Raises
    ------
    InferenceError
        If Stan fails in all runs, for example because the ELBO diverges.

    References
    ----------
    Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), Automatic differentiation variational
    inference, J. Mach. Learn. Res. 18(14).
    """
    exe_file = executable(engine)
    model: Any = stan.executable(exe_file)
    told = keywords(prepared.settings)

    def one(own: Path, seed: int, start: str | None) -> restarts.Approximation:
        try:
            fitted = model.variational(
                data=str(data_file),
                seed=seed,
                inits=start,
                **told,
                output_dir=str(own),
                sig_figs=stan.DIGITS,
                save_diagnostics=True,
                require_converged=False,
            )
        except ValueError:
            # cmdstanpy reads from the output which step size was adapted, as if one always were.
            if options.eta is None:
                raise
            return _approximation(of_folder(own), options)
        return _approximation(of_fit(fitted)[0], options)

    began = time.perf_counter()
    ended, failed = several.each(one, exe_file, prepared.starts, options, folder)
    seconds = time.perf_counter() - began
    return corrected(restarts.best(ended, failed, seconds, log_unit(stated.data)), options)


def read(stated: Problem, options: AdviOptions, runs: Sequence[RunFiles]) -> Output:
    """Read the approximations that earlier runs left, as `run` returns the best of them.

    Raises
    ------
    OutputError
        If no run came to its end, or a file is not whole.
    """

    def one(files: RunFiles) -> restarts.Approximation:
        if files.diagnostic is None or not files.diagnostic.is_file():
            raise OutputError(f"The ELBO trace {files.diagnostic} is missing. Run run.sh again.")
        found = _approximation(files, options)
        files.check_draws(len(found.log_p), options.draws)
        return found

    ended, failed = several.read(one, runs, lambda said: "COMPLETED." in said)
    found = restarts.best(ended, failed, float("nan"), log_unit(stated.data))
    return corrected(found, options)


def _approximation(files: RunFiles, options: AdviOptions) -> restarts.Approximation:
    assert files.diagnostic is not None
    table = stan_csv.read(files.csv)
    draws = stan_csv.Table(table.names, table.rows[1:])  # the first row is the mean
    trace = _elbo(files.diagnostic)
    log_p, log_g = draws.statistics["log_p__"], draws.statistics["log_g__"]
    return restarts.Approximation(
        draws.variables,
        log_p,
        log_g,
        elbo=float(trace[-1, 1]),
        # Stan's estimate is a mean of log p over draws, plus an entropy that is known.
        error=float(log_p.std() / np.sqrt(options.elbo_draws)),
        trace=trace,
        converged="may not have converged" not in files.said(),
    )


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
