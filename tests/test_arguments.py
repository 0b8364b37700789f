"""Checks of arguments: each kind, what it takes, what it refuses, and in what words."""

from __future__ import annotations

import dataclasses
import decimal
import fractions

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from stanmix import arguments
from stanmix.arguments import (
    Anything,
    Array,
    Either,
    Flag,
    Function,
    InstanceOf,
    Integer,
    ListOf,
    MappingOf,
    Number,
    OneOf,
    OneOrMore,
    OrNone,
    Text,
    checked,
)
from stanmix.errors import InputError


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("check", "given", "expected"),
    [
        (Integer(1, 9), 9, 9),
        (Integer(1, 9), np.int8(9), 9),
        (Integer(), np.uint64(2**63), 2**63),
        (Integer(), np.array(3), 3),
        (Number(), 3, 3.0),
        (Number(), np.float32(0.5), 0.5),
        (Number(), np.float16(-2), -2.0),
        (Number(), np.int64(7), 7.0),
        (Number(), fractions.Fraction(1, 4), 0.25),
        (Number(least=0, most=1), 1, 1.0),
        (Flag(), np.True_, True),
        (Flag(), False, False),
        (Text(), np.str_("a"), "a"),
        (OneOf("a", "b"), np.str_("b"), "b"),
        (ListOf(Integer(), "integers"), [1, np.int64(2)], (1, 2)),
        (ListOf(Integer(), "integers"), np.array([1, 2]), (1, 2)),
        (ListOf(Text(), "texts"), pd.Index(["a", "b"]), ("a", "b")),
        (ListOf(Text(), "texts"), pd.Series(["a"]), ("a",)),
        (ListOf(Text(), "texts"), [], ()),
        (OneOrMore(Number(), "numbers"), 1, (1.0,)),
        (OneOrMore(Text(), "texts"), "ab", ("ab",)),
        (OneOrMore(Number(), "numbers"), [1, 2], (1.0, 2.0)),
        (MappingOf(Integer(), "integers"), {"a": np.int64(1)}, {"a": 1}),
        (Either(OneOf("auto"), Integer(1)), "auto", "auto"),
        (Either(OneOf("auto"), Integer(1)), np.int32(2), 2),
        (OrNone(Integer()), None, None),
        (OrNone(Integer()), np.int64(1), 1),
        (Anything("all"), None, None),
        (InstanceOf("decimal", "Decimal", "a decimal"), decimal.Decimal(1), decimal.Decimal(1)),
        (Function(), len, len),
    ],
)
def test_what_fits_is_read_as_pythons_own(check, given, expected):
    read = check("x", given)
    assert read == expected and type(read) is type(expected)
    assert check.fits(given)


