"""What ran the program."""

from __future__ import annotations

from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior

__all__ = ["engine"]


def engine(fit: Posterior, report: Report) -> None:
    """Say what ran the program, where stanmix knows it."""
    if toolchain := fit.idata.attrs.get("toolchain"):
        report.add("engine", "fine", f"{toolchain}.")
