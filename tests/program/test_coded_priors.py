"""Priors as the data hold them are those that are stated, column by column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmix
from stanmix.program.coded_priors import coded, codes, lkj
from stanmix.program.lower import lower

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(9, 3)), columns=["y", "a", "x"])
# As Stan's programs number them.
NORMAL, STUDENT_T, HALF_NORMAL, GAMMA = 1, 2, 6, 9


def read(model):
    return {one.name: one for one in lower(model).quantities}, model.data(FRAME)


def test_each_column_has_the_prior_that_is_stated_of_it():
    priors = {"beta[x]": stanmix.StudentT(3, 0, 2), "sigma": stanmix.Gamma(2, 3)}
    quantities, data = read(stanmix.Mixture("y ~ x", 2, priors=priors))
    numbers, arguments = coded(quantities["beta"], data, 0)
    assert numbers.tolist() == [NORMAL, STUDENT_T] == codes(quantities["beta"], data)
    assert arguments.shape == (2, 3) and arguments[1, :2].tolist() == [3, 0]
    # A slope is sampled in units of the response for one of the covariate, as the data say these.
    y, x = stats.median_abs_deviation(FRAME["y"], scale="normal"), FRAME["x"].std(ddof=0)
    assert arguments[1, 2] == pytest.approx(2 * x / y)
    numbers, arguments = coded(quantities["sigma"], data, 0)
    assert numbers.shape == (1,) and numbers[0] == GAMMA
    np.testing.assert_allclose(arguments, [[2, 3 * y, 0]])


def test_each_component_has_its_own():
    priors = {"sigma": [stanmix.HalfNormal(1), stanmix.Gamma(2, 3)]}
    quantities, data = read(stanmix.Mixture("y", 2, priors=priors))
    sigma = quantities["sigma"]
    first, second = (coded(sigma, data, k) for k in range(2))
    assert first[0].tolist() == [HALF_NORMAL] and second[0].tolist() == [GAMMA]
    # A scale and a rate are in units that undo one another.
    assert first[1][0, 0] * second[1][0, 1] == pytest.approx(3)
    assert codes(sigma, data) == [HALF_NORMAL, GAMMA]


@pytest.mark.parametrize("stated", [stanmix.LKJ(4.0), [stanmix.LKJ(4.0), stanmix.LKJ(1.5)]])
def test_the_shape_of_correlations_is_of_all_or_of_each(stated):
    model = stanmix.Mixture(
        ["y", "a"], 2, family="mvnormal", covariance="full", priors={"rho": stated}
    )
    quantities, data = read(model)
    found = [lkj(quantities["rho"], data, k) for k in range(2)]
    assert found == ([4.0, 1.5] if isinstance(stated, list) else [4.0, 4.0])
