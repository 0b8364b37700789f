from __future__ import annotations

import numpy as np
import pytest
from older_simplex import in_older_stan
from parameters_block import declarations
from stan_transforms import all_constrained, isometric_log_ratio, stick_breaking

PARAMETERS = declarations(
    "parameters { real a; simplex[K] theta; array[D] simplex[K] table; array[K] vector[D] b; }"
)


@pytest.mark.parametrize("K", [1, 2, 5])
def test_the_parameters_are_the_same_at_values_of_either_scale(K):
    data, rng = {"K": K, "D": 2}, np.random.default_rng(K)
    for scale in (0.1, 1.0, 6.0):
        u = scale * rng.normal(size=1 + 3 * (K - 1) + 2 * K)
        there, derivatives, volume = in_older_stan(PARAMETERS, data, u)
        today, one = all_constrained(PARAMETERS, data, u, isometric_log_ratio)
        before, other = all_constrained(PARAMETERS, data, there, stick_breaking)
        for name, values in today.items():
            np.testing.assert_allclose(before[name], values, rtol=1e-9)
        assert one == pytest.approx(other + volume, rel=1e-9)
        assert np.linalg.slogdet(derivatives) == pytest.approx((1, volume))
        for j, e in enumerate(1e-5 * np.eye(len(u))):
            up, down = (in_older_stan(PARAMETERS, data, u + sign * e)[0] for sign in (1, -1))
            np.testing.assert_allclose(derivatives[:, j], (up - down) / 2e-5, atol=1e-7)
