"""A program's parameters on Stan's unconstrained scale, and back.

The transforms are those of the Stan that runs the program, which is told by its version
(`stanmix.inference.unconstrained.transforms`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.unconstrained.intervals import Interval
from stanmix.inference.unconstrained.transforms import (
    Bijection,
    CorrelationFactor,
    Identity,
    Ordered,
    PositiveOrdered,
    Stacked,
    simplex_of,
)
from stanmix.program.plan import Program
from stanmix.program.sizes import size_of
from stanmix.program.variables import Transform, Variable

__all__ = ["Space", "bounds", "free_size", "joint_transform"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Declared:
    """A declared parameter: its shape, the number of its free values, and its transform."""

    shape: tuple[int, ...]
    size: int
    transform: Bijection


@dataclass(frozen=True)
class Space:
    """The unconstrained space of a program with its data.

    Attributes
    ----------
    program : Program
    data : mapping
        The Stan data; sizes and supports are taken from it.
    stan_version : tuple of int
        Of the Stan that runs the program: ``(2, 35, 0)``.
    """

    program: Program
    data: Mapping[str, Any]
    stan_version: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of unconstrained values, D."""
        return sum(self.sizes.values())

    @property
    def sizes(self) -> dict[str, int]:
        """Number of unconstrained values of each declared parameter, in the program's order."""
        return {name: declared.size for name, declared in self._declared.items()}

    def free(self, values: Mapping[str, Any]) -> Array:
        """Return values of the program's parameters as one vector of shape (D,).

        Those on a boundary are not finite.
        """
        with np.errstate(divide="ignore"):
            parts = [
                declared.transform.free(np.asarray(values[name], dtype=np.float64).ravel())
                for name, declared in self._declared.items()
                if declared.size or name in values  # Stan does not write empty parameters
            ]
        return np.concatenate(parts)

    def constrain(self, point: Array) -> dict[str, Any]:
        """Return a vector of shape (D,) as values of the program's parameters."""
        values: dict[str, Any] = {}
        at = 0
        for name, declared in self._declared.items():
            part = declared.transform.constrain(point[at : at + declared.size])
            values[name] = part.reshape(declared.shape) if declared.shape else float(part[0])
            at += declared.size
        return values

    def log_jacobian(self, points: Array) -> tuple[Array, Array]:
        """Return the log Jacobian of the transforms at points, and its gradient.

        Parameters
        ----------
        points : ndarray of shape (..., D)

        Returns
        -------
        value : ndarray of shape (...,)
            What Stan adds to a log density for it to be that of the unconstrained parameters.
        gradient : ndarray of shape (..., D)
        """
        value, gradient = np.zeros(points.shape[:-1]), np.zeros(points.shape)
        at = 0
        for declared in self._declared.values():
            place = slice(at, at + declared.size)
            value += declared.transform.log_jacobian(points[..., place]).sum(axis=-1)
            gradient[..., place] = declared.transform.slope(points[..., place])
            at += declared.size
        return value, gradient

    @cached_property
    def _declared(self) -> dict[str, _Declared]:
        """The parameters in the order in which the program declares them."""
        return {variable.name: self._of(variable) for variable in self.program.variables}

    def _of(self, variable: Variable) -> _Declared:
        shape, size = _shape(variable, self.data), free_size(variable, self.data)
        if variable.transform.jointly:
            each = joint_transform(variable.transform, self.stan_version)
            vectors = int(np.prod(shape[: -variable.transform.jointly]))
            return _Declared(shape, size, each if vectors == 1 else Stacked(each, vectors))
        if variable.transform in (Transform.BOUNDED, Transform.POSITIVE):
            return _Declared(shape, size, bounds(variable.bounds, self.data, (size,)))
        return _Declared(shape, size, Identity())


def free_size(variable: Variable, data: Mapping[str, Any]) -> int:
    """Return the number of unconstrained values of a declared parameter."""
    shape = _shape(variable, data)
    vectors, of = int(np.prod(shape[: -variable.transform.jointly or None])), shape[-1:]
    if variable.transform is Transform.SIMPLEX:
        return vectors * (of[0] - 1)
    if variable.transform is Transform.CORRELATION_FACTOR:
        return vectors * math.comb(of[0], 2)
    return int(np.prod(shape))


def _shape(variable: Variable, data: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(size_of(axis, data) for axis in variable.axes)


def bounds(name: str, data: Mapping[str, Any], size: tuple[int, ...]) -> Interval:
    """Return the ends that data state of a positive parameter; zero where they state none.

    Each column has a prior, and so bounds, of its own where a parameter has several; and each
    component, where it has priors of its own.
    """
    lower = np.resize(np.asarray(data.get(f"{name}_lower", 0.0), dtype=float), size)
    upper = np.resize(np.asarray(data.get(f"{name}_upper", np.inf), dtype=float), size)
    return Interval(lower, upper)


def joint_transform(transform: Transform, stan_version: tuple[int, ...]) -> Bijection:
    """Return the transform of the numbers of a vector together."""
    if transform is Transform.SIMPLEX:
        return simplex_of(stan_version)
    if transform is Transform.CORRELATION_FACTOR:
        return CorrelationFactor()
    return Ordered() if transform is Transform.ORDERED else PositiveOrdered()
