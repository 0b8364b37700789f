"""Scales that collapsed: components that stand on one value of the data which occurs many times.

Equal values, as rounding makes them, say of a component's scale only that it is small: the
likelihood grows without bound as the scale vanishes, and the prior alone keeps it from zero. In a
family without a scale a shape grows without bound instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.density import allocations, log_joint
from stanmix.diagnostics.report import Report
from stanmix.model.families import Family
from stanmix.model.families.entry import Columns
from stanmix.model.predictors import Block
from stanmix.posterior.posterior import Posterior, spread_of
from stanmix.program.variables import Quantity
from stanmix.streams import Stream, generator

__all__ = ["collapsed", "share_of_one_value"]

Array = NDArray[np.float64]

# A component collapsed where so much of it is one value. Of rounded data a normal has that share
# on one value where its sd is 0.4 of the step.
SHARE = 0.9
OFTEN = 0.05  # a finding, where it is so in this part of the draws
MOST_DRAWS = 100
MOST_ROWS = 5_000
# The logarithm of a shape at which a component is as wide as the rounding lies this near to zero.
WIDEST = 60.0
BISECTIONS = 60


def collapsed(fit: Posterior, report: Report) -> None:
    """Name components that stand on equal values.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    """
    if fit.collapsing is None or fit.model.components == 1:
        return
    for block in fit.model.blocks:
        for own in _spreads(fit, block):
            for column in range(own.columns):
                _collapsed_column(fit, report, block, own, column)


@dataclass(frozen=True)
class _Spread:
    """The quantity by which components are narrow or wide in columns of the response.

    Attributes
    ----------
    quantity : Quantity
    of : str
        The parameter of the family that it determines.
    family : Family
        Of these columns.
    columns : int
        How many they are.
    group : Columns or None
        Which they are; None for all.
    """

    quantity: Quantity
    of: str
    family: Family
    columns: int
    group: Columns | None = None

    def place(self, column: int) -> int:
        """Return the place of a column among all."""
        return self.group.at[column] if self.group is not None and self.group.at else column

    def own(self, values: Mapping[str, Array]) -> Mapping[str, Array]:
        """Return the values of the family's parameters, of those of all columns."""
        return values if self.group is None else self.group.own(values)


def _spreads(fit: Posterior, block: Block) -> Iterator[_Spread]:
    columns = fit.design.y.size // len(fit.design.y)
    if not block.family.columns:
        spread = spread_of(fit, block)
        if spread is not None:
            yield _Spread(spread, spread.of, block.family, columns)
        return
    for group in block.family.columns:
        of = group.family.spread
        if of is None or group.family.counts:
            continue
        quantity = fit.program[block.predictors[group.names[of.name]].name]
        if not quantity.known:
            yield _Spread(quantity, of.name, group.family, len(group.at) or columns, group)


def _collapsed_column(
    fit: Posterior, report: Report, block: Block, own: _Spread, column: int
) -> None:
    scale, place = own.quantity, own.place(column)
    y, weights = _column(fit.design.y, place), fit.design.rows.weights
    seen = ~np.isnan(y)
    y, weights = y[seen], None if weights is None else weights[seen]
    if len(np.unique(y)) == len(y) and (weights is None or weights.max() < 2):
        return
    values, share, size = share_of_one_value(fit, place)
    stands = (share > SHARE) & (size >= 2)
    often = stands.mean(axis=0)
    which = np.intersect1d(np.flatnonzero(often >= OFTEN), block.components)
    before = int(report.figures.get("collapsed_components", 0))
    report.figures["collapsed_components"] = before + len(which)
    if not len(which):
        return
    terms, parameters = fit.rows()[0], fit.thinned(MOST_DRAWS)
    said, gaps, typically = [], [], []
    where = f" of {fit.design.dimensions[place]!r}" if fit.design.dimensions else ""
    distinct = np.unique(y)
    for k in map(int, which):
        at, times = np.unique(values[stands[:, k], k], return_counts=True)
        value = at[times.argmax()]
        equal = y == value
        number = equal.sum() if weights is None else weights[equal].sum()
        rows = np.flatnonzero(seen)[equal]
        there = {
            name: float(np.median(_of_draws(each, stands[:, k], k - block.components[0], column)))
            for name, each in own.own(terms[rows].values(parameters, block)).items()
        }
        typically.append(there)
        gaps.append(np.abs(distinct[distinct != value] - value).min())
        said.append(
            f"component {fit.component_names[k]} holds a single value{where} in {often[k]:.0%} of "
            f"the draws (mostly {value:g}, which occurs {number:g} times; its {own.of} is "
            f"{there[own.of]:.2g} there, and the next value is {gaps[-1]:g} away)"
        )
    floor, most = max(gaps), float(np.ptp(y))
    grows, keeps = False, f"above the rounding ({floor:.3g})"
    ends = floor, max(most, 2 * floor)
    if not own.family.response.origin:
        limits = [
            _where_as_wide(own.family, own.of, values, gap)
            for values, gap in zip(typically, gaps, strict=True)
        ]
        grows = all(above for _, above in limits)
        end = (min if grows else max)(limit for limit, _ in limits)
        ends = (0.0, end) if grows else (end, max(1.0, 10 * end))
        way = "below" if grows else "above"
        keeps = f"{way} {end:.3g}, where a component is as wide as the rounding ({floor:.3g})"
    prior = f"priors={{{scale.name!r}: ...}}"
    if scale.matrix is None:
        prior = f'priors={{"{scale.name}": stanmix.Uniform({ends[0]:.3g}, {ends[1]:.3g})}}'
    assert scale.parameter is not None
    word = scale.parameter.word
    report.add(
        "collapsed scale",
        "problem",
        f"{'; '.join(said)}. Equal values, as rounding makes them, say of a component's {word} "
        f"only that it is {'large' if grows else 'small'}: the prior alone keeps it from "
        f"{'growing without end' if grows else 'zero'}, and the density at the value, elpd_loo "
        "with it, is as high as the prior lets it be.",
        f"give {scale.name} a prior that keeps {scale.of} {keeps}, as "
        f'{prior}, or shared=("{scale.of}",), or fit fewer components. If the value is a thing of '
        "its own (a zero, a limit of detection), model it apart. Do not compare this fit by elpd.",
    )


