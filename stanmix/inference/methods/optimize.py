"""Modes of the posterior, by L-BFGS from several starts."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stanmix.errors import InferenceError
from stanmix.inference.engines.engine import Engine, LogDensity
from stanmix.inference.options import MapOptions, Options
from stanmix.inference.problem import Problem
from stanmix.inference.runs import climbs, ends
from stanmix.inference.runs.climbs import Climb
from stanmix.inference.runs.output import Array, Output, Runs
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.settings import Prepared, Setting, values
from stanmix.inference.unconstrained.space import Space

__all__ = ["climb", "climb_settings", "compared", "prepare", "read", "run"]

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


def prepare(
    stated: Problem, options: MapOptions, engine: Engine | None, data_file: Path
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
    engine: Engine,
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
    ended, failed = climb(stated, options, prepared, engine, data_file, folder)
    return _output(ended, failed, time.perf_counter() - began)


def read(stated: Problem, options: MapOptions, runs: Sequence[RunFiles]) -> Output:
    """Read the modes that earlier runs left, as `run` returns the highest of them.

    Raises
    ------
    OutputError
        As `runs.climbs.read`.
    """
    return _output(*climbs.read(runs), float("nan"))


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
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> tuple[dict[int, Climb], dict[int, str]]:
    """Climb to a mode from each start, and measure what is left to gain there.

    Parameters are as in `Method.run`.

    Returns
    -------
    ended : dict of int to Climb
    failed : dict of int to str
        As in `several.each`.
    """
    ended, failed = engine.climb(stated, options, prepared, data_file, folder)
    space = Space(stated.program, stated.data, engine.stan_version)
    points = {number: space.free(climb.values) for number, climb in ended.items()}
    jacobian = bool(int(values(prepared.settings)["jacobian"]))
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        target = engine.log_density(space, data_file, Path(scratch), jacobian)
        return _measured(ended, points, target), failed


def _measured(
    ended: Mapping[int, Climb], points: Mapping[int, Array], target: LogDensity
) -> dict[int, Climb]:
    """Return climbs with what is left to gain where they ended, where that can be measured."""
    inside = {number: point for number, point in points.items() if np.isfinite(point).all()}
    D = len(next(iter(points.values())))
    if not inside or D == 0 or len(inside) * (2 * D + 1) * D > MOST_MEASURED:
        return dict(ended)
    try:
        there, found = ends.gains(target, np.stack(list(inside.values())))
    except InferenceError:
        return dict(ended)
    result = dict(ended)
    for number, height, gain in zip(inside, there, found, strict=True):
        end = ended[number].end
        # Values next to a boundary may not lead back to the point that they came from.
        if abs(height - end.height) < 1e-6 * (1 + abs(end.height)):
            measured = dataclasses.replace(end, gain=float(gain))
            result[number] = dataclasses.replace(ended[number], end=measured)
    return result


def compared(ended: Mapping[int, Climb]) -> Runs:
    """Return the figures of several climbs."""
    all_ended = list(ended.values())
    return Runs(
        objective="lp",
        numbers=tuple(ended),
        kept=max(ended, key=lambda number: ended[number].end.height),
        heights=np.array([climb.end.height for climb in all_ended]),
        ends=tuple(climb.end for climb in all_ended),
        means={
            name: np.stack([climb.values[name] for climb in all_ended])
            for name in all_ended[0].values
        },
    )
