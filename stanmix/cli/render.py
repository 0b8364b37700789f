"""``stanmix render``: the Stan program of a mixture, to standard output."""

from __future__ import annotations

import argparse
from typing import Any

from stanmix.cli import statement
from stanmix.program.lower import KERNELS, PRIORS

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    render = commands.add_parser("render", help="print the Stan program of a mixture")
    statement.add_to(render)
    render.add_argument(
        "--kernel",
        choices=KERNELS,
        default="stan",
        help="stan (default): all of it in Stan; fused: the likelihood declared, its body in C++; "
        "auto: fused where the family has one",
    )
    render.add_argument(
        "--priors",
        choices=PRIORS,
        default="coded",
        help="coded (default): the data choose their distributions by number, as fits have it; "
        "named: the program names them, to be read",
    )
    render.set_defaults(command=_render)


def _render(parsed: argparse.Namespace) -> int:
    print(statement.mixture(parsed).program(parsed.kernel, parsed.priors), end="")
    return 0
