"""Groups of datasets, written and read again."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
import xarray as xr

from stanmix import netcdf

RNG = np.random.default_rng(6)
GROUPS = {
    "posterior": xr.Dataset(
        {"mu": (("chain", "draw"), RNG.normal(size=(2, 30)), {"unit": "é"})},
        {"chain": [1, 2], "draw": np.arange(30)},
        {"model": "{}", "seed": 2**40},
    ),
    "sample_stats": xr.Dataset(
        {
            "diverging": (("chain", "draw"), RNG.random((2, 30)) < 0.5),
            "code": ("run", np.array([1, -1], dtype=np.int8)),
            "end": ("run", np.array(["a mode", ""])),
            "at": np.float64(-0.0),
            "gain": ("run", np.array([np.nan, -np.inf])),
        }
    ),
    "without variables": xr.Dataset(coords={"obs_id": ["eins", "zwei"]}),
}
ATTRIBUTES = {"model": "{}", "words": "größer", "converged": 1, "seconds": 0.25}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "fit é.nc"
    netcdf.write(path, GROUPS, ATTRIBUTES)
    return path


def test_what_is_read_is_what_was_written(path):
    found = netcdf.read(path)
    assert list(found) == list(GROUPS)
    for name, dataset in GROUPS.items():
        xr.testing.assert_identical(found[name], dataset)
        for key, variable in dataset.variables.items():
            assert found[name][key].dtype.kind == variable.dtype.kind or variable.dtype.kind == "U"
            if variable.dtype.kind != "U":
                assert found[name][key].to_numpy().tobytes() == variable.to_numpy().tobytes()


def test_netcdfs_own_tools_read_it(path):
    with netCDF4.Dataset(path) as file:
        assert {name: file.getncattr(name) for name in file.ncattrs()} == ATTRIBUTES
        np.testing.assert_array_equal(file["posterior"]["mu"][:], GROUPS["posterior"]["mu"])
        assert file["posterior"].getncattr("seed") == 2**40


def test_a_file_that_was_read_is_closed_and_can_be_written_again(path):
    found = netcdf.read(path)
    netcdf.write(path, {"posterior": found["posterior"]}, {})
    xr.testing.assert_identical(netcdf.read(path)["posterior"], GROUPS["posterior"])
    assert list(netcdf.read(path)) == ["posterior"]


def test_an_error_of_the_library_is_one_of_the_system(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", broken)
    with pytest.raises(OSError, match="HDF error"):
        netcdf.write(tmp_path / "fit.nc", GROUPS, {})


def test_what_is_no_such_file_is_refused(tmp_path):
    (tmp_path / "text.nc").write_text("no NetCDF")
    for name in ("text.nc", "none.nc"):
        with pytest.raises(OSError, match=r"NetCDF|No such file"):
            netcdf.read(tmp_path / name)
