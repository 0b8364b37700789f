"""Build Stan programs, each once: a cache by content, behind a lock."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from stanmix.cmdstan.assemble import assemble
from stanmix.cmdstan.cache import cannot_write, locked, make_folder, remove
from stanmix.cmdstan.compile import compile_program, workshop
from stanmix.cmdstan.compiler import Compiler, find_compiler
from stanmix.cmdstan.header import UserHeader, read_header
from stanmix.cmdstan.locate import locate, version
from stanmix.cmdstan.make import flags_of_environment
from stanmix.cmdstan.program import (
    META,
    Program,
    file_hash,
    folder_of,
    key_of,
    toolchain_of,
    verified,
)
from stanmix.cmdstan.progress import Steps
from stanmix.errors import InputError

__all__ = ["build", "require"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def require(path: str | os.PathLike[str] | None = None, *, progress: bool = True) -> Path:
    """Return a CmdStan: the one that is found, else one assembled now.

    Parameters
    ----------
    path
        A CmdStan folder to use; see `locate` for the search without it.
    progress
        Show a progress bar on standard error if it is assembled.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ToolchainError
        If none is found and none can be assembled; the message has the command that mends it.
    """
    found = locate(path)
    return found if found is not None else assemble(progress=progress)


def build(
    source: str,
    *,
    name: str = "model",
    user_header: Path | None = None,
    threads: bool = False,
    cmdstan: Path | None = None,
    progress: bool = True,
) -> Program:
    """Compile a Stan program, or take it from the cache.

    Programs are kept by content: a program is compiled again only if its source, name,
    flags, header, CmdStan or compiler change, or if its executable is damaged. Any number
    of processes may ask at once; one of them compiles.

    Parameters
    ----------
    source
        The Stan program.
    name
        Its name: letters, digits and underscores. It names the files, and Stan's output
        repeats it.
    user_header
        A C++ header with the functions that `source` declares and does not define.
    threads
        Compile for several threads in a process (``STAN_THREADS``).
    cmdstan
        The CmdStan folder to use; see `require` for the choice without it.
    progress
        Show a progress bar on standard error while compiling.

    Returns
    -------
    Program
        The files of the program and what made them.

    Raises
    ------
    InputError
        If `source` is empty, `name` is no name, or `user_header` cannot be read.
    CompileError
        If Stan or the C++ compiler refuses the program.
    ToolchainError
        If there is no CmdStan, no compiler, no room, or no right to write to the cache.
    """
    started = time.monotonic()
    if not source.strip():
        raise InputError("source is empty; expected the text of a Stan program.")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name={name!r} cannot name a Stan program. Expected a letter, then at most 63 "
            "letters, digits or underscores."
        )
    header = read_header(user_header) if user_header is not None else None
    folder_of_cmdstan = require(cmdstan, progress=progress)
    compiler = find_compiler(folder_of_cmdstan)
    key = key_of(
        {
            "source": source,
            "name": name,
            "threads": threads,
            "header": [header.name, header.texts] if header is not None else None,
            "cmdstan": toolchain_of(folder_of_cmdstan),
            "flags": flags_of_environment(folder_of_cmdstan),
            "compiler": compiler.identity,
        }
    )
    folder = folder_of(key)
    built = False
    if verified(folder) is None:
        with Steps(f"Compiling the Stan program {name!r}", show=progress) as steps:

            def waiting() -> None:
                steps.note("waiting for another process that compiles it")

            with locked(key, waiting):
                if verified(folder) is None:
                    _compile(source, name, key, header, threads, folder_of_cmdstan, compiler, steps)
                    built = True
    return Program(
        source=source,
        stan_file=folder / f"{name}.stan",
        exe_file=folder / name,
        key=key,
        cmdstan=folder_of_cmdstan,
        cmdstan_version=".".join(map(str, version(folder_of_cmdstan))),
        compiler=compiler.identity,
        built=built,
        seconds=time.monotonic() - started,
    )


def _compile(
    source: str,
    name: str,
    key: str,
    header: UserHeader | None,
    threads: bool,
    cmdstan: Path,
    compiler: Compiler,
    steps: Steps,
) -> None:
    """Compile in a temporary folder and move the result into the cache, whole."""
    started = time.monotonic()
    with workshop(folder_of(key)) as folder:
        compile_program(
            source,
            name=name,
            key=key,
            header=header,
            threads=threads,
            cmdstan=cmdstan,
            cxx=" ".join(compiler.command),
            folder=folder,
            on_tick=steps.feed,
        )
        facts = {
            "name": name,
            "key": key,
            "exe_size": (folder / name).stat().st_size,
            "exe_sha256": file_hash(folder / name),
            "source_sha256": hashlib.sha256(source.encode()).hexdigest(),
            "cmdstan": str(cmdstan),
            "compiler": compiler.identity,
            "threads": threads,
            "seconds": round(time.monotonic() - started, 2),
        }
        _store(folder, folder_of(key), facts)


def _store(made: Path, target: Path, facts: dict[str, object]) -> None:
    """Copy a finished program beside `target`, then give it that name in one step."""
    programs = make_folder(target.parent)
    name = str(facts["name"])
    try:
        for leftover in programs.glob(f".{target.name}-*"):
            remove(leftover)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=programs))
        try:
            staging.chmod(0o755)  # a cache may be shared
            for file in (f"{name}.stan", name, "build.log"):
                shutil.copy(made / file, staging / file)
            (staging / META).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
            if target.exists():  # damaged: a running sampler keeps the file that it has open
                remove(target)
            staging.rename(target)
        except BaseException:
            with contextlib.suppress(OSError):
                remove(staging)
            raise
    except OSError as error:
        raise cannot_write(programs, error) from error
