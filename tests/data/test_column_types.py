"""Columns of all the types that pandas has, as numbers, truth values and labels."""

from __future__ import annotations

import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import pytest

from stanmix.data.column_types import as_labels, as_numbers, check_text, plain
from stanmix.errors import InputError

DATES = pd.to_datetime(["2020-01-02", "2020-01-01"])


@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int32", "int64", "uint64", "Int16", "UInt64", "Sparse[int64]"],
)
def test_whole_numbers(dtype):
    made = plain(pd.Series([3, 1, 2]).astype(dtype), "c")
    assert made.dtype == np.int64 and made.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "longdouble", "Float64", "Sparse[float64]"]
)
def test_real_numbers(dtype):
    made = plain(pd.Series([3, 1.5, 2]).astype(dtype), "c")
    assert made.dtype == np.float64 and made.tolist() == [3, 1.5, 2]


@pytest.mark.parametrize(
    "values",
    [
        [decimal.Decimal("1.5"), decimal.Decimal(2)],
        [fractions.Fraction(3, 2), 2],
        [1.5, 2],
        [np.float32(1.5), np.int8(2)],
    ],
)
def test_objects_that_are_numbers_but_not_whole(values):
    made = plain(pd.Series(values, dtype=object), "c")
    assert made.dtype == np.float64 and made.tolist() == [1.5, 2]


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_truth_values(dtype):
    made = plain(pd.Series([True, False]).astype(dtype), "c")
    assert made.dtype == bool and made.tolist() == [True, False]


@pytest.mark.parametrize(
    ("column", "levels"),
    [
        (pd.Series(["b", "a", "b"]), ["a", "b"]),
        (pd.Series(["b", "a", "b"], dtype="string"), ["a", "b"]),
        (pd.Series(["b", "a", "b"], dtype=object), ["a", "b"]),
        (pd.Series(np.array(["b", "a"], dtype=np.str_), dtype=object), ["a", "b"]),
        (pd.Series([10, 9, 2], dtype=object), [2, 9, 10]),
        (pd.Series([2.0, 1.0], dtype=object), [1.0, 2.0]),
        (pd.Series([2**70, 1], dtype=object), [1, 2**70]),
        (pd.Series(["x", 2, 1], dtype=object), [1, 2, "x"]),
        (pd.Series(pd.Categorical([3, 1], [3, 2, 1])), [3, 1]),
        (pd.Series(pd.Categorical(["u", "w"], ["w", "v", "u"])), ["w", "u"]),
        (pd.Series(pd.Categorical([True, False])), [False, True]),
        (pd.Series(pd.cut([1, 60, 40], [0, 30, 50, 100])), ["(0, 30]", "(30, 50]", "(50, 100]"]),
        (pd.Series(pd.cut([1, 60], [0, 30, 50, 100])), ["(0, 30]", "(50, 100]"]),
        (pd.Series(pd.Categorical(DATES)), ["2020-01-01 00:00:00", "2020-01-02 00:00:00"]),
        (pd.Series(pd.Categorical(pd.PeriodIndex(DATES, freq="M"))), ["2020-01"]),
        (pd.Series(pd.arrays.IntervalArray.from_breaks([0, 1, 2])), ["(0, 1]", "(1, 2]"]),
        (pd.Series([("b", 1), ("a", 2)]), ["('a', 2)", "('b', 1)"]),
    ],
)
def test_labels_in_their_order(column, levels):
    made = plain(column, "c")
    assert isinstance(made.dtype, pd.CategoricalDtype)
    found = made.cat.categories.tolist()
    assert [(type(level), level) for level in found] == [(type(level), level) for level in levels]
    assert [str(value) for value in made] == [str(value) for value in column]


def test_an_order_is_kept():
    column = pd.Series(pd.Categorical(["lo", "hi"], ["lo", "hi"], ordered=True))
    assert plain(column, "c").cat.ordered
    assert not plain(pd.Series(["lo", "hi"]), "c").cat.ordered


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.Series([1j, 2]), "complex numbers"),
        (pd.Series([1j, 2], dtype=object), "complex numbers"),
        (pd.Series([np.complex64(1j), "a"], dtype=object), "complex numbers"),
        (pd.Series(DATES), "dates or spans of time"),
        (pd.Series(DATES.tz_localize("UTC")), "dates or spans of time"),
        (pd.Series(DATES - DATES[0]), "dates or spans of time"),
        (pd.Series(pd.PeriodIndex(DATES, freq="M")), "dates or spans of time"),
        (pd.Series([datetime.date(2020, 1, 1), "a"]), "dates or spans of time"),
        (pd.Series([[1], [2]]), "neither numbers nor labels"),
        (pd.Series([{"a": 1}]), "neither numbers nor labels"),
        (pd.Series([1, "1"], dtype=object), "both read '1', of the types int and str"),
        (pd.Series(pd.Categorical([1, "1"])), "both read '1'"),
        (pd.Series([10**400, 0.5], dtype=object), "beyond 1.8e308"),
        (pd.Series(["a\0"]), "control character"),
        (pd.Series(["\x1f"]), "control character"),
        (pd.Series(["\ud800"], dtype=object), "lone surrogate"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(column, said):
    with pytest.raises(InputError, match=f"column '?the column'?.*{said}|'the column'.*{said}"):
        plain(column, "the column")


def test_numbers_where_nothing_else_will_do():
    for column in (
        pd.Series([3, 1], dtype=object), pd.Series([3, 1], dtype="Int8"), pd.Series([3.0, 1.0]),
        pd.Series([decimal.Decimal(3), 1]),
    ):  # fmt: skip
        assert as_numbers(column, "c").tolist() == [3, 1]
    for column in (
        pd.Series([True, False]), pd.Series(["3", "1"]), pd.Series(pd.Categorical([3, 1])),
        pd.Series([3, "1"], dtype=object), pd.Series([True, 2.5], dtype=object),
    ):  # fmt: skip
        assert as_numbers(column, "c") is None
    with pytest.raises(InputError, match="complex"):
        as_numbers(pd.Series([1j]), "c")


def test_dates_can_be_labels():
    made = as_labels(pd.Series(DATES), "c")
    assert made.cat.categories.tolist() == ["2020-01-01 00:00:00", "2020-01-02 00:00:00"]
    assert as_labels(pd.Series([3, 1, 3]), "c").cat.codes.tolist() == [1, 0, 1]


def test_the_column_is_left_as_it_was():
    column = pd.Series(pd.Categorical(["u"], ["v", "u"]))
    before = column.copy(deep=True)
    plain(column, "c")
    pd.testing.assert_series_equal(column, before)


def test_text_that_files_hold():
    assert check_text("größe 🎈 \n", "A name") == "größe 🎈 \n"


class Wordless:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize("value", [object(), Wordless()])
def test_objects_without_a_text_of_their_own_are_no_labels(value):
    with pytest.raises(InputError, match=f"'g' holds objects of the type {type(value).__name__}"):
        as_labels(pd.Series(["a", value, "b"], dtype=object), "g")
