"""Covariances of components against matrices that are multiplied out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from synthetic import fit_of, made_up_fit

import stanmix
from stanmix.errors import InputError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(12, 3)), columns=["a", "b", "c"]).assign(
    n=RNG.poisson(3, 12), kind=np.resize(["red", "blue"], 12)
)


def known(model, **values):
    """A fit of three draws that are all the same."""
    values = {"theta": [0.4, 0.6], **values}
    draws = {name: np.tile(value, (1, 3, *[1] * np.ndim(value))) for name, value in values.items()}
    return fit_of(model, FRAME, draws)


def test_scales_and_correlations_make_a_matrix():
    model = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="full")
    sigma, rho = [[1.0, 10.0], [2.0, 3.0]], [[0.5], [-0.25]]
    found = known(model, mu=np.zeros((2, 2)), sigma=sigma, rho=rho).covariances()
    assert found.dims == ("chain", "draw", "component", "dimension", "other_dimension")
    assert found.dimension.to_numpy().tolist() == ["a", "b"]
    expected = [[[1, 5], [5, 100]], [[4, -1.5], [-1.5, 9]]]
    np.testing.assert_allclose(found.to_numpy(), np.tile(expected, (1, 3, 1, 1, 1)), atol=1e-12)


def test_a_student_t_is_wider_and_has_none_of_two_degrees_of_freedom():
    model = stanmix.Mixture(["a", "b"], 2, family="mvstudent_t", covariance="full", order=None)
    scales = {"mu": np.zeros((2, 2)), "sigma": np.full((2, 2), 2.0), "rho": [[0.5], [0.5]]}
    first, second = known(model, nu=[6.0, 2.0], **scales).covariances()[0, 0].to_numpy()
    np.testing.assert_allclose(first, stats.t(df=6, scale=2).var() * np.array([[1, 0.5], [0.5, 1]]))
    assert np.isinf(second).all()


def test_columns_of_several_families_are_apart_and_categories_are_left_out():
    family = {("a", "b"): "mvnormal", "kind": "categorical", "n": "poisson", "c": "normal"}
    model = stanmix.Mixture(
        ["a", "n", "b", "kind", "c"], 2, family=family, covariance={("a", "b"): "full"}
    )
    found = known(
        model,
        mu_1=np.zeros((2, 2)), sigma_1=[[1.0, 2.0], [3.0, 1.0]], rho_1=[[0.5], [-1 / 3]],
        mu_poisson=[[3.0], [7.0]],
        mu_4=[[0.5, 0.5], [0.1, 0.9]],
        mu_normal=np.zeros((2, 1)), sigma_normal=[[5.0], [6.0]],
    ).covariances()  # fmt: skip
    assert found.dimension.to_numpy().tolist() == ["a", "n", "b", "c"]
    expected = [
        [[1, 0, 1, 0], [0, 3, 0, 0], [1, 0, 4, 0], [0, 0, 0, 25]],
        [[9, 0, -1, 0], [0, 7, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 36]],
    ]
    np.testing.assert_allclose(found[0, 2].to_numpy(), expected, atol=1e-12)


def test_one_column_or_categories_alone_have_none():
    with pytest.raises(InputError, match="one column"):
        made_up_fit(stanmix.Mixture("a", 2), FRAME).covariances()
    frame = FRAME.assign(other=np.resize(["x", "y", "z"], 12))
    model = stanmix.Mixture(["kind", "other"], 2, family="categorical")
    with pytest.raises(InputError, match="columns of categories"):
        made_up_fit(model, frame).covariances()
