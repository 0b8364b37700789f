"""Rows in random order, of which blocks are random samples."""

from __future__ import annotations

from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.streams import Stream, generator

__all__ = ["shuffled_rows"]


def shuffled_rows(design: Design, batch_size: int, seed: int) -> Design:
    """Return data with their rows in random order, for gradients that are made of some.

    Parameters
    ----------
    design : Design
        Of N rows.
    batch_size : int
    seed : int
        Same seed, same order.

    Raises
    ------
    InputError
        If there are fewer rows.
    """
    N = len(design.y)
    if batch_size > N:
        raise InputError(
            f"batch_size={batch_size}, but the likelihood reads {N} rows (equal ones once, where "
            "that halves them); use fewer, or leave batch_size out: gradients are made of all rows."
        )
    return design.take(generator(seed, Stream.SHUFFLED_ROWS).permutation(N))
