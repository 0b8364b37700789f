"""Expectation-maximisation, to find where the posterior mass lies.

EM serves starting points alone; inference is Stan's.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import log_softmax

from stanmix.data import robust
from stanmix.data.design import Design
from stanmix.data.missing_cells import with_means
from stanmix.density import limited
from stanmix.inference.starts.closed_forms import FITS, Step
from stanmix.inference.starts.completed import Completed, completed
from stanmix.inference.starts.newton import WIDTH, Weighted, newton
from stanmix.inference.starts.row_predictors import RowPredictor, row_predictor
from stanmix.inference.starts.weighted_fits import (
    column_sums,
    least_squares,
    multinomial_logit,
    weighted_means,
)
from stanmix.model import factors
from stanmix.model.families import TRIALS, Family
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.families.entry import Columns
from stanmix.model.families.products import filled
from stanmix.model.parameters import IDENTITY, SIMPLEX, Role
from stanmix.program.plan import Program

__all__ = ["EM", "State"]

Array = NDArray[np.float64]

SMALLEST = 1e-3  # probability of a category to begin with
TOLERANCE = 1e-7  # log-likelihood that a step must bring
NEXT_TO_NONE = 1e-6  # part of each row by which an empty component's parameters are found


@dataclass(frozen=True)
class State:
    """Parameters of a mixture with their log-likelihood.

    Attributes
    ----------
    theta : ndarray of shape (K,)
        With gating, the mean weights.
    parameters : mapping of str to ndarray
        Quantities of the families by name, on the program's scale, known ones too: (K,), (K, P)
        or (K, D), with K the components of that family. All rows are equal where the components
        have it in common.
    log_likelihood : float
        Of the rows that EM saw.
    smallest : float
        Expected number of rows in the smallest component.
    collapsing : bool
        Whether those are about as few as it takes to fit them exactly.
    gamma : ndarray of shape (K, Q), optional
        Coefficients of the weights, summing to zero over the components.
    """

    theta: Array
    parameters: Mapping[str, Array]
    log_likelihood: float
    smallest: float
    collapsing: bool
    gamma: Array | None = None


@dataclass(frozen=True)
class _Part:
    """The components of one family beside rows, or what they have of one of several columns.

    Attributes
    ----------
    family : Family
    own : slice
        Where its components lie among all.
    predictors : mapping of str to RowPredictor
        By the names of the family's parameters.
    y : ndarray of shape (N, 1) or (N, 1, D)
        Responses; components are the second axis of densities. Not a number where a row lacks a
        column of a vector.
    linear_y : ndarray of shape (N,) or (N, D)
        Responses on the scale of the location's predictor.
    column : int or None
        Which they are of columns of a family that lie beside one another, independent; None of a
        column by itself and of a block.
    missing : ndarray of bool, shape (N,), or None
        Of which rows there is none.
    """

    family: Family
    own: slice
    predictors: Mapping[str, RowPredictor]
    y: Array
    linear_y: Array
    column: int | None = None
    missing: NDArray[np.bool_] | None = None

    def of(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Return its quantities, of those of all parts."""
        found = {one.quantity.name: parameters[one.quantity.name] for one in self._all}
        if self.column is None:
            return found
        return {name: values[:, self.column] for name, values in found.items()}

    @functools.cached_property
    def partly(self) -> bool:
        """Whether rows lack some columns of a vector."""
        return self.family.multivariate and bool(np.isnan(self.y).any())

    @property
    def _all(self) -> list[RowPredictor]:
        return list(self.predictors.values())

    @property
    def ends(self) -> tuple[Array, Array] | None:
        """The stated ends (K,) of responses, where it is truncated."""
        if self.family.base is None:
            return None
        stated = (self.predictors.get("least"), self.predictors.get("most"))
        low, high = (None if one is None else one.known for one in stated)
        size = self.own.stop - self.own.start
        return (
            np.full(size, -np.inf) if low is None else low,
            np.full(size, np.inf) if high is None else high,
        )

    @property
    def estimated(self) -> list[tuple[str, RowPredictor]]:
        return [(name, one) for name, one in self.predictors.items() if one.known is None]


