"""The files that runs of a program leave behind, and whether they are whole and their own."""

from __future__ import annotations

import math
import re
import signal as signals
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stanmix.errors import OutputError
from stanmix.inference.runs import stan_csv
from stanmix.inference.runs.commands import settings

__all__ = ["RunFiles", "killed", "of_command", "of_fit", "of_folder"]

# Settings that say how a run writes, and not what.
_MANNER = {"refresh", "diagnostic_file"}
_CONSOLE = "_0-stdout.txt"  # how cmdstanpy ends the name of what a run said
_VERSION = ("major", "minor", "patch")
_TRUTH = {"true": "1", "false": "0"}
# What every run says: settings under their headings, progress, and times.
_PROGRESS = re.compile(
    r"\w+( = .*)?$|Iteration:|Gradient evaluation took|1000 transitions|Adjust your expectations"
)


@dataclass(frozen=True)
class RunFiles:
    """The files of one run.

    Attributes
    ----------
    csv : Path
        Draws or estimates.
    console : Path
        What the run said.
    diagnostic : Path, optional
        The trace of the ELBO.
    """

    csv: Path
    console: Path
    diagnostic: Path | None = None

    def said(self) -> str:
        """Return all that the run said on its console."""
        return self.console.read_text(errors="replace") if self.console.is_file() else ""

    def last_words(self, most: int = 10, signal: int = 0) -> str:
        """Return the last lines of what a failed run said, without settings, progress and times.

        Parameters
        ----------
        most : int
            Lines.
        signal : int
            That ended the run, where it is known. A run that said nothing else was killed, too.
        """
        lines = [line.strip() for line in self.said().splitlines()]
        words = [line for line in lines if line and not _PROGRESS.match(line)]
        if signal or (any(lines) and not words):
            return killed(signal)
        return "\n".join(words[-most:])

    @property
    def ends_whole(self) -> bool:
        """Whether the last line of the draws was written to its end."""
        if not self.csv.is_file() or not self.csv.stat().st_size:
            return False
        with self.csv.open("rb") as file:
            file.seek(-1, 2)
            return file.read() == b"\n"

    def fault(self) -> str:
        """Return what keeps the draws from being read; empty if nothing does."""
        try:
            there = len(stan_csv.read(self.csv))
            expected = self._draws_of_chain()
        except (OSError, ValueError) as error:
            return f"its output cannot be read: {error}"
        if expected not in (None, there):
            return f"its output cannot be read: it holds {there} draws of {expected}"
        return ""

    def _draws_of_chain(self) -> int | None:
        """Return how many draws a chain was told to keep; None if this is no chain's output."""
        told = dict(self.header())
        if told.get("method") != "sample":
            return None
        saved = _TRUTH.get(told.get("save_warmup", ""), told.get("save_warmup")) == "1"
        kept = ("num_samples", "num_warmup") if saved else ("num_samples",)
        if missing := [name for name in (*kept, "thin") if name not in told]:
            raise ValueError(f"its settings lack {missing[0]}")
        return sum(math.ceil(int(told[name]) / int(told["thin"])) for name in kept)

    def check_draws(self, there: int, expected: int) -> None:
        """Refuse another number of draws than was asked for.

        Raises
        ------
        OutputError
        """
        if there != expected:
            raise OutputError(
                f"{self.csv} is not whole: it holds {there} draws of {expected}. Run run.sh again."
            )

    def header(self) -> list[tuple[str, str]]:
        """Return the settings that the draws begin with, as names and values."""
        found = []
        with self.csv.open(errors="replace") as file:
            for line in file:
                if not line.startswith("#"):
                    break
                name, is_setting, value = line[1:].partition("=")
                if is_setting:
                    found.append((name.strip(), value.replace("(Default)", "").strip()))
        return found

    @property
    def stan_version(self) -> tuple[int, ...]:
        """Version of the Stan that wrote the draws.

        Raises
        ------
        ValueError
            If they do not say.
        """
        header = dict(self.header())
        try:
            return tuple(int(header[f"stan_version_{part}"]) for part in _VERSION)
        except KeyError as error:
            raise ValueError(f"it does not say {error}") from error

    def check_made_by(self, command: Sequence[str], name: str) -> None:
        """Refuse draws that another program made, or other settings.

        Parameters
        ----------
        command : sequence of str
            What should have made them.
        name : str
            Of the program.

        Raises
        ------
        OutputError
        """
        header = self.header()
        there: dict[str, list[str]] = {}
        for key, value in header:
            there.setdefault(key, []).append(value)
        if "model" not in there:
            raise OutputError(
                f"{self.csv} is no output of CmdStan: it does not begin with the settings of a "
                "run. Remove it and run run.sh again."
            )
        expected = [("model", f"{name}_model")]
        expected += [(key, value) for _, key, value in settings(command) if key not in _MANNER]
        for key, value in expected:
            if key in there and not any(_equal(value, other) for other in there[key]):
                raise OutputError(
                    f"{self.csv} is the output of another run: it has {key} = "
                    f"{' and '.join(there[key])}, but this folder's commands say {value}. Run "
                    "run.sh again, or export again with the options that you want."
                )


def killed(number: int = 0) -> str:
    """Return in one line that a run was killed, by the signal of a number where it is known."""
    by = ""
    if number:
        names = {signal.value: signal.name for signal in signals.Signals}
        by = f" by {names.get(number, 'signal')} (signal {number})"
    return (
        f"nothing of an end: its process was killed{by}. Where nobody did it, the system did, "
        "mostly because memory ran out: close other programs, or run fewer chains at a time."
    )


def of_command(command: Sequence[str], folder: Path) -> RunFiles:
    """Return the files that a command writes when it runs in a folder.

    The console goes beside the draws, as ``.txt`` (see `stanmix.runs.write`).
    """
    named = {name: value for under, name, value in settings(command) if under == "output"}
    csv = folder / named["file"]
    diagnostic = named.get("diagnostic_file")
    return RunFiles(csv, csv.with_suffix(".txt"), folder / diagnostic if diagnostic else None)


def of_fit(fitted: Any) -> list[RunFiles]:
    """Return the files that cmdstanpy's runs have left, in the order of their chains.

    They are named by the fit itself, and by its ``runset`` in versions before 2.0.
    """
    files = vars(fitted).get("runset") or vars(fitted).get("_runset") or fitted
    if hasattr(files, "csv_files"):
        pairs = list(zip(files.csv_files, files.stdout_files, strict=True))
    else:
        pairs = [(files.csv_file, files.stdout_file)]
    found = [RunFiles(Path(csv), Path(console)) for csv, console in pairs]
    return [replace(one, diagnostic=_diagnostic(one)) for one in found]


def of_folder(folder: Path) -> RunFiles:
    """Return the files that the last run of cmdstanpy's has left in a folder of its own."""
    *_, console = sorted(folder.glob(f"*{_CONSOLE}"))
    files = RunFiles(console.with_name(console.name.removesuffix(_CONSOLE) + ".csv"), console)
    return replace(files, diagnostic=_diagnostic(files))


def _diagnostic(files: RunFiles) -> Path | None:
    name = dict(files.header()).get("diagnostic_file")
    return Path(name) if name else None


def _equal(stated: str, written: str) -> bool:
    """Whether two texts are one value; Stan writes numbers and truth values in its own way."""
    stated, written = _TRUTH.get(stated, stated), _TRUTH.get(written, written)
    try:
        return stated == written or math.isclose(float(stated), float(written), rel_tol=1e-5)
    except ValueError:
        return False
