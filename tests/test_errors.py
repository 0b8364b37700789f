"""Values as errors show them: short, and on one line."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from stanmix import errors
from stanmix.errors import shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        ("a\nb", r"'a\nb'"),
        (np.zeros((2, 3)), "an array of shape (2, 3) and type float64"),
        (pd.DataFrame({"x": [1]}), "a DataFrame of shape (1, 1)"),
        (np.array(0.5), "array(0.5)"),
        (None, "None"),
    ],
)
def test_a_value_is_shown(value, expected):
    assert shown(value) == expected


def test_a_number_of_more_digits_than_python_writes_is_shown_by_its_kind():
    assert shown(10**5000) == "an int"


@pytest.mark.parametrize("value", ["x" * 10_000, list(range(10_000)), [["y" * 500] * 50] * 50])
def test_what_is_long_is_shown_in_short_on_one_line(value):
    assert len(shown(value)) <= 500 and "..." in shown(value) and "\n" not in shown(value)


def test_objects_of_any_kind_are_shown_in_a_few_words():
    for value in (list(range(10**6)), "x" * 10**6, {i: i for i in range(1000)}, threading.Lock()):
        assert len(shown(value)) < 120


def test_errors_can_be_caught_by_what_they_are():
    assert issubclass(errors.InputError, ValueError)
    for name in set(errors.__all__) - {"shown", "StanmixError"}:
        assert issubclass(getattr(errors, name), errors.StanmixError)
