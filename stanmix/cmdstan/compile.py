"""Compile one Stan program with a CmdStan, in a temporary folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stanmix.cmdstan.cache import cache_dir, cannot_write
from stanmix.cmdstan.make import environment, explain, is_own, run_make
from stanmix.cmdstan.recipe import Recipe
from stanmix.errors import CompileError, ToolchainError

__all__ = ["compile_program", "workshop"]

_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")  # what make and CmdStan's makefiles bear in a path


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """Make a temporary folder with a plain path to build `target` in; removed at the end.

    What a killed build of the same target has left behind is removed as well: the caller
    holds the lock of `target`.
    """
    prefix = f"stanmix-{hashlib.sha256(os.fsencode(target)).hexdigest()[:16]}-"
    places = [Path(tempfile.gettempdir()), Path("/tmp"), cache_dir()]
    place = next((p for p in places if _PLAIN.fullmatch(str(p)) and p.is_dir()), None)
    if place is None:
        raise ToolchainError(
            f"The temporary folder {places[0]} has signs in its path that make cannot read. "
            "Set TMPDIR to a folder whose path has only letters, digits and _ . / + -"
        )
    for leftover in place.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    except OSError as error:
        raise cannot_write(place, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compile_program(
    recipe: Recipe, folder: Path, on_tick: Callable[[str], None] | None = None
) -> None:
    """Compile a program in `folder`, as CmdStan documents it.

    It leaves there the Stan file, the executable of the same name, and ``build.log``, which
    holds what make and the compiler said.

    Raises
    ------
    CompileError
        If stanc refuses the program or the compiler refuses its C++.
    ToolchainError
        If the cause lies elsewhere: disk, memory, rights, the CmdStan.
    """
    stan_file = folder / f"{recipe.name}.stan"
    log = folder / "build.log"
    try:
        stan_file.write_text(recipe.source, encoding="utf-8")
        header = recipe.header.write(folder) if recipe.header is not None else None
    except OSError as error:
        raise cannot_write(folder, error) from error

    stanc_flags = [f"--filename-in-msg={stan_file.name}"]
    variables = []
    if header is not None:
        stanc_flags.append("--allow-undefined")
        variables.append(f"USER_HEADER={header}")
    if recipe.threads:
        variables.append("STAN_THREADS=true")
    own = is_own(recipe.cmdstan)
    if own:
        # As it was when the folder was assembled.
        variables.append(f"CXX={shlex.join(recipe.compiler.command)}")

    _check(recipe.cmdstan / "bin" / "stanc", stan_file, stanc_flags, folder)
    executable = folder / recipe.name
    status = run_make(
        [*(f"STANCFLAGS+={flag}" for flag in stanc_flags), *variables, str(executable)],
        cmdstan=recipe.cmdstan,
        own=own,
        log=log,
        on_tick=on_tick,
    )
    if status != 0 or not executable.is_file():
        what = f"The compilation of the Stan program {recipe.name!r}"
        raise explain(
            log,
            status,
            what,
            folder,
            CompileError,
            kept=_keep(log, recipe),
            prepare="make STAN_THREADS=true build" if recipe.threads else "make build",
        )


def _check(stanc: Path, stan_file: Path, flags: list[str], folder: Path) -> None:
    """Let stanc read the program before anything is compiled."""
    try:
        done = subprocess.run(
            [str(stanc), *flags, f"--o={folder / 'checked.hpp'}", str(stan_file)],
            cwd=folder,
            env=environment(own=True),
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(
            f"Stan's compiler {stanc} does not run ({error}). Build this CmdStan again (in "
            f"{stanc.parent.parent}: make build); one that stanmix assembled, remove and make "
            "again: stanmix install"
        ) from error
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        if "No space left on device" in said:
            raise ToolchainError(
                f"The disk is full: Stan's compiler could not write to {folder}. Free some space, "
                "or set TMPDIR to a folder with room."
            )
        raise CompileError(f"Stan refused the program {stan_file.stem!r}:\n{said}")


def _keep(log: Path, recipe: Recipe) -> Path:
    """Copy the log of a failed build to where it outlives the temporary folder."""
    target = cache_dir() / "logs" / f"{recipe.name}-{recipe.key[:16]}.log"
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, target)
        return target
    # The cache cannot be written: keep it where temporary files go.
    handle, path = tempfile.mkstemp(prefix=f"stanmix-{recipe.name}-", suffix=".log")
    with open(handle, "wb") as stream, contextlib.suppress(OSError):  # noqa: PTH123
        stream.write(log.read_bytes())
    return Path(path)
