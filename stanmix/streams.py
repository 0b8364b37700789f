"""Streams of random numbers, one for each purpose.

A stream is seeded with the user's seed and the number of its purpose, so that what is drawn for
one purpose says nothing of the draws for another. The numbers are part of what a seed
reproduces: a new purpose gets a new one.
"""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np

__all__ = ["Stream", "generator"]


@unique
class Stream(IntEnum):
    """What random numbers are drawn for."""

    OPTIMA = 1  # where EM begins, and the rows that it sees
    STARTS = 2  # initial values around these optima
    ALLOCATIONS = 3
    RELABELLED_ROWS = 4  # that relabelling reads
    RESPONSES = 5  # that are predicted; with a number for each block of rows
    PRIOR = 6
    EXPLORED_STARTS = 7  # initial values from draws of the explored posterior
    GROUPS = 8  # the components that rows of a group have in common
    DENSITY_ROWS = 9  # whose densities a picture averages
    SIMILARITY_ROWS = 10  # that a picture shows
    TIED_ROWS = 11  # that are searched for a component of equal values
    EXPLORATION = 12
    SURPLUS_ROWS = 13  # that are searched for components which are not needed
    REGRESSION_BANDS = 14  # responses whose quantiles a picture shows
    RANDOM_STARTS = 15  # of climbs, with the number of the run, where Stan draws none
    RESIDUALS = 16  # where in the mass of a count its residual lies
    CORRECTION = 18  # rows of an approximation's draws, by their weights
    IMPORTANCE = 19  # rows of weighted draws
    REWEIGHTING = 20  # rows of chains, by the masses of modes or by predictive weights
    SHUFFLED_ROWS = 21  # of which minibatches are blocks
    SECOND_MODEL = 22  # after a mixture; with the number of the draw
    REPLICATES = 23  # data that a fit is held against


def generator(seed: int, stream: Stream, *number: int) -> np.random.Generator:
    """Return the generator of a stream, or of a numbered part of it."""
    return np.random.default_rng([seed, int(stream), *number])
