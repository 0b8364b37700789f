"""Which engine runs a problem, by what there is on this machine."""

from __future__ import annotations

import importlib.metadata
import sys

from stanmix.cmdstan import usable
from stanmix.errors import InputError, ToolchainError
from stanmix.inference.options import Options

__all__ = ["INTERPRETED", "METHODS", "STANLI", "check", "choose", "nothing_runs", "stanli_missing"]

STANLI = "0.24.0"  # what results are held to; its project is young
INTERPRETED = (2, 40)  # the Stan within it
METHODS = ("nuts", "auto", "importance", "map")  # that stanli runs

_INSTALL = 'pip install "stanmix[interpreted]"'


def stanli_missing() -> str:
    """Return why stanli cannot be used; empty if it can."""
    try:
        found = importlib.metadata.version("stanli")
    except importlib.metadata.PackageNotFoundError:
        return f"stanli is not installed in this Python ({sys.executable}). Run: {_INSTALL}"
    if found != STANLI:
        return f"stanli {found} is installed, and stanmix is held to {STANLI}. Run: {_INSTALL}"
    return ""


def choose(options: Options, runs: bool) -> str:
    """Return the engine of a problem, ``"cmdstan"`` or ``"stanli"``.

    Parameters
    ----------
    options : Options
        ``"auto"``: CmdStan wherever one can compile, else stanli where it is installed. What lies
        in the cache of programs decides nothing.
    runs : bool
        Whether the program is going to be run.

    Raises
    ------
    ToolchainError
        If it is going to be run, and nothing can.
    """
    if options.engine == "cmdstan" or options.cmdstan is not None:
        return "cmdstan"
    absent = stanli_missing()
    if options.engine == "stanli":
        if runs and absent:
            raise ToolchainError(f"engine='stanli' cannot run: {absent}")
        return "stanli"
    if not runs or not (hindered := usable.hindrance()):
        return "cmdstan"
    if not absent:
        return "stanli"
    if usable.found() is None:
        raise nothing_runs(hindered)
    return "cmdstan"  # which runs what it has compiled


def nothing_runs(hindered: str) -> ToolchainError:
    """Return the error that nothing here runs a program.

    Parameters
    ----------
    hindered : str
        What keeps programs from being compiled.
    """
    return ToolchainError(
        "Nothing here can run a Stan program. Either have CmdStan compile it: pip install "
        f'"stanmix[stan]", and a C++ compiler with make ({hindered}); or have it interpreted, '
        f"without a compiler: {_INSTALL}."
    )


def check(method: str, engine: str) -> None:
    """Refuse a method that an engine has not.

    Raises
    ------
    InputError
    """
    if engine == "stanli" and method not in METHODS:
        raise InputError(
            f"method={method!r} needs CmdStan, and here stanli would run the program: use "
            "method='nuts' (or 'auto', 'importance', 'map'), or have CmdStan run it, by "
            "engine='cmdstan' (stanmix doctor says what that takes)."
        )
