"""What the density of rows takes beside the parameters, and the values of these at rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix.data.limits import Limits
from stanmix.data.rows import WEIGHTS, Rows
from stanmix.density import limited
from stanmix.model.families import TRIALS, Family
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.predictors import Block, Predictor
from stanmix.model.specification import Specification
from stanmix.model.weights import DIRICHLET, Weights

__all__ = ["RowTerms", "of"]

Array = NDArray[np.float64]
Draws = Mapping[str, Array]
Which = NDArray[np.intp] | EllipsisType


@dataclass(frozen=True)
class RowTerms:
    """Responses, covariates, offset, frequencies and groups of rows; taken apart like an array.

    Attributes
    ----------
    blocks : tuple of Block
        The families, and how the values of their parameters at a row come about.
    y : ndarray of shape (N,) or (N, D)
        Responses of all rows; not a number where there is none, which tells nothing, or where a
        row lacks one of several independent columns. The rows of a group are judged together, so
        those that are not asked for are kept as well.
    matrices : mapping of str to ndarray of shape (N, P)
        Covariates of each linear predictor, by the parameter that it is of; ``"theta"``: those
        of the weights.
    weighting : Weights
        Where the weights of the components come from.
    offset : ndarray of shape (N,), optional
        Added to the location's predictor.
    trials : ndarray of shape (N,), optional
        Out of how many trials a response counts successes.
    frequency : ndarray of shape (N,), optional
        A row of weight w counts as w equal rows.
    groups : ndarray of int, shape (N,), optional
        Number of the row's group; its rows share one class.
    labels : ndarray of int, shape (N,), optional
        Component of the row, from 1; 0 where it is not known.
    atoms : tuple of float
        Where point masses lie.
    limits : Limits, optional
        What is known of responses that were not seen.
    at : ndarray of int, shape (M,), or ...
        The rows that are asked for; ``...`` for all.
    """

    blocks: tuple[Block, ...]
    y: Array
    matrices: Mapping[str, Array] = field(default_factory=dict)
    weighting: Weights = DIRICHLET
    offset: Array | None = None
    trials: Array | None = None
    frequency: Array | None = None
    groups: NDArray[np.intp] | None = None
    labels: NDArray[np.intp] | None = None
    atoms: tuple[float, ...] = ()
    limits: Limits | None = None
    at: Which = ...

    def __getitem__(self, rows: Any) -> RowTerms:
        return dataclasses.replace(self, at=np.arange(len(self.y))[self.at][rows])

    def __len__(self) -> int:
        return len(self.y[self.at])

    @property
    def location(self) -> str:
        """Name of the parameter whose covariates are those of the response's formula."""
        main = next(block for block in self.blocks if not block.family.constant)
        return main.family.location.name

    @property
    def responses(self) -> Array:
        """Responses of the rows asked for, (M,) or (M, D)."""
        return self.y[self.at]

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Shape of one response: () or (D,)."""
        return self.y.shape[1:]

    @property
    def columns(self) -> int:
        """How many numbers one response has."""
        return int(np.prod(self.dimensions))

    @property
    def alike(self) -> bool:
        """Whether all rows have the same distribution."""
        beside = (self.offset, self.trials, self.labels, self.limits)
        return not self.matrices and all(values is None for values in beside)

    @property
    def recorded(self) -> tuple[Array | None, Array | None]:
        """The ends between which responses of the rows asked for are recorded, (1, M, 1) each."""
        if self.limits is None:
            return None, None
        here = self.limits.take(self.at)
        least, most = (
            None if end is None else end[None, :, None] for end in (here.least, here.most)
        )
        return least, most

    @property
    def unlabelled(self) -> RowTerms:
        """The same rows as if no class were known."""
        return dataclasses.replace(self, labels=None)

    @property
    def group(self) -> NDArray[np.intp] | None:
        """Number of the group (M,) of each row asked for; None without groups."""
        return None if self.groups is None else self.groups[self.at]

    @property
    def rows_read(self) -> int:
        """How many rows the densities of those asked for are made of: all of their groups."""
        if self.groups is None:
            return len(self)
        return int(np.isin(self.groups, self.groups[self.at]).sum())

    @property
    def counts(self) -> Array:
        """How often a row's (M,) mixture density counts; that of a group at its first row."""
        if self.group is not None:
            first = np.zeros(len(self))
            first[np.unique(self.group, return_index=True)[1]] = 1.0
            return first
        return np.ones(len(self)) if self.frequency is None else self.frequency[self.at]

    def values(self, parameters: Draws, block: Block | None = None) -> dict[str, Array]:
        """Return the values of a family's parameters at the rows asked for.

        Parameters
        ----------
        parameters : mapping
            S draws, as `stanmix.Fit.draws` has them.
        block : Block, optional
            Of K components; by default the only one.

        Returns
        -------
        dict of str to ndarray
            By the names that the family gives its parameters, and ``"trials"`` if there are any;
            each of shape (S, M, K) where it depends on the row and (S, 1, K) where it does not;
            (S, 1, K, D) for responses of D columns; with an axis behind for a parameter that is a
            vector.
        """
        return self._values(self.blocks[0] if block is None else block, parameters, self.at)

    def by_component(
        self, parameters: Draws, compute: Callable[[Family, dict[str, Array]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return what is computed of a family and its parameters at the rows asked for.

        Parameters
        ----------
        parameters : mapping
            S draws.
        compute : callable
            Of the components of one family, with the axes of `values`.

        Returns
        -------
        ndarray of shape (S, M, K), (S, 1, K) or with columns behind
            Of all components, those of a family beside those of another.
        """
        found = [compute(block.family, self.values(parameters, block)) for block in self.blocks]
        return found[0] if len(found) == 1 else _beside(found)

    def log_weights(self, parameters: Draws) -> Array:
        """Return the log weights of the components, (S, M, K) or (S, 1, K).

        Of a row whose component is known, that of the others is -inf.
        """
        gates = self.matrices.get(WEIGHTS)
        found = self.weighting.log(parameters, None if gates is None else gates[self.at])
        if self.labels is None:
            return found
        known = self.labels[self.at][:, None]
        possible = (known == 0) | (known == np.arange(1, found.shape[-1] + 1))
        return np.where(possible, found, -np.inf)

    def weights(self, parameters: Draws) -> Array:
        """Return the probabilities of the components before the response, (S, M, K) or (S, 1, K).

        Those are the weights, and of a row whose component is known 1 for that; of a row without
        a response in a group, they are what the responses of the group tell.
        """
        found = self._weights(parameters)
        unseen = _missing(self.responses)
        if self.groups is None or not unseen.any():
            return found
        joint = self.log_weights(parameters) + self.log_density(parameters)
        return np.where(unseen[:, None], softmax(joint, axis=-1), found)

    def _weights(self, parameters: Draws) -> Array:
        if WEIGHTS not in self.matrices and self.labels is None:
            return parameters["theta"][:, None]
        found = np.exp(self.log_weights(parameters))
        if self.labels is None:
            return np.asarray(found)
        known = self.labels[self.at][:, None]
        certain = known == np.arange(1, found.shape[-1] + 1)
        return np.where(known > 0, certain, found)

    def log_density(self, parameters: Draws) -> Array:
        """Return the log density of each row, or of its whole group, by component (S, M, K)."""
        if self.groups is None:
            return self._log_density(parameters, self.at)
        groups, place = np.unique(self.groups[self.at], return_inverse=True)
        rows = np.flatnonzero(np.isin(self.groups, groups))
        of_rows = self._log_density(parameters, rows)
        if self.frequency is not None:
            times = self.frequency[rows][None, :, None]
            # A row of weight zero counts for nothing, even where it is impossible.
            of_rows = times * np.where(times > 0, of_rows, 0.0)
        total = np.zeros((len(groups), of_rows.shape[0], of_rows.shape[2]))
        np.add.at(total, np.searchsorted(groups, self.groups[rows]), of_rows.swapaxes(0, 1))
        return np.asarray(total[place].swapaxes(0, 1))

    def _log_density(self, parameters: Draws, rows: Which) -> Array:
        y = self.y[rows]
        missing = _missing(y)
        # In place of a missing response any will do: it counts for nothing.
        lacking = missing.reshape(-1, *[1] * (y.ndim - 1))
        at = np.where(lacking, 0.5, y)[None, :, None] if missing.any() else y[None, :, None]
        found = []
        # A log density is -inf at a wild value, or where a wild mean leaves nothing.
        with np.errstate(divide="ignore", over="ignore"):
            for block in self.blocks:
                values = self._values(block, parameters, rows)
                if self.limits is None:
                    found.append(self._of_block(block, at, values))
                else:
                    here = self.limits.take(rows)
                    found.append(limited.log_density(block.family, at, values, here, axis=1))
        density = found[0] if len(found) == 1 else _beside(found)
        return np.where(missing[:, None], 0.0, density) if missing.any() else density

    def _of_block(self, block: Block, y: Array, values: Mapping[str, Array]) -> Array:
        """Return the log density of rows in a family's components; none at a point mass."""
        family, atoms = block.family, self.atoms
        if family.response.integer or family is POINT_MASS or not len(atoms):
            return family.log_density(y, values)
        there = np.isin(y, atoms)
        # In place of them any response will do that the family takes.
        usual = self.y[~np.isin(self.y, atoms)]
        density = family.log_density(np.where(there, usual[0] if len(usual) else np.nan, y), values)
        return np.asarray(np.where(there, -np.inf, density))

    def _values(self, block: Block, parameters: Draws, rows: Which) -> dict[str, Array]:
        own = slice(block.components[0], block.components[-1] + 1)
        found = {
            name: self._value(block, one, parameters[one.name][:, own], rows)
            for name, one in block.predictors.items()
        }
        if self.trials is not None:
            found[TRIALS] = self.trials[rows][None, :, None]
        return found

    def _value(self, block: Block, one: Predictor, draws: Array, rows: Which) -> Array:
        """Return a parameter at rows, (S, M, K), or (S, 1, K) or (S, 1, K, D) where all agree."""
        link = one.parameter.link
        located = one.parameter is block.family.location and not block.family.constant
        shifted = self.offset is not None and located
        if one.linear:
            name = self.location if located else one.parameter.name
            predictor = np.einsum("np,sk...p->snk...", self.matrices[name][rows], draws)
        elif shifted:
            predictor = link.forward(draws[:, None])
        else:
            return draws[:, None]
        if shifted:
            assert self.offset is not None
            predictor = predictor + self.offset[rows][None, :, None]
        return link.inverse(predictor)


def _missing(y: Array) -> NDArray[np.bool_]:
    """Return of which rows (M,) no response is known."""
    return np.asarray(np.isnan(y.reshape(len(y), -1)).all(axis=1))


def of(spec: Specification, y: Array, X: Array, rows: Rows) -> RowTerms:
    """Return what the density of rows of a mixture takes.

    Parameters
    ----------
    spec : Specification
    y : ndarray of shape (N,) or (N, D)
    X : ndarray of shape (N, P)
        Covariates of the location.
    rows : Rows
        Of these rows.
    """
    matrices = {of: covariates.matrix for of, covariates in rows.predictors.items()}
    if spec.regression:
        matrices[spec.of_family.location.name] = X
    return RowTerms(
        spec.blocks,
        y,
        matrices,
        spec.weighting,
        rows.offset,
        rows.trials,
        rows.weights,
        rows.group,
        None if rows.labels is None else rows.labels.numbers,
        spec.atoms,
        rows.limits,
    )


def _beside(parts: Sequence[Array]) -> Array:
    """Return what is of some components beside what is of others, along the third axis."""
    draws = max(len(part) for part in parts)
    rows = max(part.shape[1] for part in parts)
    wide = [np.broadcast_to(part, (draws, rows, *part.shape[2:])) for part in parts]
    return np.concatenate(wide, axis=2)
