"""``stanmix report`` and ``stanmix rerun``: of folders that stanmix has written."""

from __future__ import annotations

import argparse
from typing import Any

from stanmix.runs.report import report
from stanmix.runs.rerun import rerun

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the commands to a parser's commands."""
    reporting = commands.add_parser(
        "report", help="write program, summary, diagnosis and figures as one HTML page"
    )
    reporting.add_argument("folder", help="of `stanmix fit`, or an export that was run")
    reporting.add_argument("--out", help="default: report.html in the folder")
    reporting.set_defaults(command=_report)

    repeating = commands.add_parser(
        "rerun", help="run a folder again and say whether the draws are the same"
    )
    repeating.add_argument("folder", help="of `stanmix fit`, or an export that was run")
    repeating.add_argument("--cmdstan", help="use this CmdStan folder")
    repeating.add_argument("--quiet", action="store_true", help="no progress bars")
    repeating.set_defaults(command=_rerun)


def _report(parsed: argparse.Namespace) -> int:
    print(f"Written to {report(parsed.folder, parsed.out)}")
    return 0


def _rerun(parsed: argparse.Namespace) -> int:
    outcome = rerun(parsed.folder, parsed.cmdstan, progress=not parsed.quiet)
    print(outcome)
    return 0 if outcome.same else 1
