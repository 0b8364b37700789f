"""Build Stan programs, each once: a cache by content, behind a lock."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from contextlib import ExitStack
from pathlib import Path

from stanmix import arguments
from stanmix.arguments import Either, Flag, InstanceOf, OrNone, Text, checked
from stanmix.cmdstan.assemble import assemble, compiler_of
from stanmix.cmdstan.cache import cache_dir, locked, mark_used
from stanmix.cmdstan.compile import compile_program, workshop
from stanmix.cmdstan.compiler import find_compiler
from stanmix.cmdstan.header import UserHeader, read_header
from stanmix.cmdstan.locate import MARKER, locate, version
from stanmix.cmdstan.program import META, Program, folder_of, is_whole, store
from stanmix.cmdstan.progress import progress_bar
from stanmix.cmdstan.recipe import Recipe
from stanmix.errors import InputError

__all__ = ["build", "require"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_HEADER = InstanceOf("stanmix.cmdstan.header", "UserHeader", "a UserHeader")


@checked(path=OrNone(arguments.Path()), progress=Flag())
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
    found = locate(path) or assemble(progress=progress)
    mark_used(found / MARKER)
    return found


@checked(
    source=Text("the text of a Stan program"),
    name=Text("the name of a Stan program"),
    user_header=OrNone(Either(_HEADER, arguments.Path())),
    threads=Flag(),
    cmdstan=OrNone(arguments.Path()),
    progress=Flag(),
)
def build(
    source: str,
    *,
    name: str = "model",
    user_header: Path | UserHeader | None = None,
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
        A C++ header with the functions that `source` declares and does not define: its path, or
        what it holds.
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
    header = read_header(user_header) if isinstance(user_header, Path) else user_header
    toolchain = require(cmdstan, progress=progress)
    recipe = Recipe(
        source=source,
        name=name,
        header=header,
        threads=threads,
        cmdstan=toolchain,
        compiler=compiler_of(toolchain),
    )
    folder = folder_of(recipe.key)
    mark_used(folder / META)  # before it is looked at: from here on it is not pruned
    built = not is_whole(folder) and _build_once(recipe, folder, progress)
    return Program(
        source=source,
        stan_file=folder / f"{name}.stan",
        exe_file=folder / name,
        key=recipe.key,
        cmdstan=recipe.cmdstan,
        cmdstan_version=".".join(map(str, version(recipe.cmdstan))),
        compiler=recipe.compiler.identity,
        built=built,
        seconds=time.monotonic() - started,
    )


def _build_once(recipe: Recipe, folder: Path, progress: bool) -> bool:
    """Compile a program unless another process just did; return whether this one did."""
    find_compiler(recipe.cmdstan)  # raises where there is none: now one is needed
    known = cache_dir() / "toolchains" / f"{recipe.toolchain}.json"
    expected = _seconds_of(known)
    title = f"Compiling the Stan program {recipe.name!r}"
    with progress_bar(title, show=progress, expected=expected) as bar, ExitStack() as locks:

        def waiting() -> None:
            bar.note("waiting for another process that compiles")

        locks.enter_context(locked(recipe.key, waiting))
        if is_whole(folder):
            return False
        if expected is None:
            # The first program with these flags may make parts of the CmdStan itself (its
            # main object, a precompiled header): two at once would write the same files.
            first = locks.enter_context(ExitStack())
            first.enter_context(locked(f"toolchain-{recipe.toolchain}", waiting))
            if _seconds_of(known) is not None:
                first.close()  # another process was the first while this one waited
        started = time.monotonic()
        with workshop(folder) as shop:
            compile_program(recipe, shop, bar.feed)
            store(recipe, shop, time.monotonic() - started)
        _note_seconds(known, time.monotonic() - started)
        return True


def _seconds_of(known: Path) -> float | None:
    """Return how long the last program took with this toolchain; None if it is the first."""
    try:
        return float(json.loads(known.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note_seconds(known: Path, seconds: float) -> None:
    with contextlib.suppress(OSError):  # the program is stored; this only serves the next bar
        known.parent.mkdir(exist_ok=True)
        part = known.with_name(f".{known.name}.{os.getpid()}")
        part.write_text(json.dumps({"seconds": round(seconds, 1)}), encoding="utf-8")
        part.replace(known)
