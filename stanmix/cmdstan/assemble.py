"""Assemble a CmdStan from the parts of a wheel and stanmix's own driver."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from stanmix.arguments import Flag, checked
from stanmix.cmdstan import parts
from stanmix.cmdstan.cache import cache_dir, cannot_write, locked, make_folder, remove
from stanmix.cmdstan.compiler import Compiler, find_compiler, find_make
from stanmix.cmdstan.locate import MARKER
from stanmix.cmdstan.make import explain, run_make
from stanmix.cmdstan.progress import Progress, progress_bar
from stanmix.errors import ToolchainError

__all__ = ["assemble", "compiler_of"]

_TITLE = "Assembling CmdStan (once; one to two minutes on two cores)"


@checked(progress=Flag())
def assemble(*, progress: bool = True) -> Path:
    """Assemble stanmix's own CmdStan, or return the one that is finished.

    The folder ``<cache>/cmdstan/<version>-<hash>`` is named for all that decides what it is:
    the version of the wheel, the sources of the driver, the compiler. It stands by itself:
    the wheel is copied. A build that was interrupted, by whatever, is continued by the next
    call; several calls at once wait for the first.

    Parameters
    ----------
    progress
        Show a progress bar on standard error.

    Returns
    -------
    Path
        The folder, which cmdstanpy takes as a CmdStan.

    Raises
    ------
    ToolchainError
        If the wheel, a compiler, make, room or the right to write is missing, or if the
        build fails.
    """
    compiler = find_compiler()
    folder = cache_dir() / "cmdstan" / parts.folder_name(compiler)
    if (folder / MARKER).is_file():
        return folder
    wheel = parts.wheel()
    find_make()
    with progress_bar(_TITLE, show=progress) as bar:

        def waiting() -> None:
            bar.note("waiting for another process that assembles it")

        with locked(folder.name, waiting):
            if not (folder / MARKER).is_file():
                bar.note("Copying headers and libraries")
                _lay_out(folder, wheel)
                _build(folder, compiler, bar)
    return folder


def compiler_of(folder: Path) -> Compiler:
    """Return the compiler that a CmdStan is used with.

    A CmdStan that stanmix assembled is used with the compiler that built it, since its objects
    and precompiled headers are of that one. Where there is no compiler at all, it is returned
    by its identity alone, without a command: programs that are compiled need no other.

    Raises
    ------
    ToolchainError
        If stanmix assembled `folder` with another compiler than the present one, or if there
        is none and `folder` is not stanmix's.
    """
    try:
        made_by = str(json.loads((folder / MARKER).read_text(encoding="utf-8"))["compiler"])
    except FileNotFoundError:
        return find_compiler(folder)  # not one that stanmix assembled
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolchainError(
            f"{folder / MARKER} cannot be read ({error}). Remove {folder} and let it be made "
            "again (stanmix install)."
        ) from error
    try:
        compiler = find_compiler(folder)
    except ToolchainError:
        return Compiler((), made_by)
    if made_by != compiler.identity:
        raise ToolchainError(
            f"The CmdStan in {folder} was assembled with {made_by}, and the compiler now is "
            f"{compiler.identity}. Unset CMDSTAN to have one assembled for this compiler, or set "
            "CXX to the former one."
        )
    return compiler


def _lay_out(folder: Path, wheel: Path) -> None:
    """Copy the parts that `folder` does not have yet; each appears whole or not at all."""
    own = parts.own_sources()
    make_folder(folder)
    try:
        for leftover in folder.glob(".*.part"):
            remove(leftover)
        (folder / "bin").mkdir(exist_ok=True)
        _copy(wheel / "include", folder / "include", shutil.ignore_patterns("pybind11"))
        _copy(wheel / "lib", folder / "lib")
        _copy(wheel / "stanc", folder / "bin" / "stanc")
        (folder / "bin" / "stanc").chmod(0o755)
        _copy(own / "driver", folder / "driver", shutil.ignore_patterns(".*", "__pycache__"))
        _write_makefile(own / "makefile", folder / "makefile")
    except shutil.Error as error:  # of copytree: a list of (source, target, reason)
        raise ToolchainError(
            f"Copying CmdStan's parts to {folder} failed: {error.args[0][0][2]}. Free some "
            "space there, or set STANMIX_CACHE to another folder."
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error


def _copy(
    source: Path, target: Path, ignore: Callable[[str, list[str]], set[str]] | None = None
) -> None:
    """Copy a file or folder through a temporary name; links become files."""
    if target.exists():
        return
    part = target.parent / f".{target.name}.part"
    remove(part)
    if source.is_dir():
        # copyfile and not copy2: a wheel installed read-only must not make a read-only copy.
        shutil.copytree(source, part, ignore=ignore, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, part)
    part.rename(target)


def _write_makefile(source: Path, target: Path) -> None:
    """Write the makefile with the version of the parts in its first line, where it is sought."""
    if target.exists():
        return
    part = target.parent / f".{target.name}.part"
    version = f"CMDSTAN_VERSION := {parts.STAN_VERSION}\n"
    part.write_text(version + source.read_text(encoding="utf-8"), encoding="utf-8")
    part.rename(target)


def _build(folder: Path, compiler: Compiler, bar: Progress) -> None:
    """Run make, which continues where it was stopped, and write the marker."""
    started = time.monotonic()
    log = folder / "build.log"
    status = run_make(
        [f"CXX={shlex.join(compiler.command)}", "build"],
        cmdstan=folder,
        own=True,
        log=log,
        on_tick=bar.feed,
    )
    if status != 0:
        raise explain(log, status, "The build of stanmix's CmdStan", folder, ToolchainError)
    facts = {
        "cmdstan": parts.STAN_VERSION,
        "httpstan": parts.WHEEL_VERSION,
        "compiler": compiler.identity,
        "fingerprint": parts.fingerprint(compiler),
        "seconds": round(time.monotonic() - started, 1),
    }
    try:
        part = folder / f".{MARKER}.part"
        part.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        part.rename(folder / MARKER)
    except OSError as error:
        raise cannot_write(folder, error) from error
