"""Automatic differentiation variational inference (Kucukelbir et al., 2017)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import OutputError
from stanmix.inference import restarts, stan
from stanmix.inference.options import AdviOptions
from stanmix.inference.output import Array, Output

__all__ = ["run"]


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: AdviOptions,
    folder: Path,
) -> Output:
    """Fit an approximation from each start, and draw from that of highest ELBO.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    starts : sequence of mappings, or None
        One run from each; None for Stan's own random starts.
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
        If Stan fails in all runs, for example because the ELBO diverges.

    References
    ----------
    Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), Automatic differentiation variational
    inference, J. Mach. Learn. Res. 18(14).
    """
    model: Any = stan.executable(exe_file)

    def one(own: Path, seed: int, start: str | None) -> restarts.Approximation:
        fitted = model.variational(
            data=str(data_file),
            seed=seed,
            inits=start,
            algorithm=options.algorithm,
            iter=options.iterations,
            grad_samples=options.grad_samples,
            elbo_samples=options.elbo_samples,
            tol_rel_obj=options.tol_rel_obj,
            eval_elbo=options.eval_elbo,
            draws=options.draws,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
            save_diagnostics=True,
            require_converged=False,
        )
        draws = {
            name: np.asarray(fitted.stan_variable(name, mean=False), dtype=np.float64)
            for name in fitted.metadata.stan_vars
        }
        columns = dict(zip(fitted.column_names, fitted.variational_sample.T, strict=True))
        trace = _elbo(Path(fitted.runset.diagnostic_files[0]))
        console = "".join(Path(name).read_text() for name in fitted.runset.stdout_files)
        log_p, log_g = columns["log_p__"], columns["log_g__"]
        return restarts.Approximation(
            draws,
            log_p,
            log_g,
            elbo=float(trace[-1, 1]),
            # Stan's estimate is a mean of log p over draws, plus an entropy that is known.
            error=float(log_p.std() / np.sqrt(options.elbo_samples)),
            trace=trace,
            converged="may not have converged" not in console,
        )

    began = time.perf_counter()
    ended, failed = restarts.each(one, exe_file, starts, options, folder)
    return restarts.best(ended, failed, time.perf_counter() - began)


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