class EM:
    """EM for mixtures of any family (DeSarbo & Cron, 1988, J. Classif. 5, 249-282).

    The M-step takes one parameter after the other (ECM; Meng & Rubin, 1993, Biometrika 80,
    267-278): by what the family knows of its own fits, else by Newton steps.

    Parameters
    ----------
    program : Program
    data : Design
        As programs compute with it; covariates of full column rank.
    known : mapping of str to ndarray
        Known quantities by name, on the program's scale, (K,) or (K, D).
    at_atom : ndarray of int, shape (N,), optional
        The point mass that a row lies at, from 1; 0: none.
    numbers : mapping of str to ndarray of int, shape (K, P), optional
        Which of their different coefficients a component has, of quantities where components share
        or lack some (`stanmix.program.coefficients`).
    """

    # A component never shrinks below this part of the overall scale, of which outliers are no part:
    # the likelihood is unbounded there, and a start on such a spike is of no use.
    FLOOR = 1e-3

    def __init__(
        self,
        program: Program,
        data: Design,
        known: Mapping[str, Array] | None = None,
        at_atom: NDArray[np.intp] | None = None,
        numbers: Mapping[str, NDArray[np.intp]] | None = None,
    ) -> None:
        known, rows = known or {}, data.rows
        self.y, self.X = data.y, data.X
        if at_atom is not None and not program.response.integer:
            # In place of them any will do: they have no weight.
            self.y = np.where(at_atom > 0, self.y[np.argmin(at_atom)], self.y)
        self.known_theta = known.get("theta")
        self.frequency = np.ones(len(self.y)) if rows.weights is None else rows.weights
        self.group, self.units = rows.group, rows.groups or len(self.y)
        self.labels = None if rows.labels is None else rows.labels.numbers[rows.first_of_groups]
        self.Z = data.matrix("theta") if program.weights.gated else None
        if self.Z is not None:
            self._gating_length = np.sqrt((self.Z**2).mean(axis=0))
            self._scaled_Z = self.Z / self._gating_length
        # The response on the scale of the location's predictor, to find starts from.
        self.limits = rows.limits
        of_each = _linear(program, data, self.y, known)
        counted = self.frequency
        if at_atom is not None and not program.response.integer:
            counted = np.where(at_atom > 0, 0.0, counted)
        of_each = [with_means(each, counted) for each in of_each]
        self.linear_y = np.column_stack(of_each) if program.family.columns else of_each[0]
        coordinates = self.linear_y.reshape(len(self.y), -1).T
        by_column = map(_first, of_each) if program.family.columns else coordinates
        sds = np.array([robust.moments(column, counted)[1] for column in by_column])
        self.parts: list[_Part] = []
        for part in program.parts:
            components = part.quantities[0].components
            predictors = {
                one.of: row_predictor(program, part, one, data, known.get(one.name),
                                      self.FLOOR * sds, (numbers or {}).get(one.name))
                for one in part.quantities
            }  # fmt: skip
            own = slice(components[0], components[-1] + 1) if components else slice(None)
            whole = _Part(part.family, own, predictors, self.y[:, None], self.linear_y)
            if part.family.columns:
                self.parts += _by_column(whole, of_each)
            else:
                self.parts.append(dataclasses.replace(whole, missing=_lacking(whole.y)))
        self._of_columns = bool(program.family.columns)
        self._empty: NDArray[np.bool_] | None = None
        self._possible = None
        if at_atom is not None or any(part.ends for part in self.parts):
            atoms = np.zeros(len(self.y), dtype=np.intp) if at_atom is None else at_atom
            beats = not program.response.integer
            self._possible = np.hstack([_possible(p, p.y, atoms, beats) for p in self.parts])
        self._beside = {} if rows.trials is None else {TRIALS: rows.trials[:, None]}
        most = max(one.length.size for part in self.parts for one in part.predictors.values())
        self._enough = 1 + max(len(sds), most)

    def run(
        self,
        responsibilities: Array,
        weights: Array | None = None,
        steps: int = 500,
        part: float = 0.0,
        at: State | None = None,
    ) -> State:
        """Iterate from given responsibilities until the log-likelihood stands still.

        Parameters
        ----------
        responsibilities : ndarray of shape (N, K)
            Rows sum to one.
        weights : ndarray of shape (N,), optional
            Weight of each row, equal within a group, for bootstrap replicates; default one.
        steps : int
            At most so many iterations.
        part : float
            Stop as well where a step brings less than this part of what all steps since the first
            have brought.
        at : State, optional
            Whose parameters M-steps without a closed form begin at; default a rough fit.
        """
        weights = np.ones(len(self.y)) if weights is None else weights
        rows = self.frequency * weights
        responsibilities = self._where_possible(responsibilities)
        # What a unit counts: a row of weight w is w rows, but a group is one whatever its rows.
        counts = rows if self.group is None else self.first_of_units(weights)
        first = previous = -np.inf
        state = at
        for _ in range(steps):
            state, log_f = self._maximise(responsibilities, rows, counts, state)
            log_joint = self._log_joint(state, log_f)
            log_density = _log_sum_exp(log_joint)
            responsibilities = self.spread(np.exp(log_joint - log_density[:, None]))
            log_likelihood = float(counts @ log_density)
            gain = log_likelihood - previous
            if abs(gain) < TOLERANCE or gain < part * (log_likelihood - first):
                break
            first = log_likelihood if np.isinf(first) else first
            previous = log_likelihood
        assert state is not None  # there is at least one step
        sizes = column_sums(responsibilities * rows[:, None])
        if self._empty is not None:
            sizes[self._empty] = np.inf
        smallest = min(float(sizes[part.own].min()) for part in self.parts
                       if not part.family.constant)  # fmt: skip
        return dataclasses.replace(
            state,
            log_likelihood=log_likelihood,
            smallest=smallest,
            collapsing=smallest < self._enough,
        )

    def log_density(self, state: State) -> Array:
        """Return the log density of each row, or group of rows; it knows no numbering."""
        return _log_sum_exp(self._log_joint(state, self._log_densities(state)))

    def without(self, empty: NDArray[np.bool_]) -> EM:
        """Return EM on the same data where no row is of some of the components, (K,).

        Their parameters are those of all rows; `impossible` says whether the others take all.
        """
        smaller = copy.copy(self)
        if not empty.any():
            return smaller
        smaller._empty = empty
        possible = np.ones(len(empty), dtype=bool) if self._possible is None else self._possible
        smaller._possible = np.broadcast_to(possible & ~empty, (len(self.y), len(empty)))
        if self.known_theta is not None:
            kept = np.where(empty, 0.0, self.known_theta)
            smaller.known_theta = kept / (kept.sum() or 1.0)
        return smaller

    @property
    def impossible(self) -> bool:
        """Whether there is a row that no component can be of."""
        return self._possible is not None and not bool(self._possible.any(axis=1).all())

    def responsibilities(self, state: State) -> Array:
        """Return the responsibilities (N, K) at a state."""
        log_joint = self._log_joint(state, self._log_densities(state))
        return self.spread(np.exp(log_joint - _log_sum_exp(log_joint)[:, None]))

    def by_unit(self, values: Array) -> Array:
        """Return the means (U, ...) of values of rows (N, ...) within groups; rows without."""
        if self.group is None:
            return values
        total = np.zeros((self.units, *values.shape[1:]))
        np.add.at(total, self.group, values)
        sizes = np.bincount(self.group, minlength=self.units)
        return np.asarray(total / sizes.reshape(-1, *[1] * (values.ndim - 1)))

    def spread(self, values: Array) -> Array:
        """Return values of units (U, K) for their rows (N, K)."""
        return values if self.group is None else values[self.group]

    def holding_labels(self, responsibilities: Array) -> Array:
        """Return responsibilities (N, K) with components renumbered so that labels agree most."""
        if self.labels is None:
            return responsibilities
        of_rows = self.labels if self.group is None else self.labels[self.group]
        known = of_rows > 0
        numbers = of_rows[known] - 1
        agreeing = np.zeros((responsibilities.shape[1],) * 2)
        np.add.at(agreeing, numbers, responsibilities[known])
        _, numbering = scipy.optimize.linear_sum_assignment(-agreeing)
        found = responsibilities[:, numbering]
        found[known] = np.eye(found.shape[1])[numbers]
        return np.asarray(found)

    def first_of_units(self, values: Array) -> Array:
        """Return values of rows that are equal within groups, (N, ...), for each unit, (U, ...)."""
        if self.group is None:
            return values
        result: Array = values[np.unique(self.group, return_index=True)[1]]
        return result

    def _maximise(
        self, responsibilities: Array, rows: Array, counts: Array, at: State | None
    ) -> tuple[State, Array]:
        """Return the next state, and the log density of rows (N, K) there."""
        if self._empty is not None:
            responsibilities = np.where(self._empty, NEXT_TO_NONE, responsibilities)
        belong = weights = responsibilities * rows[:, None]
        if self.group is not None:
            belong = self.first_of_units(responsibilities) * counts[:, None]
        units = column_sums(belong) + 1e-10
        theta = units / units.sum() if self.known_theta is None else self.known_theta
        gamma = None
        if self.Z is not None:
            begin = np.zeros((len(units), self.Z.shape[1]))
            if at is not None and at.gamma is not None:
                begin = at.gamma * self._gating_length
            gamma = multinomial_logit(self._scaled_Z, belong, begin) / self._gating_length
        of_parts: list[dict[str, Array]] = []
        log_f = []
        for part in self.parts:
            here = weights[:, part.own]
            if part.missing is not None:
                here = np.where(part.missing[:, None], 0.0, here)
            found = self._begin(part, here) if at is None else part.of(at.parameters)
            log_f.append(self._maximise_part(part, here, found))
            of_parts.append(found)
        parameters = self._together(of_parts)
        return State(theta, parameters, 0.0, 0.0, False, gamma), self._joined(log_f)

    def _maximise_part(self, part: _Part, weights: Array, parameters: dict[str, Array]) -> Array:
        """Bring the parameters of a family to a better fit; return the log densities there."""
        values = self._at_rows(part, parameters)
        log_f: Array | None = None
        whole = completed(part.y[:, 0], values, weights) if part.partly else None
        for name, one in part.estimated:
            before = parameters[one.quantity.name]
            found, log_f = self._fit(part, name, weights, values, before, log_f, whole)
            # Common to all components.
            if one.quantity.shared and len(found) < weights.shape[1]:
                found = np.broadcast_to(found, (weights.shape[1], *found.shape[1:]))
            parameters[one.quantity.name] = one.values(found)
            values[name] = one.at_rows(parameters[one.quantity.name])
        return self._density(part, values) if log_f is None else log_f

    def _begin(self, part: _Part, weights: Array) -> dict[str, Array]:
        """Return quantities to begin at, a rough fit to rows of these weights (N, K)."""
        found: dict[str, Array] = {}
        sds, skewed = np.ones((weights.shape[1], 1)), np.zeros((weights.shape[1], 1))
        for one in part.predictors.values():
            role = one.parameter.role
            if one.known is not None:
                values = one.known
            elif role is Role.LOCATION:
                values, sds, skewed = self._rough_location(part, one, weights)
            elif role is Role.SCALE and one.parameter.default is None:
                if not one.quantity.columns:
                    sds = np.sqrt(np.mean(sds**2, axis=1, keepdims=True))
                values = one.of_constant(one.parameter.link.forward(sds))
            elif one.size:
                values = one.of_constant(np.zeros((len(sds), one.size)))
            elif role is Role.LOADING:
                of_each = factors.number(part.y.shape[-1], one.quantity.factors)
                values = np.zeros((len(sds), of_each))
            elif one.parameter.constrained:
                values = one.of_constant(np.full((len(sds), 1), one.middle))
            else:
                values = one.of_constant(one.middle + one.width * skewed)
            if one.quantity.shared:
                values = np.broadcast_to(values.mean(axis=0), values.shape)
            found[one.quantity.name] = values
        return found

    def _rough_location(
        self, part: _Part, one: RowPredictor, weights: Array
    ) -> tuple[Array, Array, Array]:
        """Return the location by least squares, and sds and signs of the skewness of residuals.

        All are on the scale of its predictor.
        """
        by_column = part.linear_y.reshape(len(self.y), -1)
        if one.size:
            shares = np.maximum(weighted_means(part.linear_y, weights), SMALLEST)
            none = np.zeros((len(shares), 1))
            return one.of_constant(one.parameter.link.forward(shares)), none + 1, none
        if one.X is not None:
            coefficients = least_squares(part.linear_y, one.X, weights, one.numbers)
            fitted = np.einsum("np,kp->nk", one.X, one.of_each(coefficients))[:, :, None]
        else:
            coefficients = weighted_means(part.linear_y, weights)
            if not one.quantity.columns:
                coefficients = coefficients.mean(axis=1, keepdims=True)
            fitted = coefficients[None]
        residuals = by_column[:, None, :] - fitted
        squares = np.einsum("nk,nkd->kd", weights, residuals**2)
        skewed = np.sign(np.einsum("nk,nkd->k", weights, residuals**3))[:, None]
        sds = np.sqrt(squares / (column_sums(weights)[:, None] + 1e-10))
        return one.values(coefficients), sds, skewed

    def _fit(
        self,
        part: _Part,
        name: str,
        weights: Array,
        values: Mapping[str, Array],
        at: Array,
        here: Array | None,
        whole: Completed | None,
    ) -> tuple[Array, Array | None]:
        """Return coefficients that fit rows better, and the log density there, if it is known.

        Parameters
        ----------
        part : _Part
            Of K components.
        name : str
            What its family calls the parameter.
        weights : ndarray of shape (N, K)
        values : mapping of str to ndarray
            All parameters at rows.
        at : ndarray
            The quantity so far.
        here : ndarray of shape (N, K) or None
            The log density there.
        whole : Completed or None
            Rows that lack some columns, as they are expected to be.
        """
        one = part.predictors[name]
        # Fits of their own know responses that were seen.
        known = FITS.get(part.family.name, {}).get(name) if self.limits is None else None
        step = Step(part.y[:, 0], weights, values, one, at, whole)
        found = None if known is None else known(step)
        if found is not None:
            return found, None

        def log_density(at_rows: Array) -> Array:
            return self._density(part, {**values, name: at_rows})

        rows = Weighted(one, log_density, weights)
        return newton(rows, one.coefficients(at), self._width(part, one, values), here)

    def _width(self, part: _Part, one: RowPredictor, values: Mapping[str, Array]) -> float | Array:
        """Return how far apart differences by a parameter's predictor are taken."""
        scale = part.family.scale
        if scale is None or one.parameter.link is not IDENTITY:
            return WIDTH
        unit = values[scale.name]
        return WIDTH * (unit.min(axis=1, keepdims=True) if one.several else unit)

    def _log_joint(self, state: State, log_f: Array) -> Array:
        """Return log weight + log density of each unit in each component, (U, K), of rows'."""
        if self.group is not None:
            of_rows = self.frequency[:, None] * log_f
            log_f = np.zeros((self.units, log_f.shape[1]))
            np.add.at(log_f, self.group, of_rows)
        if self.labels is not None:
            known = self.labels[:, None]
            possible = (known == 0) | (known == np.arange(1, log_f.shape[1] + 1))
            log_f = np.where(possible, log_f, -np.inf)
        if self.Z is not None:
            assert state.gamma is not None  # `_maximise` made it
            logits: Array = np.einsum("uq,kq->uk", self.Z, state.gamma)
            return np.asarray(log_softmax(logits, axis=1) + log_f)
        with np.errstate(divide="ignore"):  # a weight of zero is a log weight of -inf
            return np.asarray(np.log(state.theta) + log_f)

    def _log_densities(self, state: State) -> Array:
        """Return the log density of each row in each component, (N, K)."""
        return self._joined(
            [
                self._density(part, self._at_rows(part, part.of(state.parameters)))
                for part in self.parts
            ]
        )

    def _joined(self, parts: list[Array]) -> Array:
        """Return log densities of all components, (N, K), none where a row cannot be of one."""
        found = functools.reduce(np.add, parts) if self._of_columns else _beside(parts)
        return found if self._possible is None else np.where(self._possible, found, -np.inf)

    def _together(self, of_parts: list[dict[str, Array]]) -> dict[str, Array]:
        """Return the quantities of all parts; those of columns side by side."""
        together: dict[str, Array] = {}
        beside: dict[str, list[Array]] = {}
        for part, found in zip(self.parts, of_parts, strict=True):
            if part.column is None:
                together |= found
                continue
            for name, values in found.items():
                beside.setdefault(name, []).append(values)
        return together | {name: np.stack(values, axis=-1) for name, values in beside.items()}

    def _where_possible(self, responsibilities: Array) -> Array:
        """Return responsibilities of components that rows may be of; equal where none is left."""
        if self._possible is None:
            return responsibilities
        kept = np.where(self._possible, responsibilities, 0.0)
        kept = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, self._possible)
        return np.asarray(kept / kept.sum(axis=1, keepdims=True))

    def _density(self, part: _Part, values: Mapping[str, Array]) -> Array:
        """Return the log density of each row in each component of a family, (N, K)."""
        if part.family is POINT_MASS:
            return np.zeros((len(part.y), part.own.stop - part.own.start))
        if self.limits is None:
            # Of rows beyond the ends any response will do: they have no weight.
            y = np.clip(part.y, *part.ends) if part.ends else part.y
            found = part.family.log_density(y, values)
            return found if part.missing is None else np.where(part.missing[:, None], 0.0, found)
        by_row = {name: np.atleast_2d(value) for name, value in values.items()}
        return limited.log_density(part.family, part.y, by_row, self.limits, axis=0)

    def _at_rows(self, part: _Part, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Return the parameters of a family at rows, of its quantities."""
        return self._beside | {
            name: one.at_rows(parameters[one.quantity.name])
            for name, one in part.predictors.items()
        }


def _by_column(part: _Part, linear_y: Sequence[Array]) -> list[_Part]:
    """Return the parts of a family of independent columns, one for each column or block."""
    found = []
    for columns in part.family.columns:
        own = {own: part.predictors[name] for own, name in columns.names.items()}
        if columns.block:
            y, linear = columns.of(part.y), np.column_stack([linear_y[d] for d in columns.at])
            found.append(_one_of(part, columns, own, y, linear, None))
            continue
        for number, place in enumerate(columns.at or range(len(linear_y))):
            y, d = part.y[..., place], None if columns.single else number
            of_one = own if d is None else {name: one.of_column(d) for name, one in own.items()}
            found.append(_one_of(part, columns, of_one, y, linear_y[place], d))
    return found


def _one_of(
    part: _Part,
    columns: Columns,
    predictors: Mapping[str, RowPredictor],
    y: Array,
    linear_y: Array,
    column: int | None,
) -> _Part:
    """Return what the components have of a column, or of a block."""
    lacking, y = _lacking(y), y if columns.block else filled(y, columns.family)
    return _Part(columns.family, part.own, predictors, y, linear_y, column, lacking)


def _lacking(y: Array) -> NDArray[np.bool_] | None:
    """Return which rows (N, 1, ...) have no response at all; None if there are none."""
    missing = np.asarray(np.isnan(y.reshape(len(y), -1)).all(axis=1))
    return missing if missing.any() else None


def _linear(program: Program, data: Design, y: Array, known: Mapping[str, Array]) -> list[Array]:
    """Return responses `y` on the scale of the location's predictor, of columns (N,) each.

    A vector of probabilities is looked for by indicators of the categories, (N, C).
    """
    rows, family = data.rows, program.family
    if family.columns:
        found = []
        for d, column in enumerate(y.T):
            own = family.columns_at(d)
            assert own is not None  # each column is of a family
            if own.family.location.support == SIMPLEX:
                found.append(_indicators(column, len(data.categories_of(d))))
                continue
            constants = {
                one.name: known[program.of(own.names[one.name]).name][:, own.number(d)].min()
                for one in own.family.stated
            }
            found.append(own.family.linear(column, constants))
        return found
    if program.location.simplex or program.location.predictors:
        return [_indicators(y, len(data.categories))]
    beside = {} if rows.trials is None else {TRIALS: rows.trials}
    stated = {one.name: known[program.of(one.name).name].min() for one in family.stated}
    middle = y if rows.limits is None else rows.limits.middle(y)
    linear = family.linear(middle, {**beside, **stated})
    return [linear if rows.offset is None else linear - rows.offset]


def _indicators(y: Array, categories: int) -> Array:
    """Return which category (N, C) a response is; not a number where there is none."""
    missing = np.isnan(y)
    found = np.eye(categories)[np.where(missing, 1, y).astype(np.intp) - 1]
    return np.where(missing[:, None], np.nan, found)


def _first(values: Array) -> Array:
    return np.asarray(values.reshape(len(values), -1)[:, 0])


def _possible(part: _Part, y: Array, at_atom: NDArray[np.intp], beats: bool) -> NDArray[np.bool_]:
    """Return of which components (N, K) of a family rows may be.

    `beats` says whether a row at a point mass is of that alone.
    """
    size = part.own.stop - part.own.start
    if part.family is POINT_MASS:
        return np.asarray(at_atom[:, None] == np.arange(1, size + 1))
    found = np.repeat(((at_atom == 0) | (not beats))[:, None], size, axis=1)
    if part.ends:
        low, high = part.ends
        found &= (y >= low) & (y <= high)
    return found


def _beside(parts: list[Array]) -> Array:
    """Return log densities of some components beside those of others, (N, K)."""
    if len(parts) == 1:
        return parts[0]
    rows = max(len(part) for part in parts)
    return np.concatenate(
        [np.broadcast_to(part, (rows, *part.shape[1:])) for part in parts], axis=1
    )


def _log_sum_exp(values: Array) -> Array:
    """Sum of exponentials over components (N, K) -> (N,); reductions of thin arrays are slow."""
    largest = functools.reduce(np.maximum, values.T)
    total = np.einsum("nk->n", np.exp(values - largest[:, None]))
    return np.asarray(largest + np.log(total))
