"""Progress bars of what Python itself computes, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from typing import TypeVar

from tqdm import tqdm

__all__ = ["bar"]

T = TypeVar("T")

DELAY = 2.0  # seconds; what takes less shows no bar


def bar(steps: Collection[T], title: str, show: bool) -> Iterator[T]:
    """Yield the steps of a piece of work, and show how far it is once it takes long.

    Parameters
    ----------
    steps : collection
    title : str
        What is done, and in what units.
    show : bool
        Without it nothing is shown.
    """
    shown = tqdm(
        steps,
        title,
        file=sys.stderr,
        disable=not show,
        delay=DELAY,
        leave=False,
        dynamic_ncols=True,
    )
    yield from shown
