"""A generalised linear model of an outcome, in which the class is a factor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.data.expressions import is_word
from stanmix.data.formulas import parse
from stanmix.density import row_terms
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.model import checks
from stanmix.model.families import family as family_of
from stanmix.model.matrices import matrices
from stanmix.model.specification import Specification
from stanmix.posterior.auxiliary.classed import Classed
from stanmix.posterior.auxiliary.parts import CLASS, Priors, columns_of, unused
from stanmix.program.data import priors_of
from stanmix.program.default_priors import scaled_default_priors
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.units import Units, counted, units_of
from stanmix.program.variables import Quantity

__all__ = ["Outcome", "covariates_of"]

Array = NDArray[np.float64]

_STEP = 1e-4


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
    _priors: Priors
    _scaled: RowTerms
    _place: NDArray[np.intp]  # of each row among those of `_scaled`, which differ

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
        functions = rows.fit.model.context
        read = parse(formula, functions)
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
        if CLASS in map(str, rows.frame.columns):
            raise InputError(
                f"outcome: the data have a column {CLASS!r}, which in the formula is the class "
                "that the mixture tells; rename the column."
            )
        _check_family(statement["family"])
        roles = {name for name in (statement["offset"], statement["trials"]) if name}
        K, N = len(rows.names), len(rows.unit)
        frame = columns_of(rows, (read.columns | read.response_columns | roles) - {CLASS})
        weight = unused("weight", frame)
        stacked = pd.concat([frame] * K, ignore_index=True)
        codes = np.repeat(np.arange(K), N)
        stacked[CLASS] = pd.Categorical.from_codes(codes, list(rows.names))
        times = (rows.counts[rows.unit] * rows.times)[:, None]
        stacked[weight] = (times * shares[rows.unit]).T.ravel()
        spec = Specification(formula, 1, order=None, weights=weight, context=functions, **statement)
        checks.check_roles(spec)
        design = matrices(spec, stacked)
        priors_of(spec, design)  # refuses responses that are not the family's
        program, units = lower(spec), units_of(spec, design)
        priors = scaled_default_priors(program, design, units, counted(spec, design))
        scaled = units.scaled(design)
        beside = [x for x in (scaled.rows.offset, scaled.rows.trials) if x is not None]
        told = np.column_stack([scaled.y, scaled.X, *beside])
        _, first, place = np.unique(told, axis=0, return_index=True, return_inverse=True)
        return cls(
            spec,
            design,
            rows,
            program,
            units,
            Priors.of([prior for one in _estimated(program) for prior in priors[one.name]]),
            row_terms.of(spec, scaled.y, scaled.X, scaled.rows)[first],
            place.ravel(),
        )

    @property
    def size(self) -> int:
        """Number of parameters: coefficients, and other parameters of the family."""
        return sum(_numbers(one, self.design) for one in _estimated(self._program))

    def log_terms(self, free: Array) -> Array:
        """Return the log density of the outcomes of units by class, (B, U, K)."""
        found = self._scaled.log_density(self._sampled(free))[..., 0][:, self._place]
        by_row = found.reshape(len(free), len(self.rows.names), -1)
        if self.rows.terms.group is None:
            return np.asarray(by_row.swapaxes(1, 2))
        total = np.zeros((len(self.rows.first), *by_row.shape[:2]))
        np.add.at(total, self.rows.unit, np.moveaxis(by_row * self.rows.times, 2, 0))
        return np.asarray(np.moveaxis(total, 0, 1))

    def log_prior(self, free: Array) -> Array:
        """Return the log prior density, with the logarithms of what links stretch."""
        stretch, values, at = np.zeros(len(free)), free.copy(), 0
        for one in _estimated(self._program):
            if one.matrix is None:
                assert one.parameter is not None
                back, own = one.parameter.link.inverse, free[:, at]
                values[:, at] = back(own)
                stretch += np.log((back(own + _STEP) - back(own - _STEP)) / (2 * _STEP))
            at += _numbers(one, self.design)
        return self._priors.log_density(values) + stretch

    def parameters(self, free: Array) -> dict[str, Array]:
        """Return the parameters in the units of the data, as `stanmix.Fit.draws` has them."""
        scaled = self._sampled(free)
        theta = scaled.pop("theta")
        return {"theta": theta, **self._units.parameters(self._program, scaled)}

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


def covariates_of(formula: str, functions: Iterable[str] = ()) -> str:
    """Return the covariates of an outcome but for the class, as a formula; empty if none are."""
    beside = [one for one in parse(formula, functions).used.values() if CLASS not in one.columns]
    written = [
        f"`{one.column}`" if one.column is not None and not is_word(one.column) else one.text
        for one in beside
    ]
    return f"~ {' + '.join(dict.fromkeys(written))}" if written else ""


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
