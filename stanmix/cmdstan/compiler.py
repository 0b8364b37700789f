"""The C++ compiler and make: which ones are used, and who they are."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stanmix.errors import ToolchainError

__all__ = ["Compiler", "find_compiler", "find_make", "install_hint"]

# Not "?=", which does nothing: make has a CXX of its own, and takes the environment's.
_CXX_LINE = re.compile(r"^ *(?:override +)?CXX\s*:{0,3}=\s*(.+?)\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes
    ----------
    command
        The words that call it, such as ``("ccache", "g++")``.
    identity
        First line of its version and its target: equal for equal compilers,
        wherever they are installed.
    """

    command: tuple[str, ...]
    identity: str


def find_compiler(cmdstan: Path | None = None) -> Compiler:
    """Return the C++ compiler that a CmdStan will use.

    Parameters
    ----------
    cmdstan
        A CmdStan folder, whose ``make/local`` may name a compiler.

    Returns
    -------
    Compiler
        ``CXX`` of ``make/local``, else ``$CXX``, else g++ (macOS: clang++) or the
        other of the two.

    Raises
    ------
    ToolchainError
        If there is none or it does not run; the message names the package to install.
    """
    wanted = _cxx_of(cmdstan) if cmdstan is not None else os.environ.get("CXX", "").strip()
    if wanted:
        try:
            words = tuple(shlex.split(wanted))
        except ValueError:
            words = (wanted,)
        if shutil.which(words[0]) is None:
            raise ToolchainError(
                f"The C++ compiler CXX={wanted!r} was not found on the PATH. "
                f"Correct or unset CXX, or install a compiler: {install_hint()}"
            )
        return _identify(words)
    names = ("clang++", "g++") if sys.platform == "darwin" else ("g++", "clang++")
    for name in names:
        if shutil.which(name) is not None:
            return _identify((name,))
    raise ToolchainError(
        f"No C++ compiler was found ({' or '.join(names)} on the PATH). "
        f"Stan programs are compiled, so one is needed: {install_hint()}"
    )


def find_make() -> str:
    """Return the path of make: ``$MAKE``, else ``make`` on the PATH.

    Raises
    ------
    ToolchainError
        If there is none; the message names the package to install.
    """
    wanted = os.environ.get("MAKE", "").strip() or "make"
    found = shutil.which(wanted)
    if found is None:
        raise ToolchainError(
            f"The program {wanted!r} was not found on the PATH. "
            f"CmdStan is built with GNU make: {install_hint()}"
        )
    return found


def install_hint() -> str:
    """Return the command that installs a C++ compiler and make on this system."""
    if sys.platform == "darwin":
        return "xcode-select --install"
    for manager, command in (
        ("apt-get", "apt-get install g++ make"),
        ("dnf", "dnf install gcc-c++ make"),
        ("zypper", "zypper install gcc-c++ make"),
        ("pacman", "pacman -S gcc make"),
        ("apk", "apk add g++ make"),
    ):
        if shutil.which(manager):
            return f"{command} (as root), or conda install -c conda-forge gxx make"
    return "conda install -c conda-forge gxx make"


def _cxx_of(cmdstan: Path) -> str:
    """Return what make will take for CXX in `cmdstan`: make/local stands above the environment."""
    environment = os.environ.get("CXX", "").strip()
    local = cmdstan / "make" / "local"
    if local.is_file():
        named = _CXX_LINE.findall(local.read_text(encoding="utf-8", errors="replace"))
        if named:
            return str(named[-1])
    return environment


def _identify(words: tuple[str, ...]) -> Compiler:
    """Ask a compiler who it is; remembered until one of its files changes."""
    stamps = []
    for word in words:
        found = shutil.which(word)
        if found is not None:
            status = Path(found).stat()
            stamps.append((os.path.realpath(found), status.st_mtime_ns, status.st_size))
    return Compiler(words, _ask(words, tuple(stamps)))


@functools.lru_cache(maxsize=32)
def _ask(words: tuple[str, ...], stamps: tuple[tuple[str, int, int], ...]) -> str:
    first_line = _first_line([*words, "--version"])
    target = _first_line([*words, "-dumpmachine"])
    return f"{first_line} [{target}]"


def _first_line(command: list[str]) -> str:
    """Return the first line of what `command` prints."""
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(
            f"The C++ compiler does not run ({shown}: {error}). Reinstall it: {install_hint()}"
        ) from error
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        said = (done.stderr.strip().splitlines() or ["nothing"])[0]
        raise ToolchainError(
            f"The C++ compiler does not work: {shown} gave exit status {done.returncode} "
            f"and said: {said}. Reinstall it: {install_hint()}"
        )
    return lines[0].strip()