@pytest.mark.parametrize(
    ("check", "given", "words"),
    [
        (Integer(1), 0, "x must be an integer of at least 1, got 0."),
        (Integer(1, 9), 10, "x must be an integer of at least 1 and at most 9, got 10."),
        (Integer(), 1.0, "x must be an integer, got 1.0."),
        (Integer(), True, "x must be an integer, got True."),
        (Integer(), np.True_, "x must be an integer, got "),
        (Integer(), "1", "x must be an integer, got '1'."),
        (Integer(), None, "x must be an integer, got None."),
        (
            Integer(),
            np.array([1]),
            "x must be an integer, got an array of shape (1,) and",
        ),
        (Number(), 10**400, "x must be a finite number, got 1000"),
        (Number(), np.nan, "x must be a finite number, got nan."),
        (Number(), False, "x must be a finite number, got False."),
        (Number(), 1j, "x must be a finite number, got 1j."),
        (Number(), decimal.Decimal(1), "x must be a finite number, got Decimal('1')."),
        (Number(above=0), 0, "x must be a positive, finite number, got 0."),
        (Number(above=0), np.inf, "x must be a positive, finite number, got inf."),
        (Number(above=0, below=1), 1, "x must be a number between 0 and 1 (both excluded), got 1."),
        (Number(0, 1), -0.1, "x must be a number between 0 and 1, got -0.1."),
        (Number(above=0, most=1), 2, "x must be a finite number, above 0 and at most 1, got 2."),
        (Flag(), "no", "x must be True or False, got 'no'."),
        (Flag(), 1, "x must be True or False, got 1."),
        (Text(), "", "x must be a text, got ''."),
        (Text("a name"), b"a", "x must be a name, got b'a'."),
        (Text(), "\ud800", r"x must be a text, got '\ud800'."),
        (OneOf("a", "b"), "c", "x must be one of 'a', 'b', got 'c'."),
        (OneOf("a", "b"), ["a"], "x must be one of 'a', 'b', got ['a']."),
        (ListOf(Text(), "texts"), "ab", "x must be texts, got 'ab'."),
        (ListOf(Text(), "texts"), {"a"}, "x must be texts, got {'a'}."),
        (ListOf(Text(), "texts"), {"a": 1}, "x must be texts, got {'a': 1}."),
        (ListOf(Text(), "texts"), ["a", 1], "x must be texts, got ['a', 1]."),
        (ListOf(Text(), "a pair", 2, 2), ["a"], "x must be a pair, got ['a']."),
        (ListOf(Integer(), "integers"), bytearray(b"a"), "x must be integers, got bytearray"),
        (ListOf(Integer(), "integers"), np.eye(2), "x must be integers, got an array of shape"),
        (OneOrMore(Number(), "numbers"), [], "x must be numbers, got []."),
        (MappingOf(Text(), "names"), [("a", "b")], "x must be names, got [('a', 'b')]."),
        (MappingOf(Text(), "names"), {1: "a"}, "x must be names, got {1: 'a'}."),
        (MappingOf(Text(), "names"), {"a": 1}, "x must be names, got {'a': 1}."),
        (
            Either(OneOf("a"), Integer(1)),
            0,
            "x must be one of 'a' or an integer of at",
        ),
        (OrNone(Integer(1)), 0, "x must be an integer of at least 1, got 0."),
        (InstanceOf("decimal", "Decimal", "a decimal"), 1, "x must be a decimal, got 1."),
        (InstanceOf("not.loaded", "Class", "a thing"), 1, "x must be a thing, got 1."),
        (Function(), "len", "x must be a function, got 'len'."),
        (Flag(), Unshowable(), "x must be True or False, got <Unshowable instance at "),
        (Flag(), "a\nb", r"x must be True or False, got 'a\nb'."),
    ],
)
def test_what_does_not_fit_is_refused_in_words(check, given, words):
    with pytest.raises(InputError) as caught:
        check("x", given)
    assert str(caught.value).startswith(words)
    assert len(str(caught.value)) < 250 and "\n" not in str(caught.value)
    assert not check.fits(given)


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2], [3, 4]],
        np.eye(2, dtype=np.float32),
        np.ma.array(np.eye(2), mask=False),
        xr.DataArray(np.eye(2)),
        pd.DataFrame(np.eye(2)),
        np.zeros((2, 2), dtype=np.uint8),
    ],
)
def test_arrays_of_real_numbers_are_read(given):
    read = Array("a table", dimensions=(2,))("x", given)
    assert type(read) is np.ndarray
    np.testing.assert_array_equal(read, np.asarray(given))


@pytest.mark.parametrize(
    "given",
    [
        None,
        "ab",
        [[1, 2], [3]],
        [["a", "b"]],
        [[None, 1]],
        [1.0, 2.0],
        np.ma.array(np.eye(2), mask=np.eye(2)),
        np.eye(2) + 1j,
        np.eye(2) > 0,
        np.zeros((2, 2), "datetime64[s]"),
        {"a": [1]},
        object(),
    ],
)
def test_what_numpy_would_bend_to_an_array_is_refused(given):
    with pytest.raises(InputError, match="x must be a table, got "):
        Array("a table", dimensions=(2,))("x", given)


@checked(a=Integer(1), c=OneOrMore(Text(), "texts"))
def function(a, b=0, *rest, c="default", **more):
    """Do nothing."""
    return a, b, rest, c, more


def test_a_decorator_reads_what_is_given_and_defaults():
    assert function(np.int64(1)) == (1, 0, (), ("default",), {})
    assert function(2, "b", 3, 4, c=["x"], d=5) == (2, "b", (3, 4), ("x",), {"d": 5})
    assert function.__name__ == "function" and function.__doc__ == "Do nothing."
    with pytest.raises(InputError, match="function: a must be an integer of at least 1, got 0"):
        function(0)
    with pytest.raises(InputError, match="function: c must be texts, got 1"):
        function(1, c=1)


def test_a_call_that_does_not_fit_has_pythons_own_error():
    with pytest.raises(TypeError, match=r"function\(\) missing 1 required positional"):
        function()


def test_a_check_of_an_argument_that_is_not_there_is_noticed():
    with pytest.raises(TypeError, match="function has no arguments"):
        checked(z=Flag())(function)


@dataclasses.dataclass(frozen=True)
class Settings:
    draws: int = arguments.field(Integer(1), 4)
    names: tuple = arguments.field(ListOf(Text(), "names"), default_factory=tuple)
    free: object = None

    def __post_init__(self):
        arguments.check_fields(self)


def test_fields_are_read():
    settings = Settings(np.int8(3), ["a"])
    assert settings == Settings(3, ("a",)) and type(settings.draws) is int
    assert Settings().draws == 4
    with pytest.raises(InputError, match="draws must be an integer of at least 1, got 0"):
        Settings(0)
