"""The prior of the correlations of several columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stanmix.model.priors.prior import Prior

__all__ = ["LKJ"]


@dataclass(frozen=True)
class LKJ(Prior):
    """The distribution of Lewandowski, Kurowicka & Joe of a matrix of correlations.

    Its density is proportional to the determinant to the power of ``eta - 1``: 1 is uniform over
    all such matrices, more favours weak correlations, and gives none to a singular matrix. A
    correlation of two of D columns has a beta distribution on (-1, 1), with an sd of
    ``1 / sqrt(2 * eta + D - 1)``.

    Parameters
    ----------
    eta : float
        Positive.
    """

    positive: ClassVar[tuple[str, ...]] = ("eta",)

    eta: float
