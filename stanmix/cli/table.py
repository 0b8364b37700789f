"""A table of text as a DataFrame: numbers, truth values and labels, and what is none said.

A column is one of numbers where most of its fields are; a field that is none is then an error,
not a label. Other columns hold labels, as they are written.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stanmix.data.frames import listed
from stanmix.errors import InputError
from stanmix.paths import to_path

__all__ = ["read_table"]

# In a column of numbers; in one of labels they may be labels, as NA of Namibia.
MISSING = ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")
_TRUTH = {"true": True, "false": False}
_WHITE_SPACE = "\\s+"
_GZIP = b"\x1f\x8b"
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE
)
_CODE = re.compile(r"[+-]?0\d+")  # 007, which as a number would be 7
_FOR_PEOPLE = re.compile(  # numbers and dates as people write them for one another
    r"[+-]?\d{1,3}([,.' ]\d{3})+([.,]\d+)?|[+-]?\d+[.,]\d+"  # 1,234.5 and 1,5
    r"|[$€£¥]\s*[+-]?[\d.,]+|[+-]?[\d.,]+\s*[%$€£¥]"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T][\d:.]+)?Z?|\d{1,2}:\d\d(:[\d.]+)?"
)


@dataclass(frozen=True)
class _Notation:
    """How a table is written, and which of its columns hold text.

    Attributes
    ----------
    separator, decimal : str
    missing : collection of str
        Fields that are missing values in any column, beside empty ones.
    text : collection of str
        Names of columns to be read as they are written.
    """

    separator: str = ","
    decimal: str = "."
    missing: Collection[str] = ()
    text: Collection[str] = ()

    def __post_init__(self) -> None:
        one = len(self.separator) == 1 and not re.match(r"[\w\"\r\n]", self.separator)
        if not one and self.separator != _WHITE_SPACE:
            raise InputError(
                f"separator={self.separator!r} must be one character that is no letter or digit "
                r"(such as , or ; or \t) or \s+ for any white space."
            )
        if self.decimal not in (".", ","):
            raise InputError(f"decimal={self.decimal!r} must be '.' or ','.")
        if self.decimal == self.separator:
            raise InputError(
                f"{self.decimal!r} cannot both separate columns and begin decimals; name the "
                "other separator, such as ';'."
            )


def read_table(
    path: str | Path,
    separator: str = ",",
    decimal: str = ".",
    missing: Collection[str] = (),
    text: Collection[str] = (),
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    r"""Read a table with a line of names, in UTF-8, gzipped or not.

    Parameters
    ----------
    path : path
    separator : str
        Between columns: one character, ``\t`` for a tab, ``\s+`` for any white space.
    decimal : {".", ","}
        What begins the decimals of a number.
    missing : collection of str
        Fields that are missing values in every column, as ``"."``. Empty ones are always, and in
        columns of numbers ``NA`` and the like (`MISSING`).
    text : collection of str
        Names of columns whose fields are labels as they are written: ``007`` is not ``7``.
    columns : collection of str, optional
        Names of the columns that matter; the fields of others are left as text.

    Returns
    -------
    DataFrame
        Columns under their own names, those that occur twice too; white space around names and
        fields is left out. Numbers are read to the last digit.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or a line has more fields than there are names; if a
        column of numbers has a field that is none, or a column is one of numbers that are written
        for people (``$5``, ``5%``, ``1,5``, dates).
    """
    source = to_path(path, "the table")
    notation = _Notation(separator.replace("\\t", "\t"), decimal, frozenset(missing), text)
    names, rows, lines = _fields(source, notation)
    unknown = sorted(set(text) - set(names))
    if unknown:
        raise InputError(f"{source} has no column {unknown[0]!r}; it has {listed(names)}.")
    frame = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    made = []
    for place, name in enumerate(names):
        fields = [row[place] for row in rows]
        if columns is None or name in columns:
            made.append(_column(name, fields, lines, source, notation))
        else:
            made.append(pd.Series(fields, dtype=object))
    frame = pd.concat([frame, *made], axis=1)
    return frame.set_axis(pd.Index(names), axis=1)


def _fields(path: Path, notation: _Notation) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names, and the fields and number of each line below them."""
    try:
        reader = _reader(path, notation)
        names = [name.strip() for name in next(reader, [])]
        if not any(names):
            raise InputError(f"{path} cannot be read as CSV: its first line has no names.")
        rows, lines = [], []
        for row in reader:
            fields = [field.strip() for field in row]
            # In a table of one column an empty line is a missing value.
            if not any(fields) and len(fields) < 2 <= len(names):
                continue
            if any(fields[len(names) :]):
                raise InputError(
                    f"{path}, line {reader.line_num}: more fields than the first line has names "
                    f"({len(names)}). Remove the surplus fields, or put quotes around values that "
                    "hold the separator."
                )
            rows.append((fields + [""] * len(names))[: len(names)])
            lines.append(reader.line_num)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as such.") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from error
    return [name or f"Unnamed: {place}" for place, name in enumerate(names)], rows, lines


def _reader(path: Path, notation: _Notation) -> Any:
    content = path.read_bytes()
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    if notation.separator == _WHITE_SPACE:
        return csv.reader(_single_spaced(text), delimiter=" ", skipinitialspace=True, strict=True)
    return csv.reader(text, delimiter=notation.separator, skipinitialspace=True, strict=True)


def _single_spaced(lines: io.StringIO) -> Iterator[str]:
    for line in lines:
        yield line.replace("\t", " ").strip() + "\n"


def _column(
    name: str, fields: Sequence[str], lines: Sequence[int], path: Path, notation: _Notation
) -> pd.Series[Any]:
    """Return a column as what its fields are; refuse one that is numbers in part."""
    missing = {"", *notation.missing}
    labels = pd.Series([None if field in missing else field for field in fields], dtype=object)
    if name in notation.text:
        return labels
    missing |= {*MISSING}
    said = [field for field in fields if field not in missing]
    if said and len(said) == len(fields) and all(field.lower() in _TRUTH for field in said):
        return pd.Series([_TRUTH[field.lower()] for field in fields])
    numeric = {field: _number(field, notation.decimal) for field in {*said}}
    odd = [field for field in said if numeric[field] is None]
    for_people = sum(_FOR_PEOPLE.fullmatch(field) is not None for field in odd)
    if 2 * for_people > len(said):
        raise InputError(
            f"{path}: column {name!r} holds {odd[0]!r} and the like, which people read as numbers "
            "or dates, but which are neither here: write plain numbers (for a decimal comma say "
            f"--decimal ,), or say --text {name!r} if these are labels."
        )
    if 2 * len(odd) >= len(said) > 0:
        return labels
    if odd:
        row = fields.index(odd[0])
        raise InputError(
            f"{path}, line {lines[row]} (row {row}, counted from 0): column {name!r} holds "
            f"numbers, but here {odd[0]!r}. Correct it; or say --na {odd[0]!r} if that is how "
            f"missing values are written, or --text {name!r} if the column holds labels."
        )
    values = [numeric.get(field) for field in fields]
    whole = all(isinstance(value, int) for value in values)
    return pd.Series(values, dtype=np.int64 if whole and values else np.float64)


def _number(field: str, decimal: str) -> int | float | None:
    """Return the number that a field is, a whole one as such where 64 bits hold it; else None."""
    if decimal != ".":
        field = field.replace(".", "?").replace(decimal, ".")
    if not _NUMBER.fullmatch(field) or _CODE.fullmatch(field):
        return None
    if _WHOLE.fullmatch(field) and len(field) < 19:
        return int(field)
    return float(field)
