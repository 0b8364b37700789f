"""Draws under the names and in the shapes that all systems share."""

from __future__ import annotations

import numpy as np
from problems import Problem

__all__ = ["canonical"]


def canonical(problem: Problem, variables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return draws of parameters, beta as ``(draw, component, covariate)``, where there are any."""
    names = ("theta", "mu", "sigma", "nu", "phi", "shape", "beta", "rho")
    kept = {name: np.asarray(variables[name]) for name in names if name in variables}
    if problem.shape == "lines":
        kept["beta"] = kept["beta"][..., None]
    if "intercept" in variables:
        intercept = np.asarray(variables["intercept"])[..., None]
        kept["beta"] = np.concatenate([intercept, variables["slope"]], axis=-1)
    return kept
