"""Look over the engines: which one runs fits, and what is missing."""

from __future__ import annotations

import os

from stanmix import cmdstan
from stanmix.cmdstan.doctor import Finding
from stanmix.errors import ToolchainError
from stanmix.inference import available
from stanmix.inference.options import read

__all__ = ["fits_run", "report"]


def report(cmdstan_folder: str | os.PathLike[str] | None = None) -> list[Finding]:
    """Examine the engines; nothing is built, and nothing missing raises an error.

    Parameters
    ----------
    cmdstan_folder
        A CmdStan folder to examine instead of the one that would be used.

    Returns
    -------
    list of Finding
        Which engine runs fits, stanli, and what `stanmix.cmdstan.doctor.report` finds.
    """
    return [_engine(cmdstan_folder), _stanli(), *cmdstan.doctor.report(cmdstan_folder)]


def fits_run(findings: list[Finding], cmdstan_folder: str | None = None) -> bool:
    """Return whether nothing that was found hinders a fit.

    Where stanli runs them, what CmdStan lacks does not.
    """
    interpreted = cmdstan_folder is None and findings[0].detail.startswith("stanli")
    looked_at = findings[:2] if interpreted else findings
    return all(finding.status != "missing" for finding in looked_at)


def _engine(folder: str | os.PathLike[str] | None) -> Finding:
    try:
        chosen = available.choose(read("nuts", {"cmdstan": folder}), runs=True)
    except ToolchainError as error:
        return Finding("Engine", "missing", str(error))
    if chosen == "cmdstan":
        return Finding("Engine", "ok", "CmdStan runs fits, by every method")
    return Finding(
        "Engine",
        "ok",
        f"stanli runs fits, by method {', '.join(available.METHODS)}; what is missing below "
        "keeps CmdStan from it, which has all methods and is faster",
    )


def _stanli() -> Finding:
    if absent := available.stanli_missing():
        return Finding("stanli", "note", absent)
    stan = ".".join(map(str, available.INTERPRETED))
    return Finding("stanli", "ok", f"{available.STANLI} (Stan {stan})")
