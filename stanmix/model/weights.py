"""The weights of the components: where they come from, and what they are at rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

__all__ = ["DIRICHLET", "GATING", "KNOWN", "Weights"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Where the weights of the components come from.

    Attributes
    ----------
    name : str
        Of what determines them: ``"theta"``, the weights, or ``"gamma"``, the coefficients of
        their logits.
    known : bool
        Stated as values.
    words : str
        What a program's title says of them; empty for weights with a Dirichlet prior.
    """

    name: str
    known: bool
    words: str

    @property
    def gated(self) -> bool:
        """Whether they depend on covariates."""
        return self.name == "gamma"

    def log(self, values: Mapping[str, Array], Z: Array | None) -> Array:
        """Return the log weights at rows.

        Parameters
        ----------
        values : mapping
            ``theta`` (S, K), or ``gamma`` (S, K, Q).
        Z : ndarray of shape (M, Q) or None

        Returns
        -------
        ndarray of shape (S, M, K), or (S, 1, K) where all rows are alike
        """
        if Z is None:
            with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
                return np.asarray(np.log(values["theta"])[:, None, :])
        logits = np.einsum("nq,skq->snk", Z, values["gamma"])
        return np.asarray(log_softmax(logits, axis=-1))


DIRICHLET = Weights("theta", False, "")
KNOWN = Weights("theta", True, "known weights")
GATING = Weights("gamma", False, "weights that depend on covariates")
