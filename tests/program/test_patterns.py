"""Rows that lack columns: which patterns there are, and what the density is of those it has."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.model import families
from stanmix.program import patterns

NAN = np.nan


def with_holes(N=60, D=4):
    rng = np.random.default_rng(2)
    y = rng.normal(size=(N, D))
    y[rng.random((N, D)) < 0.4] = NAN
    y[:2] = NAN  # rows that have nothing
    return y


def test_rows_of_a_pattern_have_its_columns_and_each_row_with_a_number_is_of_one():
    y = with_holes()
    found = patterns.of_data(y)
    there = ~np.isnan(y)
    whole = np.flatnonzero(there.any(axis=1)) + 1
    assert sorted(found["by_pattern"]) == whole.tolist()
    assert found["patterns"] == len({tuple(row) for row in there[whole - 1]})
    assert sum(found["rows_of"]) == len(whole)
    at = 0
    for columns, many in zip(found["observed"], found["rows_of"], strict=True):
        for row in found["by_pattern"][at : at + many]:
            np.testing.assert_array_equal(there[row - 1], columns == 1)
        at += many


def test_columns_of_rows_are_found_again_in_the_data_of_a_program():
    y = with_holes()
    told = {f"{name}_2": value for name, value in patterns.of_data(y).items()}
    np.testing.assert_array_equal(patterns.observed(told, "_2", y.shape), ~np.isnan(y))
    # Without patterns: a number for each cell, for each row, or nothing where none is missing.
    cells = (~np.isnan(y)).astype(int)
    np.testing.assert_array_equal(patterns.observed({"observed": cells}, "", y.shape), cells)
    of_rows = patterns.observed({"observed": [1, 0, 1]}, "", (3, 2))
    assert of_rows.tolist() == [[True] * 2, [False] * 2, [True] * 2]
    assert patterns.observed({}, "", (3, 2)).all()


@pytest.mark.parametrize(
    ("form", "values", "expected", "lines"),
    [
        ("diagonal", {"mu": "mu[k]", "sigma": "sigma[k]"}, ["mu[k][there]", "sigma[k][there]"], []),
        (
            "spherical",
            {"mu": "mu[k]", "sigma": "rep_vector(sigma[k], D_2)"},
            ["mu[k][there]", "rep_vector(sigma[k], size(there))"],
            [],
        ),
        ("diagonal_shape", {"mu": "mu[k]"}, ["mu[k][there]", "scales[there]"], []),
        (
            "full",
            {"mu": "mu[k]"},
            ["mu[k][there]", "L"],
            ["matrix[size(there), size(there)] L = marginal_cholesky(L_Sigma, there);"],
        ),
    ],
)
def test_a_density_is_of_the_columns_that_are_there(form, values, expected, lines):
    stan = families.family("mvnormal", None, form).stan
    by_column = {"mu", "sigma"} if form == "diagonal" else {"mu"}
    assert patterns.arguments(stan, values, by_column) == expected
    assert patterns.factored(stan) == lines
    assert ("marginal_cholesky.stan" in patterns.definitions(stan)) == bool(lines)


def test_a_function_is_given_what_it_declares():
    declared = [one.split()[-1] for one in patterns.signature(None)]
    assert declared == patterns.passed(None) == ["observed", "rows_of", "by_pattern"]
    stan = families.family("mvnormal", None, "full").stan
    assert {*declared} < {*patterns.template(None, stan)}
