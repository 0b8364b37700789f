"""What programs and draws call what determines a parameter."""

from __future__ import annotations

import pytest

from stanmix.model.families import FAMILIES
from stanmix.model.predictors import Predictor


@pytest.mark.parametrize(
    ("family", "constants", "coefficients"),
    [
        ("normal", "mu sigma", "beta beta_sigma"),
        ("student_t", "mu sigma nu", "beta beta_sigma beta_nu"),
        ("poisson", "mu", "beta"),
        ("negative_binomial", "mu phi", "beta beta_phi"),
    ],
)
@pytest.mark.parametrize("shared", [False, True])
def test_names(family, constants, coefficients, shared):
    for linear, expected in ((False, constants), (True, coefficients)):
        found = [
            Predictor(one, linear=linear, shared=shared).name for one in FAMILIES[family].parameters
        ]
        assert found == expected.split()
