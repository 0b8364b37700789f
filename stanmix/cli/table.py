"""A CSV file as a DataFrame, with nothing dropped, renamed or guessed at."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import pandas as pd

from stanmix.errors import InputError

__all__ = ["read_table"]

# pandas 4 is to read numbers to the last digit by itself, and before it has to be asked.
_EXACT = {"float_precision": "round_trip"} if int(pd.__version__.split(".")[0]) < 4 else {}


def read_table(path: Path, separator: str = ",") -> pd.DataFrame:
    """Read a CSV file with a line of names.

    Parameters
    ----------
    path : Path
    separator : str
        Between columns.

    Returns
    -------
    DataFrame
        Columns under their own names, those that occur twice too. Empty fields are missing
        values. Numbers are read to the last digit.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or a line has more fields than there are names.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file, delimiter=separator), [])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of being asked
            # pandas cuts lines with too many fields off, with a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                encoding="utf-8-sig",
                index_col=False,
                low_memory=False,
                **_EXACT,
            )
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as such.") from error
    except pd.errors.ParserWarning as error:
        raise InputError(
            f"{path} has lines with more fields than the first has names. Remove the surplus "
            "fields, or put quotes around values that hold the separator."
        ) from error
    except (OSError, ValueError, csv.Error) as error:  # pandas' own errors are ValueErrors
        raise InputError(f"{path} cannot be read as CSV: {error}") from error
    if len(names) == frame.shape[1]:
        # pandas tells equal names apart by numbers, and a formula would take the first.
        frame.columns = pd.Index(
            [name or made for name, made in zip(names, frame.columns, strict=True)]
        )
    return frame
