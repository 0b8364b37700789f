"""From an exported folder that CmdStan alone has run back to a `Fit`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stanmix import arguments, containers, integrity
from stanmix.arguments import checked
from stanmix.cmdstan.processor import instructions
from stanmix.data import columns
from stanmix.errors import InputError, OutputError
from stanmix.fit import Fit
from stanmix.inference.method import method_of
from stanmix.inference.problem import problem
from stanmix.inference.runs.run_files import RunFiles, of_command
from stanmix.mixture import Mixture
from stanmix.model.checks import CONTEXT
from stanmix.posterior import inference_data
from stanmix.runs.record import Provenance
from stanmix.runs.write import COLUMNS, PROCESSOR

__all__ = ["load", "read"]


@checked(folder=arguments.Path(), context=CONTEXT)
def read(folder: str | Path, context: Mapping[str, Callable[..., Any]] | None = None) -> Fit:
    """Read what the run script of an exported folder made. Nothing in the folder is run.

    Parameters
    ----------
    folder : path
        That `stanmix.Mixture.export` wrote, after its ``run.sh``.
    context : mapping of str to callable, optional
        The functions of the user's that formulas of the mixture call: they are not in the folder.

    Returns
    -------
    Fit
        The one that `stanmix.Mixture.fit` gives with the same data and options, to the last
        digit. Chains that did not finish are left out and named in ``failed_chains``.

    Raises
    ------
    InputError
        If `folder` is no path, or `context` is no mapping of names to functions.
    OutputError
        If the folder is no export, its files were changed, it has not been run, or the output
        was cut short, is that of another run or holds what is not a number; or a formula calls a
        function that is not in `context`.
    """
    source = Path(folder)
    made_by = Provenance.read(source)
    made_by.check_files(source)
    runs = [of_command(command, source) for command in made_by.commands]
    for command, files in zip(made_by.commands, runs, strict=True):
        if files.csv.is_file() and files.csv.stat().st_size:
            files.check_made_by(command, made_by.program)
        elif not files.console.is_file():
            raise OutputError(
                f"{files.csv} is missing. Run the folder first: CMDSTAN=/path/to/cmdstan sh "
                f"{source / 'run.sh'}"
            )
    frame = columns.load(source / COLUMNS)
    # The program is that of the engine which the folder was made for; it is not run.
    options = {"engine": "cmdstan", **made_by.settled}
    try:
        model = Mixture.from_dict(made_by.model, context)
        stated = problem(model, frame, made_by.method, options, lambda _: False)
    except InputError as error:
        raise OutputError(f"{source} states what cannot be read: {error}") from error
    output = method_of(stated.options).read(stated, stated.options, runs)
    made_by = dataclasses.replace(
        made_by, environment={**made_by.environment, **_ran_on(source, runs)}
    )
    program = (source / f"{made_by.program}.stan").read_text(encoding="utf-8")
    attributes = {
        **made_by.attributes(program),
        "engine": "cmdstan",
        "toolchain": f"CmdStan {made_by.environment['CmdStan']}, compiler not known",
    }
    idata = inference_data.inference_data(model, stated.observed, output, attributes)
    try:
        integrity.check_draws(
            inference_data.sizes(model, stated.observed),
            containers.group(idata, "posterior"),
            containers.group(idata, "observed_data"),
            stated.observed.y,
        )
    except OutputError as error:
        raise OutputError(f"{source}: {error}.") from error
    return Fit(model, stated.observed, idata).named()


@checked(path=arguments.Path(), context=CONTEXT)
def load(path: str | Path, context: Mapping[str, Callable[..., Any]] | None = None) -> Fit:
    """Read a fit that `Fit.save` wrote. Nothing in the file is run.

    Parameters
    ----------
    path : path
    context : mapping of str to callable, optional
        The functions of the user's that formulas of the mixture call: they are not in the file.

    Raises
    ------
    InputError
        If `path` is no path, or `context` is no mapping of names to functions.
    OutputError
        If the file cannot be read, holds no fit of stanmix, or has changed since it was saved; or
        a formula calls a function that is not in `context`.
    """
    idata = inference_data.load(path)
    try:
        model = Mixture.from_dict(json.loads(idata.attrs["model"]), context)
        matrices = model.matrices(inference_data.frame_of(idata))
        integrity.check_draws(
            inference_data.sizes(model, matrices),
            containers.group(idata, "posterior"),
            containers.group(idata, "observed_data"),
            matrices.y,
        )
        json.loads(idata.attrs["failed_chains"])
    except (ValueError, KeyError, TypeError, OutputError) as error:
        raise OutputError(f"{path} holds no whole fit of stanmix: {error}") from error
    return Fit(model, matrices, idata)


def _ran_on(source: Path, runs: Sequence[RunFiles]) -> dict[str, str]:
    """Return what the output says of the software and the processor that made it."""
    header = dict(next(files.header() for files in runs if files.csv.is_file()))
    parts = (header.get(f"stan_version_{part}", "?") for part in ("major", "minor", "patch"))
    found = {"CmdStan": ".".join(parts)}
    processor = source / PROCESSOR
    if processor.is_file():
        found["instructions"] = instructions(processor.read_text())
    return found
