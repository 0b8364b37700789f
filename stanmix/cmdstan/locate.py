"""Find a CmdStan: one given, one installed, or stanmix's own."""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stanmix import arguments
from stanmix.arguments import OrNone, checked
from stanmix.cmdstan.cache import cache_dir
from stanmix.cmdstan.compiler import Compiler, find_compiler
from stanmix.cmdstan.parts import folder_name
from stanmix.errors import ToolchainError

__all__ = ["MARKER", "OLDEST", "Candidate", "candidates", "locate", "own_folder", "version"]

OLDEST = (2, 33, 0)
MARKER = "stanmix.json"  # written last into an assembled folder

_VERSION_LINE = re.compile(r"^CMDSTAN_VERSION\s*:?=\s*(\d+)\.(\d+)\.(\d+)(\S*)", re.MULTILINE)


@dataclass(frozen=True)
class Candidate:
    """A folder that may be a CmdStan.

    Attributes
    ----------
    path
        The folder.
    origin
        Who named it: ``"argument"``, ``"$CMDSTAN"``, ``"~/.cmdstan"``, ``"conda"``
        or ``"stanmix"``.
    problem
        Why it cannot be used; empty if it can.
    """

    path: Path
    origin: str
    problem: str


@checked(folder=arguments.Path())
def version(folder: Path) -> tuple[int, int, int]:
    """Return the version of the CmdStan in `folder`, as its makefile states it.

    Raises
    ------
    ToolchainError
        If there is no makefile with a version.
    """
    major, minor, patch, _ = _version_parts(folder)
    return major, minor, patch


@checked(path=OrNone(arguments.Path()))
def locate(path: str | os.PathLike[str] | None = None) -> Path | None:
    """Find a CmdStan of version 2.33 or later; nothing is built.

    Parameters
    ----------
    path
        A CmdStan folder. Without it the search goes: ``$CMDSTAN``, the highest version in
        ``~/.cmdstan``, the conda environment, and the one that stanmix has assembled.

    Returns
    -------
    Path or None
        The folder, or None where there is none.

    Raises
    ------
    ToolchainError
        If `path` or ``$CMDSTAN`` names a folder that cannot be used: another one than
        the one asked for is never taken instead.

    Warns
    -----
    UserWarning
        If an installed CmdStan is passed over because it is too old or unfinished.
    """
    for candidate in candidates(path):
        if not candidate.problem:
            return candidate.path
        if candidate.origin in {"argument", "$CMDSTAN"}:
            raise ToolchainError(
                f"The CmdStan named by {_named_by(candidate.origin)} cannot be used: "
                f"{candidate.problem} Correct or drop it; without one, stanmix "
                "finds or assembles a CmdStan by itself."
            )
        warnings.warn(
            f"A CmdStan in {candidate.origin} is passed over: {candidate.problem}", stacklevel=3
        )
    return None


def candidates(path: str | os.PathLike[str] | None = None) -> Iterator[Candidate]:
    """Yield the folders to try, best first; of several in one place the highest version.

    Lazily: stanmix's own folder, whose name takes a hash, is named only if nothing
    before it serves.
    """
    if path is not None:
        yield _examine(Path(path).expanduser(), "argument")
        return
    named = os.environ.get("CMDSTAN", "").strip()
    if named:
        yield _examine(Path(named).expanduser(), "$CMDSTAN")
    home = _highest(Path("~/.cmdstan").expanduser())
    if home is not None:
        yield _examine(home, "~/.cmdstan")
    for prefix in dict.fromkeys((os.environ.get("CONDA_PREFIX", ""), sys.prefix)):
        folder = Path(prefix) / "bin" / "cmdstan"
        if prefix and folder.is_dir():
            yield _examine(folder, "conda")
    own = own_folder()
    if own is not None and (own / MARKER).is_file():
        yield _examine(own, "stanmix")


def own_folder() -> Path | None:
    """Return where stanmix's own CmdStan is or would be; None where there can be none.

    The folder is named for its compiler. Without a compiler, as on some nodes of a cluster, a
    finished one of any compiler serves: to run programs that are compiled.
    """
    home = cache_dir() / "cmdstan"
    try:
        return home / folder_name(find_compiler())
    except ToolchainError:
        finished = sorted(home.glob(f"*/{MARKER}"))
    for marker in finished:
        try:
            made_by = Compiler((), json.loads(marker.read_text(encoding="utf-8"))["compiler"])
            if marker.parent.name == folder_name(made_by):
                return marker.parent
        except (OSError, ValueError, KeyError, TypeError, ToolchainError):
            continue
    return None


def _named_by(origin: str) -> str:
    return "the argument" if origin == "argument" else "the environment variable CMDSTAN"


def _examine(folder: Path, origin: str) -> Candidate:
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 (resolve() would follow links)
    return Candidate(folder, origin, _problem(folder))


def _problem(folder: Path) -> str:
    """Return why `folder` cannot be used, as a sentence; empty if it can."""
    if not folder.is_dir():
        return f"there is no folder {folder}."
    try:
        found = version(folder)
    except ToolchainError as error:
        return str(error)
    if found < OLDEST:
        return (
            f"{folder} is CmdStan {_dotted(found)}, and stanmix needs {_dotted(OLDEST)} or later."
        )
    if not os.access(folder / "bin" / "stanc", os.X_OK):
        return f"{folder} has no bin/stanc: its build was not finished. Run there: make build"
    return ""


def _dotted(numbers: tuple[int, int, int]) -> str:
    return ".".join(map(str, numbers))


def _version_parts(folder: Path) -> tuple[int, int, int, bool]:
    """Return major, minor, patch, and whether it is a release (not a candidate)."""
    makefile = folder / "makefile"
    try:
        text = makefile.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ToolchainError(
            f"{folder} is not a CmdStan: its file makefile cannot be read ({error.strerror})."
        ) from error
    match = _VERSION_LINE.search(text)
    if match is None:
        raise ToolchainError(
            f"{folder} is not a CmdStan: its makefile has no line CMDSTAN_VERSION := X.Y.Z."
        )
    major, minor, patch, rest = match.groups()
    return int(major), int(minor), int(patch), not rest


def _highest(home: Path) -> Path | None:
    """Return the usable CmdStan of highest version in `home`, else the highest at all."""
    ranked = []
    try:
        folders = sorted(home.iterdir())
    except OSError:
        return None
    for folder in folders:
        try:
            parts = _version_parts(folder)
        except ToolchainError:
            continue
        ranked.append((not _problem(folder), parts, folder))
    return max(ranked)[2] if ranked else None
