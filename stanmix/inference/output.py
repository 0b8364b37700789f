"""What any inference method returns: arrays, under the names of the Stan program."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Output"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Output:
    """Draws and statistics of a run.

    Attributes
    ----------
    draws : dict of str to ndarray
        Parameters, each of shape (chain, draw, ...).
    stats : dict of str to ndarray
        Statistics of each draw, (chain, draw), under ArviZ's names where it has them; ``lp`` is
        the log density that Stan reports.
    chain_ids : tuple of int
        The chains that finished, counted from 1.
    failed : dict of int to str
        The chains that did not, with Stan's words.
    elbo : ndarray of shape (evaluation, 2), optional
        Iteration and evidence lower bound.
    converged : bool
        False where the method itself says that it stopped early.
    seconds : float
        Wall time of Stan.
    """

    draws: dict[str, Array]
    stats: dict[str, Array]
    chain_ids: tuple[int, ...]
    failed: dict[int, str] = field(default_factory=dict)
    elbo: Array | None = None
    converged: bool = True
    seconds: float = 0.0
