from __future__ import annotations

import numpy as np
import pytest
from independent import random_points, sampled
from rendered import EXAMPLES
from stan_transforms import stick_breaking

from stanmix.inference.exploration.unconstrained import Space
from stanmix.program.lower import lower


@pytest.mark.parametrize("name", EXAMPLES)
def test_there_and_back(name):
    model, frame = EXAMPLES[name]
    data = model.data(frame)
    space = Space(lower(model), data)
    for point in random_points(model, data, 20, seed=3):
        assert space.size == len(point)
        values = space.constrain(point)
        np.testing.assert_allclose(space.free(values), point, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_are_those_of_stans_transforms(name):
    model, frame = EXAMPLES[name]
    data = model.data(frame)
    space = Space(lower(model), data)
    for point in random_points(model, data, 5, seed=4):
        expected, _ = sampled(model, data, point, stick_breaking)
        values = space.constrain(point)
        assert list(values) == list(expected)
        for key in expected:
            assert np.shape(values[key]) == expected[key].shape
            np.testing.assert_allclose(values[key], expected[key], rtol=1e-12)


def test_a_boundary_is_infinite_and_no_error():
    model, frame = EXAMPLES["normal_mixture_ordered_mu"]
    space = Space(lower(model), model.data(frame))
    values = {
        "theta": [0.5, 0.5, 0.0],
        "mu_scaled": [1.0, 1.0, 2.0],
        "sigma_scaled": [1.0, 1.0, 0.0],
    }
    point = space.free(values)
    assert np.isinf(point[[1, 3, -1]]).all()
