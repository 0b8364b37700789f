"""Arguments that state the data, and their way to a DataFrame."""

from __future__ import annotations

import argparse
import dataclasses

import pandas as pd

from stanmix.cli.table import read_table
from stanmix.mixture import Mixture

__all__ = ["add_to", "frame"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the CSV file, and how it is written."""
    parser.add_argument("data", help="CSV file, with a line of names; may be gzipped")
    parser.add_argument(
        "--separator",
        default=",",
        help="between its columns (default: a comma); \\t for a tab, \\s+ for white space",
    )
    parser.add_argument("--decimal", default=".", help="begins decimals (default: a full stop)")
    parser.add_argument(
        "--na",
        action="append",
        default=[],
        metavar="TEXT",
        help="a field that is a missing value, beside empty ones and, among numbers, NA and the "
        "like; may be repeated",
    )
    parser.add_argument(
        "--text",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column whose fields are labels as they are written (007 is not 7), as those of "
        "--group are; may be repeated",
    )


def frame(parsed: argparse.Namespace, model: Mixture) -> pd.DataFrame:
    """Return the columns of the file that a mixture reads.

    Raises
    ------
    InputError
        As `stanmix.cli.table.read_table`.
    """
    # Of a group it matters how it is written, unless a formula reads it too.
    group = {parsed.group} - {None} - dataclasses.replace(model, group=None).columns
    return read_table(
        parsed.data,
        parsed.separator,
        parsed.decimal,
        parsed.na,
        group | {*parsed.text},
        model.columns,
    )
