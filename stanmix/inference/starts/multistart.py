"""Starting points from the data: several EM runs, the distinct optima, best first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data import robust
from stanmix.data.design import Design
from stanmix.inference.starts.closed_forms import closed
from stanmix.inference.starts.declared import declared, numbers_by_order, ordered_name
from stanmix.inference.starts.em import EM, State
from stanmix.inference.starts.numberings import numberings
from stanmix.model.parameters import Role
from stanmix.model.specification import Specification
from stanmix.program.coefficients import numbers_by_name
from stanmix.program.data import known_values, standata
from stanmix.program.lower import lower
from stanmix.program.units import units_of
from stanmix.program.variables import Quantity
from stanmix.streams import Stream, generator

__all__ = [
    "chain_starts",
    "em_of_some",
    "initial_values",
    "mode_starts",
    "optima",
    "that_matter",
    "to_climb_from",
]

Array = NDArray[np.float64]

RUNS = 24, 120  # short EM runs, half from k-means++ and half from random exact fits: least, most
NUMBERS = 300_000  # as many as give about so many responsibilities to compute in a step of all
ENOUGH = 0.01  # a short run ends with a step that brings less than this part of its whole gain
DEARER = 5  # times as much does a step without a closed form cost
KEPT = 12  # short runs that are run to the end,
STAGES = 20, 60, 220  # in so many steps; those that have come to the same are counted once between
HOPELESS = 100.0  # and those this far below the best in log-likelihood stay where they are
MOST_ROWS = 5_000  # EM looks at a random subset of more rows than this,
FEWER_ROWS = 2_000  # or than this where its steps have no closed form, and cost many times more
SAME, ROUGHLY_SAME = 0.01, 0.05  # mean difference of log densities of two runs at one optimum
ROUNDED = 7  # decimals of log-likelihoods that are compared
LOWEST = -10.0  # log mean at which a component of zeros alone begins
WITHIN = 7.0  # optima this far below the best in log-likelihood still get chains
# Optima farther below than any prior would bring back are no place to look for a mode from.
BEYOND = 50.0
LEAST_LOADING = 0.01  # of a factor's first, in the unit of the column
# How far from bounds chains begin, as a part of what lies between, and climbs to modes, which may
# lie at a bound: on the scale of the logit it takes long to come near.
FROM_BOUNDS, AT_MODES = 1e-3, 1e-6


def optima(spec: Specification, design: Design, seed: int) -> list[State]:
    """Return distinct optima of the likelihood, best first.

    Short runs from many starts and long ones from the best of them (emEM of Biernacki, Celeux &
    Govaert, 2003, Comput. Stat. Data Anal. 41, 561-575). Optima in which a component is about to
    collapse onto fewer rows than it has coefficients come last.

    Parameters
    ----------
    spec : Specification
        With K components.
    design : Design
        The data, N rows.
    seed : int
        Same seed, same optima.
    """
    rng = generator(seed, Stream.OPTIMA)
    em, _ = em_of_some(spec, design, _most_rows(spec), rng)
    K = spec.components
    numbers = NUMBERS if _cheap(spec) else NUMBERS / DEARER
    runs = int(np.clip(numbers / (len(em.y) * K), *RUNS)) if K > 1 else 1
    points = _points(em)
    short = []
    for run in range(runs):
        begin = _from_exact_fits(em, K, rng) if run % 2 else _from_clusters(em, points, K, rng)
        short.append(em.run(em.holding_labels(begin), steps=15, part=ENOUGH))
    # The best basin draws most runs, so runs that have come to the same are counted once.
    chosen = _distinct(short, em, ROUGHLY_SAME)[:KEPT]
    floor = -np.inf
    for steps in STAGES:
        on = [state.log_likelihood > floor for state in chosen]
        chosen = [
            em.run(em.responsibilities(state), steps=steps, at=state) if goes_on else state
            for state, goes_on in zip(chosen, on, strict=True)
        ]
        chosen = _distinct(chosen, em, SAME)
        floor = max(state.log_likelihood for state in chosen) - HOPELESS
    return chosen


def chain_starts(
    spec: Specification,
    design: Design,
    chains: int,
    seed: int,
    found: Sequence[State] | None = None,
) -> list[dict[str, Any]]:
    """Return initial values for each chain, under the names of the program's parameters.

    Chains are spread over the optima that matter. Each starts from a Bayesian bootstrap
    replicate (Rubin, 1981) of its optimum, so that chains start about as far from one another
    as the posterior is wide, as R-hat expects of them. Where the program does not order the
    components, each chain numbers them at random.

    Parameters
    ----------
    chains : int
    seed : int
    found : sequence of State, optional
        What `optima` gave for the same seed; without it, EM runs now.

    Returns
    -------
    list of dict
        One dictionary of numbers and arrays a chain.
    """
    rng = generator(seed, Stream.STARTS)
    near = that_matter(spec, optima(spec, design, seed) if found is None else found, design)
    em, _ = em_of_some(spec, design, _most_rows(spec), rng)
    data = standata(spec, design)
    return [
        initial_values(spec, data, _replicate(em, near[chain % len(near)], rng), rng)
        for chain in range(chains)
    ]


def that_matter(spec: Specification, found: Sequence[State], design: Design) -> list[State]:
    """Return the optima that may hold a part of the posterior worth a chain, best first.

    Parameters
    ----------
    found : sequence of State
        From `optima`. Those about to collapse count only if there is no other.
    design : Design
        Of N rows. Log-likelihoods of a subset are brought to the size of all.
    """
    sound = [state for state in found if not state.collapsing] or list(found[:1])
    return _near(spec, sound, design, WITHIN)


def to_climb_from(spec: Specification, found: Sequence[State], design: Design) -> Sequence[State]:
    """Return the optima from which climbs over all rows may lead to a mode that matters.

    Parameters are as in `that_matter`. Where EM has looked at a subset, and one fits it that much
    worse, it fits all rows worse still, and each look at all of them takes long.
    """
    if len(design.y) <= _most_rows(spec):
        return found
    best = found[0].log_likelihood
    return [state for state in found if not best - state.log_likelihood > BEYOND]


def _most_rows(spec: Specification) -> int:
    """Return how many rows EM looks at."""
    if spec.censoring is not None or spec.truncation is not None:
        return FEWER_ROWS
    return MOST_ROWS if _cheap(spec) else FEWER_ROWS


def _cheap(spec: Specification) -> bool:
    """Return whether each parameter has a fit of its own, so that steps of EM are cheap."""
    return all(block.family.constant or closed(block) for block in spec.blocks)


def _near(
    spec: Specification, found: Sequence[State], design: Design, within: float
) -> list[State]:
    """Return states at most so far below the first in log-likelihood, brought to all rows."""
    scale = max(1.0, len(design.y) / _most_rows(spec))
    best = found[0].log_likelihood
    if not np.isfinite(best):  # beyond what can be told apart
        return list(found)
    return [state for state in found if scale * (best - state.log_likelihood) < within]


def mode_starts(
    spec: Specification,
    design: Design,
    runs: int,
    seed: int,
    found: Sequence[State] | None = None,
) -> list[dict[str, Any]]:
    """Return initial values for optimisation: the best optima themselves.

    Those far below the best are left out; where there are fewer optima than runs, the rest are
    bootstrap replicates of them. Parameters and result are as in `chain_starts`.
    """
    rng = generator(seed, Stream.STARTS)
    every = optima(spec, design, seed) if found is None else found
    found = _near(spec, every, design, BEYOND)
    em, _ = em_of_some(spec, design, _most_rows(spec), rng)
    data = standata(spec, design)
    states = found[:runs]
    states += [_replicate(em, found[i % len(found)], rng) for i in range(runs - len(states))]
    return [initial_values(spec, data, state, rng, within=AT_MODES) for state in states]


def _replicate(em: EM, optimum: State, rng: np.random.Generator) -> State:
    weights = rng.exponential(size=em.units)
    weights *= len(weights) / weights.sum()
    rows = weights if em.group is None else weights[em.group]
    return em.run(em.responsibilities(optimum), rows, 10, at=optimum)


def initial_values(
    spec: Specification,
    data: Mapping[str, Any],
    state: State,
    rng: np.random.Generator,
    numbering: NDArray[np.intp] | None = None,
    within: float = FROM_BOUNDS,
) -> dict[str, Any]:
    """Return a state as values of the program's parameters, inside their supports.

    Parameters
    ----------
    spec : Specification
    data : mapping
        Its Stan data.
    state : State
    rng : numpy.random.Generator
        Draws the numbering of components that nothing tells apart.
    numbering : ndarray of int, shape (K,), optional
        Of `numberings`; without it the likeliest one.
    within : float
        How far within two bounds values are brought, as a part of what lies between.
    """
    program = lower(spec)
    theta = np.clip(state.theta, 1e-3 / spec.components, None)
    found = {"theta": theta / theta.sum(), "gamma": state.gamma, **state.parameters}
    scaled = {one.name: _inside(one, data, found[one.name], within) for one in program.estimated}
    ordered = ordered_name(program)
    if ordered is not None:
        numbering = numbers_by_order(program, data, scaled)
    elif numbering is None:
        numbering = next(numberings(spec, data, state, rng))
    for one in program.estimated:
        own = one.of_members(spec.components)
        renumbered = scaled[one.name][numbering[own] - own.start]
        scaled[one.name] = renumbered[0] if one.shared else renumbered
    values = declared(program, data, scaled)
    if ordered is not None:
        values[ordered] = _increasing(values[ordered])
    return values


def _inside(one: Quantity, data: Mapping[str, Any], values: Array, within: float) -> Array:
    """Return values of a quantity, those at an end of its support brought within."""
    if one.numbers is not None:  # whose least are zero, if they have any
        off = np.where(np.isneginf(np.asarray(data[f"{one.name}_lower"])), -np.inf, LEAST_LOADING)
        return np.maximum(values, off)
    if one.parameter is None or not one.constrained or one.correlations:
        return values  # EM has held correlations off their ends
    if one.simplex:
        shares = np.maximum(values, 1e-3 / values.shape[-1])
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
    if one.vector is not None:
        return np.asarray(np.cumsum(np.maximum(np.diff(values, prepend=0.0), 1e-3), axis=-1))
    if one.positive and one.parameter.role is Role.LOCATION:
        return np.maximum(values, math.exp(LOWEST))
    lower = np.asarray(data.get(f"{one.name}_lower", 0.0))
    upper = np.asarray(data.get(f"{one.name}_upper", np.inf))
    inside = within * np.where(np.isfinite(upper), upper - lower, 0.0)
    return np.clip(values, lower + inside, upper - inside)


def em_of_some(
    spec: Specification, design: Design, rows: int, rng: np.random.Generator
) -> tuple[EM, float]:
    """Return EM on the scaled data, and the part of their rows that it sees.

    Parameters
    ----------
    spec : Specification
    design : Design
        In the units of the data.
    rows : int
        At most so many, drawn at random; of groups, whole ones with about so many rows.
    rng : Generator
    """
    program, units = lower(spec), units_of(spec, design)
    known = units.scaled_parameters(program, known_values(spec, program, design))
    data, part = units.scaled(design), 1.0
    at_atom = None
    if spec.atoms:
        at_atom = sum((k + 1) * (design.y == at) for k, at in enumerate(spec.atoms))
    if len(data.y) > rows:
        some = _some_rows(data.rows.group, len(data.y), rows, rng)
        part = len(some) / len(data.y)
        data = dataclasses.replace(data, y=data.y[some], X=data.X[some], rows=data.rows.take(some))
        at_atom = None if at_atom is None else at_atom[some]
    return EM(
        program, data, known, at_atom, numbers_by_name(program, design, spec.components)
    ), part


def _some_rows(
    group: NDArray[np.intp] | None, rows: int, wanted: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return a random subset of rows; where there are groups, of whole groups."""
    if group is None:
        return rng.choice(rows, wanted, replace=False)
    sizes = np.bincount(group)
    order = rng.permutation(len(sizes))
    enough = int(np.searchsorted(np.cumsum(sizes[order]), wanted)) + 1
    return np.flatnonzero(np.isin(group, order[:enough]))


