"""Inference: from a mixture and data to a `Fit`, through Stan."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stanmix import cmdstan, design, program, standata
from stanmix.inference import (
    advi,
    explore,
    laplace,
    nuts,
    optimize,
    pathfinder,
    stan,
    starts,
    threads,
    warmup,
)
from stanmix.inference.commands import commands
from stanmix.inference.given_starts import given_starts
from stanmix.inference.options import (
    AdviOptions,
    LaplaceOptions,
    MapOptions,
    NutsOptions,
    Options,
    PathfinderOptions,
    read,
)
from stanmix.inference.output import Output
from stanmix.inference.run_files import RunFiles
from stanmix.inference.unconstrained import Space
from stanmix.units import log_unit

if TYPE_CHECKING:
    from stanmix.fit import Fit
    from stanmix.mixture import Mixture

__all__ = ["Problem", "build", "explores", "fit", "output_of", "problem", "starts_of"]


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
    structure : Structure
        Of the Stan program.
    """

    model: Mixture
    design: design.Design
    options: Options
    data: dict[str, Any]
    structure: program.Structure

    @property
    def source(self) -> str:
        """The Stan program."""
        return program.render_structure(self.structure)

    @property
    def threads(self) -> int:
        """Threads of each run of the program."""
        return threads.for_each_run(self.options, self.structure, self.data)

    def starts(self) -> Sequence[Mapping[str, Any]] | None:
        """Return starting points, one a process, or None for Stan's own."""
        chosen = self.options.starts
        if chosen == "random":
            return None
        if chosen == "data":
            to_modes = isinstance(self.options, MapOptions | LaplaceOptions)
            find = starts.mode_starts if to_modes else starts.chain_starts
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
    data = standata.standata(model, matrices)
    stated = Problem(model, matrices, checked, data, program.structure(model, checked.kernel))
    if not isinstance(checked.starts, str):
        stated.starts()  # refuses what cannot be started from, before anything is compiled
    return stated


def build(stated: Problem) -> cmdstan.Program:
    """Compile the program of a problem, or take it from the cache."""
    chosen = stated.options
    return cmdstan.build(
        stated.source,
        name=stated.structure.name,
        user_header=program.user_header(stated.structure),
        threads=stated.threads > 1,
        cmdstan=cmdstan.require(chosen.cmdstan, progress=chosen.progress),
        progress=chosen.progress,
    )


def fit(model: Mixture, frame: Any, method: str, options: Mapping[str, Any]) -> Fit:
    """Fit a mixture to data; see `stanmix.Mixture.fit`."""
    from stanmix import convert, provenance
    from stanmix.fit import Fit

    stated = problem(model, frame, method, options)
    chosen = stated.options
    convert.arviz()  # which holds the draws: if it cannot be imported, none are made
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
            begin_at, arguments = starts_of(stated, built.exe_file, data_file), chosen.arguments()
            attributes["start_seconds"] = time.perf_counter() - began
            output = _run(stated, built.exe_file, data_file, begin_at, folder)
        ran = commands(stated.structure.name, chosen, arguments, begin_at is not None)
        made_by = provenance.record(stated, ran, folder, decisions, built)
    attributes |= made_by.attributes(stated.source)
    idata = convert.inference_data(model, stated.design, output, attributes)
    return Fit(model, stated.design, idata).named()


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
        return explore.spread_starts(stated, exe_file, data_file, Path(scratch))


def explores(options: Options) -> bool:
    """Return whether starts are found by a look at the posterior, with the compiled program."""
    to_modes = isinstance(options, MapOptions | LaplaceOptions)
    return options.starts == "data" and not to_modes


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
    space = Space(stated.structure, stated.data)
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
        One for each of the commands (`stanmix.inference.commands`), in their order.

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
        return laplace.read(runs, options, Space(stated.structure, stated.data).size)
    assert isinstance(options, MapOptions)  # `read` makes no other
    return optimize.read(runs)
