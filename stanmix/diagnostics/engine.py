"""What ran the program, and which method was chosen."""

from __future__ import annotations

from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior

__all__ = ["choice", "engine"]


def engine(fit: Posterior, report: Report) -> None:
    """Say what ran the program, where stanmix knows it."""
    if toolchain := fit.idata.attrs.get("toolchain"):
        report.add("engine", "fine", f"{toolchain}.")


def choice(fit: Posterior, report: Report) -> None:
    """Say which method ``method="auto"`` chose, and why."""
    if why := fit.idata.attrs.get("auto"):
        report.add("method", "fine", f"{why}.")
