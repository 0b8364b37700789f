"""Names of a fit's numbers: what components share comes once, and what one lacks does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic import made_up_fit

import stanmix
from stanmix.posterior.scalars import scalars

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.gamma(2, size=(12, 3)), columns=["y", "x", "z"]).assign(
    kind=np.resize(["a", "b", "c"], 12)
)
THETA = ["theta[1]", "theta[2]"]


@pytest.mark.parametrize(
    ("formula", "stated", "expected"),
    [
        ("y", {"shared": "sigma"}, [*THETA, "mu[1]", "mu[2]", "sigma"]),
        (
            "y ~ x",
            {"shared": ("x", "sigma")},
            [*THETA, "beta[1, Intercept]", "beta[x]", "beta[2, Intercept]", "sigma"],
        ),
        (
            ["y ~ x + z", "y ~ z"],
            {"shared": ("z", "sigma")},
            [*THETA, "beta[1, Intercept]", "beta[1, x]", "beta[z]", "beta[2, Intercept]", "sigma"],
        ),
        (
            "kind ~ 0 + x + z",
            {"family": "categorical", "shared": "z"},
            [
                *THETA, "beta[1, b, x]", "beta[b, z]", "beta[1, c, x]", "beta[c, z]",
                "beta[2, b, x]", "beta[2, c, x]",
            ],
        ),
    ],
)  # fmt: skip
def test_numbers_have_one_name_each(formula, stated, expected):
    fit = made_up_fit(stanmix.Mixture(formula, 2, **stated), FRAME)
    assert [name for name, _ in scalars(fit)] == expected


def test_draws_of_a_number_are_those_under_its_name():
    fit = made_up_fit(stanmix.Mixture(["y ~ x + z", "y ~ z"], 2, shared="z"), FRAME)
    found, beta = dict(scalars(fit)), fit.posterior["beta"]
    for name, component, covariate in (
        ("beta[1, x]", 0, "x"), ("beta[z]", 0, "z"), ("beta[2, Intercept]", 1, "Intercept"),
    ):  # fmt: skip
        np.testing.assert_array_equal(found[name], beta.sel(covariate=covariate)[..., component])
    np.testing.assert_array_equal(found["theta[2]"], fit.posterior["theta"][..., 1])
