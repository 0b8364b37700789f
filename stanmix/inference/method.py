"""Which method runs a problem, and reads what its runs left."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stanmix.inference.exploration.explore import spread_starts
from stanmix.inference.exploration.unconstrained import Space
from stanmix.inference.methods import advi, laplace, nuts, optimize, pathfinder
from stanmix.inference.options import (
    AdviOptions,
    LaplaceOptions,
    MapOptions,
    NutsOptions,
    Options,
    PathfinderOptions,
)
from stanmix.inference.problem import Problem
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles
from stanmix.program.units import log_unit

__all__ = ["explores", "output_of", "run", "starts_of"]


def starts_of(
    stated: Problem, exe_file: Path | None, data_file: Path
) -> Sequence[Mapping[str, Any]] | None:
    """Return starting points of a method other than NUTS, one a run, or None for Stan's own.

    Parameters
    ----------
    stated : Problem
    exe_file, data_file : Path
        Compiled program and its data; the program is needed where `explores` says so.
    """
    if not explores(stated.options):
        return stated.starts()
    assert exe_file is not None  # see `explores`
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        return spread_starts(stated, exe_file, data_file, Path(scratch))


def explores(options: Options) -> bool:
    """Return whether starts are found by a look at the posterior, with the compiled program."""
    to_modes = isinstance(options, MapOptions | LaplaceOptions)
    return options.starts == "data" and not to_modes


def run(
    stated: Problem,
    exe_file: Path,
    data_file: Path,
    begin_at: Sequence[Mapping[str, Any]] | None,
    folder: Path,
) -> Output:
    """Run a method that takes starting points and nothing else."""
    options = stated.options
    if isinstance(options, AdviOptions):
        return advi.run(exe_file, data_file, begin_at, options, folder, log_unit(stated.data))
    if isinstance(options, PathfinderOptions):
        return pathfinder.run(exe_file, data_file, begin_at, options, folder, log_unit(stated.data))
    space = Space(stated.program, stated.data)
    if isinstance(options, LaplaceOptions):
        return laplace.run(exe_file, data_file, begin_at, options, folder, space)
    assert isinstance(options, MapOptions)  # `read` makes no other
    return optimize.run(exe_file, data_file, begin_at, options, folder, space)


def output_of(stated: Problem, runs: Sequence[RunFiles]) -> Output:
    """Return what earlier runs of a problem left, as running it returns it.

    Parameters
    ----------
    stated : Problem
    runs : sequence of RunFiles
        One for each of the commands (`stanmix.inference.runs.commands`), in their order.

    Raises
    ------
    OutputError
        If no run ended well, or a file is not whole.
    """
    options = stated.options
    if isinstance(options, NutsOptions):
        return nuts.read(runs, options)
    if isinstance(options, AdviOptions):
        return advi.read(runs, options, log_unit(stated.data))
    if isinstance(options, PathfinderOptions):
        return pathfinder.read(runs, options, log_unit(stated.data))
    if isinstance(options, LaplaceOptions):
        return laplace.read(runs, options, Space(stated.program, stated.data).size)
    assert isinstance(options, MapOptions)  # `read` makes no other
    return optimize.read(runs)
