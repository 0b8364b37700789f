"""A program's log density as stanli has it, which interprets Stan's language: nothing compiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import stanli

import stanmix
from stanmix.program.lower import lower
from stanmix.program.render import render


def interpreted(
    model: stanmix.Mixture, data: Mapping[str, Any], points: np.ndarray, priors: str = "coded"
) -> np.ndarray:
    """Log density, Jacobian included, and its gradient at rows of unconstrained values."""
    # The interpreter has no log_mix; the program is another by that line alone (test_structures).
    program = lower(model, "stan", priors, mixing="log_sum_exp")
    asked = stanli.Model(stan_code=render(program), data=dict(data))
    found = (asked.log_prob_grad(point) for point in points)
    return np.array([[value, *gradient] for value, gradient in found])
