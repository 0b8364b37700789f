"""A multinomial logistic regression of the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from stanmix.data.formulas import one_sided
from stanmix.errors import InputError
from stanmix.model.matrices import matrices
from stanmix.model.specification import Specification
from stanmix.posterior.auxiliary.classed import Classed
from stanmix.posterior.auxiliary.parts import CLASS, Priors, columns_of, unused
from stanmix.program.default_priors import scaled_default_priors
from stanmix.program.lower import lower
from stanmix.program.units import Columns, units_of

__all__ = ["Membership"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Membership:
    """A multinomial logistic regression of the class.

    Attributes
    ----------
    covariates : tuple of str
    classes : int
    """

    covariates: tuple[str, ...]
    classes: int
    _columns: Columns
    _priors: Priors
    _scaled: Array

    @classmethod
    def stated(cls, rows: Classed, formula: str) -> Membership:
        """Return the model that a formula such as ``"~ age"`` states.

        Raises
        ------
        InputError
            If the formula or the data cannot be used, or covariates differ within a group.
        """
        functions = rows.fit.model.context
        read = one_sided(formula, functions)
        if CLASS in read.columns:
            raise InputError(
                f"membership: the formula {formula!r} has {CLASS!r}, which is what it explains."
            )
        frame = columns_of(rows, read.columns).copy()
        # Any response will do: the class, which is not seen, is what is explained.
        response = unused("response", frame)
        frame[response] = np.arange(len(frame), dtype=float)
        group = weight = None
        if rows.terms.group is not None:
            group = unused(str(rows.fit.model.group), frame)
            frame[group] = rows.unit
        elif rows.terms.frequency is not None:
            weight = unused("weight", frame)
            frame[weight] = rows.counts
        spec = Specification(
            f"`{response}`", len(rows.names), order=None, gating=formula, group=group,
            weights=weight, context=functions,
        )  # fmt: skip
        design = matrices(spec, frame)
        program, units = lower(spec), units_of(spec, design)
        own = next(one for one in program.estimated if one.weights)
        if own.matrix is None:
            raise InputError(f"membership: the formula {formula!r} has no covariates.")
        weights = np.ones(len(frame)) if design.rows.weights is None else design.rows.weights
        priors = scaled_default_priors(program, design, units, weights)[own.name]
        return cls(
            design.covariates_of(own.of),
            len(rows.names),
            units.columns[own.of],
            Priors.of(priors),
            units.columns[own.of].scaled(design.matrix(own.of)),
        )

    @property
    def size(self) -> int:
        """Number of parameters: coefficients of all classes but the first."""
        return (self.classes - 1) * len(self.covariates)

    def log_terms(self, free: Array) -> Array:
        """Return the log probabilities of the classes of units, (B, U, K)."""
        logits = np.einsum("uq,bkq->buk", self._scaled, self._against_first(free))
        return np.asarray(log_softmax(logits, axis=-1))

    def log_prior(self, free: Array) -> Array:
        """Return the log prior density, that of coefficients which sum to zero over the classes."""
        gamma = self._against_first(free)
        gamma = gamma - gamma.mean(axis=1, keepdims=True)
        return np.asarray(self._priors.log_density(gamma).sum(axis=1))

    def coefficients(self, free: Array) -> Array:
        """Return coefficients (S, K, Q) of the data, of log odds against the first class."""
        return self._columns.coefficients(self._against_first(free))

    def _against_first(self, free: Array) -> Array:
        gamma = free.reshape(len(free), self.classes - 1, -1)
        return np.concatenate([np.zeros_like(gamma[:, :1]), gamma], axis=1)
