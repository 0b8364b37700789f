"""A program's parameters on Stan's unconstrained scale, and back.

The transforms are those of the Stan Reference Manual (Constraint Transforms); the simplex is
stick-breaking, as in Stan up to 2.36. Whoever uses this checks it against Stan's own log density
(`stanmix.inference.exploration.weighted`), so another transform is found out and not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from stanmix.model import families
from stanmix.program.structure import Structure

__all__ = ["Space"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Block:
    """A declared parameter: its name, shape, and the two directions of its transform."""

    name: str
    shape: tuple[int, ...]
    size: int
    free: Callable[[Array], Array]
    constrain: Callable[[Array], Array]


@dataclass(frozen=True)
class Space:
    """The unconstrained space of a program with its data.

    Attributes
    ----------
    structure : Structure
    data : mapping
        The Stan data; sizes and supports are taken from it.
    """

    structure: Structure
    data: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Number of unconstrained values, D."""
        return sum(block.size for block in self._blocks())

    @property
    def sizes(self) -> dict[str, int]:
        """Number of unconstrained values of each declared parameter, in the program's order."""
        return {block.name: block.size for block in self._blocks()}

    def free(self, values: Mapping[str, Any]) -> Array:
        """Return values of the program's parameters as one vector of shape (D,)."""
        with np.errstate(divide="ignore"):  # a value on a boundary becomes infinite
            parts = [
                block.free(np.asarray(values[block.name], dtype=np.float64).ravel())
                for block in self._blocks()
                if block.size or block.name in values  # Stan does not write empty parameters
            ]
        return np.concatenate(parts)

    def constrain(self, point: Array) -> dict[str, Any]:
        """Return a vector of shape (D,) as values of the program's parameters."""
        values: dict[str, Any] = {}
        at = 0
        for block in self._blocks():
            part = block.constrain(point[at : at + block.size])
            values[block.name] = part.reshape(block.shape) if block.shape else float(part[0])
            at += block.size
        return values

    def _blocks(self) -> list[_Block]:
        """Return the parameters in the order in which the program declares them."""
        parts, K = self.structure, int(self.data["K"])
        blocks = []
        if parts.gating:
            Q = int(self.data["Q"])
            blocks.append(_Block("gamma_free", (K - 1, Q), (K - 1) * Q, _same, _same))
        elif parts.theta == "free":
            blocks.append(_Block("theta", (K,), K - 1, _free_simplex, _simplex))
        if parts.covariance:
            blocks += self._means(K)
        elif not parts.regression:
            positive = families.family(parts.family).positive
            name = "mu" if positive and not parts.offset else "mu_scaled"
            if parts.order == "mu" and positive:
                blocks.append(_Block(name, (K,), K, _free_positive_ordered, _positive_ordered))
            elif positive:
                blocks.append(_Block(name, (K,), K, _log, _exp))
            elif parts.order == "mu":
                blocks.append(_Block(name, (K,), K, _free_ordered, _ordered))
            else:
                blocks.append(_Block(name, (K,), K, _same, _same))
        else:
            P = int(self.data["P"])
            if parts.order == "beta":
                blocks.append(_Block("beta_ordered", (K,), K, _free_ordered, _ordered))
                blocks.append(_Block("beta_rest", (K, P - 1), K * (P - 1), _same, _same))
            else:
                blocks.append(_Block("beta_scaled", (K, P), K * P, _same, _same))
        if parts.sigma not in ("known", "none"):
            if parts.order == "sigma":
                blocks.append(
                    _Block("sigma_scaled", (K,), K, _free_positive_ordered, _positive_ordered)
                )
            else:
                blocks.append(self._scale(K))
        return blocks

    def _means(self, K: int) -> list[_Block]:
        """Return the means of responses of several columns."""
        parts, D = self.structure, int(self.data["D"])
        ordered = parts.order == "mu"
        if parts.mean == "common":
            free, constrain = (_free_ordered, _ordered) if ordered else (_same, _same)
            return [_Block("mu_scaled", (K,), K, free, constrain)]
        if ordered:
            return [
                _Block("mu_ordered", (K,), K, _free_ordered, _ordered),
                _Block("mu_rest", (K, D - 1), K * (D - 1), _same, _same),
            ]
        return [_Block("mu_scaled", (K, D), K * D, _same, _same)]

    def _scale(self, K: int) -> _Block:
        shape = () if self.structure.sigma == "shared" else (K,)
        if self.structure.covariance == "diagonal":
            shape = (*shape, int(self.data["D"]))
        size = int(np.prod(shape))
        lower, upper = scale_bounds(self.data, size)
        above = np.isinf(upper)
        width = np.where(above, 1.0, upper - lower)

        def free(values: Array) -> Array:
            part = (values - lower) / width
            with np.errstate(invalid="ignore"):  # of what is not bounded above
                return np.where(above, np.log(part), logit(part))

        def constrain(point: Array) -> Array:
            return np.asarray(lower + width * np.where(above, np.exp(point), expit(point)))

        return _Block("sigma_scaled", shape, size, free, constrain)


def scale_bounds(data: Mapping[str, Any], size: int) -> tuple[Array, Array]:
    """Return the lower and upper ends, of shape (size,), of the scales that a program samples.

    Each column has a prior, and so bounds, of its own where the response has several scales.
    """
    lower = np.resize(np.asarray(data["sigma_lower"], dtype=float), size)
    upper = np.resize(np.asarray(data["sigma_upper"], dtype=float), size)
    return lower, upper


def _same(values: Array) -> Array:
    return values


def _log(values: Array) -> Array:
    return np.asarray(np.log(values))


def _exp(point: Array) -> Array:
    return np.asarray(np.exp(point))


def _free_ordered(values: Array) -> Array:
    return np.concatenate([values[:1], np.log(np.diff(values))])


def _ordered(point: Array) -> Array:
    return np.asarray(np.cumsum(np.concatenate([point[:1], np.exp(point[1:])])))


def _free_positive_ordered(values: Array) -> Array:
    return np.asarray(np.log(np.diff(values, prepend=0.0)))


def _positive_ordered(point: Array) -> Array:
    return np.asarray(np.cumsum(np.exp(point)))


def _shift(K: int) -> Array:
    """Stick-breaking shifts that put the uniform simplex at zero."""
    return np.asarray(np.log(np.arange(K - 1, 0, -1, dtype=np.float64)))


def _free_simplex(theta: Array) -> Array:
    K = len(theta)
    left = np.cumsum(theta[::-1])[::-1][:-1]  # what is left of the stick before each break
    return np.asarray(logit(theta[:-1] / left) + _shift(K))


def _simplex(point: Array) -> Array:
    broken = expit(point - _shift(len(point) + 1))
    left = np.cumprod(np.concatenate([[1.0], 1 - broken]))
    return np.concatenate([broken * left[:-1], left[-1:]])
