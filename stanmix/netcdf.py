"""Groups of datasets as a NetCDF file, which does not depend on the ArviZ that is installed.

Each group of the file is a dataset of xarray, and the file's own attributes are those of the
whole: what `arviz.from_netcdf` and `xarray.open_datatree` read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import netCDF4
import xarray as xr

__all__ = ["read", "write"]

_ENGINE: Final = "netcdf4"


def write(path: Path, groups: Mapping[str, xr.Dataset], attributes: Mapping[str, Any]) -> None:
    """Write groups of datasets as one file, numbers compressed.

    Raises
    ------
    OSError
        If the system refuses to write.
    """
    try:
        xr.Dataset(attrs=dict(attributes)).to_netcdf(path, mode="w", engine=_ENGINE)
        for name, dataset in groups.items():
            packed: dict[Any, Any] = {
                key: {"zlib": True}
                for key, variable in dataset.variables.items()
                if variable.dtype.kind in "biuf" and variable.ndim
            }
            dataset.to_netcdf(path, mode="a", group=name, engine=_ENGINE, encoding=packed)
    except RuntimeError as error:  # as which the NetCDF library reports the system's errors
        raise OSError(str(error)) from error


def read(path: Path) -> dict[str, xr.Dataset]:
    """Read the groups of a file, and close it.

    Raises
    ------
    OSError, ValueError, KeyError, RuntimeError
        If it is no such file, or damaged.
    """
    with netCDF4.Dataset(path) as file:
        names = list(file.groups)
    found = {}
    for name in names:
        with xr.open_dataset(path, group=name, engine=_ENGINE) as stored:
            found[name] = stored.load()
    return found
