"""The normal approximation at the mode, on Stan's unconstrained scale (Laplace)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.errors import InferenceError, OutputError
from stanmix.inference.engines.cmdstan import executable
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration.look import starts_of
from stanmix.inference.methods import optimize
from stanmix.inference.methods.correction import corrected
from stanmix.inference.options import LaplaceOptions
from stanmix.inference.problem import Problem
from stanmix.inference.runs import children, climbs, stan, stan_csv
from stanmix.inference.runs.climbs import Climb
from stanmix.inference.runs.commands import MODE
from stanmix.inference.runs.ends import End
from stanmix.inference.runs.output import Array, Output
from stanmix.inference.runs.run_files import RunFiles, of_fit
from stanmix.inference.settings import Prepared, Setting, keywords
from stanmix.inference.unconstrained.space import free_size

__all__ = ["prepare", "read", "run"]

STATISTICS = {"log_p__": "log_p", "log_q__": "log_g"}


def prepare(
    stated: Problem, options: LaplaceOptions, engine: Engine | None, data_file: Path
) -> Prepared:
    """Settle starts and settings; parameters are as in `Method.prepare`."""
    starts, decided = starts_of(stated, engine, data_file)
    return Prepared(
        starts,
        optimize.climb_settings(options.iterations, jacobian=True),
        last=(
            Setting("method", "laplace"),
            Setting("jacobian", True, "jacobian"),
            Setting("draws", options.draws, "draws"),
        ),
        decided=decided,
    )


def run(
    stated: Problem,
    options: LaplaceOptions,
    prepared: Prepared,
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> Output:
    """Climb to a mode from each start, and draw from the approximation at the highest.

    Parameters are as in `Method.run`.

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
    ended, failed = optimize.climb(stated, options, prepared, engine, data_file, folder)
    mode = ended[optimize.compared(ended).kept].fitted
    exe_file = executable(engine)
    own = folder / "laplace"
    own.mkdir(exist_ok=True)
    model: Any = stan.executable(exe_file)
    with stan.quiet(), children.ended_with_us(exe_file, folder):
        try:
            fitted = model.laplace_sample(
                data=str(data_file),
                mode=mode,
                **keywords(prepared.last),
                seed=options.seed,
                output_dir=str(own),
                sig_figs=stan.DIGITS,
            )
            draws, stats = _draws(of_fit(fitted)[0])
        except (RuntimeError, ValueError) as error:
            raise InferenceError(
                f"The Laplace approximation failed. Stan said:\n{error}"
            ) from error
    made = _output(ended, failed, draws, stats, _size(stated), time.perf_counter() - began)
    return corrected(made, options)


def read(stated: Problem, options: LaplaceOptions, runs: Sequence[RunFiles]) -> Output:
    """Read what earlier climbs, and the approximation at the highest mode, left.

    Parameters
    ----------
    stated : Problem
    options : LaplaceOptions
    runs : sequence of RunFiles
        Those of the climbs, and that of the approximation last.

    Raises
    ------
    OutputError
        If no climb or the approximation did not end, or a file is not whole.
    """
    *files_of_climbs, files = runs
    ended, failed = climbs.read(files_of_climbs)
    highest = files_of_climbs[optimize.compared(ended).kept - 1].csv
    mode = files.csv.parent / Path(MODE).name
    if not mode.is_file() or mode.read_bytes() != highest.read_bytes():
        raise OutputError(
            f"{mode} is not {highest.name}, the highest of the modes, at which the approximation "
            "is to be made. Run run.sh again."
        )
    draws, stats = _read_draws(files)
    files.check_draws(len(stats["log_g"]), options.draws)
    made = _output(ended, failed, draws, stats, _size(stated), float("nan"))
    return corrected(made, options)


def _size(stated: Problem) -> int:
    """Return the number of unconstrained parameters."""
    return sum(free_size(variable, stated.data) for variable in stated.program.variables)


def _read_draws(files: RunFiles) -> tuple[dict[str, Array], dict[str, Array]]:
    again = f"Stan said:\n{files.last_words()}\nRun run.sh again, or export with other options."
    if not files.ends_whole:
        raise OutputError(f"{files.csv} is missing or not whole. {again}")
    try:
        return _draws(files)
    except (OSError, ValueError) as error:
        raise OutputError(f"{files.csv} cannot be read: {error}. {again}") from error


def _draws(files: RunFiles) -> tuple[dict[str, Array], dict[str, Array]]:
    table = stan_csv.read(files.csv)
    return table.variables, {name: table.statistics[column] for column, name in STATISTICS.items()}


def _output(
    ended: Mapping[int, Climb],
    failed: dict[int, str],
    draws: Mapping[str, Array],
    stats: Mapping[str, Array],
    size: int,
    seconds: float,
) -> Output:
    runs = optimize.compared(ended)
    _check_curvature(stats["log_g"], size, ended[runs.kept].end)
    return Output(
        {name: values[None] for name, values in draws.items()},
        {name: values[None] for name, values in stats.items()},
        (1,),
        failed=failed,
        converged=ended[runs.kept].end.at_mode,
        seconds=seconds,
        runs=runs,
    )


def _check_curvature(log_g: Array, size: int, end: End) -> None:
    """Refuse draws that Stan made from a curvature which is not that of a maximum.

    Stan does not look whether its factorisation of the Hessian succeeded. If it did, -2 log g is
    a sum of `size` squared standard normals.
    """
    error = np.sqrt(2 * size / len(log_g))
    if not abs(np.mean(-2 * log_g) - size) < 6 * error:
        if end.how == "iterations":
            raise InferenceError(
                "The Laplace approximation failed: the climb to the mode ran out of iterations "
                f"after {end.iterations}, where the log density does not curve downwards in all "
                "directions. Raise iterations."
            )
        raise InferenceError(
            "The Laplace approximation failed: the log density does not curve downwards in all "
            "directions at the highest mode that was found, so there is no normal distribution "
            "that goes with it. A component may be empty, or have collapsed onto a few rows. Use "
            "fewer components, or stronger priors, or method='nuts'."
        )