def _of_draws(values: Array, draws: NDArray[np.bool_], component: int, column: int) -> Array:
    """Return a parameter's values in some draws of a component, of one column of the response."""
    if values.shape[-1] == 1 and values.ndim == 3:  # what all components have alike
        return values
    there = np.broadcast_to(values, (len(draws), *values.shape[1:]))[draws, :, component]
    by_column = there.reshape(*there.shape[:2], -1)
    return np.asarray(by_column[..., column if by_column.shape[-1] > 1 else 0])


def _where_as_wide(
    family: Family, name: str, values: Mapping[str, float], sd: float
) -> tuple[float, bool]:
    """Return a parameter's value at which a component has an sd, and if it is narrower beyond."""

    def variance(value: float) -> float:
        at = {one: np.asarray(each) for one, each in {**values, name: value}.items()}
        with np.errstate(over="ignore", invalid="ignore"):
            return float(family.variance(at))

    narrower = variance(2 * values[name]) < variance(values[name])
    low, high = -WIDEST, WIDEST
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        # Where there is no variance, it is wide.
        wide = not variance(math.exp(middle)) < sd**2
        low, high = (middle, high) if wide == narrower else (low, middle)
    return math.exp((low + high) / 2), narrower


def _column(y: Array, column: int) -> Array:
    return np.asarray(y.reshape(len(y), -1)[:, column])


def share_of_one_value(fit: Posterior, column: int = 0) -> tuple[Array, Array, Array]:
    """Return how much of each component is the commonest of its values.

    Parameters
    ----------
    fit : Posterior
        Of N rows; at most 100 of its draws are looked at, and 5 000 rows.
    column : int
        Which one of a response of several columns.

    Returns
    -------
    values : ndarray of shape (S, K)
        The value of the response that has most of the component.
    share : ndarray of shape (S, K)
        The part of the component's expected observations that have it.
    size : ndarray of shape (S, K)
        How many they are expected to be, of N (by weight, where rows have one).
    """
    terms, weights = fit.rows()[0], fit.design.rows.weights
    counts = np.ones(len(terms)) if weights is None else weights
    total = float(counts.sum())
    limits = fit.design.rows.limits
    if limits is not None and limits.kinds is not None:  # censored rows are no values
        counts = np.where(limits.kinds > 0, 0.0, counts)
    if terms.alike and terms.groups is None:  # equal rows are one row
        _, first, same = np.unique(terms.y, axis=0, return_index=True, return_inverse=True)
        terms, counts = terms[first], np.bincount(same.ravel(), counts).astype(float)
    if len(terms) > MOST_ROWS:
        rng = generator(fit.seed, Stream.TIED_ROWS)
        rows = np.sort(rng.choice(len(terms), MOST_ROWS, replace=False))
        terms, counts = terms[rows], counts[rows]
        counts = counts * (total / counts.sum())
    of_column = _column(terms.responses, column)
    counts = np.where(np.isnan(of_column), 0.0, counts)
    distinct, place = np.unique(of_column, return_inverse=True)
    parameters = fit.thinned(MOST_DRAWS)
    S, K = parameters["theta"].shape
    values, share, size = np.empty((S, K)), np.zeros((S, K)), np.empty((S, K))
    for s in range(S):
        here = {name: draws[s : s + 1] for name, draws in parameters.items()}
        joint = log_joint.log_joint(here, terms)
        p = np.nan_to_num(allocations.responsibilities(joint))[0] * counts[:, None]
        for k in range(K):
            of_value = np.bincount(place, p[:, k], len(distinct))
            size[s, k] = of_value.sum()
            values[s, k] = distinct[of_value.argmax()]
            share[s, k] = of_value.max() / max(size[s, k], np.finfo(float).tiny)
    return values, share, size
