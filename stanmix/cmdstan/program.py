"""A compiled Stan program, the key that names it, and its place in the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stanmix.cmdstan.cache import cache_dir

__all__ = ["META", "Program", "file_hash", "folder_of", "key_of", "toolchain_of", "verified"]

META = "meta.json"  # written last into a program's folder


@dataclass(frozen=True)
class Program:
    """A compiled Stan program.

    Attributes
    ----------
    source
        The Stan program.
    stan_file
        The file that holds `source`, beside the executable.
    exe_file
        The executable, for ``cmdstanpy.CmdStanModel(exe_file=...)``.
    key
        SHA-256 (hex) of the source, the flags, the header, the CmdStan and the compiler.
    cmdstan
        The folder of the CmdStan that built it.
    cmdstan_version
        Its version, ``"X.Y.Z"``.
    compiler
        First line of the compiler's version, and its target.
    built
        True if this call compiled it, False if it came from the cache.
    seconds
        Time that this call took, in seconds.
    """

    source: str
    stan_file: Path
    exe_file: Path
    key: str
    cmdstan: Path
    cmdstan_version: str
    compiler: str
    built: bool
    seconds: float


def folder_of(key: str) -> Path:
    """Return the folder of the program `key` in the cache."""
    return cache_dir() / "programs" / key


def key_of(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of what a program is made from, a JSON value."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def toolchain_of(cmdstan: Path) -> dict[str, Any]:
    """Return what distinguishes one CmdStan folder from another, and from itself rebuilt.

    The path is part of it because executables find their libraries through it.
    """
    stanc = (cmdstan / "bin" / "stanc").stat()
    texts = [cmdstan / "makefile", cmdstan / "make" / "local"]
    return {
        "path": str(cmdstan.resolve()),
        "stanc": [stanc.st_size, stanc.st_mtime_ns],
        "make": [file_hash(path) if path.is_file() else "" for path in texts],
    }


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def verified(folder: Path) -> dict[str, Any] | None:
    """Return the facts of a finished program; None if it is absent, unfinished or damaged."""
    try:
        facts = json.loads((folder / META).read_text(encoding="utf-8"))
        executable = folder / facts["name"]
        if executable.stat().st_size != facts["exe_size"]:
            return None
        if file_hash(executable) != facts["exe_sha256"]:
            return None
        if file_hash(folder / f"{facts['name']}.stan") != facts["source_sha256"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(facts)
