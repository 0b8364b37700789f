"""Modes of the posterior, by L-BFGS from several starts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np

from stanmix.inference import restarts, stan
from stanmix.inference.options import LaplaceOptions, MapOptions
from stanmix.inference.output import Output, Runs
from stanmix.inference.run_files import RunFiles

__all__ = ["STUCK", "climb", "compared", "read", "read_climbs", "run"]

# How Stan says that a climb ended, well or at a place where it could not go on.
_NORMAL, STUCK = "Optimization terminated normally", "Line search failed"


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
    began = time.perf_counter()
    ended, failed = climb(exe_file, data_file, starts, options, folder, jacobian=False)
    return _output(ended, failed, time.perf_counter() - began)


def read(runs: Sequence[RunFiles]) -> Output:
    """Read the modes that earlier runs left, as `run` returns the highest of them.

    Raises
    ------
    OutputError
        As `read_climbs`.
    """
    return _output(*read_climbs(runs), float("nan"))


def _output(ended: Mapping[int, Any], failed: dict[int, str], seconds: float) -> Output:
    runs = compared(ended)
    highest = ended[runs.kept]
    return Output(
        {name: values[None, None] for name, values in stan.variables(highest).items()},
        {"lp": np.array([[_height(highest)]])},
        (1,),
        failed=failed,
        converged=bool(highest.converged),
        seconds=seconds,
        runs=runs,
    )


def climb(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: MapOptions | LaplaceOptions,
    folder: Path,
    *,
    jacobian: bool,
) -> tuple[dict[int, Any], dict[int, str]]:
    """Climb to a mode from each start.

    Parameters
    ----------
    jacobian : bool
        Whether the density is that of the unconstrained parameters.

    Returns
    -------
    ended : dict of int to cmdstanpy.CmdStanMLE
    failed : dict of int to str
        As in `restarts.each`.
    """
    model: Any = stan.executable(exe_file)

    def one(own: Path, seed: int, start: str | None) -> Any:
        fitted = model.optimize(
            data=str(data_file),
            seed=seed,
            inits=start,
            algorithm="lbfgs",
            iter=options.iterations,
            jacobian=jacobian,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
            require_converged=False,
        )
        return _checked(fitted)

    return restarts.each(one, exe_file, starts, options, folder)


def read_climbs(runs: Sequence[RunFiles]) -> tuple[dict[int, Any], dict[int, str]]:
    """Return what earlier climbs left, as `climb` does.

    Raises
    ------
    OutputError
        If no climb ended at a mode, or a file is not whole.
    """

    def one(files: RunFiles) -> Any:
        fitted: Any = cmdstanpy.from_csv([str(files.csv)], method="optimize")
        # cmdstanpy knows it by the exit status, which the console tells of.
        fitted.converged = _NORMAL in files.said()
        return _checked(fitted)

    return restarts.read(one, runs, lambda said: _NORMAL in said or STUCK in said)


def _checked(fitted: Any) -> Any:
    if not np.isfinite(_height(fitted)):
        raise ValueError("the log density is not finite at the end")
    return fitted


def compared(ended: Mapping[int, Any]) -> Runs:
    """Return the figures of several climbs."""
    modes = [stan.variables(fitted) for fitted in ended.values()]
    return Runs(
        objective="lp",
        numbers=tuple(ended),
        kept=max(ended, key=lambda number: _height(ended[number])),
        heights=np.array([_height(fitted) for fitted in ended.values()]),
        means={name: np.stack([mode[name] for mode in modes]) for name in modes[0]},
    )


def _height(fitted: Any) -> float:
    return float(fitted.optimized_params_dict["lp__"])
