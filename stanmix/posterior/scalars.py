"""A fit's parameters number by number, each once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stanmix import containers
from stanmix.posterior.posterior import Posterior
from stanmix.program.coefficients import own
from stanmix.program.columns import entries

__all__ = ["scalars"]


def scalars(fit: Posterior) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield what numbers are called, and their draws (chain, draw).

    A coefficient that components share comes once, as ``beta[x]``, and one that a component lacks
    does not come.
    """
    renamed = _renamed(fit)
    told: set[str] = set()
    for name, draws in containers.scalars(fit.posterior):
        called = renamed.get(name, name)
        if called and called not in told:
            told.add(called)
            yield called, draws


def _renamed(fit: Posterior) -> dict[str, str]:
    """Return what coefficients are called that components share, and "" for what they lack."""
    found: dict[str, str] = {}
    for name, numbers in fit.numbers.items():
        one = fit.program[name]
        components = fit.posterior[one.axis].to_numpy()
        columns = [*entries(one, fit.design)]
        in_rows = numbers.reshape(len(numbers), -1)
        for k, p in np.argwhere(~own(in_rows)):
            called = f"{name}[{columns[p]}]" if in_rows[k, p] else ""
            found[f"{name}[{components[k]}, {columns[p]}]"] = called
    return found
