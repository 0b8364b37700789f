"""Look over the toolchain: what is there, what is missing, and what mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stanmix import arguments
from stanmix.arguments import OrNone, checked
from stanmix.cmdstan import parts
from stanmix.cmdstan.assemble import compiler_of
from stanmix.cmdstan.cache import cache_dir
from stanmix.cmdstan.compiler import Compiler, find_compiler, find_make, install_hint
from stanmix.cmdstan.locate import candidates, own_folder, version
from stanmix.errors import ToolchainError

__all__ = ["Finding", "report"]

_PRUNE = "stanmix cache --prune (deletes it if it was not used within 90 days)"
_ROOM = 1  # GB: the assembled CmdStan, programs, and temporary files of a build

Status = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes
    ----------
    what
        The part, such as ``"C++ compiler"``.
    status
        ``"ok"``; ``"note"`` for what is worth knowing; ``"missing"`` for what hinders a fit.
    detail
        What was found.
    mend
        The command or change that mends it; empty where nothing needs mending.
    """

    what: str
    status: Status
    detail: str
    mend: str = ""


@checked(cmdstan=OrNone(arguments.Path()))
def report(cmdstan: str | os.PathLike[str] | None = None) -> list[Finding]:
    """Examine the toolchain; nothing is built, and nothing missing raises an error.

    Parameters
    ----------
    cmdstan
        A CmdStan folder to examine instead of the one that would be used.

    Returns
    -------
    list of Finding
        CmdStan (one line for each that is passed over, then the one that is used), its
        parts, compiler, make, cache, temporary folder, and what may be deleted.
    """
    used = next((found.path for found in candidates(cmdstan) if not found.problem), None)
    return [
        *_cmdstan(cmdstan),
        _wheel(needed=used is None),
        _compiler(used),
        _make(),
        _writable("Cache", cache_dir(), "STANMIX_CACHE"),
        _writable("Temporary folder", Path(tempfile.gettempdir()), "TMPDIR"),
        *_out_of_use(),
    ]


def _cmdstan(path: str | os.PathLike[str] | None) -> list[Finding]:
    findings: list[Finding] = []
    for candidate in candidates(path):
        if not candidate.problem:
            number = ".".join(map(str, version(candidate.path)))
            detail = f"{number} in {candidate.path} ({candidate.origin})"
            return [*findings, Finding("CmdStan", "ok", detail)]
        if candidate.origin in {"argument", "$CMDSTAN"}:
            mend = "unset CMDSTAN, or set it to the folder of a finished CmdStan"
            return [Finding("CmdStan", "missing", candidate.problem, mend)]
        detail = f"({candidate.origin}) passed over: {candidate.problem}"
        findings.append(Finding("CmdStan", "note", detail))
    own = own_folder()
    if own is not None and own.is_dir():
        none = f"half assembled in {own}; the next fit continues it"
    else:
        none = "none yet; it is assembled at the first fit"
    return [*findings, Finding("CmdStan", "note", none, "stanmix install")]


def _wheel(*, needed: bool) -> Finding:
    try:
        folder = parts.wheel()
    except ToolchainError as error:
        if not needed:
            return Finding("Parts of CmdStan", "note", "not installed, and not needed")
        return Finding("Parts of CmdStan", "missing", str(error), 'pip install "stanmix[stan]"')
    what = f"httpstan {parts.WHEEL_VERSION} (Stan {parts.STAN_VERSION})"
    return Finding("Parts of CmdStan", "ok", f"{what} in {folder}")


def _compiler(cmdstan: Path | None) -> Finding:
    try:
        compiler = compiler_of(cmdstan) if cmdstan is not None else find_compiler()
        if not compiler.command:  # a finished CmdStan runs programs without one
            compiler = find_compiler(cmdstan)
    except ToolchainError as error:
        return Finding("C++ compiler", "missing", str(error), install_hint())
    if said := _refusal(compiler):
        detail = f"{compiler.identity} does not compile C++17: {said}"
        return Finding("C++ compiler", "missing", detail, install_hint())
    path = shutil.which(compiler.command[0])
    return Finding("C++ compiler", "ok", f"{compiler.identity} ({path})")


def _refusal(compiler: Compiler) -> str:
    """Return what a compiler says to a small C++17 program; nothing if it takes it."""
    done = subprocess.run(
        [*compiler.command, "-std=c++17", "-fsyntax-only", "-x", "c++", "-"],
        input="#include <optional>\nstd::optional<int> x;\n",
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["nothing"])[0]


def _make() -> Finding:
    try:
        return Finding("make", "ok", find_make())
    except ToolchainError as error:
        return Finding("make", "missing", str(error), install_hint())


def _writable(what: str, folder: Path, variable: str) -> Finding:
    """Try to write a file where `folder` is, or would be made."""
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing):
            pass
        free = shutil.disk_usage(existing).free / 1e9
    except OSError as error:
        detail = f"{folder} cannot be written ({error.strerror})"
        return Finding(what, "missing", detail, f"set {variable} to a folder that can be written")
    detail = f"{folder} ({free:.1f} GB free)"
    if free < _ROOM:
        return Finding(what, "note", detail, f"free some space: {_ROOM} GB is needed to begin")
    return Finding(what, "ok", detail)


def _out_of_use() -> list[Finding]:
    """Return the assembled CmdStans of other compilers and other versions of stanmix.

    One that a Python with another wheel uses is not among them.
    """
    try:
        compiler = find_compiler()
        in_use = {parts.folder_name(compiler, version) for version in parts.WHEELS}
        folders = sorted(path for path in (cache_dir() / "cmdstan").iterdir() if path.is_dir())
    except (OSError, ToolchainError):
        return []
    return [
        Finding("Old CmdStan", "note", f"{path}, of another compiler or stanmix", _PRUNE)
        for path in folders
        if path.name not in in_use and not path.name.startswith(".")
    ]
