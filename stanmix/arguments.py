"""Checks of arguments: what a value must be is said once, and refused in the same words everywhere.

A check is a value: ``Integer(1)``, ``OneOf("vi", "binder")``, ``OrNone(Number(above=0))``. It reads
what was given (NumPy's scalars as Python's numbers; truth values are no numbers, text is no list)
or raises an `InputError` that names the argument, shows what was got and says what was expected.
`checked` puts checks before a function, `field` before a field of a dataclass.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import numbers
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import numpy as np

from stanmix import paths
from stanmix.errors import InputError, shown

__all__ = [
    "FIT",
    "FRAME",
    "MEMORY",
    "MIXTURE",
    "PROBABILITY",
    "SEED",
    "Anything",
    "Array",
    "Check",
    "Either",
    "Flag",
    "Function",
    "InstanceOf",
    "Integer",
    "ListOf",
    "MappingOf",
    "Number",
    "OneOf",
    "OneOrMore",
    "OrNone",
    "Path",
    "Text",
    "check_fields",
    "checked",
    "field",
]


class _UnfitError(Exception):
    """A value is not what a check expects."""


class Check(ABC):
    """What an argument must be."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What is expected, in words that follow "must be"."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """Return the value as functions take it; raise `_UnfitError` for any other."""

    def fits(self, value: Any) -> bool:
        """Whether the value is what is expected."""
        try:
            self.read(value)
        except _UnfitError:
            return False
        return True

    def __call__(self, name: str, value: Any) -> Any:
        """Return the value of the argument `name` as functions take it.

        Raises
        ------
        InputError
            If it is not what is expected.
        """
        try:
            return self.read(value)
        except _UnfitError:
            pass
        raise InputError(f"{name} must be {self.expected}, got {shown(value)}.")


@dataclass(frozen=True)
class Anything(Check):
    """Any value: of what another place reads and checks, which `where` names."""

    where: str

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return f"what {self.where} takes"

    def read(self, value: Any) -> Any:
        """Return the value as it is."""
        return value


@dataclass(frozen=True)
class Integer(Check):
    """A whole number, from `least` to `most`."""

    least: float = -math.inf
    most: float = math.inf

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        ends = [] if math.isinf(self.least) else [f"at least {self.least}"]
        ends += [] if math.isinf(self.most) else [f"at most {self.most}"]
        return "an integer" + (f" of {' and '.join(ends)}" if ends else "")

    def read(self, value: Any) -> int:
        """Return a Python integer."""
        value = _scalar(value)
        if _is_flag(value) or not isinstance(value, numbers.Integral):
            raise _UnfitError
        if not self.least <= int(value) <= self.most:
            raise _UnfitError
        return int(value)


