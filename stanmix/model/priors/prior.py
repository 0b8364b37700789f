"""What a prior is: a distribution of Stan's with its arguments, in Stan's order."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from stanmix.arguments import Number
from stanmix.errors import InputError

__all__ = ["ARGUMENTS", "COMMON", "OnPositive", "Prior", "check_fraction"]

COMMON = 12  # the last number that every program knows

# Length of the argument vector in the Stan programs; shorter lists are padded with zeros.
ARGUMENTS = 3


@dataclass(frozen=True)
class Prior:
    """Base of the priors: a distribution with its arguments.

    Attributes
    ----------
    code : int
        The number by which the Stan programs know the distribution.
    positive : tuple of str
        Arguments that must be positive.
    support : tuple of float
        Lower and upper end of the values with positive density.
    bounding : bool
        Whether that depends on the arguments.
    """

    code: ClassVar[int] = -1
    positive: ClassVar[tuple[str, ...]] = ("sigma",)
    bounding: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for item in fields(self):
            check = Number(above=0) if item.name in self.positive else Number()
            value = check(f"{type(self).__name__}: {item.name}", getattr(self, item.name))
            object.__setattr__(self, item.name, value)

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (-math.inf, math.inf)

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return self

    def arguments(self) -> list[float]:
        """Return the arguments, padded with zeros to the length the Stan programs expect."""
        values = [float(getattr(self, item.name)) for item in fields(self)]
        return values + [0.0] * (ARGUMENTS - len(values))

    def to_dict(self) -> dict[str, Any]:
        """Return the prior as plain values; `from_dict` reads it back."""
        values: list[Any] = [getattr(self, item.name) for item in fields(self)]
        return {
            "name": type(self).__name__,
            "args": [list(v) if isinstance(v, tuple) else v for v in values],
        }


@dataclass(frozen=True)
class OnPositive(Prior):
    """Base of priors of all positive values."""

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (0.0, math.inf)


def check_fraction(prior: Prior, name: str, value: float) -> None:
    """Refuse an argument that does not lie between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"{type(prior).__name__}: {name} must lie between 0 and 1, got {value!r}.")
