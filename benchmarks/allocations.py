"""Independent draws from posteriors under conjugate priors, by all allocations of few rows.

Rows that are equal are told apart by how many of them a component has, so that a table of counts
has few allocations. The probability of each is known, and given one parameters are drawn directly.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from posteriors import Array, Posterior
from scipy import special

from stanmix import Dirichlet

__all__ = ["drawn"]

Draw = Callable[[Array, np.random.Generator], Array]


def drawn(of: Posterior, count: int, rng: np.random.Generator) -> dict[str, Array]:
    """Return independent draws of the parameters.

    Parameters
    ----------
    of : Posterior
        Of Poisson counts under a gamma prior, or of categories under a Dirichlet one.
    count : int
    rng : Generator
    """
    K, y = of.components, of.frame["y"].to_numpy(dtype=float)
    ways = [_splits(int(n), K) for n in of.frame["n"]]
    # How many of the equal rows each component has, (allocations, rows, K).
    shares = np.array([np.stack(each) for each in itertools.product(*ways)], dtype=float)
    log_p = -special.gammaln(shares + 1).sum(axis=(1, 2))  # how many allocations are alike
    members = shares.sum(axis=1)
    prior = of.free.get("theta")
    if isinstance(prior, Dirichlet):
        alpha = np.broadcast_to(np.asarray(prior.alpha, dtype=float), K)
        log_p += special.gammaln(alpha + members).sum(axis=1)
    else:
        log_p += members @ np.log(np.asarray(of.known["theta"], dtype=float))
    marginal, draw = _conjugate(of.free["mu"], of.family, y)
    log_p += marginal(shares).sum(axis=1)
    taken = rng.choice(len(log_p), count, p=special.softmax(log_p))
    found = {"mu": draw(shares[taken], rng)}
    if isinstance(prior, Dirichlet):
        gammas = rng.standard_gamma(alpha + members[taken])
        found["theta"] = gammas / gammas.sum(axis=1, keepdims=True)
    return found


def _splits(n: int, K: int) -> list[NDArray[np.intp]]:
    """Return all ways to spread n equal rows over K components."""
    bars = itertools.combinations(range(n + K - 1), K - 1)
    return [np.diff([-1, *each, n + K - 1]) - 1 for each in bars]


def _conjugate(prior: Any, family: str, y: Array) -> tuple[Callable[[Array], Array], Draw]:
    """Return the log marginal density of each component's rows, and how to draw its parameter.

    Both take how many of the equal rows the components have, (S, rows, K).
    """
    if family == "poisson":
        a, b = prior.alpha, prior.beta

        def of_counts(shares: Array) -> tuple[Array, Array]:
            return a + np.einsum("snk,n->sk", shares, y), b + shares.sum(axis=1)

        def log_marginal(shares: Array) -> Array:
            shape, rate = of_counts(shares)
            return np.asarray(special.gammaln(shape) - shape * np.log(rate))

        def draw(shares: Array, rng: np.random.Generator) -> Array:
            shape, rate = of_counts(shares)
            return np.asarray(rng.standard_gamma(shape) / rate)

        return log_marginal, draw
    if family == "categorical":
        one = np.asarray(prior.alpha, dtype=float)

        def of_categories(shares: Array) -> Array:
            return one + np.moveaxis(shares, 1, 2)  # rows are the categories

        def log_marginal_of_categories(shares: Array) -> Array:
            alpha = of_categories(shares)
            return np.asarray(
                special.gammaln(alpha).sum(axis=-1) - special.gammaln(alpha.sum(axis=-1))
            )

        def draw_probabilities(shares: Array, rng: np.random.Generator) -> Array:
            gammas = rng.standard_gamma(of_categories(shares))
            return np.asarray(gammas / gammas.sum(axis=-1, keepdims=True))

        return log_marginal_of_categories, draw_probabilities
    raise ValueError(f"no conjugate prior of {family} is known here")
