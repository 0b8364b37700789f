"""``stanmix demo``."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    demo = commands.add_parser("demo", help="fit two classic data sets and draw the results")
    demo.add_argument("--out", default="stanmix-demo", help="folder to write to")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--quiet", action="store_true", help="no progress bars")
    demo.set_defaults(command=_demo)


def _demo(parsed: argparse.Namespace) -> int:
    from stanmix.cli.demonstration import run  # here because matplotlib takes long

    run(parsed.out, seed=parsed.seed, progress=not parsed.quiet)
    return 0
