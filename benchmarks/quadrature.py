"""Posterior means and sds by adaptive quadrature, for a handful of parameters.

A box is cut into cells, each integrated by the tensor product of the Gauss-Legendre rule of three
nodes. Cells are halved, in the direction in which the logarithm of the density changes most, where
that is too much for what the cell holds, and where a witness has a density that no node of its
cell sees. Witnesses are the ends of climbs, and the way of walkers from there (Goodman & Weare,
2010, Comm. App. Math. Comp. Sci. 5, 65-80) on the density and on flatter ones: they find narrow
ridges and what lies far off, and decide nothing else. What counts are the integrals of the density,
and of each functional and its square, in posterior sds.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

__all__ = ["Integrated", "integrate", "witnesses"]

Array = NDArray[np.float64]
Log = Callable[[Array], Array]  # log densities (S,) of points (S, D)

NODES = np.sqrt(0.6) * np.array([-1.0, 0.0, 1.0])
WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0
ROUGH = 4.0  # changes of the log density beyond which the nodes of a cell say nothing
OF_KINKS = 0.25  # of the error of the rule of one node has that of three, across a kink
SEEN = 1.5  # a witness is seen where a node of its cell lies at most so far below it
DEEP = 25.0  # witnesses so far below the highest may hold nothing
WALKERS, STEPS, KEPT = 100, 200, 4000  # of each flatness, and witnesses that are kept of it
FLATTER = (10.0, 3.0, 1.0)  # the density is taken to one over this power
AT_ONCE = 20_000  # cells that are halved together
MOST = 2_000_000  # cells beyond which something is wrong


@dataclass(frozen=True)
class Integrated:
    """What quadrature found.

    Attributes
    ----------
    mean, sd : ndarray of shape (F,)
        Of the functionals.
    log_evidence : float
        Logarithm of the integral of the density.
    error : float
        What further halving might still change, in sds; an estimate that is much too large.
    evaluations : int
        Of the density.
    """

    mean: Array
    sd: Array
    log_evidence: float
    error: float
    evaluations: int


@dataclass
class _Cells:
    """Cells with what the rule says of each: all arrays run over cells."""

    low: Array  # (n, D)
    high: Array  # (n, D)
    sums: Array  # (n, 1 + 2F): integrals of 1, g and g^2 times the density
    most: Array  # (n,): volume times the highest density at a node
    change: Array  # (n, D): squared slope and curvature of the log density over half a cell
    kinks: Array  # (n, 1 + 2F): what the rule of one node gives less that of three; else zeros
    highest: Array  # (n,): log density at a node, above that of the highest witness

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> _Cells:
        return _Cells(**{name: values[rows] for name, values in vars(self).items()})

    def __add__(self, other: _Cells) -> _Cells:
        mine, others = vars(self), vars(other)
        return _Cells(**{name: np.concatenate([mine[name], others[name]]) for name in mine})

    def errors(self, mean: Array, sd: Array) -> Array:
        """Return what the integrals over each cell may lack, (n,).

        Of exp(a t) over a cell of -1 < t < 1 the rule lacks a part of 3e-5 a^6, of exp(-c t^2 / 2)
        one of 5e-4 c^3. Across a kink it lacks about a quarter of what the rule of one node does.
        """
        standard = np.abs(_standard(self.sums, mean, sd)).max(axis=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            factor = np.where(self.sums[:, 0] > 0, standard / self.sums[:, 0], 1.0)
            smooth = np.where(self.sums[:, 0] > 0, 5e-4 * (self.change**3).sum(axis=1), 0.0)
        kinked = OF_KINKS * np.abs(_standard(self.kinks, mean, sd)).max(axis=1)
        rough = (self.change > ROUGH).any(axis=1)
        return np.where(rough, self.most * factor, self.sums[:, 0] * factor * smooth) + kinked

    def across(self, box: Array) -> NDArray[np.intp]:
        """Return the direction in which to halve each cell."""
        width = (self.high - self.low) / box
        change = np.minimum(self.change, ROUGH)
        return np.argmax(change + 1e-3 * width / width.max(axis=1, keepdims=True), axis=1)


def witnesses(
    log_density: Log, low: Array, high: Array, rng: np.random.Generator, climbs: int = 6
) -> Array:
    """Return points of a box where the density is high, the highest first, (P, D).

    Parameters
    ----------
    log_density : callable
        Log densities (S,) of points (S, D).
    low, high : ndarray of shape (D,)
        Ends of the box.
    rng : Generator
    climbs : int
        From random points, half of them the highest of many.
    """
    starts = rng.uniform(low, high, (100 * climbs, len(low)))
    order = np.argsort(-log_density(starts))
    ends = []
    for at in np.concatenate([order[: climbs // 2], order[climbs // 2 :: 2 * 97]]):
        ended = optimize.minimize(
            lambda point: -max(float(log_density(point[None])[0]), -1e12),
            starts[at],
            method="Nelder-Mead",
            bounds=list(zip(low, high, strict=True)),
        )
        ends.append(ended.x)
    return _walked(log_density, low, high, np.array(ends), rng)


def _walked(
    log_density: Log, low: Array, high: Array, ends: Array, rng: np.random.Generator
) -> Array:
    """Return the ends of climbs and where walkers come from there."""
    D, heights = len(low), log_density(ends)
    found, values_of = [ends], [heights]
    for flatter in FLATTER:
        part = np.exp(np.maximum(heights - heights.max(), -DEEP) / 4)
        begin = ends[rng.choice(len(ends), 2 * WALKERS, p=part / part.sum())]
        width = (high - low) * 10.0 ** rng.uniform(-5, -1, (2 * WALKERS, 1))
        at = np.clip(begin + 0.1 * width * rng.normal(size=begin.shape), low, high)
        at, points, values = at.reshape(2, -1, D), [], []
        value = log_density(at.reshape(-1, D)).reshape(2, -1)
        for step in range(2 * STEPS):
            own, other = step % 2, 1 - step % 2
            stretch = (1 + rng.random(WALKERS)) ** 2 / 2
            partner = at[other, rng.integers(WALKERS, size=WALKERS)]
            to = partner + stretch[:, None] * (at[own] - partner)
            inside = ((to >= low) & (to <= high)).all(axis=1)
            new = np.where(inside, log_density(np.clip(to, low, high)), -np.inf)
            with np.errstate(invalid="ignore"):
                gain = (D - 1) * np.log(stretch) + (new - value[own]) / flatter
            go = np.log(rng.random(WALKERS)) < gain
            at[own, go], value[own, go] = to[go], new[go]
            points.append(at[own].copy())
            values.append(value[own].copy())
        every, each = np.concatenate(points), np.concatenate(values)
        taken = rng.permutation(np.flatnonzero(each > max(each.max(), heights.max()) - DEEP))
        found.append(every[taken[:KEPT]])
        values_of.append(each[taken[:KEPT]])
    return np.asarray(np.concatenate(found)[np.argsort(-np.concatenate(values_of))])


def integrate(
    log_density: Log,
    functionals: Callable[[Array], Array],
    low: Array,
    high: Array,
    at: Array,
    cut: int = 7,
    tolerance: float = 1e-3,
    kinks: Callable[[Array, Array], NDArray[np.bool_]] = lambda low, high: np.zeros(
        len(low), dtype=bool
    ),
) -> Integrated:
    """Integrate a density and functionals over a box.

    Parameters
    ----------
    log_density : callable
        Log densities (S,) of points (S, D), up to a constant.
    functionals : callable
        Values (S, F) at points (S, D).
    low, high : ndarray of shape (D,)
        Ends of the box, beyond which there is nothing.
    at : ndarray of shape (P, D)
        Witnesses, in the box, the highest first.
    cut : int
        Cells to begin with, in each direction.
    tolerance : float
        What means and sds may lack, in sds.
    kinks : callable
        Of the ends (n, D) of cells, whether the density or a functional may have kinks there.
    """
    D = len(low)
    heights = log_density(at) - log_density(at[:1])
    at, heights = at[heights > -DEEP], heights[heights > -DEEP]
    top = float(log_density(at[:1])[0])

    def evaluated(lows: Array, highs: Array) -> _Cells:
        parts = [
            _evaluated(log_density, functionals, lows[rows], highs[rows], top, kinks)
            for rows in np.array_split(np.arange(len(lows)), len(lows) // 2000 + 1)
        ]
        cells = parts[0]
        for part in parts[1:]:
            cells = cells + part
        return cells

    edges = [np.linspace(a, b, cut + 1) for a, b in zip(low, high, strict=True)]
    corners = np.array(list(itertools.product(range(cut), repeat=D)))
    lows = np.stack([edges[d][corners[:, d]] for d in range(D)], axis=1)
    highs = np.stack([edges[d][corners[:, d] + 1] for d in range(D)], axis=1)
    cells = evaluated(lows, highs)
    count = len(lows)
    place = np.minimum(((at - low) / (high - low) * cut).astype(int), cut - 1)
    lies = np.ravel_multi_index(tuple(place.T), (cut,) * D)  # the cell of each witness
    while True:
        mean, sd, total = _moments(cells.sums)
        errors = cells.errors(mean, sd)
        doubt = errors.sum() / total if total else np.inf
        unseen = np.unique(lies[heights > cells.highest[lies] + SEEN])
        if doubt < tolerance and not len(unseen):
            break
        if count > MOST:
            raise RuntimeError(f"after {count} cells the error is still {doubt:.2g}")
        chosen = unseen
        if not len(unseen):
            order = np.argsort(errors)[::-1]
            rest = errors.sum() - np.cumsum(errors[order])
            chosen = order[: min(int((rest > 0.3 * tolerance * total).sum()) + 1, AT_ONCE)]
        others = np.ones(len(errors), dtype=bool)
        others[chosen] = False
        split, cells = cells.take(chosen), cells.take(others)
        rows, across = np.arange(len(chosen)), split.across(high - low)
        first_high, second_low = split.high.copy(), split.low.copy()
        middle = (split.low + split.high)[rows, across] / 2
        first_high[rows, across] = second_low[rows, across] = middle
        becomes = np.empty(len(errors), dtype=np.intp)
        becomes[others], becomes[chosen] = np.arange(others.sum()), others.sum() + rows
        into = ~others[lies]
        which = becomes[lies] - others.sum()
        beyond = np.zeros(len(at), dtype=bool)
        held = np.flatnonzero(into)
        beyond[held] = at[held, across[which[held]]] > middle[which[held]]
        lies = becomes[lies] + np.where(beyond, len(rows), 0)
        cells = cells + evaluated(
            np.concatenate([split.low, second_low]), np.concatenate([first_high, split.high])
        )
        count += 2 * len(rows)
    return Integrated(mean, sd, top + float(np.log(total)), float(doubt), count * 3**D)


def _evaluated(
    log_density: Log,
    functionals: Callable[[Array], Array],
    low: Array,
    high: Array,
    top: float,
    kinks: Callable[[Array, Array], NDArray[np.bool_]],
) -> _Cells:
    """Apply the rule to cells."""
    n, D = low.shape
    grid = np.array(list(itertools.product(range(3), repeat=D)))
    centre, half = (low + high) / 2, (high - low) / 2
    flat = (centre[:, None] + half[:, None] * NODES[grid]).reshape(-1, D)
    with np.errstate(all="ignore"):
        logs = log_density(flat).reshape(n, -1)
        density = np.exp(np.where(np.isnan(logs), -np.inf, logs) - top)
    g = functionals(flat).reshape(n, len(grid), -1)
    volume = np.prod(high - low, axis=1)
    held = density * WEIGHTS[grid].prod(axis=1) * volume[:, None]
    total = held.sum(axis=1)
    squares = np.einsum("nq,nqf->nf", held, g**2)
    sums = np.concatenate([total[:, None], np.einsum("nq,nqf->nf", held, g), squares], axis=1)
    change = np.zeros((n, D))
    cube, weight = logs.reshape(n, *[3] * D), held.reshape(n, *[3] * D)
    for d in range(D):
        first, middle, last = np.moveaxis(cube, d + 1, 0)
        line = weight.sum(axis=d + 1).reshape(n, -1)
        with np.errstate(all="ignore"):
            slope = (last - first) / 2 / NODES[2]
            curvature = np.abs(first - 2 * middle + last) / NODES[2] ** 2
            each = (slope**2 + curvature).reshape(n, -1)
            mean = np.where(line > 0, line * each, 0.0).sum(axis=1) / total
        change[:, d] = np.where(total > 0, np.where(np.isnan(mean), np.inf, mean), 0.0)
    single = np.zeros_like(sums)
    if (across := kinks(low, high)).any():
        middle = (grid == 1).all(axis=1)
        one = density[:, middle] * volume[:, None]
        every = np.concatenate(
            [one, one * g[:, middle][:, 0], one * g[:, middle][:, 0] ** 2], axis=1
        )
        single = np.where(across[:, None], every - sums, 0.0)
    highest = density.max(axis=1)
    with np.errstate(divide="ignore"):
        return _Cells(low, high, sums, volume * highest, change, single, np.log(highest))


def _moments(sums: Array) -> tuple[Array, Array, float]:
    F = (sums.shape[1] - 1) // 2
    total = sums.sum(axis=0)
    if not total[0] > 0:  # nothing has been seen yet
        return np.zeros(F), np.ones(F), 0.0
    mean = total[1 : 1 + F] / total[0]
    variance = total[1 + F :] / total[0] - mean**2
    return mean, np.sqrt(np.maximum(variance, 0)), float(total[0])


def _standard(sums: Array, mean: Array, sd: Array) -> Array:
    """Return integrals of 1, z and z^2, where z is a functional in sds from its mean."""
    F, one = len(mean), sums[:, :1]
    scale = np.where(sd > 0, sd, 1.0)
    first, second = sums[:, 1 : 1 + F], sums[:, 1 + F :]
    z = (first - mean * one) / scale
    squared = (second - 2 * mean * first + mean**2 * one) / scale**2
    return np.concatenate([one, z, squared], axis=1)
