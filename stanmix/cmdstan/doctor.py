"""Look over the toolchain: what is there, what is missing, and what mends it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stanmix.cmdstan import parts
from stanmix.cmdstan.cache import cache_dir
from stanmix.cmdstan.compiler import find_compiler, find_make
from stanmix.cmdstan.locate import candidates, version
from stanmix.errors import StanmixError

__all__ = ["Finding", "report"]

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


def report(cmdstan: str | os.PathLike[str] | None = None) -> list[Finding]:
    """Examine the toolchain; nothing is built, and nothing missing raises an error.

    Parameters
    ----------
    cmdstan
        A CmdStan folder to examine instead of the one that would be used.

    Returns
    -------
    list of Finding
        CmdStan, its parts, compiler, make, cache, temporary folder.
    """
    examinations: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("CmdStan", lambda: _cmdstan(cmdstan)),
        ("Parts of CmdStan", _wheel),
        ("C++ compiler", _compiler),
        ("make", _make),
        ("Cache", _cache),
        ("Temporary folder", _temporary),
    ]
    findings = []
    for what, examine in examinations:
        try:
            findings += examine()
        except StanmixError as error:
            findings.append(Finding(what, "missing", str(error), "as the message says"))
        except OSError as error:
            findings.append(Finding(what, "missing", str(error), "see the message"))
    return findings


def _cmdstan(path: str | os.PathLike[str] | None) -> list[Finding]:
    findings = []
    for candidate in candidates(path):
        if candidate.problem:
            findings.append(Finding("CmdStan", "note", f"({candidate.origin}) {candidate.problem}"))
            if candidate.origin in {"argument", "$CMDSTAN"}:
                findings[-1] = Finding(
                    "CmdStan", "missing", candidate.problem, "unset CMDSTAN, or correct the path"
                )
                return findings
            continue
        number = ".".join(map(str, version(candidate.path)))
        findings.append(
            Finding("CmdStan", "ok", f"{number} in {candidate.path} ({candidate.origin})")
        )
        return findings
    findings.append(
        Finding("CmdStan", "note", "none yet; it is assembled at the first fit", "stanmix install")
    )
    return findings


def _wheel() -> list[Finding]:
    folder = parts.wheel()
    return [Finding("Parts of CmdStan", "ok", f"httpstan {parts.WHEEL_VERSION} in {folder}")]


def _compiler() -> list[Finding]:
    compiler = find_compiler()
    path = shutil.which(compiler.command[0])
    return [Finding("C++ compiler", "ok", f"{compiler.identity} ({path})")]


def _make() -> list[Finding]:
    return [Finding("make", "ok", find_make())]


def _cache() -> list[Finding]:
    folder = cache_dir()
    return [_writable("Cache", folder, "set STANMIX_CACHE to a folder that can be written")]


def _temporary() -> list[Finding]:
    folder = Path(tempfile.gettempdir())
    return [_writable("Temporary folder", folder, "set TMPDIR to a folder that can be written")]


def _writable(what: str, folder: Path, mend: str) -> Finding:
    """Try to write a file where `folder` is, or would be made."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding(what, "missing", f"{folder} cannot be written ({error.strerror})", mend)
    free = shutil.disk_usage(existing).free / 1e9
    detail = f"{folder} ({free:.1f} GB free)"
    if free < 1:
        return Finding(what, "note", detail, "free some space: about 1 GB is needed to begin")
    return Finding(what, "ok", detail)
