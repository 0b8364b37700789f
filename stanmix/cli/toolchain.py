"""``stanmix doctor`` and ``stanmix install``: what runs Stan programs."""

from __future__ import annotations

import argparse
from typing import Any

from stanmix import cmdstan
from stanmix.inference import doctor

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the commands to a parser's commands."""
    looking = commands.add_parser(
        "doctor", help="say what runs Stan programs, which CmdStan is used, and what is missing"
    )
    looking.add_argument("--cmdstan", help="look at this CmdStan folder")
    looking.set_defaults(command=_doctor)

    install = commands.add_parser(
        "install", help="put a CmdStan together now, not at the first fit"
    )
    install.add_argument(
        "--from",
        dest="origin",
        choices=("wheel", "github"),
        default="wheel",
        help="wheel: from the parts of stanmix[stan]; github: run cmdstanpy's installer",
    )
    install.add_argument("--cmdstan-version", help="with --from github: which version")
    install.set_defaults(command=_install)


def _doctor(parsed: argparse.Namespace) -> int:
    findings = doctor.report(parsed.cmdstan)
    marks = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}
    for finding in findings:
        print(f"{marks[finding.status]}  {finding.what}: {finding.detail}")
        if finding.mend:
            print(f"         -> {finding.mend}")
    return int(not doctor.fits_run(findings, parsed.cmdstan))


def _install(parsed: argparse.Namespace) -> int:
    if parsed.origin == "github":
        folder = cmdstan.install.from_github(parsed.cmdstan_version)
    else:
        folder = cmdstan.assemble()
    print(f"CmdStan is ready in {folder}")
    return 0
