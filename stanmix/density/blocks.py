"""Results in blocks that fit in memory, and a refusal of those that do not.

Nothing that belongs to observations is kept with the draws: N x draws x components does not fit
for large N, so it is computed when asked for, in blocks of draws or of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stanmix.errors import InputError

__all__ = ["blocks", "check_memory", "row_blocks"]

BLOCK = 2**18  # numbers in a block: 2 MiB of doubles, which caches hold
MEMORY = 2.0  # GiB that one result may take before it is refused


def check_memory(what: str, *sizes: int, number_bytes: int = 8, gib: float | None = None) -> None:
    """Refuse a result that would not fit in memory.

    Parameters
    ----------
    what : str
        The result, for the message.
    *sizes : int
        Its lengths: draws, observations, ...
    number_bytes : int
        Bytes of one number.
    gib : float, optional
        What it may take, in GiB; default `MEMORY`.

    Raises
    ------
    InputError
        If it would take more.
    """
    limit = MEMORY if gib is None else gib
    needed = float(np.prod([float(size) for size in sizes])) * number_bytes / 2**30
    if needed > limit:
        raise InputError(
            f"{what} would hold {' x '.join(map(str, sizes))} numbers, {needed:.3g} GiB; at most "
            f"{limit:g} GiB are taken without being told. Ask for fewer rows, fit with fewer "
            "draws (thin=), or raise the limit with memory= (in GiB)."
        )


def blocks(draws: int, observations: int, components: int) -> Iterator[slice]:
    """Yield slices of draws whose arrays (draw, observation, component) fit in a block."""
    step = max(1, BLOCK // (observations * components))
    for first in range(0, draws, step):
        yield slice(first, min(first + step, draws))


def row_blocks(draws: int, observations: int, components: int) -> Iterator[slice]:
    """Yield slices of observations whose arrays (draw, observation, component) fit in a block."""
    step = max(1, BLOCK // (draws * components))
    for first in range(0, observations, step):
        yield slice(first, min(first + step, observations))
