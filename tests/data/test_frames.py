"""Data as frames, and checks of columns and matrices."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from stanmix.data import frames
from stanmix.errors import InputError

RNG = np.random.default_rng(3)
Z = RNG.normal(size=200)
ONE = np.ones(200)


class Foreign:
    def __init__(self, made):
        self.made = made

    def to_pandas(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


def test_masked_values_are_missing():
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    whole = np.ma.array([1, 2, 3], mask=[True, True, False])
    frame = frames.to_frame({"x": masked, "n": whole, "y": np.ma.array([1, 2, 3])})
    for name, words in (("x", "1 missing value .*row 1 "), ("n", "2 missing values .*rows 0, 1 ")):
        with pytest.raises(InputError, match=f"'{name}' has {words}"):
            frames.take([name], frame)
    assert frames.take(["y"], frame)["y"].tolist() == [1, 2, 3]


def test_types_of_a_mapping_are_kept_and_rows_matched_by_order():
    frame = frames.to_frame(
        {
            "a": pd.Categorical(["v", "u"], ["v", "u"]),
            "b": pd.Series([1.0, 2.0], index=[7, 3]),
            "c": pd.array(["p", "q"], "string"),
            "d": [3, 4],
        }
    )
    assert frame["a"].cat.categories.tolist() == ["v", "u"]
    assert frame["b"].tolist() == [1.0, 2.0] and list(frame.index) == [0, 1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "must be a pandas DataFrame"),
        ([1, 2], "must be a pandas DataFrame"),
        ({1, 2}, "must be a pandas DataFrame"),
        (pd.Series([1.0]), "must be a pandas DataFrame"),
        (Foreign(pd.Series([1.0])), "must be a pandas DataFrame"),
        (Foreign(ImportError("no pyarrow")), "Foreign, cannot be made .*no pyarrow"),
        ({"a": [1, 2], "b": [1]}, "do not fit together"),
        ({"a": np.ones((2, 2))}, "do not fit together"),
        ({"a": {1, 2}}, "a set has no order"),
        ({"a": 1.0}, "do not fit together"),
    ],
)
def test_what_is_no_table_is_refused(data, said):
    with pytest.raises(InputError, match=said):
        frames.to_frame(data)


def test_columns_are_taken_by_their_names_as_text():
    frame = pd.DataFrame(RNG.normal(size=(4, 3)), index=list("abcd"))
    taken = frames.take({"2", "0"}, frame)
    assert list(taken.columns) == ["0", "2"] and list(taken.index) == [0, 1, 2, 3]
    np.testing.assert_array_equal(taken, frame[[0, 2]])
    assert list(frame.columns) == [0, 1, 2]
    both = pd.DataFrame([[1.0, 2.0]], columns=[0, "0"])
    with pytest.raises(InputError, match="more than one column '0'"):
        frames.take(["0"], both)
    with pytest.raises(InputError, match="Unknown columns '5', '7'; the data have '0', '1', '2'"):
        frames.take(["7", "5"], frame)
    with pytest.raises(InputError, match="control character"):
        frames.take(["a\0"], pd.DataFrame({"a\0": [1]}))


def test_many_columns_are_checked_in_time_that_grows_with_their_number():
    wide = pd.DataFrame(np.ones((2, 20_000)), columns=[f"c{i}" for i in range(20_000)])
    start = time.perf_counter()
    frames.take(["c3", "c19999"], wide)
    with pytest.raises(InputError, match="'c19' and 19980 more"):
        frames.take(["none"], wide)
    assert time.perf_counter() - start < 2  # 9 s where each name was counted among all


@pytest.mark.parametrize(
    ("index", "names"),
    [
        ([5, 3, 1], [5, 3, 1]),
        ([0.5, 1.5, 2.0], [0.5, 1.5, 2.0]),
        (["a", "b", "c"], ["a", "b", "c"]),
        (pd.Index([(1, "a"), (2, "b"), (3, "c")], tupleize_cols=False),
         ["(1, 'a')", "(2, 'b')", "(3, 'c')"]),
        (pd.period_range("2020-01", periods=3, freq="M"), ["2020-01", "2020-02", "2020-03"]),
        (pd.Index(["1", 1, 2], dtype=object), [0, 1, 2]),
        (["a", "a", "b"], [0, 1, 2]),
        ([1.0, np.nan, 2.0], [0, 1, 2]),
        (["a\0", "a", "b"], [0, 1, 2]),
        (pd.Index(["\ud800", "a", "b"], dtype=object), [0, 1, 2]),
        (pd.MultiIndex.from_tuples([(1, 2), (1, 3), (1, 4)]), [0, 1, 2]),
    ],
)  # fmt: skip
def test_names_of_rows(index, names):
    assert frames.row_names(pd.DataFrame({"x": [1, 2, 3]}, index=index)).tolist() == names


def rank_of(columns, names=None):
    X = np.column_stack(columns)
    frames.check_rank(X, names or [f"c{i}" for i in range(X.shape[1])])


@pytest.mark.parametrize("far", [0, 1e3, 1e6])
@pytest.mark.parametrize("unit", [1e-100, 1.0, 1e100])
def test_rank_depends_on_neither_origin_nor_unit(far, unit):
    x, other = far + Z, far + RNG.normal(size=200)
    rank_of([ONE, unit * x])
    rank_of([ONE, unit * x, x**2])
    rank_of([ONE, x, unit * other])
    rank_of([x, unit * other])
    for dependent in (
        [ONE, x, unit * (2 * x + 3)],
        [x, 2 * x],
        [ONE, x, other, unit * (x - other)],
    ):
        with pytest.raises(InputError, match="linearly dependent"):
            rank_of(dependent)


def test_a_year_and_its_square():
    year = np.arange(1990.0, 2021.0)
    rank_of([np.ones(31), year, year**2])


@pytest.mark.parametrize("also", [[], [Z], [1e6 + Z]])
def test_columns_that_span_a_constant(also):
    dummies = list(np.eye(3)[np.arange(200) % 3].T)
    rank_of([*dummies, *also])
    with pytest.raises(InputError, match="linearly dependent"):
        rank_of([ONE, *dummies, *also])
    with pytest.raises(InputError, match="linearly dependent"):
        rank_of([*dummies, *also, 2 * dummies[0] - dummies[2] + 1])


def test_the_dependent_covariate_is_named():
    with pytest.raises(InputError, match=r"'(x|twice)' is determined by the others"):
        rank_of([ONE, Z, 2 * Z, RNG.normal(size=200)], ["Intercept", "x", "twice", "free"])
    with pytest.raises(InputError, match="'nil' is zero in every row"):
        rank_of([ONE, 0 * Z], ["Intercept", "nil"])
    with pytest.raises(InputError, match=r"linearly dependent \(2 rows\)"):
        rank_of([ONE[:2], Z[:2], Z[2:4]])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (Z * 1e300, "'v' reaches .*e\\+(299|300).* another unit"),
        (Z * 1e-300, "'v' reaches .*e-(299|300|301).* another unit"),
        (np.where(np.arange(200) < 1, 1e200, 1.0), "reaches 1e\\+200"),
    ],
)
def test_numbers_whose_squares_have_none_are_refused(values, said):
    with pytest.raises(InputError, match=said):
        frames.check_size(values[:, None], ["v"])


@pytest.mark.parametrize("values", [Z * 1e12, Z * 1e-140, 1e6 + Z, 0 * Z, ONE * 1e140])
def test_other_numbers_are_taken(values):
    frames.check_size(values[:, None], ["v"])
