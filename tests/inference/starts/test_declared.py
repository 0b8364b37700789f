"""Quantities as a program declares them, beside what its text declares."""

from __future__ import annotations

import numpy as np
import pytest
from independent import random_points, sampled, scaled
from parameters_block import declarations
from rendered import EXAMPLES, render

import stanmix
from stanmix.inference.starts.declared import contrasts, declared, ordered_name
from stanmix.program.lower import lower

# What no shipped program has: an order by what makes up the constant, far from where it is sampled.
FAR = render.crossing_lines(rows=60).assign(x=lambda data: data["x"] + 40)
MODELS = {**EXAMPLES, "ordered at zero": (stanmix.Mixture("y ~ x", 2, order="Intercept"), FAR)}


@pytest.mark.parametrize("name", MODELS)
def test_quantities_become_what_is_declared(name):
    model, frame = MODELS[name]
    program, data = lower(model), model.data(frame)
    for u in random_points(model, data, 5, seed=6):
        quantities, _ = scaled(model, data, u)
        expected, _ = sampled(model, data, u)
        found = declared(program, data, quantities)
        assert list(found) == list(expected)
        for key, values in expected.items():
            np.testing.assert_allclose(found[key], values, rtol=1e-10, atol=1e-12, err_msg=key)


def test_coefficients_of_the_weights_lose_what_they_have_in_common():
    model, frame = EXAMPLES["normal_regressions_gating"]
    program, data = lower(model), model.data(frame)
    quantities, _ = scaled(model, data, random_points(model, data, 1, seed=7)[0])
    moved = {**quantities, "gamma": quantities["gamma"] + [3.0, -8.0]}
    found, same = (declared(program, data, each) for each in (quantities, moved))
    np.testing.assert_allclose(found["gamma_free"], same["gamma_free"], atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_ordered_variable_is_the_one_of_the_text(name):
    model, _ = MODELS[name]
    kinds = ("ordered", "positive_ordered")
    found = [each.name for each in declarations(model.program()) if each.kind in kinds]
    assert [ordered_name(lower(model))] == (found or [None])


@pytest.mark.parametrize("K", [1, 2, 3, 7])
def test_contrasts_are_those_that_the_program_writes_out(K):
    """``contrast[1:j, j]`` is 1 / sqrt(j (j + 1)), and ``contrast[j + 1, j]`` -j times that."""
    expected = np.zeros((K, K - 1))
    for j in range(1, K):
        expected[:j, j - 1] = 1 / np.sqrt(j * (j + 1))
        expected[j, j - 1] = -j / np.sqrt(j * (j + 1))
    found = contrasts(K)
    np.testing.assert_allclose(found, expected, atol=1e-15)
    np.testing.assert_allclose(found.T @ found, np.eye(K - 1), atol=1e-14)
