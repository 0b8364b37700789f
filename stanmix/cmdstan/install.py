"""Install a CmdStan from its source, for those who want that one."""

from __future__ import annotations

import os
from pathlib import Path

from stanmix.arguments import OrNone, Text, checked
from stanmix.cmdstan.compiler import find_compiler, find_make
from stanmix.cmdstan.locate import locate
from stanmix.cmdstan.make import jobs
from stanmix.errors import ToolchainError

__all__ = ["from_github"]


@checked(version=OrNone(Text('a version such as "2.36.0"')))
def from_github(version: str | None = None) -> Path:
    """Download and build a CmdStan with cmdstanpy's installer, into ``~/.cmdstan``.

    This is the only place where stanmix downloads anything by itself, and it does so only
    when asked. It takes several minutes.

    Parameters
    ----------
    version
        Such as ``"2.36.0"``; the newest without it.

    Returns
    -------
    Path
        The folder of the CmdStan.

    Raises
    ------
    ToolchainError
        If the compiler or make is missing, or if the installer fails.
    """
    find_compiler()
    find_make()
    wanted = version or "the newest version"
    import cmdstanpy  # here because it takes half a second, and is seldom wanted

    # The installer answers by setting CMDSTAN for the whole process: read it, and put back
    # what the user had set.
    before = os.environ.pop("CMDSTAN", None)
    try:
        done = cmdstanpy.install_cmdstan(version=version, progress=True, cores=jobs())
        named = os.environ.get("CMDSTAN")
    except Exception as error:
        raise ToolchainError(
            f"cmdstanpy's installer could not install CmdStan ({wanted}): {error}"
        ) from error
    finally:
        os.environ.pop("CMDSTAN", None)
        if before is not None:
            os.environ["CMDSTAN"] = before
    if not done or not named:
        raise ToolchainError(
            f"cmdstanpy's installer could not install CmdStan ({wanted}); its messages stand "
            "above. Without a network, use: stanmix install"
        )
    return locate(named) or Path(named)  # locate refuses what is no CmdStan
