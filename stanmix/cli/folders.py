"""``stanmix report`` and ``stanmix rerun``: of folders that stanmix has written."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the commands to a parser's commands."""
    report = commands.add_parser(
        "report", help="write program, summary, diagnosis and figures as one HTML page"
    )
    report.add_argument("folder", help="of `stanmix fit`, or an export that was run")
    report.add_argument("--out", help="default: report.html in the folder")
    report.set_defaults(command=_report)

    rerun = commands.add_parser(
        "rerun", help="run a folder again and say whether the draws are the same"
    )
    rerun.add_argument("folder", help="of `stanmix fit`, or an export that was run")
    rerun.add_argument("--cmdstan", help="use this CmdStan folder")
    rerun.add_argument("--quiet", action="store_true", help="no progress bars")
    rerun.set_defaults(command=_rerun)


def _report(parsed: argparse.Namespace) -> int:
    from stanmix.runs import report

    print(f"Written to {report.report(parsed.folder, parsed.out)}")
    return 0


def _rerun(parsed: argparse.Namespace) -> int:
    from stanmix.runs.rerun import rerun

    outcome = rerun(parsed.folder, parsed.cmdstan, progress=not parsed.quiet)
    print(outcome)
    return 0 if outcome.same else 1
