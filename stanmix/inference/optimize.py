"""The posterior mode, by L-BFGS from several starts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np

from stanmix.errors import InferenceError, OutputError
from stanmix.inference import children, stan
from stanmix.inference.options import MapOptions
from stanmix.inference.output import Output
from stanmix.inference.run_files import RunFiles

__all__ = ["read", "run"]

NOT_FINITE = "the log density is not finite at the end"


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: MapOptions,
    folder: Path,
) -> Output:
    """Climb from each start and return the highest mode, as one chain of one draw.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    starts : sequence of mappings, or None
        One optimisation from each; None for Stan's own random starts.
    options : MapOptions
    folder : Path
        Where CmdStan writes.

    Raises
    ------
    InferenceError
        If no optimisation ended at a mode.
    """
    model = stan.executable(exe_file)
    inits = None if starts is None else stan.write_starts(folder, starts)
    began = time.perf_counter()
    ended: list[tuple[Any, bool]] = []
    failed: dict[int, str] = {}
    for run_id in range(options.runs):
        own = folder / f"run_{run_id + 1}"
        own.mkdir(exist_ok=True)
        with stan.quiet(), children.ended_with_us(exe_file, folder):
            try:
                fitted = model.optimize(
                    data=str(data_file),
                    seed=options.seed + run_id,
                    inits=None if inits is None else inits[run_id],
                    algorithm="lbfgs",
                    iter=options.iterations,
                    jacobian=False,
                    output_dir=str(own),
                    sig_figs=stan.DIGITS,
                    require_converged=False,
                )
            except (RuntimeError, ValueError) as error:
                failed[run_id + 1] = str(error)
                continue
        if np.isfinite(_height(fitted)):
            ended.append((fitted, bool(fitted.converged)))
        else:
            failed[run_id + 1] = NOT_FINITE
    if not ended:
        raise InferenceError(f"No optimisation succeeded. Stan said:\n{failed[1]}")
    return _output(ended, failed, time.perf_counter() - began)


def read(runs: Sequence[RunFiles], options: MapOptions) -> Output:
    """Read the modes that earlier runs left, and return the highest, as `run` does.

    Raises
    ------
    OutputError
        If no optimisation ended at a mode, or a file is no longer whole.
    """
    ended: list[tuple[Any, bool]] = []
    failed: dict[int, str] = {}
    for number, files in enumerate(runs, 1):
        said = files.said()
        converged = "Optimization terminated normally" in said
        if not converged and "Line search failed" not in said:
            failed[number] = files.last_words()
            continue
        fault = files.fault() if files.ends_whole else "its output is not whole"
        if fault:
            raise OutputError(f"{files.csv}: {fault}. Run run.sh again.")
        with stan.quiet():
            fitted: Any = cmdstanpy.from_csv([str(files.csv)], method="optimize")
        if np.isfinite(_height(fitted)):
            ended.append((fitted, converged))
        else:
            failed[number] = NOT_FINITE
    if not ended:
        raise OutputError(
            f"No optimisation of the {options.runs} succeeded. Stan said:\n{failed[1]}\nRun "
            "run.sh again, or export with other options."
        )
    return _output(ended, failed, float("nan"))


def _output(ended: list[tuple[Any, bool]], failed: dict[int, str], seconds: float) -> Output:
    """Return the highest of the modes (with whether it converged); the first, where equal."""
    best, converged = max(ended, key=lambda end: _height(end[0]))
    with stan.quiet():
        variables = best.stan_variables()
    draws = {
        name: np.asarray(values, dtype=np.float64)[None, None] for name, values in variables.items()
    }
    return Output(
        draws,
        {"lp": np.array([[_height(best)]])},
        (1,),
        failed=failed,
        converged=converged,
        seconds=seconds,
    )


def _height(fitted: Any) -> float:
    return float(fitted.optimized_params_dict["lp__"])
