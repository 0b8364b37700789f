"""Draws of a second model's parameters, one after another draw of the mixture's.

Given a draw of the mixture, the posterior of the second model is that of a mixture whose weights
are known in each row. It is drawn from by importance: candidates of a multivariate t about its
mode, with the curvature there, of which one is taken in proportion to its weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.density.blocks import BLOCK
from stanmix.density.log_joint import log_total
from stanmix.errors import InferenceError
from stanmix.posterior.auxiliary.classed import Classed
from stanmix.posterior.auxiliary.parts import Part
from stanmix.streams import Stream, generator

__all__ = ["Drawn", "draw"]

Array = NDArray[np.float64]

CANDIDATES = 16  # for a draw of the mixture
TAILS = 7.0  # degrees of freedom of the candidates
NEAR = 1e-3  # squared distance from a mode, in posterior sds, that is none
FARTHEST = 3.0  # a step from one mode to another, in posterior sds
_SLOPE, _BEND = 1e-4, 1e-3  # steps of differences, in units of scaled data


@dataclass(frozen=True)
class Drawn:
    """Draws of free parameters.

    Attributes
    ----------
    free : ndarray of shape (S, P)
    efficiency : float
        How many independent draws a candidate was worth, on average; near one where posteriors
        are nearly normal.
    """

    free: Array
    efficiency: float


def draw(rows: Classed, parts: Sequence[Part], draws: int, weighted: bool, seed: int) -> Drawn:
    """Draw the parameters of a second model.

    Parameters
    ----------
    rows : Classed
    parts : sequence of Part
    draws : int
        As many, from so many draws of the mixture or all that there are.
    weighted : bool
        Whether the weights of the mixture say something of the classes; see `Classed.log_classes`.
    seed : int

    Raises
    ------
    InferenceError
        If no mode is found.
    """
    of = _Target(parts, rows.counts)
    with np.errstate(divide="ignore"):
        middle = np.log(rows.mean_classes(weighted))
    centre, bend = _mode(of, middle)
    around = of.around(centre)
    root = np.linalg.cholesky(np.linalg.inv(bend))
    available = min(draws, len(rows.fit.draws()["theta"]))
    each = np.diff(np.linspace(0, draws, available + 1).astype(int))
    found, worth = [], []
    for turn, (number, log_classes) in enumerate(rows.log_classes(draws, weighted)):
        rng = generator(seed, Stream.SECOND_MODEL, number)
        size = max(CANDIDATES, 8 * int(each[turn]))
        step = np.linalg.solve(bend, around.slope(log_classes, rows.counts))
        length = float(np.sqrt(step @ bend @ step))
        at = centre + step * min(1.0, FARTHEST / max(length, FARTHEST))
        normal = rng.standard_normal((size, of.size))
        stretch = np.sqrt(TAILS / rng.chisquare(TAILS, size))[:, None]
        candidates = at + (stretch * normal) @ root.T
        squared = ((stretch * normal) ** 2).sum(axis=1)
        proposed = -(TAILS + of.size) / 2 * np.log1p(squared / TAILS)
        log_weights = of(candidates, log_classes) - proposed
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        found.append(candidates[rng.choice(size, int(each[turn]), p=weights)])
        worth.append(1 / (size * (weights**2).sum()))
    return Drawn(np.concatenate(found), float(np.mean(worth)))


@dataclass(frozen=True)
class _Around:
    """The log densities of units by class at a point, (U, K), their slopes, and the prior's.

    The slope of a mixture is that of the densities, each class as probable as it is given all that
    is known, so that these serve every draw of the mixture.
    """

    terms: Array
    slopes: Array
    prior: Array

    def slope(self, log_classes: Array, counts: Array) -> Array:
        """Return the slope (P,) of the log density at the point."""
        joint = log_classes + self.terms
        p = np.exp(joint - log_total(joint)[:, None])
        return np.asarray(self.prior + np.einsum("puk,uk->p", self.slopes, p * counts[:, None]))


@dataclass(frozen=True)
class _Target:
    """The log posterior density of a second model, given what is known of the classes of units."""

    parts: Sequence[Part]
    counts: Array

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def __call__(self, free: Array, log_classes: Array) -> Array:
        """Return the log density of parameters (B, P), up to a constant."""
        step = max(1, BLOCK // log_classes.size)
        parts = [
            self._of_some(free[first : first + step], log_classes)
            for first in range(0, len(free), step)
        ]
        return np.concatenate(parts)

    def _of_some(self, free: Array, log_classes: Array) -> Array:
        total, prior, at = log_classes[None], np.zeros(len(free)), 0
        # A wild candidate has a density of zero, or none that is a number: it is not taken.
        with np.errstate(all="ignore"):
            for part in self.parts:
                own = free[:, at : at + part.size]
                total, prior = total + part.log_terms(own), prior + part.log_prior(own)
                at += part.size
            density = prior + log_total(total) @ self.counts
        return np.where(np.isnan(density), -np.inf, density)

    def around(self, at: Array) -> _Around:
        """Return what the slope at a point is made of, whatever is known of the classes."""
        low, high = (at + sign * _SLOPE * np.eye(self.size) for sign in (-1, 1))
        terms, prior, first = np.zeros(()), np.zeros(self.size), 0
        slopes: list[Array] = []
        for part in self.parts:
            own = slice(first, first + part.size)
            terms = terms + part.log_terms(at[None, own])[0]
            slopes += [
                (part.log_terms(high[p : p + 1, own]) - part.log_terms(low[p : p + 1, own]))[0]
                for p in range(own.start, own.stop)
            ]
            prior += part.log_prior(high[:, own]) - part.log_prior(low[:, own])
            first += part.size
        return _Around(terms, np.array(slopes) / (2 * _SLOPE), prior / (2 * _SLOPE))

    def gradient(self, at: Array, log_classes: Array) -> Array:
        """Return the slope (P,) at a point, by central differences."""
        steps = _SLOPE * np.eye(self.size)
        values = self(np.concatenate([at + steps, at - steps]), log_classes)
        return np.asarray((values[: self.size] - values[self.size :]) / (2 * _SLOPE))

    def curvature(self, at: Array, log_classes: Array) -> Array:
        """Return the negative second derivatives (P, P) at a point, by central differences."""
        i, j = np.triu_indices(self.size)
        steps = _BEND * np.eye(self.size)
        signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
        points = np.concatenate([at + a * steps[i] + b * steps[j] for a, b in signs])
        same, up, down, back = self(points, log_classes).reshape(4, -1)
        found = np.zeros((self.size, self.size))
        found[i, j] = found[j, i] = -(same - up - down + back) / (4 * _BEND**2)
        return found


def _mode(of: _Target, log_classes: Array) -> tuple[Array, Array]:
    """Return a mode and the curvature there, by Newton's method with steps that climb."""
    at = np.zeros(of.size)
    height = of(at[None], log_classes)[0]
    lengths = 0.5 ** np.arange(12.0)
    for _ in range(100):
        slope, bend = of.gradient(at, log_classes), of.curvature(at, log_classes)
        if not (np.isfinite(slope).all() and np.isfinite(bend).all()):
            break
        values, vectors = np.linalg.eigh(bend)
        # Where it bends the other way, the step goes up all the same.
        size = np.maximum(np.abs(values), 1e-6 * max(1.0, np.abs(values).max()))
        step = vectors @ ((vectors.T @ slope) / size)
        if values[0] > 0 and slope @ step < NEAR**2:
            return at, bend
        tried = of(at + lengths[:, None] * step, log_classes)
        best = int(tried.argmax())
        if not tried[best] > height:
            if values[0] > 0 and slope @ step < NEAR:  # as near as differences see
                return at, bend
            break
        at, height = at + lengths[best] * step, tried[best]
    raise InferenceError(
        "No mode of the second model was found: the data may not tell its parameters, as where an "
        "outcome has few values of one kind. Leave terms out, or choose another family."
    )
