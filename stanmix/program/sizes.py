"""Sizes as programs state them, of the data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["size_of"]

_PAIRS = re.compile(r"choose\((\w+), 2\)")


def size_of(axis: str, data: Mapping[str, Any]) -> int:
    """Return a size as programs state it: ``"P"``, ``"P - 1"`` or ``"choose(D, 2)"``."""
    pairs = _PAIRS.fullmatch(axis)
    if pairs is not None:
        return math.comb(int(data[pairs[1]]), 2)
    name, _, less = axis.partition(" - ")
    return int(data[name]) - int(less or 0)
