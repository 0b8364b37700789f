"""What a compiled program is made from, and the hash of it that names the program."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stanmix.cmdstan.compiler import Compiler
from stanmix.cmdstan.header import UserHeader
from stanmix.cmdstan.make import flags_of_environment
from stanmix.cmdstan.processor import compiled_for

__all__ = ["Recipe", "file_hash"]


@dataclass(frozen=True)
class Recipe:
    """All that decides what an executable is.

    Attributes
    ----------
    source
        The Stan program.
    name
        Its name.
    header
        The C++ functions that it declares and does not define.
    threads
        Whether it is compiled for several threads.
    cmdstan
        The folder of the CmdStan.
    compiler
        The C++ compiler.
    """

    source: str
    name: str
    header: UserHeader | None
    threads: bool
    cmdstan: Path
    compiler: Compiler

    @functools.cached_property
    def toolchain(self) -> str:
        """Hash (hex) of all but the program: CmdStan, compiler, flags."""
        return _hash(
            {
                "cmdstan": _state_of(self.cmdstan),
                "compiler": self.compiler.identity,
                "flags": flags_of_environment(self.cmdstan),
                "threads": self.threads,
            }
        )

    @functools.cached_property
    def key(self) -> str:
        """Hash (hex) of the whole recipe."""
        header = None
        if self.header is not None:
            header = [self.header.name, self.header.texts, compiled_for()]
        return _hash(
            {
                "toolchain": self.toolchain,
                "source": self.source,
                "name": self.name,
                "header": header,
            }
        )


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _hash(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _state_of(cmdstan: Path) -> dict[str, Any]:
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
