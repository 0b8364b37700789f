"""Run what a folder holds again, and say whether the draws are the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stanmix import arguments, cmdstan
from stanmix.arguments import Flag, OrNone, checked
from stanmix.cmdstan.processor import instructions
from stanmix.data import columns
from stanmix.errors import InferenceError, ToolchainError
from stanmix.fit import Fit
from stanmix.inference import available
from stanmix.inference.engines.stanli import Stanli
from stanmix.inference.method import method_of
from stanmix.inference.problem import problem
from stanmix.inference.runs import commands
from stanmix.mixture import Mixture
from stanmix.model.checks import CONTEXT
from stanmix.posterior import inference_data, relabelling
from stanmix.program import kernels
from stanmix.runs import environment
from stanmix.runs.read import read
from stanmix.runs.record import FILE, Provenance
from stanmix.runs.results import fit_of
from stanmix.runs.write import COLUMNS, SCRIPT

__all__ = ["Rerun", "rerun"]

# What draws depend on when program, data, starts and seed are the same.
_MATTERS = ("CmdStan", "compiler", "stanli", "Stan", "instructions", "system")


@dataclass(frozen=True)
class Rerun:
    """A repeated run beside the first.

    Attributes
    ----------
    fit : Fit
        The repeated one.
    differences : dict of str to float
        The largest absolute difference of each parameter's draws (under the labels of the
        sampler) and of the log density; infinite where shapes or chains differ.
    changed : dict of str to tuple of str
        What of the software and the processor is known to differ: then and now.
    """

    fit: Fit
    differences: dict[str, float]
    changed: dict[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        """Whether all draws are the same to the last bit."""
        return all(difference == 0 for difference in self.differences.values())

    def __str__(self) -> str:
        changes = "; ".join(
            f"{name} was {then}, is {now}" for name, (then, now) in self.changed.items()
        )
        if self.same:
            return "The draws are the same, to the last bit" + (
                f", although {changes}." if changes else "."
            )
        name, most = max(self.differences.items(), key=lambda item: item[1])
        said = (
            f"The draws are not the same: {name} differs by up to {most:.3g}."
            if np.isfinite(most)
            else "The draws are not the same: another number of chains or draws."
        )
        why = changes or (
            "nothing of the recorded software and processor has changed; a compiler or its flags "
            "may have, or a chain failed"
        )
        return f"{said} Likely reason: {why}."


@checked(
    folder=arguments.Path(),
    cmdstan_folder=OrNone(arguments.Path()),
    progress=Flag(),
    context=CONTEXT,
)
def rerun(
    folder: str | Path,
    cmdstan_folder: str | Path | None = None,
    progress: bool = True,
    context: Mapping[str, Callable[..., Any]] | None = None,
) -> Rerun:
    """Run program, data and starts of a folder again, and compare the draws.

    Draws that stanli made are made by it again. Else this runs the folder's own script: look at
    ``run.sh`` in the folder of a stranger first.

    Parameters
    ----------
    folder : path
        That `stanmix.Mixture.export` or ``stanmix fit`` wrote; of an export, after its run
        script. It is left as it is.
    cmdstan_folder : path, optional
        The CmdStan to use; by default the one that `stanmix.cmdstan.require` finds or makes.
    progress : bool
        Show progress bars while compiling.
    context : mapping of str to callable, optional
        As in `stanmix.read`.

    Returns
    -------
    Rerun

    Raises
    ------
    OutputError
        If the folder has no provenance or no draws to compare with, or its files were changed.
    ToolchainError
        If what made the draws is not here: a CmdStan, or stanli.
    InferenceError
        If Stan fails.
    """
    source = Path(folder)
    made_by = Provenance.read(source)
    made_by.check_files(source)
    first = fit_of(source, context)
    if "stanli" in first.provenance().environment:
        again, software = _interpreted(made_by, source, context)
    else:
        again, software = _compiled(made_by, source, cmdstan_folder, progress, context)
    now = {**environment.versions(), **software, "instructions": instructions()}
    then = first.provenance().environment
    changed = {
        item: (then[item], now[item])
        for item in _MATTERS
        if item in then and then[item] != now[item]
    }
    return Rerun(again, _differences(first, again), changed)


def _interpreted(
    made_by: Provenance, source: Path, context: Mapping[str, Callable[..., Any]] | None
) -> tuple[Fit, dict[str, str]]:
    """Have stanli run what lies in the folder; return the fit, and what ran it."""
    if absent := available.stanli_missing():
        raise ToolchainError(f"The draws in {source} were made by stanli. {absent}")
    model = Mixture.from_dict(made_by.model, context)
    # Starts, metric and points lie in their files, and nothing is left to explore.
    frame = columns.load(source / COLUMNS)
    stated = problem(model, frame, made_by.method, made_by.settled, lambda _: False)
    program = (source / f"{made_by.program}.stan").read_text(encoding="utf-8")
    engine = Stanli(program)
    told = commands.prepared(made_by.commands, source)
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        output = method_of(stated.options).run(
            stated, stated.options, told, engine, source / "data.json", Path(scratch)
        )
    attributes = {**engine.attributes, **made_by.attributes(program)}
    idata = inference_data.inference_data(model, stated.observed, output, attributes)
    return Fit(model, stated.observed, idata).named(), engine.software


def _compiled(
    made_by: Provenance,
    source: Path,
    cmdstan_folder: str | Path | None,
    progress: bool,
    context: Mapping[str, Callable[..., Any]] | None,
) -> tuple[Fit, dict[str, str]]:
    """Run the folder's script with a CmdStan; return the fit, and what ran it."""
    toolchain = cmdstan.require(cmdstan_folder, progress=progress)
    built = _build(made_by, source, toolchain, progress)
    with tempfile.TemporaryDirectory(prefix="stanmix-") as name:
        copy = Path(name)
        for file in (*made_by.hashes, FILE):
            shutil.copyfile(source / file, copy / file)
        # Compiled already, by way of the cache: the script compiles no program that is there.
        shutil.copy(built.exe_file, copy / made_by.program)
        _run(copy, toolchain)
        again = read(copy, context)
    return again, {"CmdStan": built.cmdstan_version, "compiler": built.compiler}


