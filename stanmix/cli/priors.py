"""``stanmix priors``: the priors of a mixture with a CSV file, to standard output."""

from __future__ import annotations

import argparse
from typing import Any

from stanmix.cli import data, statement

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    priors = commands.add_parser(
        "priors",
        help="print every prior of a mixture with a CSV file, stated or default, and why, as CSV",
    )
    data.add_to(priors)
    statement.add_to(priors)
    priors.set_defaults(command=_priors)


def _priors(parsed: argparse.Namespace) -> int:
    model = statement.mixture(parsed)
    print(model.priors_for(data.frame(parsed, model)).to_csv(), end="")
    return 0
