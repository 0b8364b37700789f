"""The same mixture with a component fewer."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.inference.starts import multistart
from stanmix.inference.starts.em import EM, State
from stanmix.model.families.components import entry
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.matrices import matrices
from stanmix.model.priors import Beta, Dirichlet
from stanmix.model.specification import Specification, members
from stanmix.program.data import concentration, standata
from stanmix.program.units import log_unit

__all__ = ["unlike_worse_by", "without", "worse_by"]

FEW_ROWS = 1000  # enough to tell how much worse one component fewer fits
STEPS = 30

Array = NDArray[np.float64]
Statement = TypeVar("Statement", bound=Specification)


def without(spec: Statement, component: int) -> Statement:
    """Return the mixture without a component, counted from 0.

    What is known of each component stays known of the others; known weights add up to one again.
    """
    K = spec.components
    kept = [k for k in range(K) if k != component]
    fixed: dict[str, Any] = {
        name: _known(np.asarray(value)[kept].tolist(), name, kept) if np.ndim(value) else value
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
        at most `FEW_ROWS` rows; brought to the number of all. A component whose weight is known
        keeps it when no row is its own, which every row pays for.
    """
    seed = int(rng.integers(2**31))
    em, part = multistart.em_of_some(spec, design, FEW_ROWS, np.random.default_rng(seed))
    whole = em.run(em.responsibilities(found[0]), steps=STEPS, at=found[0])
    belong = em.responsibilities(whole)
    lost, best = _lost_by_weights(em, spec.components), -np.inf
    for a, b in itertools.combinations(range(spec.components), 2):
        merged = np.delete(belong, b, axis=1)
        merged[:, a] += belong[:, b]
        fit = em.without(b).run(merged, steps=STEPS).log_likelihood
        best = max(best, fit + max(lost[a], lost[b]))
    return float((whole.log_likelihood - best) / part)


def _lost_by_weights(em: EM, components: int) -> Array:
    """Return the log-likelihood that known weights of empty components take away, (K,)."""
    if em.known_theta is None:
        return np.zeros(components)
    return np.asarray(em.first_of_units(em.frequency).sum() * np.log1p(-em.known_theta))


def unlike_worse_by(
    spec: Specification, design: Design, found: Sequence[State], rng: np.random.Generator
) -> float:
    """Return what `worse_by` does where families or formulas tell components apart.

    Without a component there may be no other of its family, or with its covariates, so that each
    smaller mixture is one of its own. Infinite, where the statement allows none.
    """
    seed = int(rng.integers(2**31))
    em, part = multistart.em_of_some(spec, design, FEW_ROWS, np.random.default_rng(seed))
    whole = em.run(em.responsibilities(found[0]), steps=STEPS, at=found[0])
    belong, unit = em.responsibilities(whole), log_unit(standata(spec, design))
    by_weights, least = _lost_by_weights(em, spec.components), np.inf
    for k in range(spec.components):
        below = _of_other_kinds(spec, k)
        try:  # of which some response may be impossible without the component
            left = None if below is None else matrices(below, design.columns)
        except InputError:
            continue
        if below is None or left is None or len(left.y) != len(design.y):
            continue
        smaller, _ = multistart.em_of_some(below, left, FEW_ROWS, np.random.default_rng(seed))
        lost = log_unit(standata(below, left)) - unit
        for j in range(spec.components - 1):
            merged = np.delete(belong, k, axis=1)
            merged[:, j] += belong[:, k]
            fit = smaller.run(merged, steps=STEPS).log_likelihood
            worse = (whole.log_likelihood - fit - by_weights[k]) / part + lost
            least = min(least, worse) if np.isfinite(worse) else least
    return float(least)


def _of_other_kinds(spec: Specification, component: int) -> Specification | None:
    """Return the mixture without a component, from 0; None if there is none.

    Without priors too, of which the likelihood knows nothing, and with nothing in common. Beside
    densities a point mass has rows of its own, and is never empty.
    """
    kept = [k for k in range(spec.components) if k != component]
    block = next(one for one in spec.blocks if component in one.components)
    if block.family is POINT_MASS and not spec.response.integer:
        return None

    def of_others(value: Any) -> Any:
        return value if isinstance(value, str) else [value[k] for k in kept]

    family = of_others(spec.family)
    left = [family] if isinstance(family, str) else family
    own = {one.name for each in left for one in entry(each, {})[0].parameters}
    formulas = {name: of_others(text) for name, text in spec.formulas.items() if name in own}
    fixed: dict[str, Any] = {}
    for name, value in spec.fixed.items():
        if name in {"theta", *own}:
            each = value if np.ndim(value) == 0 else _without(value, spec, name, component)
            fixed[name] = _known(each, name, kept)
    if "theta" in fixed:
        fixed["theta"] = (np.array(fixed["theta"]) / sum(fixed["theta"])).tolist()
    try:
        return dataclasses.replace(
            spec,
            components=len(kept),
            formula=spec.formula if not spec.by_component else of_others(spec.formula),
            family=family,
            formulas=formulas,
            fixed=fixed,
            shared=(),
            link={name: link for name, link in spec.link.items() if name in own},
            priors={},
            order=None,
        )
    except InputError:
        return None


def _known(values: Any, name: str, kept: Sequence[int]) -> Any:
    """Return known values as a statement has them: of a single component one number."""
    return values[0] if len(kept) == 1 and name != "theta" and np.ndim(values) == 1 else values


def _without(value: Any, spec: Specification, name: str, component: int) -> list[float]:
    """Return values of components without that of one, where it has one."""
    having = range(spec.components) if name == "theta" else members(spec, name)
    return [each for k, each in zip(having, value, strict=True) if k != component]
