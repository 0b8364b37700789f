"""Modes of the posterior, by L-BFGS from several starts."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import InferenceError
from stanmix.inference.exploration.log_density import StanDensity
from stanmix.inference.exploration.unconstrained import Space
from stanmix.inference.methods import restarts
from stanmix.inference.options import MapOptions, Options
from stanmix.inference.problem import Problem
from stanmix.inference.runs import ends, stan, stan_csv
from stanmix.inference.runs.ends import End
from stanmix.inference.runs.output import Array, Output, Runs
from stanmix.inference.runs.run_files import RunFiles, of_fit
from stanmix.inference.settings import Prepared, Setting, keywords

__all__ = [
    "Climb",
    "climb",
    "climb_settings",
    "compared",
    "prepare",
    "read",
    "read_climbs",
    "run",
]

# Tolerances of L-BFGS. Steps that change little, as on a flat stretch, are no end of a climb; a
# gradient that promises less than about a thousand rounding errors of the log density is. (Those
# that are almost zero hold where nothing changes at all; zero itself is not taken.)
TOLERANCES = {
    "tol_obj": 1e-30,
    "tol_rel_obj": 1e-30,
    "tol_grad": 1e-8,
    "tol_rel_grad": 1000,
    "tol_param": 1e-30,
}

MOST_MEASURED = 4e6  # numbers in the batch that measures what is left to gain


@dataclass(frozen=True)
class Climb:
    """What a climb gave.

    Attributes
    ----------
    fitted : cmdstanpy.CmdStanMLE or None
        None where an earlier climb was read.
    values : dict of str to ndarray
        Parameters of the program where it ended.
    end : End
    """

    fitted: Any
    values: dict[str, Array]
    end: End


def prepare(
    stated: Problem, options: MapOptions, exe_file: Path | None, data_file: Path
) -> Prepared:
    """Settle starts and settings; parameters are as in `Method.prepare`."""
    return Prepared(stated.starts(), climb_settings(options.iterations, jacobian=False))


def climb_settings(iterations: int, jacobian: bool) -> tuple[Setting, ...]:
    """Return the settings of L-BFGS.

    Parameters
    ----------
    iterations : int
        At most so many steps.
    jacobian : bool
        Whether the density is that of the unconstrained parameters.
    """
    return (
        Setting("method", "optimize"),
        Setting("algorithm", "lbfgs", "algorithm"),
        *(Setting(name, value, name) for name, value in TOLERANCES.items()),
        Setting("jacobian", jacobian, "jacobian"),
        Setting("iter", iterations, "iter"),
    )


def run(
    stated: Problem,
    options: MapOptions,
    prepared: Prepared,
    exe_file: Path,
    data_file: Path,
    folder: Path,
) -> Output:
    """Climb from each start and return the highest mode, as one chain of one draw.

    Parameters are as in `Method.run`.

    Raises
    ------
    InferenceError
        If no optimisation came to an end.
    """
    began = time.perf_counter()
    ended, failed = climb(stated, options, prepared, exe_file, data_file, folder)
    return _output(ended, failed, time.perf_counter() - began)


def read(stated: Problem, options: MapOptions, runs: Sequence[RunFiles]) -> Output:
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
    stated: Problem,
    options: Options,
    prepared: Prepared,
    exe_file: Path,
    data_file: Path,
    folder: Path,
) -> tuple[dict[int, Climb], dict[int, str]]:
    """Climb to a mode from each start, and measure what is left to gain there.

    Parameters are as in `Method.run`.

    Returns
    -------
    ended : dict of int to Climb
    failed : dict of int to str
        As in `restarts.each`.
    """
    model: Any = stan.executable(exe_file)
    told = keywords(prepared.settings)

    def one(own: Path, seed: int, start: str | None) -> Climb:
        fitted = model.optimize(
            data=str(data_file),
            seed=seed,
            inits=start,
            **told,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
            require_converged=False,
        )
        return _climb(of_fit(fitted)[0], fitted)

    ended, failed = restarts.each(one, exe_file, prepared.starts, options, folder)
    space = Space(stated.program, stated.data)
    return _measured(ended, exe_file, data_file, space, told["jacobian"]), failed


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
        return _climb(files)

    return restarts.read(one, runs, lambda said: ends.NORMAL in said or ends.STUCK in said)


def _climb(files: RunFiles, fitted: Any = None) -> Climb:
    table = stan_csv.read(files.csv)
    height = float(table.statistics["lp__"][-1])
    if not np.isfinite(height):
        raise ValueError("the log density is not finite at the end")
    values = {name: rows[-1] for name, rows in table.variables.items()}
    return Climb(fitted, values, End.told_by(files.said(), height))


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