def _points(em: EM) -> Array:
    """Return responses and covariates of each row, or mean of a group, in robust spreads."""
    points = em.by_unit(np.column_stack([em.linear_y, em.X[:, np.ptp(em.X, axis=0) > 0]]))
    each = np.ones(len(points))
    spreads = [robust.moments(column, each)[1] or 1.0 for column in points.T]
    return np.asarray(points / np.array(spreads))


def _from_clusters(em: EM, points: Array, K: int, rng: np.random.Generator) -> Array:
    """Nearest of K rows drawn by k-means++ (Arthur & Vassilvitskii, 2007), by their `points`."""
    centres = [points[rng.integers(len(points))]]
    nearest = ((points - centres[0]) ** 2).sum(axis=1)
    while len(centres) < K:
        total = nearest.sum()
        p = nearest / total if total > 0 else None
        centres.append(points[rng.choice(len(points), p=p)])
        nearest = np.minimum(nearest, ((points - centres[-1]) ** 2).sum(axis=1))
    distances = np.stack([((points - c) ** 2).sum(axis=1) for c in centres])
    return em.spread(np.eye(K)[distances.argmin(axis=0)])


def _from_exact_fits(em: EM, K: int, rng: np.random.Generator) -> Array:
    """Smallest residual of K regressions, each through as many random rows as it needs."""
    P = em.X.shape[1]
    residuals = np.empty((K, em.units))
    for k in range(K):
        rows = rng.choice(len(em.y), min(P, len(em.y)), replace=False)
        beta = np.linalg.lstsq(em.X[rows], em.linear_y[rows], rcond=None)[0]
        distance = np.abs(em.linear_y - em.X @ beta)
        residuals[k] = em.by_unit(distance if distance.ndim == 1 else (distance**2).sum(axis=1))
    return em.spread(np.eye(K)[residuals.argmin(axis=0)])


def _rank(state: State) -> tuple[bool, float]:
    # Of runs that differ by rounding alone the first goes before, in whatever units the data are.
    return (state.collapsing, -round(state.log_likelihood, ROUNDED))


def _distinct(states: list[State], em: EM, tolerance: float) -> list[State]:
    """Return states, best first, without those that fit each row as a better one does."""
    kept: list[State] = []
    fits: list[Array] = []
    for state in sorted(states, key=_rank):
        fit = em.log_density(state)
        if all(float(np.abs(fit - other).mean()) > tolerance for other in fits):
            kept.append(state)
            fits.append(fit)
    return kept


def _increasing(values: Array) -> Array:
    """Return the values in ascending order, with ties pulled apart."""
    gap = 1e-6 * max(1.0, float(np.abs(values).max())) * np.arange(len(values))
    return np.asarray(np.sort(values) + gap)
