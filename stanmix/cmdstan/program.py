"""Compiled Stan programs in the cache: whole, verified, or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stanmix.cmdstan.cache import cache_dir, cannot_write, make_folder, remove
from stanmix.cmdstan.recipe import Recipe, file_hash
from stanmix.errors import CompileError

__all__ = ["META", "Program", "folder_of", "is_whole", "store"]

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


def is_whole(folder: Path) -> bool:
    """Return whether `folder` holds a finished program whose files are as they were made."""
    try:
        facts = json.loads((folder / META).read_text(encoding="utf-8"))
        executable = folder / facts["name"]
        return bool(
            executable.stat().st_size == facts["exe_size"]
            and file_hash(executable) == facts["exe_sha256"]
            and file_hash(folder / f"{facts['name']}.stan") == facts["source_sha256"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def store(recipe: Recipe, made: Path, seconds: float) -> None:
    """Move what was compiled in the folder `made` into the cache, in one step.

    It is copied beside its place, tried there, and then renamed.

    Raises
    ------
    CompileError
        If the executable does not start.
    ToolchainError
        If the cache cannot be written.
    """
    target = folder_of(recipe.key)
    programs = make_folder(target.parent)
    name = recipe.name
    try:
        for leftover in programs.glob(f".{target.name}-*"):
            remove(leftover)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=programs))
        try:
            staging.chmod(0o755)  # mkdtemp makes it private; a cache may be shared
            for file in (f"{name}.stan", name, "build.log"):
                shutil.copy(made / file, staging / file)
            _try_out(staging / name)
            facts: dict[str, Any] = {
                "name": name,
                "key": recipe.key,
                "exe_size": (staging / name).stat().st_size,
                "exe_sha256": file_hash(made / name),  # of what was made, not of the copy
                "source_sha256": hashlib.sha256(recipe.source.encode()).hexdigest(),
                "cmdstan": str(recipe.cmdstan),
                "compiler": recipe.compiler.identity,
                "threads": recipe.threads,
                "seconds": round(seconds, 2),
            }
            (staging / META).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
            if target.exists():  # damaged; a sampler that runs keeps the file that it has open
                remove(target)
            staging.rename(target)
        except BaseException:
            with contextlib.suppress(OSError):
                remove(staging)
            raise
    except OSError as error:
        raise cannot_write(programs, error) from error


def _try_out(executable: Path) -> None:
    """Start the executable once, so that one that cannot run is never kept."""
    try:
        done = subprocess.run(
            [str(executable), "info"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompileError(
            f"The Stan program {executable.name!r} was compiled and cannot be started "
            f"({error}). If {executable.parent.parent} is on a file system that forbids "
            "programs (noexec), set STANMIX_CACHE to another folder."
        ) from error
    if done.returncode != 0:
        said = "\n".join((done.stderr + done.stdout).strip().splitlines()[:3])
        raise CompileError(
            f"The Stan program {executable.name!r} was compiled and does not run (exit status "
            f"{done.returncode}). Its libraries may be missing: run stanmix doctor.\n{said}"
        )
