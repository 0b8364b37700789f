from __future__ import annotations

import numpy as np
import pytest

from stanmix.inference.methods import restarts
from stanmix.inference.methods.restarts import Approximation


def approximation(elbo: float, mu: float = 0.0) -> Approximation:
    rng = np.random.default_rng(0)
    draws = {"mu": mu + rng.normal(size=(50, 2))}
    return Approximation(draws, rng.normal(size=50), np.zeros(50), elbo, 0.1)


def test_the_highest_is_kept_and_all_are_told():
    ended = {1: approximation(-5.0, 1.0), 3: approximation(-2.0, 3.0), 4: approximation(-9.0, 4.0)}
    output = restarts.best(ended, {2: "why"}, 1.5)
    assert output.runs.kept == 3
    assert output.runs.numbers == (1, 3, 4)
    assert output.failed == {2: "why"}
    np.testing.assert_array_equal(output.draws["mu"], ended[3].draws["mu"][None])
    np.testing.assert_array_equal(output.runs.heights, [-5, -2, -9])
    np.testing.assert_allclose(
        output.runs.means["mu"], [ended[i].draws["mu"].mean(axis=0) for i in (1, 3, 4)]
    )


def test_an_elbo_that_is_no_number_is_a_failure():
    with pytest.raises(ValueError, match="not a number"):
        approximation(np.nan)
