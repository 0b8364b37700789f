"""The columns of the data that a model reads, as variables of NetCDF files, types kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix.data.column_types import categories
from stanmix.data.design import Design
from stanmix.errors import OutputError
from stanmix.paths import replacing

__all__ = ["load", "of_variables", "save", "variables"]

_PREFIX = "column_"  # with a number: names of users' columns need not be names in NetCDF
_DESCRIBED = "column"  # attribute: name and type, as JSON


def variables(columns: pd.DataFrame) -> dict[str, tuple[str, Any, dict[str, str]]]:
    """Return columns (`stanmix.data.column_types.plain`) as variables along ``obs_id``."""
    return {
        f"{_PREFIX}{i}": ("obs_id", values, {_DESCRIBED: json.dumps(described)})
        for i, name in enumerate(columns.columns)
        for values, described in [_variable(str(name), columns[name])]
    }


def of_variables(stored: xr.Dataset) -> pd.DataFrame:
    """Return the columns that `variables` made.

    Raises
    ------
    OutputError
        If a variable is none of these.
    """
    found: dict[str, Any] = {}
    try:
        for name, variable in stored.data_vars.items():
            if str(name).startswith(_PREFIX):
                described = json.loads(variable.attrs[_DESCRIBED])
                found[described["name"]] = _column(variable.to_numpy(), described)
        return pd.DataFrame(found, index=pd.Index(stored["obs_id"].to_numpy()))
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"the columns of the data are damaged: {error}") from error


def save(design: Design, path: Path) -> Path:
    """Write the columns of the data that the model reads.

    Raises
    ------
    OutputError
        If the system refuses to write.
    """
    stored = xr.Dataset(variables(design.columns), {"obs_id": design.obs_id})
    with replacing(path, "The columns of the data", stored.nbytes + 2**16) as beside:
        try:
            stored.to_netcdf(beside)
        except RuntimeError as error:  # as which the NetCDF library reports the system's errors
            raise OSError(str(error)) from error
    return path


def load(path: Path) -> pd.DataFrame:
    """Read what `save` wrote.

    Raises
    ------
    OutputError
        If the file cannot be read.
    """
    try:
        with xr.open_dataset(path) as stored:
            return of_variables(stored.load())
    except (OSError, ValueError, KeyError, OutputError) as error:
        raise OutputError(f"{path} cannot be read: {error}") from error


def _variable(name: str, column: pd.Series[Any]) -> tuple[Any, dict[str, Any]]:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        levels = {"levels": kind.categories.tolist(), "ordered": bool(kind.ordered)}
        return column.cat.codes.to_numpy(), {"name": name, "kind": "labels", **levels}
    values = column.to_numpy()
    if values.dtype.kind == "b":
        return values.astype(np.int8), {"name": name, "kind": "truth values"}
    return values, {"name": name, "kind": "numbers"}


def _column(values: Any, described: Mapping[str, Any]) -> Any:
    if described["kind"] == "labels":
        # JSON tells text, whole and other numbers and truth values apart, as labels must be.
        return categories(values.astype(np.intp), described["levels"], described["ordered"])
    if described["kind"] == "truth values":
        return values.astype(bool)
    if described["kind"] != "numbers" or values.dtype.kind not in "if":
        raise ValueError(f"a column of {described['kind']} cannot hold {values.dtype}")
    return values
