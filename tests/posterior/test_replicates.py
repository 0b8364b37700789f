"""Replicates of the data: of which draws they are made, and what they lack as the data do."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of

import stanmix
from stanmix.errors import InputError
from stanmix.posterior.replicates import (
    MOST_VALUES,
    check_columns,
    counts_of,
    few_values,
    replicates,
)

DRAWS = 5
COLUMNS = {"a": [0.0, 1.0, np.nan, 2.0], "b": [0.0, np.nan, 1.0, 3.0], "w": [1, 0, 2, 5]}


def numbered(**stated) -> stanmix.Fit:
    """A fit whose draws make data that say which of them it was, to three digits."""
    model = stanmix.Mixture(
        ["a", "b"], 1, family="mvnormal", covariance="spherical", missing="marginalise", **stated
    )
    mu = np.arange(float(DRAWS))[None, :, None, None] * np.ones((1, 1, 1, 2))
    draws = {"theta": np.ones((1, DRAWS, 1)), "mu": mu, "sigma": np.full((1, DRAWS, 1), 1e-4)}
    return fit_of(model, COLUMNS, draws)


@pytest.mark.parametrize(
    ("count", "of"),
    [
        (1, [0]),
        (2, [0, 4]),
        (3, [0, 2, 4]),
        (5, [0, 1, 2, 3, 4]),
        (10, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
        (7, [0, 0, 1, 2, 2, 3, 4]),
    ],
)
def test_replicates_are_of_draws_evenly_taken(count, of):
    found = np.array([*replicates(numbered(), count, 1)])
    assert found.shape == (count, 4, 2)
    np.testing.assert_array_equal(np.nanmean(found, axis=(1, 2)).round(2), of)


def test_they_lack_what_the_data_lack_and_differ_at_one_draw():
    found = np.array([*replicates(numbered(), 10, 1)])
    lacking = np.isnan(np.column_stack([COLUMNS["a"], COLUMNS["b"]]))
    np.testing.assert_array_equal(np.isnan(found), np.broadcast_to(lacking, found.shape))
    assert (found[0] != found[1])[~lacking].all()


def test_a_seed_makes_the_same_and_the_fit_has_one():
    fit = numbered()
    one, same, own, other = ([*replicates(fit, 3, seed)] for seed in (1, 1, None, 2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one, own)  # the seed of the fit is 1
    assert (np.array(one) != np.array(other))[~np.isnan(one)].all()


def test_few_values_are_those_of_countable_kinds():
    """Few real numbers need not stay few; more counts than can be told one by one are many."""
    rows = MOST_VALUES + 1
    frame = {
        "real": np.resize([0.0, 1.0], rows),
        "few": np.r_[np.arange(rows - 1), 0],
        "many": np.arange(rows),
        "kind": np.resize(["a", "b"], rows),
    }
    family = {"real": "normal", "few": "poisson", "many": "poisson", "kind": "categorical"}
    model = stanmix.Mixture([*family], 1, family=family)
    draws = {
        "theta": [1.0], "mu_normal": [[0.0]], "sigma": [1.0], "mu_poisson": [[1.0, 1.0]],
        "mu_4": [[0.5, 0.5]],
    }  # fmt: skip
    made = {name: np.tile(value, (1, 2, *[1] * np.ndim(value))) for name, value in draws.items()}
    assert few_values(fit_of(model, frame, made)).tolist() == [False, True, False, True]


def test_rows_count_as_often_as_their_weights_say():
    assert counts_of(numbered()).tolist() == [1, 1, 1, 1]
    assert counts_of(numbered(weights="w")).tolist() == [1, 0, 2, 5]


def test_one_column_is_refused_by_the_name_of_what_asks():
    check_columns(numbered(), "compare")
    draws = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1)), "sigma": np.ones((1, 2, 1))}
    fit = fit_of(stanmix.Mixture("a", 1), {"a": [0.0, 1.0, 3.0]}, draws)
    with pytest.raises(InputError, match=r"^compare: the response has one column"):
        check_columns(fit, "compare")
