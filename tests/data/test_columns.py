"""Columns of all types as files: what comes back is what a model read."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import stanmix
from stanmix.data import columns
from stanmix.errors import OutputError

N = 24
RNG = np.random.default_rng(5)
TYPES = {
    "object of whole numbers": pd.Series(np.tile([10, 9, 2, 2], 6), dtype=object),
    "object of numbers": pd.Series(np.tile([10.5, 9, 2, 2], 6), dtype=object),
    "text": pd.Series(["b", "a", "01", "1"] * 6),
    "string": pd.Series(["b", "a", "é🎈", "1"] * 6, dtype="string"),
    "cut": pd.Series(pd.cut(np.arange(N) * 3 % 20, [-1, 5, 12, 30])),
    "dates": pd.Series(pd.Categorical(pd.to_datetime(["2020-01-02", "2020-01-01"] * 12))),
    "periods": pd.Series(pd.Categorical(pd.PeriodIndex(["2020-02", "2020-01"] * 12, freq="M"))),
    "categories of numbers": pd.Series(pd.Categorical([3, 1, 2, 1] * 6, [3, 2, 1], ordered=True)),
    "categories of truth values": pd.Series(pd.Categorical([True, False] * 12)),
    "categories of several types": pd.Series(pd.Categorical([1, "b", 2.5] * 8, [2.5, "b", 1])),
    "unused levels": pd.Series(pd.Categorical(["u", "w"] * 12, ["w", "v", "u"])),
    "truth values": pd.Series([True, False, False] * 8),
    "nullable": pd.Series(np.arange(N) % 5, dtype="Int8"),
    "nullable truth values": pd.Series([True, False, False] * 8, dtype="boolean"),
    "float16": pd.Series(np.arange(N) % 7, dtype="float16"),
    "uint64": pd.Series(np.arange(N) % 7, dtype="uint64"),
    "sparse": pd.Series(np.arange(N) % 2, dtype="Sparse[int64]"),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["x", "odd, `name` \"of\" 'x'\n[é]"])
def test_types_and_names_there_and_back(kind, name, tmp_path):
    if "`" in name:
        name = name.replace("`", "´")  # what a formula cannot quote
    frame = pd.DataFrame({"y": RNG.normal(size=N), name: TYPES[kind]})
    model = stanmix.Mixture(f"y ~ `{name}`", 1)
    design = model.matrices(frame)
    again = columns.load(columns.save(design, tmp_path / "columns.nc"))
    pd.testing.assert_frame_equal(again, design.columns)
    back = model.matrices(again)
    assert back.covariates == design.covariates
    np.testing.assert_array_equal(back.X, design.X)
    np.testing.assert_array_equal(back.transform(frame)[0], design.X)


def test_whole_numbers_keep_their_order_and_text_its_zeros(tmp_path):
    code = TYPES["text"].sample(N, random_state=1).reset_index(drop=True)
    frame = pd.DataFrame(
        {"y": RNG.normal(size=N), "n": TYPES["object of whole numbers"], "code": code}
    )
    again = columns.load(
        columns.save(stanmix.Mixture("y ~ n + code", 1).matrices(frame), tmp_path / "columns.nc")
    )
    assert again["n"].cat.categories.tolist() == [2, 9, 10]
    assert again["code"].cat.categories.tolist() == ["01", "1", "a", "b"]


@pytest.mark.parametrize(
    "index",
    [
        np.arange(N) * 2 - 7, np.arange(N) / 3, [f"row {i}" for i in range(N)],
        pd.date_range("2020-01-01", periods=N), pd.period_range("2020-01", periods=N, freq="M"),
        pd.timedelta_range("1D", periods=N),
        pd.Index([(i, "a") for i in range(N)], tupleize_cols=False),
    ],
    ids=["numbers", "reals", "text", "dates", "periods", "spans", "tuples"],
)  # fmt: skip
def test_names_of_rows_there_and_back(index, tmp_path):
    frame = pd.DataFrame({"y": RNG.normal(size=N)}).set_axis(pd.Index(index))
    model = stanmix.Mixture("y ~ 1", 1)
    design = model.matrices(frame)
    again = model.matrices(columns.load(columns.save(design, tmp_path / "columns.nc")))
    np.testing.assert_array_equal(again.obs_id, design.obs_id)


def damaged(attributes=None, values=None):
    stored = xr.Dataset(
        columns.variables(pd.DataFrame({"g": pd.Categorical(["a", "b"])})), {"obs_id": [0, 1]}
    )
    if attributes is not None:
        stored["column_0"].attrs = attributes
    if values is not None:
        stored["column_0"] = ("obs_id", values, stored["column_0"].attrs)
    return stored


LABELS = {"name": "g", "kind": "labels", "levels": ["a", "b"], "ordered": False}


@pytest.mark.parametrize(
    "stored",
    [
        damaged({}),
        damaged({"column": "{"}),
        damaged({"column": "3"}),
        damaged({"column": json.dumps({"name": "g"})}),
        damaged({"column": json.dumps({**LABELS, "kind": "code"})}),
        damaged({"column": json.dumps({**LABELS, "levels": ["a"]})}),
        damaged({"column": json.dumps({**LABELS, "levels": ["a", "a"]})}),
        damaged({"column": json.dumps({**LABELS, "levels": 3})}),
        damaged({"column": json.dumps({"name": "g", "kind": "numbers"})}, np.array(["u", "v"])),
        damaged(values=np.array([0, 7])),
        damaged(values=np.array(["u", "v"])),
    ],
)
def test_damaged_columns_are_refused(stored, tmp_path):
    stored.to_netcdf(tmp_path / "columns.nc")
    with pytest.raises(
        OutputError, match=r"columns\.nc cannot be read: the columns .* are damaged"
    ):
        columns.load(tmp_path / "columns.nc")


def test_what_the_system_refuses_is_said(tmp_path, monkeypatch):
    design = stanmix.Mixture("y ~ 1", 1).matrices({"y": RNG.normal(size=N)})
    path = columns.save(design, tmp_path / "columns.nc")
    before = path.read_bytes()

    def broken(self, path):
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", broken)
    with pytest.raises(OutputError, match=r"columns of the data cannot be written .*HDF error"):
        columns.save(design, path)
    assert path.read_bytes() == before
    with pytest.raises(OutputError, match="cannot be written"):
        columns.save(design, tmp_path / "none" / "columns.nc")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(OutputError, match="cannot be read"):
        columns.load(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("no NetCDF")
    with pytest.raises(OutputError, match="cannot be read"):
        columns.load(tmp_path / "text.nc")
