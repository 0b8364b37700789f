"""Kinds of responses as values: what numbers they may be, and what of them is a matter of units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["COUNTED", "COUNTS", "FRACTIONS", "POSITIVES", "REALS", "TRUTHS", "Response"]

Array = NDArray[np.float64]

LARGEST_COUNT = 2**31 - 1  # Stan's integers have 32 bits


@dataclass(frozen=True)
class Response:
    """A kind of response.

    Attributes
    ----------
    words : str
        What a sentence calls its values.
    constraint : str
    holds : callable
        Of an array: whether each value is one of them.
    inside : callable
        ``inside(y, trials)``: the values, or such near to them as have a finite link.
    origin : bool
        Whether the same measurements may be made from another origin.
    unit : bool
        Whether they may be made in another unit.
    integer : bool
    trials : bool
        Whether a value counts successes out of a number of trials, which comes with each row.
    """

    words: str
    constraint: str
    holds: Callable[[Array], NDArray[np.bool_]]
    inside: Callable[[Array, Array | None], Array]
    origin: bool = False
    unit: bool = False
    integer: bool = False
    trials: bool = False


def _counted(y: Array) -> NDArray[np.bool_]:
    return np.asarray((y >= 0) & (y == np.floor(y)) & (y <= LARGEST_COUNT))


def _own(y: Array, trials: Array | None) -> Array:
    return y


def _half_more(y: Array, trials: Array | None) -> Array:
    return np.asarray(y + 0.5)


def _share(y: Array, trials: Array | None) -> Array:
    return np.asarray((y + 0.5) / (1.0 + (1.0 if trials is None else trials)))


REALS = Response("real numbers", "", np.isfinite, _own, origin=True, unit=True)
POSITIVES = Response(
    "positive numbers", "<lower=0>", lambda y: np.isfinite(y) & (y > 0), _own, unit=True
)
FRACTIONS = Response(
    "numbers between 0 and 1, without the ends",
    "<lower=0, upper=1>",
    lambda y: (y > 0) & (y < 1),
    _own,
)
COUNTS = Response(
    f"counts (0, 1, 2, ..., at most {LARGEST_COUNT})",
    "<lower=0>",
    _counted,
    _half_more,
    integer=True,
)
COUNTED = Response(
    "counts of successes (0, 1, ..., at most the trials of the row)",
    "<lower=0>",
    _counted,
    _share,
    integer=True,
    trials=True,
)
TRUTHS = Response(
    "0 and 1", "<lower=0, upper=1>", lambda y: (y == 0) | (y == 1), _share, integer=True
)
