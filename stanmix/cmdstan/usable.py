"""Whether programs can be compiled on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from stanmix.cmdstan import parts
from stanmix.cmdstan.compiler import find_compiler, find_make
from stanmix.cmdstan.locate import candidates
from stanmix.errors import ToolchainError

__all__ = ["found", "hindrance"]


def found() -> Path | None:
    """Return the CmdStan that would be used; None where there is none."""
    return next((one.path for one in candidates() if not one.problem), None)


def hindrance() -> str:
    """Return what keeps programs from being compiled; empty if nothing does.

    That takes a compiler, make, and a CmdStan or the parts of one; which programs the cache holds
    already plays no part. A CmdStan that ``$CMDSTAN`` names counts as wanted, whatever is wrong
    with it: `locate` says that, and nothing else is taken in its place.
    """
    if os.environ.get("CMDSTAN", "").strip():
        return ""
    folder = found()
    try:
        find_compiler(folder)
        find_make()
        if folder is None:
            parts.wheel()
    except ToolchainError as error:
        return str(error)
    return ""
