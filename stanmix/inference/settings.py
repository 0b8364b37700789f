"""What the runs of a method are told: as CmdStan's command line has it, and as cmdstanpy has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.points import Points

__all__ = ["Prepared", "Setting", "keywords", "values", "words"]


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes
    ----------
    word : str
        CmdStan's name.
    value : object, optional
        None for a word that stands by itself, as ``adapt``.
    keyword : str, optional
        cmdstanpy's name; None for what its methods set by themselves.
    """

    word: str
    value: Any = None
    keyword: str | None = None

    def __str__(self) -> str:
        value = int(self.value) if isinstance(self.value, bool) else self.value
        return self.word if value is None else f"{self.word}={value}"


def words(settings: Iterable[Setting]) -> list[str]:
    """Return settings as words of CmdStan's command line."""
    return [str(setting) for setting in settings]


def values(settings: Iterable[Setting]) -> dict[str, Any]:
    """Return the values of settings by CmdStan's names."""
    return {setting.word: setting.value for setting in settings if setting.value is not None}


def keywords(settings: Iterable[Setting]) -> dict[str, Any]:
    """Return settings as keyword arguments of cmdstanpy."""
    return {setting.keyword: setting.value for setting in settings if setting.keyword is not None}


@dataclass(frozen=True)
class Prepared:
    """All that the runs of a method are told.

    Attributes
    ----------
    starts : sequence of mappings, or None
        One a run; None for Stan's own random starts.
    settings : tuple of Setting
        Of each run.
    last : tuple of Setting
        Of a run that follows the others, at the best of what they found; empty without one.
    metric : ndarray of shape (D, D), optional
        An inverse metric, which settings name by its file.
    points : Points, optional
        Draws that were made on the way, which settings name by their file.
    decided : mapping of str to object
        What was decided on the way, as plain values.
    """

    starts: Sequence[Mapping[str, Any]] | None
    settings: tuple[Setting, ...]
    last: tuple[Setting, ...] = ()
    metric: NDArray[np.float64] | None = None
    points: Points | None = None
    decided: Mapping[str, Any] = field(default_factory=dict)