def _build(made_by: Provenance, source: Path, toolchain: Path, progress: bool) -> cmdstan.Program:
    """Compile the program that lies in the folder, or take it from the cache."""
    header = source / kernels.HEADER if kernels.HEADER in made_by.hashes else None
    return cmdstan.build(
        (source / f"{made_by.program}.stan").read_text(encoding="utf-8"),
        name=made_by.program,
        user_header=header,
        threads=made_by.options["threads"] > 1,
        cmdstan=toolchain,
        progress=progress,
    )


def _run(copy: Path, toolchain: Path) -> None:
    with _script(copy, toolchain) as script:
        _, words = script.communicate()
    # A chain that fails is left out by `read`, which refuses only where none is left.
    if script.returncode and not any((copy / "output").glob("*.csv")):
        raise InferenceError(f"Running the folder again failed: {words.strip()}")


@contextmanager
def _script(copy: Path, toolchain: Path) -> Iterator[Any]:
    """Start the run script; end it, and by it what it has started, if the block does not."""
    script = subprocess.Popen(
        ["sh", str(copy / SCRIPT)],
        env={**os.environ, "CMDSTAN": str(toolchain)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield script
    finally:
        if script.poll() is None:
            script.terminate()
            script.wait()


def _differences(first: Fit, again: Fit) -> dict[str, float]:
    before, after = relabelling.as_sampled(first), relabelling.as_sampled(again)
    pairs = {name: (before[name], after[name]) for name in before.data_vars}
    stats = first.sample_stats, again.sample_stats
    pairs |= {
        name: (stats[0][name], stats[1][name]) for name in ("lp", "log_p") if name in stats[0]
    }
    return {str(name): _difference(*pair) for name, pair in pairs.items()}


def _difference(before: Any, after: Any) -> float:
    """Return the largest absolute difference; equal bits, NaN among them, do not differ."""
    if before.shape != after.shape or not np.array_equal(before["chain"], after["chain"]):
        return float("inf")
    x, y = before.to_numpy(), after.to_numpy()
    if np.array_equal(x, y, equal_nan=True):
        return 0.0
    gaps = np.abs(x - y)
    return float(np.nanmax(gaps)) if np.isfinite(gaps).any() else float("inf")