@dataclass(frozen=True)
class Number(Check):
    """A finite number between bounds, of which `least` and `most` belong to it."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        if (self.above, self.below, self.most) == (0, math.inf, math.inf):
            return "a positive, finite number"
        if (self.above, self.below) == (0, 1):
            return "a number between 0 and 1 (both excluded)"
        if (self.least, self.most) == (0, 1):
            return "a number between 0 and 1"
        ends = [
            f"{words} {end:g}"
            for words, end in (
                ("at least", self.least), ("above", self.above),
                ("at most", self.most), ("below", self.below),
            )
            if not math.isinf(end)
        ]  # fmt: skip
        return "a finite number" + (f", {' and '.join(ends)}" if ends else "")

    def read(self, value: Any) -> float:
        """Return a Python float."""
        value = _scalar(value)
        if _is_flag(value) or not isinstance(value, numbers.Real):
            raise _UnfitError
        try:
            number = float(value)
        except OverflowError:
            raise _UnfitError from None
        inside = self.least <= number <= self.most and self.above < number < self.below
        if not (math.isfinite(number) and inside):
            raise _UnfitError
        return number


@dataclass(frozen=True)
class Flag(Check):
    """A truth value, and nothing that is merely taken for one."""

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return "True or False"

    def read(self, value: Any) -> bool:
        """Return a Python truth value."""
        value = _scalar(value)
        if not _is_flag(value):
            raise _UnfitError
        return bool(value)


@dataclass(frozen=True)
class Text(Check):
    """Text that is not empty; `words` say what of."""

    words: str = "a text"

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> str:
        """Return a Python string."""
        if not isinstance(value, str) or not value:
            raise _UnfitError
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a pair of surrogates can stand in no file
            raise _UnfitError from None
        return str(value)


@dataclass(frozen=True, init=False)
class OneOf(Check):
    """One of some texts."""

    choices: tuple[str, ...]

    def __init__(self, *choices: str) -> None:
        object.__setattr__(self, "choices", choices)

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return f"one of {', '.join(map(repr, self.choices))}"

    def read(self, value: Any) -> str:
        """Return the choice."""
        if not isinstance(value, str) or value not in self.choices:
            raise _UnfitError
        return str(value)


@dataclass(frozen=True)
class Path(Check):
    """A path, as text or an ``os.PathLike``; one to write to is tried before any work is done."""

    write: Literal["", "file", "folder"] = ""

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return "a path"

    def read(self, value: Any) -> Any:
        """Return a `pathlib.Path`."""
        if not self.fits(value):
            raise _UnfitError
        return self("path", value)

    def fits(self, value: Any) -> bool:
        """Whether it is of a type that names a path; what the system says of it is an error."""
        return isinstance(value, str | os.PathLike)

    def __call__(self, name: str, value: Any) -> Any:
        """Return a `pathlib.Path`; errors say what the system has against it."""
        read = {"": paths.to_path, "file": paths.file_to_write, "folder": paths.folder_to_write}
        return read[self.write](value, name)


@dataclass(frozen=True)
class ListOf(Check):
    """A list or another sequence, but no text, whose entries a check reads; `words` say what of."""

    item: Check
    words: str
    least: int = 0
    most: float = math.inf

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        if isinstance(value, str | bytes | bytearray | memoryview):
            raise _UnfitError
        if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):  # arrays, columns
            value = list(value)
        if not isinstance(value, Sequence):
            raise _UnfitError
        if not self.least <= len(value) <= self.most:
            raise _UnfitError
        return tuple(self.item.read(entry) for entry in value)


@dataclass(frozen=True)
class OneOrMore(Check):
    """What a check reads, or a list of such; `words` say what of."""

    item: Check
    words: str

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        try:
            return (self.item.read(value),)
        except _UnfitError:
            return ListOf(self.item, self.words, least=1).read(value)


@dataclass(frozen=True)
class MappingOf(Check):
    """A mapping of names to what a check reads; `words` say what of, `keys` what names are."""

    item: Check
    words: str
    keys: Check | None = None  # default texts

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> dict[str, Any]:
        """Return a dictionary."""
        if not isinstance(value, Mapping):
            raise _UnfitError
        read = (self.keys or Text()).read
        return {read(key): self.item.read(entry) for key, entry in value.items()}


@dataclass(frozen=True)
class InstanceOf(Check):
    """An instance of a class, known by module and name so that nothing is imported for it.

    An object can be of the class only if its module has been imported already.
    """

    module: str
    name: str
    words: str

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> Any:
        """Return the value as it is."""
        cls = getattr(sys.modules.get(self.module), self.name, None)
        if cls is None or not isinstance(value, cls):
            raise _UnfitError
        return value


@dataclass(frozen=True)
class Function(Check):
    """What can be called."""

    words: str = "a function"

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> Any:
        """Return the value as it is."""
        if not callable(value):
            raise _UnfitError
        return value


@dataclass(frozen=True)
class Array(Check):
    """What NumPy makes an array of real numbers, whole or not as `kinds` say.

    Masked entries, imaginary parts, dates and texts are refused, since `numpy.asarray` would drop
    or convert them without a word. `dimensions` are the numbers of axes that there may be.
    """

    words: str = "an array of numbers"
    kinds: str = "fiu"
    dimensions: tuple[int, ...] = ()

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.words

    def read(self, value: Any) -> Any:
        """Return an array."""
        if np.ma.is_masked(value):
            raise _UnfitError
        try:
            array = np.asarray(value)
        except (ValueError, TypeError, RuntimeError, OverflowError):
            raise _UnfitError from None
        if array.dtype.kind not in self.kinds:
            raise _UnfitError
        if self.dimensions and array.ndim not in self.dimensions:
            raise _UnfitError
        return array


@dataclass(frozen=True, init=False)
class Either(Check):
    """What the first of several checks reads that reads it."""

    checks: tuple[Check, ...]

    def __init__(self, *checks: Check) -> None:
        object.__setattr__(self, "checks", checks)

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return " or ".join(check.expected for check in self.checks)

    def read(self, value: Any) -> Any:
        """Return what the first check that fits returns."""
        for check in self.checks:
            try:
                return check.read(value)
            except _UnfitError:
                continue
        raise _UnfitError

    def __call__(self, name: str, value: Any) -> Any:
        """Return what the first check that fits returns; errors are those of that check."""
        for check in self.checks:
            if check.fits(value):
                return check(name, value)
        return super().__call__(name, value)


@dataclass(frozen=True)
class OrNone(Check):
    """What a check reads, or None."""

    check: Check

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return f"{self.check.expected}, or None"

    def read(self, value: Any) -> Any:
        """Return None, or what the check returns."""
        return None if value is None else self.check.read(value)

    def __call__(self, name: str, value: Any) -> Any:
        """Return None, or what the check returns; errors are those of the check."""
        return None if value is None else self.check(name, value)


# Arguments that many functions have.
SEED = Integer(0)  # of NumPy's generators
PROBABILITY = Number(above=0, below=1)
FIT = InstanceOf("stanmix.fit", "Fit", "a stanmix.Fit")
MIXTURE = InstanceOf("stanmix.mixture", "Mixture", "a stanmix.Mixture")
FRAME = Anything("a DataFrame")  # read by `stanmix.data.frames.to_frame`
MEMORY = OrNone(Number(above=0))  # GiB

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def checked(**checks: Check) -> Callable[[AnyFunction], AnyFunction]:
    """Return a decorator that reads the arguments of a function before it runs.

    Parameters
    ----------
    **checks : Check
        By the names of the arguments. Defaults are read like what is given.
    """

    def decorate(function: AnyFunction) -> AnyFunction:
        signature = inspect.signature(function)
        if unknown := set(checks) - set(signature.parameters):
            raise TypeError(f"{function.__name__} has no arguments {unknown}")

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # whose own error names the function
            bound.apply_defaults()
            for name, check in checks.items():
                value = bound.arguments[name]
                bound.arguments[name] = check(f"{function.__name__}: {name}", value)
            return function(*bound.args, **bound.kwargs)

        return cast(AnyFunction, call)

    return decorate


def field(check: Check, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """Return a field of a dataclass with its check, which `check_fields` makes.

    Parameters
    ----------
    check : Check
    default : object, optional
    **options
        Of `dataclasses.field`, as ``default_factory``.
    """
    if default is not dataclasses.MISSING:
        options["default"] = default
    return dataclasses.field(metadata={"check": check}, **options)


def check_fields(instance: Any) -> None:
    """Read the fields of a dataclass, frozen or not, by the checks that `field` gave them."""
    for item in dataclasses.fields(instance):
        if (check := item.metadata.get("check")) is not None:
            value = check(item.name, getattr(instance, item.name))
            object.__setattr__(instance, item.name, value)


def _scalar(value: Any) -> Any:
    """Return what an array without axes holds; other values as they are."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)
