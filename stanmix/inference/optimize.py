"""The posterior mode, by L-BFGS from several starts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import InferenceError
from stanmix.inference import children, stan
from stanmix.inference.options import MapOptions
from stanmix.inference.output import Output

__all__ = ["run"]


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
    best = None
    failures: list[str] = []
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
                failures.append(str(error))
                continue
        if not np.isfinite(fitted.optimized_params_dict["lp__"]):
            failures.append("the log density is not finite at the end")
            continue
        if best is None or _height(fitted) > _height(best):
            best = fitted
    if best is None:
        raise InferenceError(f"No optimisation succeeded. Stan said:\n{failures[0]}")
    with stan.quiet():
        variables = best.stan_variables()
    draws = {
        name: np.asarray(values, dtype=np.float64)[None, None] for name, values in variables.items()
    }
    return Output(
        draws,
        {"lp": np.array([[_height(best)]])},
        (1,),
        converged=bool(best.converged),
        seconds=time.perf_counter() - began,
    )


def _height(fitted: Any) -> float:
    return float(fitted.optimized_params_dict["lp__"])
