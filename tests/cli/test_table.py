"""Tables of text: numbers to the last digit, labels as they are, and what is neither refused."""

from __future__ import annotations

import gzip
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stanmix
from stanmix.cli.table import MISSING, read_table
from stanmix.errors import InputError


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def column(*fields, name="x"):
    return "\n".join([name, *fields]) + "\n"


def test_numbers_are_read_to_the_last_digit(written):
    values = np.random.default_rng(1).normal(size=2000) * 10.0 ** np.arange(-1000, 1000).clip(
        -99, 99
    )
    frame = read_table(written("y\n" + "\n".join(map(repr, values.tolist()))))
    np.testing.assert_array_equal(frame["y"], values)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False) | st.integers(-(10**25), 10**25), min_size=1))
def test_any_number_is_one(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("numbers") / "data.csv"
    path.write_text(column(*map(repr, values)))
    np.testing.assert_array_equal(read_table(path)["x"], np.array([float(v) for v in values]))


@pytest.mark.parametrize(
    ("fields", "dtype", "values"),
    [
        (["1", "-2", "+3"], np.int64, [1, -2, 3]),
        (["1", "2.", ".5", "1e3", "-1E-2"], np.float64, [1, 2, 0.5, 1000, -0.01]),
        (["1", "18446744073709551617"], np.float64, [1, 2.0**64 + 1]),
        (["1", "", "3"], np.float64, [1, np.nan, 3]),
        (["0", "0.5", "-0", "inf"], np.float64, [0, 0.5, 0, np.inf]),
        ([" 1", "2 "], np.int64, [1, 2]),
        (["True", "FALSE", "true"], bool, [True, False, True]),
        (["", ""], np.float64, [np.nan, np.nan]),
    ],
)
def test_types_of_columns(written, fields, dtype, values):
    found = read_table(written("x,z\n" + "".join(f"{field},1\n" for field in fields)))["x"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("word", MISSING)
def test_missing_values_of_numbers_and_of_labels(written, word):
    numbers = read_table(written(column("1", word, "3")))["x"]
    np.testing.assert_array_equal(numbers, [1, np.nan, 3])
    labels = read_table(written(f"g,y\nDE,1\n{word},2\n,3\n"))["g"]
    assert labels.tolist()[:2] == ["DE", word] and labels.isna().tolist() == [False, False, True]
    stated = read_table(written(f"g,y\nDE,1\n{word},2\n,3\n"), missing=[word])["g"]
    assert stated.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    "odd", [".", "-", "?", "*", "$5", "5%", "2020-01-01", "1,5", "1 000", "abc", "007", "1_000",
            "0x1F", "٣", "5 kg", "1e", "--1", "TRUE"]
)  # fmt: skip
def test_one_odd_text_among_numbers_is_refused_by_line(written, odd):
    path = written(f'y;x\n1;2\n2;3\n\n3;"{odd}"\n4;5\n')
    said = (
        rf"line 5 \(row 2, counted from 0\): column 'x' holds numbers, but here '{re_escape(odd)}'"
    )
    with pytest.raises(InputError, match=said):
        read_table(path, ";")
    assert read_table(path, ";", columns=["y"])["y"].tolist() == [1, 2, 3, 4]
    assert read_table(path, ";", text=["x"])["x"].tolist() == ["2", "3", odd, "5"]
    taken = read_table(path, ";", missing=[odd])["x"]
    np.testing.assert_array_equal(taken, [2, 3, np.nan, 5])


def re_escape(text):
    return "".join(f"\\{c}" if c in ".?*$()+[]{}^|\\" else c for c in text)


@pytest.mark.parametrize(
    "fields",
    [
        ["$5", "$6", "$7.50"], ["5%", "10 %", "12.5%"], ["1,5", "2,25", "3"], ["€ 1.000", "5 €"],
        ["2020-01-01", "2020-02-01"], ["1/2/2020", "12/31/2020"], ["01.02.2020", "03.04.2021"],
        ["2020-01-01 12:00:00", "2020-01-01T13:00:00Z"], ["12:30", "1:15:20"],
        ["1,234", "12,345.67", "99"], ["1'000", "2'000"],
    ],
)  # fmt: skip
def test_numbers_and_dates_that_are_written_for_people_are_refused(written, fields):
    path = written("x\n" + "".join(f'"{field}"\n' for field in fields))
    with pytest.raises(InputError, match=r"which people read as numbers or dates.*--text 'x'"):
        read_table(path)
    assert read_table(path, text=["x"])["x"].tolist() == fields


@pytest.mark.parametrize(
    "fields",
    [
        ["a", "b", "a"], ["007", "042", "7"], ["0-4", "5-9", "10-14"], ["3a", "3b", "4"],
        ["<5", ">=5", "<5"], ["NA", "US", "NA"], ["yes", "no", "no"], ["1", "b"],
        ["A1", "2020", "B"], ["größe", "🎈", "x"],
    ],
)  # fmt: skip
def test_labels_stay_as_they_are(written, fields):
    assert read_table(written(column(*fields)))["x"].tolist() == fields


def test_groups_are_told_apart_by_how_they_are_written(written):
    fields = ["007", "7", "7.0", "07", "NA", "7"]
    path = written("g,y\n" + "".join(f"{field},{i}\n" for i, field in enumerate(fields)))
    frame = read_table(path, text=["g"])
    model = stanmix.Mixture("y ~ 1", 2, group="g")
    assert model.matrices(frame).rows.group.tolist() == [0, 1, 2, 3, 4, 1]


def test_empty_lines(written):
    with pytest.raises(InputError, match=r"'y' has 2 missing values .* rows 1, 3"):
        stanmix.Mixture("y ~ 1", 2).matrices(read_table(written("y\n1\n\n3\n\n4\n")))
    frame = read_table(written("y,x\n\n1,2\n   \n3,4\n\n"))
    assert frame["y"].tolist() == [1, 3]
    with pytest.raises(InputError, match=r"'y' has 1 missing value .* row 1"):
        stanmix.Mixture("y ~ 1", 2).matrices(read_table(written("y,x\n1,2\n,\n3,4\n")))


def test_decimal_commas(written):
    path = written("y;x\n1,5;2\n-,25;3\n1e2;4\n")
    frame = read_table(path, ";", ",")
    assert frame["y"].tolist() == [1.5, -0.25, 100] and frame["x"].tolist() == [2, 3, 4]
    with pytest.raises(InputError, match=r"line 3 .* holds numbers, but here '1\.5'"):
        read_table(written("y;x\n1,5;2\n1.5;3\n2,5;3\n"), ";", ",")


@pytest.mark.parametrize(
    ("separator", "text"),
    [
        ("\\t", "y\tx\n1\ta b\n2\tc\n"),
        ("\t", "y\tx\n1\ta b\n2\tc\n"),
        (";", "y;x\n1;a b\n2;c\n"),
        ("|", "y|x\n1|a b\n2|c\n"),
        ("\\s+", 'y   x\n  1  "a b"\n2\t c  \n'),
    ],
)
def test_separators(written, separator, text):
    frame = read_table(written(text), separator)
    assert frame.columns.tolist() == ["y", "x"]
    assert frame["y"].tolist() == [1, 2] and frame["x"].tolist() == ["a b", "c"]


@pytest.mark.parametrize("separator", ["", "ab", "\\s", "x", "1", '"', "\n", "_"])
def test_other_separators_are_refused(written, separator):
    with pytest.raises(InputError, match="separator="):
        read_table(written("y,x\n1,2\n"), separator)


def test_decimals_and_separators_that_cannot_be(written):
    with pytest.raises(InputError, match="decimal='x'"):
        read_table(written("y\n1\n"), decimal="x")
    with pytest.raises(InputError, match="cannot both separate columns and begin decimals"):
        read_table(written("y,x\n1,2\n"), decimal=",")


def test_gzipped_tables(tmp_path):
    path = tmp_path / "data.csv"  # told by its content, not by its name
    path.write_bytes(gzip.compress(b"y,x\n1,2\n2,3\n"))
    assert read_table(path)["x"].tolist() == [2, 3]
    path.write_bytes(gzip.compress(b"y,x\n1,2\n2,3\n")[:-12])
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_table(path)


def test_names_are_kept_as_they_are(written):
    frame = read_table(written('\ufeff"a b",größe, "c,d",x ,\n1,2,3,4,5\n'))
    assert frame.columns.tolist() == ["a b", "größe", "c,d", "x", "Unnamed: 4"]


def test_a_name_that_occurs_twice_is_not_guessed_at(written):
    frame = read_table(written("y,x,x\n1,2,3\n2,3,4\n3,5,9\n"))
    with pytest.raises(InputError, match="more than one column 'x'"):
        stanmix.Mixture("y ~ x", 2).matrices(frame)
    assert stanmix.Mixture("y ~ 1", 2).matrices(frame).y.tolist() == [1, 2, 3]


def test_missing_values_are_kept_and_refused_by_the_model(written):
    frame = read_table(written("y,x\n1,2\n,3\n4,NA\n5\n"))
    with pytest.raises(InputError, match=r"'y' has 1 missing value \(NaN\) in row 1"):
        stanmix.Mixture("y ~ 1", 2).matrices(frame)
    with pytest.raises(InputError, match=r"'x' has 2 missing values \(NaN\) in rows 2, 3"):
        stanmix.Mixture("y ~ x", 2).matrices(frame.assign(y=[1, 2, 3, 4]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first line has no names"),
        ("\n1\n", "its first line has no names"),
        ("y,x\n1,2\n4,5,6\n", r"line 3: more fields than the first line has names \(2\)"),
        ('y,x\n1,"2\n3,4\n', "cannot be read as CSV: .*end of data"),
        ('y,x\n1,"2"3\n', "cannot be read as CSV: "),
        ("y\n" + "a" * 200_000, "cannot be read as CSV: field larger"),
    ],
)
def test_files_that_are_no_table_are_refused(written, text, said):
    with pytest.raises(InputError, match=said):
        read_table(written(text))


def test_surplus_fields_that_are_empty_do_no_harm(written):
    assert read_table(written("y,x\n1,2,\n3,4,,\n"))["x"].tolist() == [2, 4]


def test_other_files_are_refused(written, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_table(written("größe\n1\n", "latin-1"))
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_table(written("y\n1\n", "utf-16"))
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_table(tmp_path)
    with pytest.raises(InputError, match="the table must be a path"):
        read_table(None)
    with pytest.raises(InputError, match="has no column 'z'; it has 'y'"):
        read_table(written("y\n1\n"), text=["z"])


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='xy,;\t\n\r" .-1027NA\0é%', max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "data.csv"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        frame = read_table(path)
    except InputError:
        return
    assert isinstance(frame, pd.DataFrame) and all(isinstance(name, str) for name in frame.columns)


def test_large_tables_take_seconds(written):
    values = np.random.default_rng(0).normal(size=(100_000, 4))
    path = written("a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist()))
    start = time.perf_counter()
    np.testing.assert_array_equal(read_table(path), values)
    assert time.perf_counter() - start < 20
