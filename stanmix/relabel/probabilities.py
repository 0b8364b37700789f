"""Allocation probabilities that may be larger than memory, read in blocks of draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import Array, Function, Integer, ListOf
from stanmix.errors import InputError
from stanmix.relabel.checks import FloatArray, check_shape
from stanmix.relabel.tables import blocks

__all__ = ["ComputedProbabilities", "Probabilities", "ProbabilitySource"]

# Single precision, where it was given, is kept: it halves the time of a pass.
Block = NDArray[np.float32] | NDArray[np.float64]

_BUDGET = 1 << 21
_TOLERANCE = 1e-4

_NUMBERS = Array("an array of probabilities, or what gives such by blocks")
_SHAPE = ListOf(Integer(0), "a tuple of four numbers: chain, draw, obs, component")


@runtime_checkable
class ProbabilitySource(Protocol):
    """What probabilities can be read from: NumPy arrays and memory maps, HDF5, Zarr, xarray.

    ``source.shape`` is ``(chain, draw, obs, component)`` and ``source[chain, start:stop]``
    gives the draws of one chain from start to stop, ``(stop - start, obs, component)``.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis: chain, draw, obs, component."""

    def __getitem__(self, key: tuple[int, slice], /) -> Any:
        """Give some draws of one chain."""


class ComputedProbabilities:
    """Probabilities that a function computes when they are read, and that are never stored.

    Parameters
    ----------
    shape : tuple of int
        ``(chain, draw, obs, component)``.
    block : callable
        ``block(chain, start, stop)`` gives ``(stop - start, obs, component)``. It is
        called several times for the same draws, once a pass.
    """

    def __init__(
        self, shape: tuple[int, int, int, int], block: Callable[[int, int, int], Block]
    ) -> None:
        self.shape: tuple[int, ...] = _SHAPE("shape", shape)
        check_shape(self.shape, "shape", ("chain", "draw", "obs", "component"))
        self._block: Callable[[int, int, int], Block] = Function()("block", block)

    def __getitem__(self, key: tuple[int, slice], /) -> Block:
        """Compute some draws of one chain."""
        chain, draws = key
        start, stop, _ = draws.indices(self.shape[1])
        return self._block(chain, start, stop)


class Probabilities:
    """A checked reader of allocation probabilities, over all draws in one row.

    Parameters
    ----------
    source : array_like or ProbabilitySource
        Probabilities ``(chain, draw, obs, component)``; see `ProbabilitySource`.
    name : str
        The argument, for messages.

    Raises
    ------
    InputError
        If the shape is another, or, while reading, if a probability is not in [0, 1]
        or the probabilities of an observation do not sum to 1 (to 1e-4).
    """

    def __init__(self, source: ArrayLike | ProbabilitySource, name: str = "p") -> None:
        self._source: Any = source
        if not isinstance(source, ProbabilitySource):
            self._source = _NUMBERS(name, source)
        self._name = name
        self.shape: tuple[int, ...] = _SHAPE(f"the shape of {name}", self._source.shape)
        check_shape(self.shape, name, ("chain", "draw", "obs", "component"))
        self.chains, self.draws_each, self.observations, self.components = self.shape
        self.draws = self.chains * self.draws_each
        self._checked = np.zeros(self.draws, dtype=bool)

    def blocks(self) -> Iterator[tuple[slice, Block]]:
        """Give all draws, block by block, with their places among the draws of all chains."""
        size = self.observations * self.components
        for chain in range(self.chains):
            for block in blocks(self.draws_each, size, _BUDGET):
                offset = chain * self.draws_each
                yield (
                    slice(offset + block.start, offset + block.stop),
                    self._read(chain, block),
                )

    def take(self, draws: NDArray[np.intp]) -> Block:
        """Give some draws, counted over all chains: ``(draw, obs, component)``."""
        return np.concatenate(
            [
                self._read(chain, slice(draw, draw + 1))
                for chain, draw in (divmod(int(index), self.draws_each) for index in draws)
            ]
        )

    def _read(self, chain: int, block: slice) -> Block:
        """Read and check some draws of a chain."""
        values: Block = _NUMBERS(self._name, self._source[chain, block])
        expected = (block.stop - block.start, self.observations, self.components)
        if values.shape != expected:
            raise InputError(
                f"{self._name}[{chain}, {block.start}:{block.stop}] has shape {values.shape}; "
                f"expected {expected}."
            )
        if values.dtype not in (np.float32, np.float64):
            values = values.astype(np.float64)
        done = self._checked[
            chain * self.draws_each + block.start : chain * self.draws_each + block.stop
        ]
        if not done.all():
            self._check(values, chain, block.start)
            done[:] = True
        return values

    def _check(self, values: Block, chain: int, start: int) -> None:
        """Refuse what are not probabilities."""
        # Written so that NaN fails the comparisons.
        inside = (values.min() >= 0) and (values.max() <= 1 + _TOLERANCE)
        sums = values @ np.ones(self.components, dtype=values.dtype)
        near = np.abs(sums - 1) <= _TOLERANCE
        if inside and near.all():
            return
        if not inside:
            wrong = ~((values >= 0) & (values <= 1 + _TOLERANCE))
            draw, observation, component = (int(i) for i in np.argwhere(wrong)[0])
            raise InputError(
                f"{self._name} holds {values[draw, observation, component]} at "
                f"{(chain, start + draw, observation, component)}; expected probabilities "
                "from 0 to 1."
            )
        draw, observation = (int(i) for i in np.argwhere(~near)[0])
        raise InputError(
            f"{self._name} sums to {sums[draw, observation]} over the components at "
            f"{(chain, start + draw, observation)}; expected 1. Is the last axis the components?"
        )


def relabelled_sum(p: Block, perm: NDArray[np.intp]) -> FloatArray:
    """Sum the relabelled probabilities of some draws.

    Parameters
    ----------
    p : ndarray, shape (draw, obs, component)
        Probabilities as given.
    perm : ndarray of int, shape (draw, component)
        Permutations, ``perm[draw, new] = old``.

    Returns
    -------
    ndarray, shape (obs, component)
        The sum over the draws, in double precision.
    """
    chosen = (np.arange(perm.shape[1])[:, None] == perm[:, None, :]).astype(p.dtype)
    # A product with permutation matrices, faster than picking columns.
    summed: FloatArray = np.matmul(p, chosen).sum(axis=0, dtype=np.float64)
    return summed
