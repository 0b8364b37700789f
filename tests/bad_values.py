"""Values that an argument of a kind must refuse: made up from a seed, some of them by chance.

A kind is a function of a random generator that returns bad values. What is bad is said here by
hand, and not by the checks of stanmix that a test holds to it.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Kind = Callable[[np.random.Generator], list[Any]]


class Thing:
    """Of no type that anyone expects, without words, and like nothing."""

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __bool__(self) -> bool:
        raise TypeError("neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise TypeError("like nothing")


def junk(*fine: type) -> list[Any]:
    """One value of each type, but for the types that are fine."""
    values = [
        Thing(), Thing, None, True, 3, -2, 2.5, 1j, decimal.Decimal(1), "1", b"bytes",
        bytearray(b"b"), [Thing()], (None,), {"a": Thing()}, {1: "a"}, {1, 2}, frozenset("a"),
        range(3), iter([1]), len, np.eye(2), np.array("a"), np.datetime64("2020"),
        datetime.date(2020, 1, 1), pd.NA, pd.NaT, pd.DataFrame({"a": [1]}), pd.Series(["a"]),
        slice(1), Ellipsis, memoryview(b"a"), Path("none"),
    ]  # fmt: skip
    return [value for value in values if type(value) not in fine]


def text(rng: np.random.Generator, length: int = 12) -> str:
    """A text of odd letters, of which no name is made."""
    letters = list("ab_ .:;'\"`$%\\/\n\t\r{}[]()<>|&*+-=~^#@!?0189éß中\u202e\u200b🙂\x7f\x00\ud800")
    return "\x00" + "".join(rng.choice(letters, size=int(rng.integers(1, length))))


def integer(least: int = 1, *, optional: bool = False) -> Kind:
    def bad(rng: np.random.Generator) -> list[Any]:
        beyond = [least - 1, least - int(rng.integers(2, 10**9)), -(10**30), np.int64(least - 1)]
        near = [least + 0.5, float(least), str(least), [least], np.array([least]), math.nan]
        found = [*beyond, *near, math.inf, text(rng), *junk(int, *([type(None)] * optional))]
        return found

    return bad


def any_integer(rng: np.random.Generator) -> list[Any]:
    return [float(rng.integers(9)), "1", [1], math.nan, text(rng), *junk(int)]


def number(low: float, high: float, *ends: float, optional: bool = False) -> Kind:
    """A number between two others, and perhaps one of the ends."""

    def bad(rng: np.random.Generator) -> list[Any]:
        found = [math.nan, math.inf, -math.inf, np.float32("nan"), 10**400, "0.5", [0.5]]
        for end, beyond in ((low, -1), (high, 1)):
            if math.isfinite(end):
                found += [end + beyond * float(rng.exponential()), end + beyond * 1e-9]
                found += [] if end in ends else [end]
        fine = (int, float, *([type(None)] * optional))
        return [*found, True, text(rng), *junk(*fine)]

    return bad


def quantiles(rng: np.random.Generator) -> list[Any]:
    """One number from 0 to 1, or several."""
    several = [[], [0.5, 1.5], [0.5, math.nan], [0.5, True], [[0.5]], ["0.5"], (None, 0.5), {0.5}]
    one = number(0, 1, 0, 1, optional=True)(rng)
    return [*several, *(value for value in one if shown(value) != "list [0.5]")]


def flag(rng: np.random.Generator) -> list[Any]:
    return [0, 1, "no", "yes", "", 0.0, math.nan, np.int64(1), text(rng), *junk(bool)]


def name(*, optional: bool = False) -> Kind:
    """A text that is not empty."""

    def bad(rng: np.random.Generator) -> list[Any]:
        return ["", "\ud800", *junk(str, *([type(None)] * optional))]

    return bad


def choice(*choices: str, optional: bool = False) -> Kind:
    def bad(rng: np.random.Generator) -> list[Any]:
        one = choices[int(rng.integers(len(choices)))]
        near = ["", f"{one} ", one.swapcase(), one[:-1], one + one, [one], one.encode(), text(rng)]
        return [*near, *junk(*([type(None)] * optional))]

    return bad


def path(rng: np.random.Generator) -> list[Any]:
    """Neither to read nor to write."""
    odd = ["", "a\0b", "x" * int(rng.integers(300, 9000)), "/dev/null/below", "a/" * 5000]
    return [*odd, "~nobody-of-this-name\0/x", *junk(str, type(Path()), type(None)), ["a"]]


def names(*, optional: bool = True, one: bool = False, empty: bool = False) -> Kind:
    """A list of texts; or `one` text, or an `empty` list."""

    def bad(rng: np.random.Generator) -> list[Any]:
        odd: list[Any] = [["a", 1], ["a", ""], ["a", None], ("a", "\ud800"), [["a"]]]
        odd += [{"a": 1}, {"a"}, iter("a")]
        odd += [] if empty else [[], ()]
        odd += [""] if one else ["mu", text(rng)]
        fine = (*([type(None)] * optional), *([str] if one else []), pd.Series)
        return [*odd, *junk(*fine)]

    return bad


def mapping(*, optional: bool = False) -> Kind:
    def bad(rng: np.random.Generator) -> list[Any]:
        odd = ["ab", [("a", 1)], {1: 2}, {None: 1}, text(rng)]
        return [*odd, *junk(dict, *([type(None)] * optional))]

    return bad


def function(*, optional: bool = True) -> Kind:
    def bad(rng: np.random.Generator) -> list[Any]:
        callables = (type, type(len))
        return ["f", text(rng), *junk(*callables, *([type(None)] * optional))]

    return bad


def instance(*, optional: bool = False) -> Kind:
    """Of a class of stanmix or of another library."""

    def bad(rng: np.random.Generator) -> list[Any]:
        return [text(rng), *junk(*([type(None)] * optional))]

    return bad


def table(*, optional: bool = False) -> Kind:
    """What no DataFrame can be made of."""

    def bad(rng: np.random.Generator) -> list[Any]:
        odd = ["y", [1, 2], {"y": 1}, {"y": [1, [2]]}, {"y": [1], "x": [1, 2]}, text(rng)]
        fine = (dict, pd.DataFrame, *([type(None)] * optional))
        return [*odd, *junk(*fine)]

    return bad


def array(shape: tuple[int, ...], *, whole: bool = False, optional: bool = False) -> Kind:
    """Real numbers of a shape, or whole ones from 0."""

    def bad(rng: np.random.Generator) -> list[Any]:
        plain = np.zeros(shape)
        holed = np.where(rng.random(shape) < 0.5, np.nan, plain)
        holed.flat[int(rng.integers(holed.size))] = rng.choice([np.nan, np.inf, -np.inf])
        masked = np.ma.array(plain, mask=rng.random(shape) < 0.5)
        masked.mask.flat[0] = True
        odd = [
            holed, masked, plain.astype(complex) + 1j, plain.astype(str), plain.astype(object),
            plain.astype("datetime64[s]"), plain > 1, plain[..., :0], plain[..., None, None, None],
            [*plain.tolist()[:1], [1, 2]], 10**400, "0",
        ]  # fmt: skip
        odd += [plain - 1, plain + 0.5, plain + 10**6] if whole else []
        return [*odd, text(rng), *junk(int, float, *([type(None)] * optional)), 1.5]

    return bad


def starts(rng: np.random.Generator) -> list[Any]:
    """Of two components with means and scales, for four chains or runs."""
    good = {"theta": [0.5, 0.5], "mu": [0.0, 1.0], "sigma": [1.0, 1.0]}
    one: list[Any] = [
        {}, {"zzz": 1}, {"theta": [0.5, 0.5]}, {**good, "nu": 1.0}, {**good, "mu": [0.0]},
        {**good, "mu": [0.0, math.nan]}, {**good, "mu": "ab"}, {**good, "mu": None},
        {**good, "sigma": [-1.0, 1.0]}, {**good, "sigma": [0.0, 1.0]},
        {**good, "theta": [0.5, 0.6]}, {**good, "theta": [1.5, -0.5]}, {1: good}, "good", 3,
        None, [], Thing(),
    ]  # fmt: skip
    lists = [[each] * 4 for each in one]
    return [*lists, [good] * 3, [good] * 5, [], good, "good", text(rng), *junk(str)]


def shape(expected: tuple[int, ...]) -> Kind:
    """An array of anything, of a shape."""

    def bad(rng: np.random.Generator) -> list[Any]:
        plain = rng.normal(size=expected)
        masked = np.ma.array(plain, mask=True)
        odd = [plain[..., :1], plain[:1], plain[0], plain[:, :0], masked, [[1, 2], [3]], 3]
        return [*odd, text(rng), *junk()]

    return bad


def nothing(rng: np.random.Generator) -> list[Any]:
    """Of what is passed on as it is."""
    return []


def pair(*, of: str = "texts", optional: bool = False) -> Kind:
    def bad(rng: np.random.Generator) -> list[Any]:
        wrong = ["a", "b"] if of == "numbers" else [1.5, 2.5]
        odd = [["a"], [1, 2, 3], wrong, {"a": 1, "b": 2}, {1, 2}, [], "ab", text(rng)]
        return [*odd, *junk(*([type(None)] * optional))]

    return bad


def shown(value: Any) -> str:
    """A value in words, whatever it is."""
    try:
        return f"{type(value).__name__} {repr(value)[:60]}"
    except Exception:
        return type(value).__name__
