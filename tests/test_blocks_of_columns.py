"""Blocks of columns with a covariance beside columns that are independent of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from independent_columns import log_posterior
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

import stanmix

N = 24


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N, 2)) @ [[10.0, 2.0], [0.0, 1.0]] + [100.0, 0.0]
    v = rng.normal(size=(N, 3)) @ [[1.0, 0.5, 0.2], [0.0, 30.0, 0.4], [0.0, 0.0, 0.1]]
    frame = pd.DataFrame(np.column_stack([x, v]), columns=["x1", "x2", "v1", "v2", "v3"])
    frame["n"], frame["item"] = rng.poisson(4, N).astype(float), np.resize(["p", "q", "r"], N)
    frame["z"], frame["g"] = rng.normal(2, 3, N), np.arange(N) // 2
    frame["times"] = rng.integers(1, 4, N)
    frame["class"] = np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None)
    return frame


FRAME = rows()
X, V = ("x1", "x2"), ("v1", "v2", "v3")
BESIDE = {X: "mvnormal", "n": "poisson", "item": "categorical"}
TWO = {"n": "poisson", X: "mvnormal", V: "mvstudent_t"}
KINDS = {
    "full": (BESIDE, {"covariance": "full"}),
    "diagonal": (BESIDE, {"covariance": "diagonal"}),
    "spherical": (BESIDE, {"covariance": "spherical"}),
    "tied": (BESIDE, {"covariance": "tied"}),
    "two blocks": (TWO, {"covariance": {X: "full", V: "VVV"}}),
    "two of one family": ({X: "mvnormal", V: "mvnormal"}, {"covariance": {V: "VEE", X: "EII"}}),
    "other shapes": (TWO, {"covariance": {X: "VEI", V: "EVV"}}),
    "ratios": (TWO, {"covariance": {X: "EVI", V: "VEE"}}),
    "a t without correlation": ({V: "mvstudent_t", "z": "normal"}, {"covariance": "spherical"}),
    "in common": (
        {V: "mvstudent_t", "z": "normal"},
        {"covariance": "full", "shared": ("rho_1", "nu_1", "sigma_normal")},
    ),
    "known scales": (
        {"z": "normal", X: "mvnormal"},
        {"covariance": "full", "fixed": {"sigma_2": [[9.0, 2.0], [8.0, 1.0]]}},
    ),
    "a known scale": (
        {"z": "normal", X: "mvnormal"}, {"covariance": "spherical", "fixed": {"sigma_2": 5.0}},
    ),
    "rows of a group": (
        {X: "mvnormal", "item": "categorical"},
        {"covariance": "full", "group": "g", "weights": "times"},
    ),
    "known classes": ({X: "mvnormal", "z": "laplace"}, {"covariance": "tied", "labels": "class"}),
    "priors": (
        BESIDE,
        {
            "covariance": "full",
            "priors": {
                "mu_1[x2]": stanmix.Cauchy(0, 3),
                "sigma_1": stanmix.Gamma(2, 0.5),
                "rho_1": stanmix.LKJ(3.0),
            },
        },
    ),
}  # fmt: skip


def mixture(name: str, **others: object) -> stanmix.Mixture:
    family, stated = KINDS[name]
    columns = [
        column for named in family for column in ([named] if isinstance(named, str) else named)
    ]
    return stanmix.Mixture(columns, 2, family=family, **{**stated, **others})


@pytest.mark.parametrize("name", KINDS)
def test_the_density_is_that_of_scipy(name):
    model = mixture(name)
    data, rng = model.data(FRAME), np.random.default_rng(2)
    for _ in range(2):
        free = [0.5 * rng.normal(size=free_shape(d, data)) for d in declarations(model.program())]
        u = np.concatenate([one.ravel() for one in free])
        found = interpreted(model, data, u[None])[0, 0]
        assert found == pytest.approx(log_posterior(model, data, u), rel=1e-10)
