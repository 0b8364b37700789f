"""The command lines that run a compiled program, relative to the folder of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stanmix.inference.options import LaplaceOptions, NutsOptions, Options
from stanmix.inference.runs import stan

__all__ = ["MODE", "commands", "inputs", "settings"]

MODE = "output/mode.csv"  # the highest mode, from which the Laplace approximation starts

Command = list[str]
_MANNER = ["refresh=100", f"sig_figs={stan.DIGITS}"]


def commands(name: str, options: Options, arguments: Sequence[str], starts: bool) -> list[Command]:
    """Return the commands that run a program as `Mixture.fit` does, one a run.

    For the Laplace approximation the last command is that of the draws, at the highest mode that
    the others found, which is to lie in `MODE`.

    Parameters
    ----------
    name : str
        Of the program.
    options : Options
    arguments : sequence of str
        Of the method, on the program's command line.
    starts : bool
        Whether each run has a starting point of its own, ``start_1.json`` and so on.
    """
    chains, to_modes = isinstance(options, NutsOptions), isinstance(options, LaplaceOptions)
    made = []
    for run in range(1, options.processes + 1):
        command = [f"./{name}"]
        if chains:
            command.append(f"id={run}")
        seed = options.seed + (0 if chains else run - 1)
        command += ["random", f"seed={seed}", "data", "file=data.json"]
        if starts:
            command.append(f"init=start_{run}.json")
        command += ["output", f"file=output/{f'mode_{run}' if to_modes else f'{name}_{run}'}.csv"]
        if options.method == "advi":
            command.append(f"diagnostic_file=output/elbo_{run}.csv")
        made.append([*command, *_MANNER, *arguments])
    if isinstance(options, LaplaceOptions):
        draws = [f"./{name}", "random", f"seed={options.seed}", "data", "file=data.json"]
        draws += ["output", f"file=output/{name}_1.csv", *_MANNER]
        made.append([*draws, *options.draw_arguments(), f"mode={MODE}"])
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


def inputs(commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the files that commands read, each once."""
    named = [
        value
        for command in commands
        for under, name, value in settings(command)
        if name in ("init", "metric_file") or (under, name) == ("data", "file")
    ]
    return list(dict.fromkeys(named))
