"""The command line: ``stanmix demo``, ``doctor``, ``install``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import stanmix
from stanmix import cmdstan
from stanmix.errors import StanmixError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        0 if all went well; 1 if stanmix refused or failed, or ``doctor`` found something
        missing; 2 for unusable arguments; 130 if interrupted.
    """
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.command(parsed)
    except StanmixError as error:
        print(f"stanmix: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stanmix: interrupted", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stanmix", description="Bayesian mixture models in Stan.")
    parser.add_argument("--version", action="version", version=f"stanmix {stanmix.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="fit two classic data sets and draw the results")
    demo.add_argument("--out", type=Path, default=Path("stanmix-demo"), help="folder to write to")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--quiet", action="store_true", help="no progress bars")
    demo.set_defaults(command=_demo)

    doctor = commands.add_parser("doctor", help="say which CmdStan is used and what is missing")
    doctor.add_argument("--cmdstan", type=Path, help="look at this CmdStan folder")
    doctor.set_defaults(command=_doctor)

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
    return parser


def _demo(parsed: argparse.Namespace) -> int:
    from stanmix import demo

    demo.run(parsed.out, seed=parsed.seed, progress=not parsed.quiet)
    return 0


def _doctor(parsed: argparse.Namespace) -> int:
    findings = cmdstan.doctor.report(parsed.cmdstan)
    marks = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}
    for finding in findings:
        print(f"{marks[finding.status]}  {finding.what}: {finding.detail}")
        if finding.mend:
            print(f"         -> {finding.mend}")
    return int(any(finding.status == "missing" for finding in findings))


def _install(parsed: argparse.Namespace) -> int:
    if parsed.origin == "github":
        folder = cmdstan.install.from_github(parsed.cmdstan_version)
    else:
        folder = cmdstan.assemble()
    print(f"CmdStan is ready in {folder}")
    return 0
