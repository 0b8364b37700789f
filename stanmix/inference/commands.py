"""The command lines that run a compiled program, relative to the folder of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stanmix.inference import stan
from stanmix.inference.options import MapOptions, NutsOptions, Options

__all__ = ["commands", "inputs", "settings"]

Command = list[str]


def commands(name: str, options: Options, arguments: Sequence[str], starts: bool) -> list[Command]:
    """Return the commands that run a program as `Mixture.fit` does, one a run.

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
    made = []
    for run in range(1, options.processes + 1):
        command = [f"./{name}"]
        if isinstance(options, NutsOptions):
            command.append(f"id={run}")
        seed = options.seed + (run - 1 if isinstance(options, MapOptions) else 0)
        command += ["random", f"seed={seed}", "data", "file=data.json"]
        if starts:
            command.append(f"init=start_{run}.json")
        command += ["output", f"file=output/{name}_{run}.csv"]
        if options.method == "advi":
            command.append(f"diagnostic_file=output/{name}_elbo.csv")
        made.append([*command, "refresh=100", f"sig_figs={stan.DIGITS}", *arguments])
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
