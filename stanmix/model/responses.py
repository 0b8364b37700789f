"""Kinds of responses as values: what numbers they may be, and what of them is a matter of units."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.data.rows import LARGEST_COUNT

__all__ = [
    "ANGLES",
    "CATEGORIES",
    "COUNTED",
    "COUNTS",
    "FRACTIONS",
    "LEVELS",
    "POSITIVES",
    "REALS",
    "TRUTHS",
    "Response",
    "common",
    "folded",
    "turned",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """A kind of response.

    Attributes
    ----------
    words : str
        What a sentence calls its values.
    ends : tuple of float
        Between which they lie.
    holds : callable
        Of an array: whether each value is one of them.
    inside : callable
        ``inside(y, trials)``: the values, or such near to them as have a finite link.
    beside : str
        What is to be done about values at an end where the end is none of them.
    origin : bool
        Whether the same measurements may be made from another origin.
    unit : bool
        Whether they may be made in another unit.
    integer : bool
    trials : bool
        Whether a value counts successes out of a number of trials, which comes with each row.
    circular : bool
        Whether its ends are one.
    remedy : str
        What is to be done about other values that are none of them.
    categories : str
        Whether values are numbers of categories, from 1: ``"any"``, or ``"ordered"`` ones; empty
        if they are not.
    """

    words: str
    ends: tuple[float, float]
    holds: Callable[[Array], NDArray[np.bool_]]
    inside: Callable[[Array, Array | None], Array]
    beside: str = ""
    origin: bool = False
    unit: bool = False
    integer: bool = False
    trials: bool = False
    circular: bool = False
    remedy: str = "correct the response"
    categories: str = ""

    @property
    def constraint(self) -> str:
        """The ends, as Stan declares them."""
        if self.circular:
            return "<lower=-pi(), upper=pi()>"
        if self.categories:
            return "<lower=1, upper=C>"
        told = zip(("lower", "upper"), self.ends, strict=True)
        known = ", ".join(f"{which}={end:g}" for which, end in told if np.isfinite(end))
        return f"<{known}>" if known else ""


def _counted(y: Array) -> NDArray[np.bool_]:
    return np.asarray((y >= 0) & (y == np.floor(y)) & (y <= LARGEST_COUNT))


def _own(y: Array, trials: Array | None) -> Array:
    return y


def _half_more(y: Array, trials: Array | None) -> Array:
    return np.asarray(y + 0.5)


def _share(y: Array, trials: Array | None) -> Array:
    return np.asarray((y + 0.5) / (1.0 + (1.0 if trials is None else trials)))


def folded(y: Array) -> Array:
    """Return angles from -pi to pi, of such as may run from 0 to 2 pi."""
    return np.asarray(np.where((y > np.pi) & (y <= 2 * np.pi), y - 2 * np.pi, y))


def turned(angles: Array, centre: float | Array) -> Array:
    """Return the same angles within half a turn of a centre."""
    around = np.remainder(angles - centre + np.pi, 2 * np.pi) - np.pi
    return np.asarray(centre + around)


def _off_the_cut(y: Array, trials: Array | None) -> Array:
    return np.asarray(np.clip(y, -3.0, 3.0))  # where a tangent of the half is of other values' size


REALS = Response("real numbers", (-np.inf, np.inf), np.isfinite, _own, origin=True, unit=True)
POSITIVES = Response(
    "positive numbers",
    (0.0, np.inf),
    lambda y: np.isfinite(y) & (y > 0),
    _own,
    beside="zeros beside positive numbers (zero inflation) are a component of their own, as in "
    'family=[stanmix.PointMass(0), "gamma"]',
    unit=True,
)
FRACTIONS = Response(
    "numbers between 0 and 1, without the ends",
    (0.0, 1.0),
    lambda y: (y > 0) & (y < 1),
    _own,
    beside="shares of exactly 0 or 1 (zero and one inflation) are components of their own, as in "
    'family=[stanmix.PointMass(0), "beta"], or, of shares in counted trials, give the counts to '
    'family="binomial"',
)
COUNTS = Response(
    f"counts (0, 1, 2, ..., at most {LARGEST_COUNT})",
    (0.0, np.inf),
    _counted,
    _half_more,
    integer=True,
)
COUNTED = Response(
    "counts of successes (0, 1, ..., at most the trials of the row)",
    (0.0, np.inf),
    _counted,
    _share,
    integer=True,
    trials=True,
)
TRUTHS = Response("0 and 1", (0.0, 1.0), lambda y: (y == 0) | (y == 1), _share, integer=True)
ANGLES = Response(
    "angles in radians (from -pi to pi, or from 0 to 2 pi)",
    (-np.pi, np.pi),
    lambda y: np.abs(y) <= np.pi,
    _off_the_cut,
    circular=True,
    remedy="give radians, which numpy.deg2rad makes of degrees",
)


def _numbered(y: Array) -> NDArray[np.bool_]:
    return np.asarray((y >= 1) & (y == np.floor(y)))


CATEGORIES = Response("categories", (1.0, np.inf), _numbered, _own, integer=True, categories="any")
LEVELS = Response(
    "ordered categories", (1.0, np.inf), _numbered, _own, integer=True, categories="ordered"
)


def common(kinds: Sequence[Response]) -> Response:
    """Return the kind of responses that several families take; one of them, all else equal."""
    first = kinds[0]
    narrowest = max(kinds, key=lambda one: (one.ends[0], -one.ends[1]))
    if all(one is first for one in kinds):
        return first
    return dataclasses.replace(
        narrowest,
        origin=all(one.origin for one in kinds),
        unit=all(one.unit for one in kinds),
        trials=any(one.trials for one in kinds),
    )
