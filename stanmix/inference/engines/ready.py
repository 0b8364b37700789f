"""From a problem to an engine that runs its program."""

from __future__ import annotations

from collections.abc import Callable

from stanmix.cmdstan import usable
from stanmix.errors import ToolchainError
from stanmix.inference.available import nothing_runs
from stanmix.inference.engines import cmdstan, stanli
from stanmix.inference.engines.engine import Engine
from stanmix.inference.problem import Problem

__all__ = ["ready"]

_READY: dict[str, Callable[[Problem], Engine]] = {
    "cmdstan": cmdstan.ready,
    "stanli": stanli.ready,
}


def ready(stated: Problem) -> Engine:
    """Make the program of a problem ready to run.

    Raises
    ------
    CompileError
        If Stan or the C++ compiler refuses the program.
    ToolchainError
        If there is no CmdStan and none can be put together.
    """
    try:
        return _READY[stated.engine](stated)
    except ToolchainError as error:
        if stated.options.engine != "auto" or not (hindered := usable.hindrance()):
            raise
        raise nothing_runs(hindered) from error
