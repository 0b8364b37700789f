"""The command lines that run a compiled program, relative to the folder of its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from stanmix.inference import points
from stanmix.inference.options import Options
from stanmix.inference.runs import stan
from stanmix.inference.settings import Prepared, Setting, words

__all__ = ["MODE", "commands", "inputs", "prepared", "settings"]

MODE = "output/mode.csv"  # the highest mode, from which the Laplace approximation starts

Command = list[str]
_MANNER = ["refresh=100", f"sig_figs={stan.DIGITS}"]


def commands(name: str, options: Options, told: Prepared) -> list[Command]:
    """Return the commands that run a program as `Mixture.fit` does, one a run.

    Where one run follows the others, as the draws of the Laplace approximation do, its command is
    the last: it reads the highest mode that the others found, which is to lie in `MODE`.

    Parameters
    ----------
    name : str
        Of the program.
    options : Options
    told : Prepared
        Where it has starts, each run has one, ``start_1.json`` and so on.
    """
    made = []
    for run in range(1, options.processes + 1):
        command = [f"./{name}"]
        if not options.keeps_best:
            command.append(f"id={run}")
        seed = options.seed + (run - 1 if options.keeps_best else 0)
        command += ["random", f"seed={seed}", "data", "file=data.json"]
        if told.starts is not None:
            command.append(f"init=start_{run}.json")
        found = "mode" if told.last else name
        command += ["output", f"file=output/{found}_{run}.csv"]
        if options.traces:
            command.append(f"diagnostic_file=output/elbo_{run}.csv")
        made.append([*command, *_MANNER, *words(told.settings)])
    if told.last:
        draws = [f"./{name}", "random", f"seed={options.seed}", "data", "file=data.json"]
        draws += ["output", f"file=output/{name}_1.csv", *_MANNER]
        made.append([*draws, *words(told.last), f"mode={MODE}"])
    return made


def settings(command: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what a command sets: the word it stands under (as ``data``), its name, its value."""
    under = ""
    for word in command[1:]:
        name, is_setting, value = word.partition("=")
        if is_setting:
            yield under, name, value
        else:
            under = word


def prepared(commands: Sequence[Sequence[str]], folder: Path) -> Prepared:
    """Return what commands tell their runs, with starts, metric and points of a folder.

    Parameters
    ----------
    commands : sequence of sequences of str
        Of runs that all have the same settings.
    folder : Path
    """
    told = list(settings(commands[0]))
    starts = [
        json.loads((folder / value).read_text(encoding="utf-8"))
        for command in commands
        for _, name, value in settings(command)
        if name == "init"
    ]
    metric = [
        np.array(json.loads((folder / value).read_text(encoding="utf-8"))["inv_metric"])
        for _, name, value in told
        if name == "metric_file"
    ]
    drawn = [
        points.read(folder / value) for _, name, value in told if name == "unconstrained_params"
    ]
    return Prepared(
        starts or None,
        tuple(Setting(name, value) for _, name, value in told),
        metric=metric[0] if metric else None,
        points=drawn[0] if drawn else None,
    )


def inputs(commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the files that commands read, each once."""
    named = [
        value
        for command in commands
        for under, name, value in settings(command)
        if name in ("init", "metric_file", "unconstrained_params")
        or (under, name) == ("data", "file")
    ]
    return list(dict.fromkeys(named))
