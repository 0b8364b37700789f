"""The normal approximation at the mode, on Stan's unconstrained scale (Laplace)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import InferenceError
from stanmix.inference import children, optimize, stan
from stanmix.inference.options import LaplaceOptions
from stanmix.inference.output import Array, Output

__all__ = ["run"]

STATISTICS = {"log_p__": "log_p", "log_q__": "log_g"}


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: LaplaceOptions,
    folder: Path,
    size: int,
) -> Output:
    """Climb to a mode from each start, and draw from the approximation at the highest.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    starts : sequence of mappings, or None
        One climb from each; None for Stan's own random starts.
    options : LaplaceOptions
    folder : Path
        Where CmdStan writes.
    size : int
        Number of unconstrained parameters.

    Returns
    -------
    Output
        One chain, with ``log_p`` and ``log_g`` up to constants.

    Raises
    ------
    InferenceError
        If no climb ended at a mode, or the log density does not curve downwards there.
    """
    began = time.perf_counter()
    ended, failed = optimize.climb(exe_file, data_file, starts, options, folder, jacobian=True)
    runs = optimize.compared(ended)
    mode = ended[runs.kept]
    own = folder / "laplace"
    own.mkdir(exist_ok=True)
    model: Any = stan.executable(exe_file)
    with stan.quiet(), children.ended_with_us(exe_file, folder):
        try:
            fitted = model.laplace_sample(
                data=str(data_file),
                mode=mode,
                draws=options.draws,
                jacobian=True,
                seed=options.seed,
                output_dir=str(own),
                sig_figs=stan.DIGITS,
            )
            draws = stan.variables(fitted)
            columns = fitted.method_variables()
            stats = {
                name: np.asarray(columns[column], dtype=np.float64)
                for column, name in STATISTICS.items()
            }
        except (RuntimeError, ValueError) as error:
            raise InferenceError(
                f"The Laplace approximation failed. Stan said:\n{error}"
            ) from error
    _check_curvature(stats["log_g"], size)
    return Output(
        {name: values[None] for name, values in draws.items()},
        {name: values[None] for name, values in stats.items()},
        (1,),
        failed=failed,
        converged=bool(mode.converged),
        seconds=time.perf_counter() - began,
        runs=runs,
    )


def _check_curvature(log_g: Array, size: int) -> None:
    """Refuse draws that Stan made from a curvature which is not that of a maximum.

    Stan does not look whether its factorisation of the Hessian succeeded. If it did, -2 log g is
    a sum of `size` squared standard normals.
    """
    error = np.sqrt(2 * size / len(log_g))
    if not abs(np.mean(-2 * log_g) - size) < 6 * error:
        raise InferenceError(
            "The Laplace approximation failed: the log density does not curve downwards in all "
            "directions at the highest mode that was found, so there is no normal distribution "
            "that goes with it. A component may be empty, or have collapsed onto a few rows. Use "
            "fewer components, or stronger priors, or method='nuts'."
        )
