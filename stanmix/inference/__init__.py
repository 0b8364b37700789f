"""Inference: from a mixture and data to a `Fit`, through Stan."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stanmix import cmdstan, containers
from stanmix.data import design
from stanmix.inference import warmup
from stanmix.inference.exploration.unconstrained import Space
from stanmix.inference.methods import advi, laplace, nuts, optimize, pathfinder
from stanmix.inference.options import (
    AdviOptions,
    LaplaceOptions,
    MapOptions,
    NutsOptions,
    Options,
    PathfinderOptions,
    read,
)
from stanmix.inference.runs import stan, threads
from stanmix.inference.runs.commands import commands
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.starts.given import given_starts
from stanmix.inference.starts.multistart import chain_starts, mode_starts
from stanmix.program.render import render, user_header
from stanmix.program.data import standata
from stanmix.program.lower import Program, lower
from stanmix.program.units import log_unit

if TYPE_CHECKING:
    from stanmix.fit import Fit
    from stanmix.mixture import Mixture

__all__ = ["Problem", "build", "fit", "output_of", "problem"]


@dataclass(frozen=True)
class Problem:
    """All that is settled before anything is compiled.

    Attributes
    ----------
    model : Mixture
    design : Design
    options : Options
    data : dict
        The Stan data.
    program : Program
        The plan of the Stan program.
    """

    model: Mixture
    design: design.Design
    options: Options
    data: dict[str, Any]
    program: Program

    @property
    def source(self) -> str:
        """The Stan program."""
        return render(self.program)

    @property
    def threads(self) -> int:
        """Threads of each run of the program."""
        return threads.for_each_run(self.options, self.program, self.data)

    def starts(self) -> Sequence[Mapping[str, Any]] | None:
        """Return starting points, one a process, or None for Stan's own."""
        chosen = self.options.starts
        if chosen == "random":
            return None
        if chosen == "data":
            to_modes = isinstance(self.options, MapOptions | LaplaceOptions)
            find = mode_starts if to_modes else chain_starts
            return find(self.model, self.design, self.options.processes, self.options.seed)
        assert not isinstance(chosen, str)
        return given_starts(self.model, self.design, self.data, chosen)


def problem(model: Mixture, frame: Any, method: str, options: Mapping[str, Any]) -> Problem:
    """Check a mixture, data and options, and bring them together.

    Raises
    ------
    InputError
        If the method, an option, the data, or their combination cannot be used.
    """
    checked = read(method, options)
    matrices = model.matrices(frame)
    data = standata(model, matrices)
    stated = Problem(model, matrices, checked, data, lower(model, checked.kernel))
    if not isinstance(checked.starts, str):
        stated.starts()  # refuses what cannot be started from, before anything is compiled
    return stated


def build(stated: Problem) -> cmdstan.Program:
    """Compile the program of a problem, or take it from the cache."""
    chosen = stated.options
    return cmdstan.build(
        stated.source,
        name=stated.program.name,
        user_header=user_header(stated.program),
        threads=stated.threads > 1,
        cmdstan=cmdstan.require(chosen.cmdstan, progress=chosen.progress),
        progress=chosen.progress,
    )


def fit(model: Mixture, frame: Any, method: str, options: Mapping[str, Any]) -> Fit:
    """Fit a mixture to data; see `stanmix.Mixture.fit`."""
    from stanmix.fit import Fit
    from stanmix.posterior import inference_data
    from stanmix.runs import record

    stated = problem(model, frame, method, options)
    chosen = stated.options
    containers.arviz()  # which holds the draws: if it cannot be imported, none are made
    built = build(stated)
    attributes: dict[str, Any] = {
        "toolchain": f"CmdStan {built.cmdstan_version}, {built.compiler}",
        "program_key": built.key,
        "compile_seconds": built.seconds if built.built else 0.0,
    }
    decisions: dict[str, Any] = {}
    with stan.folder(chosen.output_dir) as folder, threads.environment(stated.threads):
        data_file = stan.write_json(folder / "data.json", stated.data)
        began = time.perf_counter()
        if isinstance(chosen, NutsOptions):
            with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
                plan = warmup.plan(stated, built.exe_file, data_file, Path(scratch))
            decisions = plan.described()
            begin_at, arguments = plan.starts, nuts.arguments(chosen, plan)
            attributes["start_seconds"] = time.perf_counter() - began
            output = nuts.run(built.exe_file, data_file, plan, chosen, folder, stated.threads)
        else:
            begin_at, arguments = stated.starts(), chosen.arguments()
            attributes["start_seconds"] = time.perf_counter() - began
            output = _run(stated, built.exe_file, data_file, begin_at, folder)
        ran = commands(stated.program.name, chosen, arguments, begin_at is not None)
        made_by = record.record(stated, ran, folder, decisions, built)
    attributes |= made_by.attributes(stated.source)
    idata = inference_data.inference_data(model, stated.design, output, attributes)
    return Fit(model, stated.design, idata).named()


def _run(
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
