"""How well the classes of a mixture are told apart, draw by draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.density.allocations import responsibilities
from stanmix.density.log_joint import in_blocks
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError

__all__ = ["Classification", "check_possible", "classify", "first_rows"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Classification:
    """How rows are classed at each of S draws; a group counts once, and a row as its weight says.

    Attributes
    ----------
    expected : ndarray of shape (S, K)
        Mean responsibility: the part of the rows that is expected in each class.
    modal : ndarray of shape (S, K)
        The part of the rows of which each class is the most probable.
    by_modal : ndarray of shape (S, K, K)
        Mean responsibility for each class (last axis) of the rows whose most probable class is
        each; not a number where a draw has no such row.
    entropy : ndarray of shape (S,)
        Entropy R-squared, from 0 to 1.
    error : ndarray of shape (S,)
        The part of the rows that is expected in another class than the most probable one.
    """

    expected: Array
    modal: Array
    by_modal: Array
    entropy: Array
    error: Array


def classify(parameters: Mapping[str, Array], terms: RowTerms) -> Classification:
    """Return how rows are classed, from their responsibilities at each draw.

    Parameters
    ----------
    parameters : mapping
        S draws, as in `stanmix.density.log_joint.log_joint`.
    terms : RowTerms

    Raises
    ------
    InputError
        If there is one class, or no class can have made a row.
    """
    S, K = parameters["theta"].shape
    if K == 1:
        raise InputError("The mixture has one component, so that there are no classes to tell.")
    once = terms[first_rows(terms)]
    counts = once.counts / once.counts.sum()
    expected, modal, by_modal = np.empty((S, K)), np.empty((S, K)), np.empty((S, K, K))
    entropy, error = np.empty(S), np.empty(S)

    def keep(part: slice, joint: Array) -> None:
        check_possible(joint)
        p = responsibilities(joint)
        chosen = p.argmax(axis=-1)[..., None] == np.arange(K)
        expected[part] = np.einsum("n,snk->sk", counts, p)
        modal[part] = np.einsum("n,snk->sk", counts, chosen)
        with np.errstate(invalid="ignore"):  # of a class that is the most probable of no row
            together = np.einsum("n,snj,snk->sjk", counts, chosen, p)
            by_modal[part] = together / modal[part][..., None]
        surprise = -p * np.log(np.where(p > 0, p, 1.0))
        entropy[part] = 1 - np.einsum("n,snk->s", counts, surprise) / np.log(K)
        error[part] = 1 - p.max(axis=-1) @ counts

    in_blocks(parameters, once, keep)
    return Classification(expected, modal, by_modal, entropy, error)


def first_rows(terms: RowTerms) -> NDArray[np.intp]:
    """Return which of the rows stand for what has one class: all, or the first of each group."""
    if terms.group is None:
        return np.arange(len(terms))
    return np.unique(terms.group, return_index=True)[1]


def check_possible(joint: Array) -> None:
    """Refuse rows that no class can have made, of log densities (S, N, K)."""
    lost = np.flatnonzero(np.isneginf(joint).all(axis=-1).any(axis=0))
    if len(lost):
        raise InputError(
            f"Row {lost[0]} (counted from 0) has density zero under every class in some draw, and "
            f"{len(lost)} row(s) do in all, so that nothing is known of their classes; leave them "
            "out."
        )
