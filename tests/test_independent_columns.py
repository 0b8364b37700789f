"""Several columns that are independent of one another within a component, each of one family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted
from structures import UNIVARIATE

import stanmix

N = 14
ALONE = ("pareto", "von_mises", "binomial", "beta_binomial", "categorical", "ordinal")
FAMILIES = [name for name in UNIVARIATE if name not in ALONE]


def rows(family: str) -> pd.DataFrame:
    """Two columns of numbers that a family takes, on unlike scales, beside what rows may have."""
    rng, kind = np.random.default_rng(4), UNIVARIATE[family][0]
    of_kind = {
        "y": lambda: rng.normal(3, 2, N),
        "positive": lambda: rng.gamma(3, size=N),
        "fraction": lambda: rng.beta(2, 3, N),
        "n": lambda: rng.poisson(4, N).astype(float),
        "truth": lambda: np.resize([0.0, 1, 1], N),
    }[kind]
    scale = 100 if kind in ("y", "positive") else 1
    return pd.DataFrame(
        {
            "a": of_kind(), "b": scale * of_kind(), "z": rng.normal(size=N),
            "g": np.arange(N) // 2, "w": rng.integers(1, 4, N),
            "class": np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None),
        }
    ).assign(z=lambda f: f.groupby("g").z.transform("mean"))  # fmt: skip


def lacking(frame: pd.DataFrame) -> pd.DataFrame:
    """The same where some rows lack one column, and one lacks both."""
    found = frame.copy()
    found.loc[[1, 5, 6], "a"] = np.nan
    found.loc[[2, 6], "b"] = np.nan
    return found


def assert_equal(model: stanmix.Mixture, frame: pd.DataFrame) -> None:
    data = model.data(frame)
    points = random_points(model, data, 2, seed=1)
    found = interpreted(model, data, points)[:, 0]
    expected = [log_posterior(model, data, point) for point in points]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_density_is_that_of_scipy(family):
    frame = rows(family)
    assert_equal(stanmix.Mixture(["a", "b"], 2, family=family), frame)
    model = stanmix.Mixture(["a", "b"], 2, family=family, missing="marginalise")
    assert_equal(model, lacking(frame))
