from __future__ import annotations

import numpy as np
import pytest

from stanmix.inference.exploration.importance import efficiency, k_hat


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_the_tail_of_pareto_ratios_is_found(k):
    u = np.random.default_rng(0).uniform(size=20_000)
    # 3 sqrt(S) = 424 values in the tail: the standard error is about (1 + k) / 20.
    assert abs(k_hat(-k * np.log(u)) - k) < 4 * (1 + k) / 20


def test_extremes():
    assert k_hat(np.full(100, -3.0)) == -np.inf
    assert k_hat(np.array([0.0, 1.0, -np.inf])) == np.inf
    assert k_hat(np.array([0.0, np.nan])) == np.inf
    assert efficiency(np.full(100, -3.0)) == 1
    assert efficiency(np.array([0.0, np.nan])) == 0


def test_the_efficiency_of_a_normal_that_is_too_wide():
    """For a normal of twice the sd the mean of squared weights is known: 4 / sqrt(7)."""
    x = 2 * np.random.default_rng(0).normal(size=200_000)
    log_ratio = -0.5 * x**2 + 0.5 * (x / 2) ** 2
    # Weights are bounded, so the relative error is about 1 / sqrt(S).
    assert efficiency(log_ratio) == pytest.approx(np.sqrt(7) / 4, rel=0.01)
