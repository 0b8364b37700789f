"""Modes of the posterior, by L-BFGS from several starts."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np

from stanmix.errors import InferenceError
from stanmix.inference.exploration.log_density import StanDensity
from stanmix.inference.exploration.unconstrained import Space
from stanmix.inference.methods import restarts
from stanmix.inference.options import LBFGS, LaplaceOptions, MapOptions
from stanmix.inference.runs import ends, stan
from stanmix.inference.runs.ends import End
from stanmix.inference.runs.output import Array, Output, Runs
from stanmix.inference.runs.run_files import RunFiles

__all__ = ["Climb", "climb", "compared", "read", "read_climbs", "run"]

MOST_MEASURED = 4e6  # numbers in the batch that measures what is left to gain


@dataclass(frozen=True)
class Climb:
    """What a climb gave.

    Attributes
    ----------
    fitted : cmdstanpy.CmdStanMLE
    values : dict of str to ndarray
        Parameters of the program where it ended.
    end : End
    """

    fitted: Any
    values: dict[str, Array]
    end: End


def run(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: MapOptions,
    folder: Path,
    space: Space,
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
    space : Space
        The program's unconstrained space.

    Raises
    ------
    InferenceError
        If no optimisation came to an end.
    """
    began = time.perf_counter()
    ended, failed = climb(exe_file, data_file, starts, options, folder, space, jacobian=False)
    return _output(ended, failed, time.perf_counter() - began)


def read(runs: Sequence[RunFiles]) -> Output:
    """Read the modes that earlier runs left, as `run` returns the highest of them.

    Raises
    ------
    OutputError
        As `read_climbs`.
    """
    return _output(*read_climbs(runs), float("nan"))


def _output(ended: Mapping[int, Climb], failed: dict[int, str], seconds: float) -> Output:
    runs = compared(ended)
    highest = ended[runs.kept]
    return Output(
        {name: values[None, None] for name, values in highest.values.items()},
        {"lp": np.array([[highest.end.height]])},
        (1,),
        failed=failed,
        converged=highest.end.at_mode,
        seconds=seconds,
        runs=runs,
    )


def climb(
    exe_file: Path,
    data_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: MapOptions | LaplaceOptions,
    folder: Path,
    space: Space,
    *,
    jacobian: bool,
) -> tuple[dict[int, Climb], dict[int, str]]:
    """Climb to a mode from each start, and measure what is left to gain there.

    Parameters
    ----------
    jacobian : bool
        Whether the density is that of the unconstrained parameters.

    Returns
    -------
    ended : dict of int to Climb
    failed : dict of int to str
        As in `restarts.each`.
    """
    model: Any = stan.executable(exe_file)

    def one(own: Path, seed: int, start: str | None) -> Climb:
        fitted = model.optimize(
            data=str(data_file),
            seed=seed,
            inits=start,
            algorithm="lbfgs",
            **LBFGS,
            iter=options.iterations,
            jacobian=jacobian,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
            require_converged=False,
        )
        return _climb(fitted, Path(fitted.runset.stdout_files[0]).read_text(errors="replace"))

    ended, failed = restarts.each(one, exe_file, starts, options, folder)
    return _measured(ended, exe_file, data_file, space, jacobian), failed


def read_climbs(runs: Sequence[RunFiles]) -> tuple[dict[int, Climb], dict[int, str]]:
    """Return what earlier climbs left, as `climb` does.

    What is left to gain is not measured: that takes the program, and what lies in a folder is
    read and not run.

    Raises
    ------
    OutputError
        If no climb came to an end, or a file is not whole.
    """

    def one(files: RunFiles) -> Climb:
        return _climb(cmdstanpy.from_csv([str(files.csv)], method="optimize"), files.said())

    return restarts.read(one, runs, lambda said: ends.NORMAL in said or ends.STUCK in said)


def _climb(fitted: Any, console: str) -> Climb:
    height = float(fitted.optimized_params_dict["lp__"])
    if not np.isfinite(height):
        raise ValueError("the log density is not finite at the end")
    return Climb(fitted, stan.variables(fitted), End.told_by(console, height))


def _measured(
    ended: Mapping[int, Climb], exe_file: Path, data_file: Path, space: Space, jacobian: bool
) -> dict[int, Climb]:
    """Return climbs with what is left to gain where they ended, where that can be measured."""
    points = {number: space.free(climb.values) for number, climb in ended.items()}
    inside = {number: point for number, point in points.items() if np.isfinite(point).all()}
    D = space.size
    if not inside or D == 0 or len(inside) * (2 * D + 1) * D > MOST_MEASURED:
        return dict(ended)
    result = dict(ended)
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        target = StanDensity(exe_file, data_file, Path(scratch), jacobian)
        try:
            there, found = ends.gains(target, np.stack(list(inside.values())))
        except InferenceError:
            return result
    for number, height, gain in zip(inside, there, found, strict=True):
        end = ended[number].end
        # Another CmdStan may have another transform, and then these are other points.
        if abs(height - end.height) < 1e-6 * (1 + abs(end.height)):
            measured = dataclasses.replace(end, gain=float(gain))
            result[number] = dataclasses.replace(ended[number], end=measured)
    return result


def compared(ended: Mapping[int, Climb]) -> Runs:
    """Return the figures of several climbs."""
    climbs = list(ended.values())
    return Runs(
        objective="lp",
        numbers=tuple(ended),
        kept=max(ended, key=lambda number: ended[number].end.height),
        heights=np.array([climb.end.height for climb in climbs]),
        ends=tuple(climb.end for climb in climbs),
        means={
            name: np.stack([climb.values[name] for climb in climbs]) for name in climbs[0].values
        },
    )
