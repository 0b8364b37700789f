"""The columns that a mixture reads of a file, and how it says that they are written."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

import stanmix
from stanmix.cli import data
from stanmix.errors import InputError


@pytest.fixture
def read(tmp_path):
    def frame(text, model, *arguments):
        path = tmp_path / "data.csv"
        path.write_text(text)
        parser = argparse.ArgumentParser()
        data.add_to(parser)
        parsed = parser.parse_args([str(path), *arguments])
        parsed.group = model.group
        return data.frame(parsed, model)

    return frame


LINE = stanmix.Mixture("y ~ x", 2)


def test_a_file_with_commas_and_full_stops_needs_no_more(read):
    frame = read("x,y\n1,2.5\n-2,\n", LINE)
    assert frame["x"].tolist() == [1, -2]
    np.testing.assert_array_equal(frame["y"], [2.5, np.nan])


def test_separators_decimals_and_missing_values_are_as_stated(read):
    text = "x;y\n1,5;-\n.;2\n3;1,25\n4;4\n"
    frame = read(text, LINE, "--separator", ";", "--decimal", ",", "--na", "-", "--na", ".")
    np.testing.assert_array_equal(frame["x"], [1.5, np.nan, 3, 4])
    np.testing.assert_array_equal(frame["y"], [np.nan, 2, 1.25, 4])
    with pytest.raises(InputError, match=r"column 'x' holds numbers, but here '\.'"):
        read(text, LINE, "--separator", ";", "--decimal", ",")


def test_columns_that_no_one_asks_for_may_hold_anything(read):
    text = "x,y,note\n1,2,1\n2,3,2\n3,4,none\n"
    assert read(text, LINE)["note"].tolist() == ["1", "2", "none"]
    with pytest.raises(InputError, match="column 'note' holds numbers, but here 'none'"):
        read(text, stanmix.Mixture("y ~ note", 2))


def test_groups_and_columns_of_text_are_labels_as_written(read):
    text = "x,y,g\n1,2,1.0\n2,3,1\n"
    model = stanmix.Mixture("y ~ x", 2, group="g")
    assert read(text, model)["g"].tolist() == ["1.0", "1"]
    labels = read("x,y\n1.0,2\n1,3\n", LINE, "--text", "x")
    assert labels["x"].tolist() == ["1.0", "1"]


def test_a_group_that_a_formula_reads_is_a_number(read):
    frame = read("x,y,g\n1,2,7\n2,3,8\n", stanmix.Mixture("y ~ g", 2, group="g"))
    assert frame["g"].tolist() == [7, 8]
