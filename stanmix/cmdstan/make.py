"""Call make in a CmdStan folder: its environment, its jobs, and what its log says."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from stanmix.cmdstan.cache import cannot_write
from stanmix.cmdstan.compiler import find_make
from stanmix.cmdstan.locate import MARKER
from stanmix.cmdstan.process import run
from stanmix.errors import StanmixError, ToolchainError

__all__ = ["environment", "explain", "flags_of_environment", "is_own", "jobs", "run_make"]

# Variables that CmdStan's makefiles take from the environment.
_FLAGS = (
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "LDLIBS",
    "LOCAL",
    "O",
    "PRECOMPILED_HEADERS",
    "STANCFLAGS",
    "STAN_CPP_OPTIMS",
    "STAN_MPI",
    "STAN_NO_RANGE_CHECKS",
    "STAN_OPENCL",
    "STAN_PROF",
    "STAN_THREADS",
    "USER_HEADER",
)
# A make that stanmix runs below is not a part of it.
_OUTER_MAKE = ("GNUMAKEFLAGS", "MAKEFILES", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
_ROOM = 1e6  # bytes of an object file
_MEMORY_OF_JOB = 2.5e9  # bytes that a compile of Stan's headers may take

_FIRST_ERROR = re.compile(
    r"^.*(?:\berror:|\berror\b.*:|undefined reference|cannot find|\*\*\* ).*$",
    re.MULTILINE | re.IGNORECASE,
)


def is_own(cmdstan: Path) -> bool:
    """Return whether stanmix assembled this CmdStan."""
    return (cmdstan / MARKER).is_file()


def flags_of_environment(cmdstan: Path) -> dict[str, str]:
    """Return the environment variables that change what make builds in `cmdstan`.

    The CmdStan that stanmix assembles is the same whatever the environment says; one of the
    user's is driven as the user's environment wants it.
    """
    if is_own(cmdstan):
        return {}
    return {name: os.environ[name] for name in _FLAGS if os.environ.get(name)}


def environment(*, own: bool) -> dict[str, str]:
    """Return the environment for make: without an outer make, messages in plain English."""
    dropped = {*_OUTER_MAKE, *(_FLAGS if own else ())}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "LC_ALL": "C"}


def jobs() -> int:
    """Return how many compile jobs this machine bears: cores, and memory for each."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return cores
    return max(1, min(cores, int(memory / _MEMORY_OF_JOB)))


def run_make(
    arguments: Sequence[str],
    *,
    cmdstan: Path,
    own: bool,
    log: Path,
    on_tick: Callable[[str], None] | None = None,
) -> int:
    """Run make in `cmdstan`; its output goes to `log`. Return its exit status."""
    command = [find_make(), f"-j{jobs()}", *arguments]
    try:
        return run(command, cwd=cmdstan, env=environment(own=own), log=log, on_tick=on_tick)
    except OSError as error:
        raise cannot_write(log.parent, error) from error


def explain(
    log: Path,
    status: int,
    what: str,
    folder: Path,
    kind: type[StanmixError],
    kept: Path | None = None,
    prepare: str = "make build",
) -> StanmixError:
    """Make the error for a make that failed, from what its log says.

    Parameters
    ----------
    log
        The log file of the run.
    status
        The exit status of the run.
    what
        What failed, as the start of a sentence: ``"The compilation of the program model"``.
    folder
        Where the build wrote.
    kind
        The class of the error where the cause is in what was compiled.
    kept
        Where the log will be found afterwards, if not at `log`.
    prepare
        The command that builds the parts of the CmdStan that the run needed.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    where = f"The whole log is in {kept or log}."
    # A full disk may have no room for the message either.
    if "No space left on device" in text or "Disk quota exceeded" in text or _is_full(folder):
        return ToolchainError(
            f"{what} failed: the disk is full (it wrote to {folder}). Free some space, or set "
            f"STANMIX_CACHE and TMPDIR to folders with room. {where}"
        )
    if re.search(r"Killed signal|\bKilled\b|out of memory|bad_alloc", text) or status == 137:
        return ToolchainError(
            f"{what} failed: the compiler was killed, most often for lack of memory (it needs "
            f"about 2 GB). Give it more memory and try again. {where}"
        )
    if forbidden := re.search(r"^.*(?:Read-only file system|Permission denied).*$", text, re.M):
        return ToolchainError(
            f"{what} failed: a file could not be written. A CmdStan that may not be written must "
            f"be built before it is used (run there, as its owner: {prepare}). {where}"
            f"\n{forbidden.group().strip()}"
        )
    return kind(f"{what} failed (make gave exit status {status}). {where}\n{_first_error(text)}")


def _is_full(folder: Path) -> bool:
    """Return whether there is no room for one object file where make writes."""
    places = (folder, Path(tempfile.gettempdir()))
    return any(shutil.disk_usage(place).free < _ROOM for place in places if place.is_dir())


def _first_error(text: str) -> str:
    """Return the first error of a log with what explains it; without one, the log's end."""
    match = _FIRST_ERROR.search(text)
    if match is None:
        return "\n".join(text.strip().splitlines()[-5:]) or "(the log is empty)"
    first, *after = text[match.start() :].splitlines()[:3]
    return "\n".join(
        [first, *itertools.takewhile(lambda line: not _FIRST_ERROR.match(line), after)]
    )
