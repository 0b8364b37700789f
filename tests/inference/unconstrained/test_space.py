from __future__ import annotations

import numpy as np
import pytest
import stanli
from independent import random_points, sampled
from rendered import EXAMPLES
from stan_transforms import simplex_of

from stanmix.inference.unconstrained.space import Space, free_size
from stanmix.program.lower import lower
from stanmix.program.render import render

VERSIONS = [(2, 33, 1), (2, 37, 0)]


def space_of(name, version):
    model, frame = EXAMPLES[name]
    data = model.data(frame)
    return Space(lower(model), data, version), random_points(model, data, 10, seed=3)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_there_and_back(name, version):
    space, points = space_of(name, version)
    for point in points:
        assert space.size == len(point)
        values = space.constrain(point)
        np.testing.assert_allclose(space.free(values), point, rtol=1e-8, atol=1e-8)
    assert space.size == sum(free_size(each, space.data) for each in space.program.variables)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_gradient_of_the_jacobian_is_that_of_differences(name, version):
    space, points = space_of(name, version)
    value, gradient = space.log_jacobian(points)
    assert value.shape == (len(points),) and gradient.shape == points.shape
    for i, e in enumerate(1e-5 * np.eye(space.size)):
        up, down = (space.log_jacobian(points + sign * e)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, i], (up - down) / 2e-5, rtol=1e-6, atol=1e-6)
    one, slope = space.log_jacobian(points[0])
    assert one == pytest.approx(value[0], rel=1e-14)
    np.testing.assert_array_equal(slope, gradient[0])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_values_and_jacobian_are_those_of_stans_transforms(name, version):
    space, points = space_of(name, version)
    for point in points:
        expected, jacobian = sampled(EXAMPLES[name][0], space.data, point, simplex_of(version))
        values = space.constrain(point)
        assert list(values) == list(expected)
        for key in expected:
            assert np.shape(values[key]) == expected[key].shape
            np.testing.assert_allclose(values[key], expected[key], rtol=1e-12)
        assert space.log_jacobian(point)[0] == pytest.approx(jacobian, rel=1e-10, abs=1e-10)


def first_index_fastest(value):
    """Nested values in the order in which stanli takes them."""
    return np.asarray(value, dtype=float).ravel(order="F").tolist()


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_are_those_of_todays_stan(name):
    """Held to stanli, which has Stan 2.40."""
    space, points = space_of(name, (2, 40, 0))
    program = lower(EXAMPLES[name][0], mixing="log_sum_exp")
    data = {key: np.asarray(value).tolist() for key, value in space.data.items()}
    stan = stanli.Model(stan_code=render(program), data=data)
    for point in points:
        values = space.constrain(point)
        told = {key: first_index_fastest(value) for key, value in values.items()}
        told = {key: v if np.ndim(values[key]) else v[0] for key, v in told.items()}
        np.testing.assert_allclose(stan.unconstrain(told), point, rtol=1e-8, atol=1e-8)


def test_a_boundary_is_infinite_and_no_error():
    model, frame = EXAMPLES["normal_mixture_ordered_mu"]
    space = Space(lower(model), model.data(frame), (2, 36, 0))
    values = {
        "theta": [0.5, 0.5, 0.0],
        "mu_scaled": [1.0, 1.0, 2.0],
        "sigma_scaled": [1.0, 1.0, 0.0],
    }
    point = space.free(values)
    assert np.isinf(point[[1, 3, -1]]).all()
