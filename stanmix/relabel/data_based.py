"""Rodriguez and Walker's data-based relabelling: clusters recognised by their data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.errors import InputError
from stanmix.relabel.alternation import (
    Pass,
    Report,
    best_start,
    settle,
    spread,
    subset,
)
from stanmix.relabel.assignment import assign, total
from stanmix.relabel.checks import (
    COMPONENTS,
    ITERATIONS,
    REPORT,
    FloatArray,
    IntArray,
    check_allocations,
    check_finite,
    check_shape,
)
from stanmix.relabel.ecr_iterative import named_by, names_of
from stanmix.relabel.tables import blocks, canonical_labels, label_counts, partition_keys

__all__ = ["data_based"]

# A cluster of equal observations is not narrower than this part of the data's spread.
_NARROWEST = 1e-3


@checked(components=COMPONENTS, max_iterations=ITERATIONS, report=REPORT)
def data_based(
    y: ArrayLike,
    z: ArrayLike,
    components: int | None = None,
    *,
    reference: ArrayLike | None = None,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel so that clusters of one name hold like data in all draws.

    A component is described by the mean and the standard deviation of the data
    allocated to it, averaged over the relabelled draws; each draw is relabelled for
    the least sum of squared distances, in those standard deviations, of the data to
    the means. The published algorithm averages over the draws so far, and so depends
    on their order; here both steps use all draws and are repeated to a fixed point.
    Eight draws, spread over the sizes of their clusters, are tried as start on up to
    400 draws; the best goes on with all.

    Parameters
    ----------
    y : array_like, shape (obs,) or (obs, dimension)
        The data.
    z : array_like of int, shape (chain, draw, obs)
        Allocations, labels 0, ..., K - 1.
    components : int, optional
        K; by default the largest label plus one.
    reference, max_iterations
        As in `ecr_iterative_1`.
    report : callable, optional
        Called with a `Convergence`; the objective is minus twice the log likelihood
        of the allocated data under normals with these means and standard
        deviations, less a constant.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If a shape does not fit, a value is not finite, or a label lies outside
        0, ..., K - 1.

    References
    ----------
    Rodriguez and Walker (2014), J. Comput. Graph. Stat. 23, 25-45.
    """
    values, number = check_allocations(z, components)
    data = check_finite(y, "y")
    if data.ndim == 1:
        data = data[:, None]
    check_shape(data.shape, "y", ("obs", "dimension"))
    if len(data) != values.shape[2]:
        raise InputError(f"y has {len(data)} observations, but z allocates {values.shape[2]}.")
    names = names_of(reference, len(data), number)
    flat = values.reshape(-1, values.shape[2])
    # Ties between clusters are broken by their first observations, not by their labels.
    canonical = canonical_labels(flat, number)
    moments = _moments(data, flat, canonical)
    few = moments.take(subset(len(flat)))
    keys = partition_keys(flat[subset(len(flat))], number)
    starts = [few.take(np.array([draw])).describe(np.arange(number)[None]) for draw in spread(keys)]
    best, reached = best_start(few.step, starts, max_iterations)
    end = settle("data_based", moments.step, best.reference, max_iterations, report, reached)
    perm = np.take_along_axis(canonical, end.perm, axis=1)
    perm = named_by(perm, names, lambda: label_counts(flat, perm, number).argmax(axis=1))
    return perm.reshape(*values.shape[:2], number)


@dataclass(frozen=True)
class _Description:
    """Mean and standard deviation of each component, ``(component, dimension)``."""

    mean: FloatArray
    sd: FloatArray


@dataclass(frozen=True)
class _Moments:
    """Sums over the observations of each cluster of each draw; all that a pass needs.

    ``size`` is ``(draw, component)``; ``first`` and ``second``, of the standardised
    data and their squares, are ``(draw, component, dimension)``.
    """

    size: FloatArray
    first: FloatArray
    second: FloatArray

    def take(self, draws: NDArray[np.intp]) -> _Moments:
        """Give some of the draws."""
        return _Moments(self.size[draws], self.first[draws], self.second[draws])

    def describe(self, perm: NDArray[np.intp]) -> _Description:
        """Average the clusters' means and standard deviations over relabelled draws."""
        size = np.take_along_axis(self.size, perm, axis=1)[..., None]
        first = np.take_along_axis(self.first, perm[..., None], axis=1)
        second = np.take_along_axis(self.second, perm[..., None], axis=1)
        filled = np.maximum(size, 1)
        mean = first / filled
        sd = np.sqrt(np.maximum(second / filled - mean**2, 0))
        # Without observations there is no mean, with one there is no standard deviation:
        # then the data's own, 0 and 1.
        return _Description(
            _average(mean, size >= 1, 0.0),
            np.maximum(_average(sd, size >= 2, 1.0), _NARROWEST),
        )

    def step(self, description: _Description) -> Pass[_Description]:
        """Fit the draws to a description, and describe the components anew."""
        precision = description.sd**-2
        weighted = description.mean * precision
        cost = (
            np.einsum("tod,nd->tno", self.second, precision)
            - 2 * np.einsum("tod,nd->tno", self.first, weighted)
            + self.size[:, None] * (description.mean * weighted).sum(axis=1)[:, None]
        )
        perm = assign(cost)
        sizes = np.take_along_axis(self.size, perm, axis=1).sum(axis=0)
        spread_cost = 2 * (sizes[:, None] * np.log(description.sd)).sum()
        return Pass(perm, total(cost, perm) + float(spread_cost), self.describe(perm))


def _average(values: FloatArray, valid: NDArray[np.bool_], otherwise: float) -> FloatArray:
    """Average over the draws in which a component has a value."""
    number = valid.sum(axis=0)
    summed = np.where(valid, values, 0).sum(axis=0)
    return np.where(number > 0, summed / np.maximum(number, 1), otherwise)


def _moments(data: FloatArray, z: IntArray, canonical: NDArray[np.intp]) -> _Moments:
    """Sum the standardised data over the clusters of each draw, in canonical order."""
    scale = data.std(axis=0)
    standard = (data - data.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    draws, observations = z.shape
    components = canonical.shape[1]
    columns = np.hstack([np.ones((observations, 1)), standard, standard**2])
    sums = np.empty((draws, components, columns.shape[1]))
    for block in blocks(draws, observations):
        for label in range(components):
            sums[block, label] = (z[block] == label).astype(np.float64) @ columns
    sums = np.take_along_axis(sums, canonical[..., None], axis=1)
    dimension = data.shape[1]
    return _Moments(sums[..., 0], sums[..., 1 : 1 + dimension], sums[..., 1 + dimension :])
