"""Optima of the posterior: Newton's method from several starts at once.

All starts take their steps together, so that a step of all is one call of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.exploration.t_mixture import Labels, T

__all__ = ["Optimum", "climb", "distinct"]

Array = NDArray[np.float64]
Target = Callable[[Array], tuple[Array, Array]]

STEPS = 40
STEP = 1e-4  # of central differences, in units of rough posterior sds
CLOSE = 1e-2  # an optimum lies at most so far above, in log density, as the curvature has it
# With many rows each look costs as much as many draws, and the posterior is so close to normal that
# a step from farther away leads as near: the curvature then tells for this part of sqrt(rows).
MANY_ROWS, CLOSE_BY = 10_000, 0.4
SHORTER = (0.4, 0.1, 0.02, 0.003)  # parts of a step, where the whole leads down
FLATTEST = 5.0  # sd of a direction along which the density does not fall
LONGEST = 30.0  # coordinates do not move farther in a step
HOPELESS = 50.0  # a climb this far below the best, with no way up left that long, is given up
# Squared distance, in units of the curvature, of two climbs to one optimum: where both ended there,
# and where one was given up on its way.
SAME, ON_THE_WAY = 0.05, 10.0


@dataclass(frozen=True)
class Optimum:
    """A local maximum of a log density, with the curvature there.

    Attributes
    ----------
    point : ndarray of shape (D,)
    value : float
        Log density.
    covariance : ndarray of shape (D, D)
        Inverse of the negative Hessian; where that is not positive definite, of the nearest that
        is.
    definite : bool
        Whether the negative Hessian is positive definite.
    converged : bool
        Whether the climb came to its end.
    """

    point: Array
    value: float
    covariance: Array
    definite: bool
    converged: bool

    @property
    def log_mass(self) -> float:
        """Logarithm of the integral of the density, by its curvature (Laplace)."""
        D = len(self.point)
        log_determinant = float(np.linalg.slogdet(self.covariance)[1])
        return self.value + 0.5 * D * float(np.log(2 * np.pi)) + 0.5 * log_determinant


@dataclass
class _Climb:
    """A climb: the best point so far with what is known there, and the point to measure next."""

    next: Array
    scale: Array
    point: Array | None = None
    value: float = -np.inf
    gradient: Array | None = None
    hessian: Array | None = None
    curvature: tuple[Array, Array] | None = None
    direction: Array | None = None
    done: bool = False
    converged: bool = False


def climb(target: Target, starts: Array, rows: float) -> list[Optimum]:
    """Climb from starts to optima.

    Damped Newton steps, by central differences of the gradient; directions in which the density
    does not curve down are climbed as if it did.

    Parameters
    ----------
    target : callable
        Log densities (S,) and gradients (S, D) of points (S, D).
    starts : ndarray of shape (M, D)
    rows : float
        Number of observations of a component, for the first guess of how wide the optima are.

    Returns
    -------
    list of Optimum
        The highest first. Starts without a density are left out.
    """
    first = np.full(starts.shape[1], 1.0 / np.sqrt(max(rows, 1.0)))
    close = CLOSE_BY * np.sqrt(rows) if rows > MANY_ROWS else CLOSE
    climbs = [_Climb(start, first) for start in starts]
    for _ in range(STEPS):
        going = [one for one in climbs if not one.done]
        if not going:
            break
        _measure(target, going)
        best = max(one.value for one in climbs)
        for one in going:
            _judge(one, best, close)
    ended = [_optimum(one) for one in climbs if one.point is not None]
    return sorted(ended, key=lambda one: -one.value)


def distinct(found: Sequence[Optimum], labels: Labels) -> list[Optimum]:
    """Return optima without those that are another, renumbered or not; the highest first."""
    kept: list[Optimum] = []
    for one in sorted(found, key=lambda one: -one.value):
        if not any(_same(one, other, labels) for other in kept):
            kept.append(one)
    return kept


def _same(one: Optimum, other: Optimum, labels: Labels) -> bool:
    t = T(other.point, other.covariance)
    if len(labels.numberings) > 1:
        renumbered = one.point[labels.coordinates(labels.numberings)]
    else:
        _, perm = t.nearest(one.point[None], labels)
        renumbered = one.point[labels.coordinates(perm[0])][None]
    return bool(t.distance(renumbered).min() < (SAME if one.converged else ON_THE_WAY))


def _measure(target: Target, climbs: Sequence[_Climb]) -> None:
    """Measure the next points of climbs, by one batch; go there, or shorten the step to it."""
    D = len(climbs[0].next)
    steps = [np.maximum(STEP * one.scale, 1e-9 * (1 + np.abs(one.next))) for one in climbs]
    batch = []
    for one, step in zip(climbs, steps, strict=True):
        batch += [one.next[None], one.next + np.diag(step), one.next - np.diag(step)]
        if one.point is not None:
            batch.append(one.point + np.outer(SHORTER, one.next - one.point))
    sizes = [2 * D + 1 + (0 if one.point is None else len(SHORTER)) for one in climbs]
    value, gradient = target(np.concatenate(batch))
    ends = np.cumsum(sizes)
    for one, step, end, size in zip(climbs, steps, ends, sizes, strict=True):
        v, g = value[end - size : end], gradient[end - size : end]
        hessian = (g[1 : D + 1] - g[D + 1 : 2 * D + 1]) / (2 * step[:, None])
        known = np.isfinite(v[0]) and np.isfinite(hessian).all() and np.isfinite(g[0]).all()
        if known and v[0] > one.value - 1e-12 * abs(one.value):
            one.point, one.value, one.gradient = one.next, float(v[0]), g[0]
            one.hessian = (hessian + hessian.T) / 2
            curved = np.abs(np.diag(one.hessian))
            one.scale = 1 / np.sqrt(np.maximum(curved, 1 / FLATTEST**2))
            one.curvature = None
            one.direction = None
        elif one.point is None:
            one.done = True  # no density where it begins
        else:
            heights = v[2 * D + 1 :]
            part = SHORTER[int(np.argmax(heights))]
            one.direction = part * (one.next - one.point)
            one.next = one.point + one.direction
            one.done = not heights.max() > one.value  # no way up, as far as rounding allows


def _judge(one: _Climb, best: float, close: float) -> None:
    """Set the next step of a climb, or end it."""
    if one.done or one.point is None or one.direction is not None:
        return
    direction, promise = _step(one)
    if promise < close and _definite(one):
        one.point, one.value = one.point + direction, one.value + promise
        one.done = one.converged = True
    elif best - one.value > HOPELESS and promise < HOPELESS:
        one.done = True
    else:
        one.next = one.point + direction


def _curvature(one: _Climb) -> tuple[Array, Array, Array]:
    """Return scale, eigenvalues and eigenvectors of the negative Hessian in units of the scale."""
    assert one.hessian is not None and one.scale is not None
    if one.curvature is None:  # else known from an earlier question about the same point
        values, vectors = np.linalg.eigh(-one.hessian * np.outer(one.scale, one.scale))
        one.curvature = values, vectors
    return (one.scale, *one.curvature)


def _definite(one: _Climb) -> bool:
    _, values, _ = _curvature(one)
    return bool(values[0] > 1e-8 * max(values[-1], 1.0))


def _inverse(one: _Climb) -> Array:
    """Return the inverse of the negative Hessian, made positive definite."""
    scale, values, vectors = _curvature(one)
    bent = np.maximum(np.abs(values), 1e-12 * np.abs(values).max())
    covariance = (vectors / bent) @ vectors.T * np.outer(scale, scale)
    if not _definite(one) or np.diag(covariance).max() > FLATTEST**2:
        # In units of the scales still, which may differ by more than a number has digits.
        precision = (vectors * bent) @ vectors.T + np.diag((scale / FLATTEST) ** 2)
        values, vectors = np.linalg.eigh(precision)
        bent = np.maximum(values, 1e-12 * values.max())
        covariance = (vectors / bent) @ vectors.T * np.outer(scale, scale)
    return np.asarray((covariance + covariance.T) / 2)


def _step(one: _Climb) -> tuple[Array, float]:
    """Return the Newton step, and how much it promises in log density."""
    assert one.gradient is not None
    direction = _inverse(one) @ one.gradient
    longest = float(np.abs(direction).max())
    if longest > LONGEST:
        direction = direction * (LONGEST / longest)
    return direction, 0.5 * float(one.gradient @ direction)


def _optimum(one: _Climb) -> Optimum:
    assert one.point is not None  # the caller leaves out those without
    return Optimum(one.point, one.value, _inverse(one), _definite(one), one.converged)
