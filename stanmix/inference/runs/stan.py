"""Running a compiled program through cmdstanpy: quietly, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np
import orjson

from stanmix import paths
from stanmix.errors import InputError

__all__ = [
    "bars_move",
    "cores",
    "executable",
    "exit_codes",
    "folder",
    "quiet",
    "write_json",
    "write_starts",
]

# Draws are written with all digits of a double, so that nothing is lost between Stan and Python.
DIGITS = 17


def executable(exe_file: Path) -> cmdstanpy.CmdStanModel:
    """Return cmdstanpy's handle on an executable."""
    with quiet():
        return cmdstanpy.CmdStanModel(exe_file=str(exe_file))


class _Log(logging.Filter):
    """Silences cmdstanpy's log, in all threads while any of them wants it, and listens to it.

    cmdstanpy says in its log alone by which signal a process ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.listeners: list[dict[tuple[int, int], int]] = []
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the code of a process that failed; pass the record on unless all is quiet."""
        if self.listeners and (found := _FAILED.search(record.getMessage())):
            for listener in self.listeners:
                listener[record.thread or 0, int(found[1] or 1)] = int(found[2])
        return not self.silent


_FAILED = re.compile(r"(?:Chain \[(\d+)\]|CmdStan) error: code '(-?\d+)'")
_LOG = _Log()
logging.getLogger("cmdstanpy").addFilter(_LOG)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence cmdstanpy's log: what matters in it reaches the user as errors and diagnoses."""
    with _LOG.lock:
        _LOG.silent += 1
    try:
        yield
    finally:
        with _LOG.lock:
            _LOG.silent -= 1


@contextlib.contextmanager
def exit_codes() -> Iterator[dict[tuple[int, int], int]]:
    """Yield a dictionary that gets the exit codes of processes that fail, minus a signal's number.

    Their keys are the thread that waited for the process, and its chain.
    """
    heard: dict[tuple[int, int], int] = {}
    with _LOG.lock:
        _LOG.listeners = [*_LOG.listeners, heard]
    try:
        yield heard
    finally:
        with _LOG.lock:  # dictionaries of other threads may be equal to this one
            _LOG.listeners = [other for other in _LOG.listeners if other is not heard]


def bars_move() -> bool:
    """Return whether cmdstanpy's progress bars have a terminal or a notebook to move in.

    It draws them on standard error and steps over them with blank lines on standard output, which
    would litter a file that either goes to.
    """
    if "ipykernel" in sys.modules:
        return True
    try:
        return sys.stdout.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, one that only writes, or a closed one
        return False


@contextlib.contextmanager
def folder(output_dir: str | Path | None) -> Iterator[Path]:
    """Yield the folder for CmdStan's files: the one given, which is kept, or a temporary one.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    if output_dir is None:
        with contextlib.ExitStack() as until_end:
            with paths.writing(Path(tempfile.gettempdir()), "A temporary folder"):
                name = until_end.enter_context(tempfile.TemporaryDirectory(prefix="stanmix-"))
            yield Path(name)
    else:
        kept = Path(output_dir).expanduser()
        with paths.writing(kept, "CmdStan's output"):
            kept.mkdir(parents=True, exist_ok=True)
            kept = kept.resolve()
        yield kept


def write_json(path: Path, values: Mapping[str, Any]) -> Path:
    """Write Stan data or initial values, with all digits.

    cmdstanpy writes the same by the standard library, in ten times the time: at a million rows
    that is longer than CmdStan takes to read them.

    Parameters
    ----------
    path : Path
    values : mapping of str to numbers, or arrays or nested lists of numbers

    Raises
    ------
    InputError
        If a value is something else.
    OutputError
        If the file cannot be written.
    """
    with paths.writing(path, "Data for Stan"), path.open("wb") as file:
        for i, (name, value) in enumerate(values.items()):
            file.write(b"{" if i == 0 else b",\n")
            file.write(json.dumps(name).encode() + b": " + _json(name, value))
        file.write(b"}\n" if values else b"{}\n")
    return path


def _json(name: str, value: Any) -> bytes:
    try:
        array = np.asarray(value, order="C")
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"{name} must be a number, or an array or nested lists of numbers in equal rows, got "
            f"{value!r}."
        )
    if array.dtype == bool:
        array = array.astype(np.int64)  # Stan has no booleans
    if array.ndim and np.isfinite(array).all():
        return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
    return json.dumps(array.tolist()).encode()  # which knows infinities, as Stan does


def write_starts(folder: Path, starts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write ``start_1.json``, ``start_2.json``, ...: one file a chain.

    A parameter without rows is left out: JSON cannot say how many columns it has, and Stan needs no
    start for it.
    """
    return [
        str(
            write_json(
                folder / f"start_{i}.json",
                {name: value for name, value in values.items() if np.shape(value)[:1] != (0,)},
            )
        )
        for i, values in enumerate(starts, 1)
    ]


def cores() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
