"""Draws under the names and in the shapes that all systems share."""

from __future__ import annotations

import numpy as np
from problems import Problem

__all__ = ["canonical"]


def canonical(problem: Problem, variables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return theta, mu, beta ``(draw, component, covariate)`` and sigma, as far as there."""
    kept = {name: np.asarray(variables[name]) for name in ("theta", "mu", "sigma", "beta")
            if name in variables}  # fmt: skip
    if problem.shape == "lines":
        kept["beta"] = kept["beta"][..., None]
    if problem.shape == "counts":
        intercept = np.asarray(variables["intercept"])[..., None]
        kept["beta"] = np.concatenate([intercept, variables["slope"]], axis=-1)
    return kept
