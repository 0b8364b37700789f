"""A program's parameters on Stan's unconstrained scale, and back.

The transforms are those of the Stan Reference Manual (Constraint Transforms); the simplex is
stick-breaking, as in Stan up to 2.36. Whoever uses this checks it against Stan's own log density
(`stanmix.inference.exploration.weighted`), so another transform is found out and not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from stanmix.inference.exploration.intervals import Interval
from stanmix.program.lower import Program
from stanmix.program.variables import Transform, Variable

__all__ = ["Space", "bounds", "size_of"]

Array = NDArray[np.float64]
Direction = Callable[[Array], Array]


@dataclass(frozen=True)
class _Declared:
    """A declared parameter: its shape, and the two directions of its transform."""

    shape: tuple[int, ...]
    size: int
    free: Direction
    constrain: Direction


@dataclass(frozen=True)
class Space:
    """The unconstrained space of a program with its data.

    Attributes
    ----------
    program : Program
    data : mapping
        The Stan data; sizes and supports are taken from it.
    """

    program: Program
    data: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Number of unconstrained values, D."""
        return sum(self.sizes.values())

    @property
    def sizes(self) -> dict[str, int]:
        """Number of unconstrained values of each declared parameter, in the program's order."""
        return {name: declared.size for name, declared in self._declared.items()}

    def free(self, values: Mapping[str, Any]) -> Array:
        """Return values of the program's parameters as one vector of shape (D,)."""
        with np.errstate(divide="ignore"):  # a value on a boundary becomes infinite
            parts = [
                declared.free(np.asarray(values[name], dtype=np.float64).ravel())
                for name, declared in self._declared.items()
                if declared.size or name in values  # Stan does not write empty parameters
            ]
        return np.concatenate(parts)

    def constrain(self, point: Array) -> dict[str, Any]:
        """Return a vector of shape (D,) as values of the program's parameters."""
        values: dict[str, Any] = {}
        at = 0
        for name, declared in self._declared.items():
            part = declared.constrain(point[at : at + declared.size])
            values[name] = part.reshape(declared.shape) if declared.shape else float(part[0])
            at += declared.size
        return values

    @cached_property
    def _declared(self) -> dict[str, _Declared]:
        """The parameters in the order in which the program declares them."""
        return {variable.name: self._of(variable) for variable in self.program.variables}

    def _of(self, variable: Variable) -> _Declared:
        shape = tuple(size_of(axis, self.data) for axis in variable.axes)
        size = int(np.prod(shape))
        free, constrain = _TRANSFORMS.get(variable.transform, (_same, _same))
        if variable.transform is Transform.SIMPLEX:
            size -= 1
        elif variable.transform in (Transform.BOUNDED, Transform.POSITIVE):
            interval = bounds(variable.bounds, self.data, size)
            free, constrain = interval.free, interval.constrain
        return _Declared(shape, size, free, constrain)


def size_of(axis: str, data: Mapping[str, Any]) -> int:
    """Return a size as programs state it: ``"P"``, or ``"P - 1"``."""
    name, _, less = axis.partition(" - ")
    return int(data[name]) - int(less or 0)


def bounds(name: str, data: Mapping[str, Any], size: int) -> Interval:
    """Return the ends that data state of a positive parameter; zero where they state none.

    Each column has a prior, and so bounds, of its own where a parameter has several.
    """
    lower = np.resize(np.asarray(data.get(f"{name}_lower", 0.0), dtype=float), size)
    upper = np.resize(np.asarray(data.get(f"{name}_upper", np.inf), dtype=float), size)
    return Interval(lower, upper)


def _same(values: Array) -> Array:
    return values


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


_TRANSFORMS: dict[Transform, tuple[Direction, Direction]] = {
    Transform.ORDERED: (_free_ordered, _ordered),
    Transform.POSITIVE_ORDERED: (_free_positive_ordered, _positive_ordered),
    Transform.SIMPLEX: (_free_simplex, _simplex),
}
