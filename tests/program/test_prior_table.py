"""The table of priors: each estimated parameter, where its prior is from, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.program.prior_table import prior_table

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(2, 3, size=(9, 3)), columns=["y", "a", "x"])


def table(formula, **stated):
    model = stanmix.Mixture(formula, 2, **stated)
    return prior_table(model, model.matrices(FRAME))


def test_each_estimated_parameter_has_its_rows_and_no_other_has_any():
    priors = {"beta[x]": stanmix.Laplace(0, 1)}
    found = table("y ~ x", family="student_t", fixed={"nu": 4.0}, priors=priors)
    assert found.index.tolist() == ["theta", "beta[Intercept]", "beta[x]", "sigma"]
    assert found["column"].tolist() == ["", "Intercept", "x", ""]
    assert found["source"].tolist() == ["default", "default", "stated", "default"]
    assert found.loc["beta[x]", "prior"] == stanmix.Laplace(0, 1)
    assert (found["reason"] != "").tolist() == [True, True, False, True]


def test_a_default_is_told_in_the_units_of_the_data():
    """Of fewer than ten rows none counts as an outlier."""
    found = table("y ~ x")
    intercept = found.loc["beta[Intercept]", "prior"]
    y = FRAME["y"]
    assert (intercept.mu, intercept.sigma) == pytest.approx((y.mean(), 2.5 * y.std(ddof=0)))
    assert f"{y.mean():.4g}" in found.loc["beta[Intercept]", "reason"]
    larger = FRAME.assign(y=100 * y)
    model = stanmix.Mixture("y ~ x", 2)
    slope = prior_table(model, model.matrices(larger)).loc["beta[x]", "prior"]
    assert slope.sigma == pytest.approx(100 * found.loc["beta[x]", "prior"].sigma)


def test_priors_by_component_have_a_row_each():
    each = [stanmix.HalfNormal(1), stanmix.Gamma(2, 3)]
    found = table("y", priors={"sigma": each}).loc["sigma"]
    assert found["prior"].tolist() == each and found["component"].tolist() == [1, 2]
    assert (found["source"] == "stated").all() and (found["reason"] == "").all()


def test_a_stated_intercept_is_that_where_covariates_are_zero():
    found = table("y ~ x", priors={"beta[Intercept]": stanmix.Normal(0, 9)})
    assert found.loc["beta[Intercept]", "reason"] == "where covariates are zero"


def test_a_prior_of_a_column_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"beta\[z\]"):
        table("y ~ x", priors={"beta[z]": stanmix.Normal(0, 1)})
