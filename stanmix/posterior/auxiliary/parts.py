"""What a second model is made of: a model of an outcome given the class, and one of the class.

Each part is a log density by class, of parameters on the scale of their links, for data that are
centred and scaled as in any statement of stanmix, with its default priors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from stanmix.data.design import Design
from stanmix.data.formulas import one_sided, parse
from stanmix.data.frames import listed, take
from stanmix.density import row_terms
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.model import checks
from stanmix.model.families import family as family_of
from stanmix.model.matrices import matrices
from stanmix.model.prior_distributions import distribution
from stanmix.model.priors import Prior
from stanmix.model.specification import Specification
from stanmix.posterior.auxiliary.classed import Classed
from stanmix.program.data import priors_of
from stanmix.program.default_priors import scaled_default_priors
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.units import Units, counted, units_of
from stanmix.program.variables import Quantity

__all__ = ["CLASS", "Membership", "Outcome", "Part", "covariates_of"]

Array = NDArray[np.float64]

CLASS = "class"  # what formulas call the class
_STEP = 1e-4


class Part(Protocol):
    """A part of a second model.

    Attributes
    ----------
    size : int
        Number of its parameters.
    """

    size: int

    def log_terms(self, free: Array) -> Array:
        """Return the log density of each unit in each class, (B, U, K), of (B, P) parameters."""

    def log_prior(self, free: Array) -> Array:
        """Return the log prior density of parameters (B, P), on their own scale."""


@dataclass(frozen=True)
class Outcome:
    """A generalised linear model of an outcome, in which the class is a factor.

    Attributes
    ----------
    spec : Specification
        One component, of rows that stand there once for each class.
    design : Design
        Of these rows, (K * N,), those of the first class first.
    rows : Classed
    """

    spec: Specification
    design: Design
    rows: Classed
    _program: Program
    _units: Units
    _priors: list[Prior]
    _scaled: RowTerms

    @classmethod
    def stated(cls, rows: Classed, formula: str, shares: Array, **statement: Any) -> Outcome:
        """Return the model that a formula such as ``"y ~ class + age"`` states.

        Parameters
        ----------
        rows : Classed
        formula : str
        shares : ndarray of shape (U, K)
            How probable the classes of units are, for the scales of priors.
        **statement
            Of `Specification`: family, offset, trials.

        Raises
        ------
        InputError
            If the formula, the family or the data cannot be used.
        """
        read = parse(formula)
        if CLASS not in read.columns:
            raise InputError(
                f"outcome: the formula {formula!r} has no {CLASS!r}, the class of a row: write it "
                f'among the covariates, as in "y ~ {CLASS} + age".'
            )
        made_of = sorted(read.response_columns & _responses(rows))
        if made_of:
            raise InputError(
                f"outcome: {made_of[0]!r} is what the classes are made of, and tells nothing more "
                "of them; choose an outcome that the mixture has not seen."
            )
        _check_family(statement["family"])
        beside = {name for name in (statement["offset"], statement["trials"]) if name}
        K, N = len(rows.names), len(rows.unit)
        frame = _without_class(rows, (read.columns | read.response_columns | beside) - {CLASS})
        weight = _unused("weight", frame)
        stacked = pd.concat([frame] * K, ignore_index=True)
        codes = np.repeat(np.arange(K), N)
        stacked[CLASS] = pd.Categorical.from_codes(codes, list(rows.names))
        times = (rows.counts[rows.unit] * rows.times)[:, None]
        stacked[weight] = (times * shares[rows.unit]).T.ravel()
        spec = Specification(formula, 1, order=None, weights=weight, **statement)
        checks.check_roles(spec)
        design = matrices(spec, stacked)
        priors_of(spec, design)  # refuses responses that are not the family's
        program, units = lower(spec), units_of(spec, design)
        priors = scaled_default_priors(program, design, units, counted(spec, design))
        scaled = units.scaled(design)
        return cls(
            spec,
            design,
            rows,
            program,
            units,
            [prior for one in _estimated(program) for prior in priors[one.name]],
            row_terms.of(spec, scaled.y, scaled.X, scaled.rows),
        )

    @property
    def size(self) -> int:
        """Number of parameters: coefficients, and other parameters of the family."""
        return len(self._priors)

    def log_terms(self, free: Array) -> Array:
        """Return the log density of the outcomes of units by class, (B, U, K)."""
        found = self._scaled.log_density(self._sampled(free))[..., 0]
        by_row = found.reshape(len(free), len(self.rows.names), -1)
        if self.rows.terms.group is None:
            return np.asarray(by_row.swapaxes(1, 2))
        total = np.zeros((len(self.rows.first), *by_row.shape[:2]))
        np.add.at(total, self.rows.unit, np.moveaxis(by_row * self.rows.times, 2, 0))
        return np.asarray(np.moveaxis(total, 0, 1))

    def log_prior(self, free: Array) -> Array:
        """Return the log prior density, with the logarithms of what links stretch."""
        total, at = np.zeros(len(free)), 0
        for one in _estimated(self._program):
            for _ in range(_numbers(one, self.design)):
                values, prior = free[:, at], self._priors[at]
                if one.matrix is None:
                    assert one.parameter is not None
                    back = one.parameter.link.inverse
                    stretch = (back(values + _STEP) - back(values - _STEP)) / (2 * _STEP)
                    total, values = total + np.log(stretch), back(values)
                total = total + distribution(prior.code, prior.arguments()).logpdf(values)
                at += 1
        return total

    def parameters(self, free: Array) -> dict[str, Array]:
        """Return the parameters in the units of the data, as `stanmix.Fit.draws` has them."""
        scaled = self._sampled(free)
        own = self._units.parameters(self._program, {n: x for n, x in scaled.items() if n != "theta"})
        return {**own, "theta": scaled["theta"]}

    def means(self, parameters: dict[str, Array]) -> Array:
        """Return the mean outcome in each class, (S, K), were all rows of it."""
        terms = row_terms.of(self.spec, self.design.y, self.design.X, self.design.rows)
        K = len(self.rows.names)
        times = self.rows.counts[self.rows.unit] * self.rows.times
        found = []
        for s in range(len(parameters["theta"])):
            one = {name: values[s : s + 1] for name, values in parameters.items()}
            centre = terms.by_component(one, lambda family, values: family.centre(values))
            by_class = np.broadcast_to(centre, (1, len(terms), 1)).reshape(K, -1)
            found.append(np.average(by_class, axis=1, weights=times))
        return np.array(found)

    def _sampled(self, free: Array) -> dict[str, Array]:
        found, at = {"theta": np.ones((len(free), 1))}, 0
        for one in _estimated(self._program):
            size = _numbers(one, self.design)
            values = free[:, at : at + size]
            at += size
            if one.matrix is not None:
                found[one.name] = values[:, None]
            else:
                assert one.parameter is not None
                found[one.name] = one.parameter.link.inverse(values)
        return found


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
    _units: Units
    _priors: list[Prior]
    _of: str
    _scaled: Array

    @classmethod
    def stated(cls, rows: Classed, formula: str) -> Membership:
        """Return the model that a formula such as ``"~ age"`` states.

        Raises
        ------
        InputError
            If the formula or the data cannot be used, or covariates differ within a group.
        """
        read = one_sided(formula)
        if CLASS in read.columns:
            raise InputError(
                f"membership: the formula {formula!r} has {CLASS!r}, which is what it explains."
            )
        frame = _without_class(rows, read.columns).copy()
        # Any response will do: the class, which is not seen, is what is explained.
        response = _unused("response", frame)
        frame[response] = np.arange(len(frame), dtype=float)
        roles = {"group": rows.fit.model.group} if rows.terms.group is not None else {}
        if roles:
            group = _unused("group", frame)
            frame[group], roles = rows.unit, {"group": group}
        if rows.terms.frequency is not None and not roles:
            weight = _unused("weight", frame)
            frame[weight], roles = rows.counts, {"weights": weight}
        K = len(rows.names)
        spec = Specification(f"`{response}`", K, order=None, gating=formula, **roles)
        design = matrices(spec, frame)
        program, units = lower(spec), units_of(spec, design)
        own = next(one for one in program.estimated if one.weights)
        weights = np.ones(len(frame)) if design.rows.weights is None else design.rows.weights
        priors = scaled_default_priors(program, design, units, weights)[own.name]
        scaled = units.columns[own.of].scaled(design.matrix(own.of))
        return cls(design.covariates_of(own.of), K, units, priors, own.of, scaled)

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
        each = [
            distribution(prior.code, prior.arguments()).logpdf(gamma[..., q]).sum(axis=1)
            for q, prior in enumerate(self._priors)
        ]
        return np.asarray(np.sum(each, axis=0))

    def coefficients(self, free: Array) -> Array:
        """Return coefficients (S, K, Q) of the data, of log odds against the first class."""
        return self._units.columns[self._of].coefficients(self._against_first(free))

    def _against_first(self, free: Array) -> Array:
        gamma = free.reshape(len(free), self.classes - 1, -1)
        return np.concatenate([np.zeros_like(gamma[:, :1]), gamma], axis=1)


def covariates_of(formula: str) -> str:
    """Return the covariates of an outcome but for the class, as a formula; empty if none are."""
    read = parse(formula)
    beside = [one for one in read.used.values() if CLASS not in one.columns]
    quoted = [f"`{one.column}`" if one.column is not None else one.text for one in beside]
    return f"~ {' + '.join(dict.fromkeys(quoted))}" if quoted else ""


def _estimated(program: Program) -> list[Quantity]:
    return [one for one in program.estimated if not one.weights]


def _numbers(one: Quantity, design: Design) -> int:
    return len(design.covariates_of(one.of)) if one.matrix is not None else 1


def _check_family(name: str) -> None:
    family = family_of(name)
    parts = [one for one in family.parameters if one.axis is not None or one.stated]
    if family.multivariate or family.response.circular or family.categories or parts:
        raise InputError(
            f"outcome: family={name!r} is not taken here, but families of one number are, such as "
            '"normal", "student_t", "gamma", "bernoulli", "poisson" and "negative_binomial".'
        )


def _responses(rows: Classed) -> set[str]:
    """Return the names of the columns that the mixture explains."""
    model = rows.fit.model
    if model.responses:
        return set(model.responses)
    texts = [model.formula] if isinstance(model.formula, str) else list(model.formula)
    return set().union(*(parse(text, model.context).response_columns for text in texts))


def _without_class(rows: Classed, columns: frozenset[str] | set[str]) -> pd.DataFrame:
    """Return columns of the rows, none of which may be called as the class is."""
    try:
        return take(columns, rows.frame)
    except InputError as error:
        lacking = columns - {str(name) for name in rows.frame.columns}
        if not lacking:
            raise
        raise InputError(
            f"{error} Give a DataFrame with {listed(sorted(lacking))} and the columns that the "
            "mixture reads, as frame=."
        ) from error


def _unused(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns or name == CLASS:
        name += "_"
    return name
