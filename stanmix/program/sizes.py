"""Sizes as programs state them, of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["size_of"]


def size_of(axis: str, data: Mapping[str, Any]) -> int:
    """Return a size as programs state it: ``"P"``, or ``"P - 1"``."""
    name, _, less = axis.partition(" - ")
    return int(data[name]) - int(less or 0)
