"""The same mixture with a component fewer."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from stanmix.data.design import Design
from stanmix.inference.starts import multistart
from stanmix.inference.starts.em import State
from stanmix.model.priors import Beta, Dirichlet
from stanmix.model.specification import Specification
from stanmix.program.data import concentration

__all__ = ["without", "worse_by"]

FEW_ROWS = 1000  # enough to tell how much worse one component fewer fits
STEPS = 30

Statement = TypeVar("Statement", bound=Specification)


def without(spec: Statement, component: int) -> Statement:
    """Return the mixture without a component, counted from 0.

    What is known of each component stays known of the others; known weights add up to one again.
    """
    K = spec.components
    kept = [k for k in range(K) if k != component]
    fixed: dict[str, Any] = {
        name: np.asarray(value)[kept].tolist() if np.ndim(value) else value
        for name, value in spec.fixed.items()
    }
    if "theta" in fixed:
        fixed["theta"] = (np.array(fixed["theta"]) / sum(fixed["theta"])).tolist()
    priors = {
        name: tuple(prior[k] for k in kept) if isinstance(prior, Sequence) else prior
        for name, prior in spec.priors.items()
    }
    of_weights = priors.get("theta")
    if isinstance(of_weights, Dirichlet | Beta):
        alpha = concentration(of_weights, K)
        priors["theta"] = Dirichlet([alpha[k] for k in kept])
    return dataclasses.replace(spec, components=K - 1, fixed=fixed, priors=priors)


def worse_by(
    spec: Specification, design: Design, found: Sequence[State], rng: np.random.Generator
) -> float:
    """Return by how much the log-likelihood falls, about, with one component fewer.

    Parameters
    ----------
    found : sequence of State
        Optima of the mixture's likelihood, best first; at least one.
    rng : Generator

    Returns
    -------
    float
        From pairs of components of the best optimum made one, and some EM steps from there, on
        at most `FEW_ROWS` rows; brought to the number of all.
    """
    seed = int(rng.integers(2**31))
    em, part = multistart.em_of_some(spec, design, FEW_ROWS, np.random.default_rng(seed))
    whole = em.run(em.responsibilities(found[0]), steps=STEPS, at=found[0])
    belong = em.responsibilities(whole)
    best = -np.inf
    for a, b in itertools.combinations(range(spec.components), 2):
        merged = np.delete(belong, b, axis=1)
        merged[:, a] += belong[:, b]
        best = max(best, em.without(b).run(merged, steps=STEPS).log_likelihood)
    return float((whole.log_likelihood - best) / part)
