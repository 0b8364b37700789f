from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix.cli.table import read_table
from stanmix.errors import InputError


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_numbers_are_read_to_the_last_digit(written):
    values = np.random.default_rng(1).normal(size=2000) * 10.0 ** np.arange(-1000, 1000).clip(
        -99, 99
    )
    frame = read_table(written("y\n" + "\n".join(map(repr, values.tolist()))))
    np.testing.assert_array_equal(frame["y"], values)


def test_names_are_kept_as_they_are(written):
    frame = read_table(written('\ufeff"a b",größe,"c,d",x\n1,2,3,4\n'))
    assert frame.columns.tolist() == ["a b", "größe", "c,d", "x"]


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


def test_another_separator(written):
    assert read_table(written("y;x\n1;2\n"), ";").columns.tolist() == ["y", "x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as CSV"),
        ("y,x\n1,2,3\n4,5,6\n", "more fields than the first has names"),
        ("y,x\n1,2\n4,5,6\n", r"cannot be read as CSV: .*line 3"),
    ],
)
def test_files_that_are_no_table_are_refused(written, text, said):
    with pytest.raises(InputError, match=said):
        read_table(written(text))


def test_other_files_are_refused(written, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_table(written("größe\n1\n", "latin-1"))
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_table(tmp_path)
