"""Points of components as draws, beside what the text of a program makes of the same point."""

from __future__ import annotations

import numpy as np
import pytest
from independent import parameters
from rendered import EXAMPLES, render
from stan_transforms import stick_breaking

import stanmix
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.users_units import draws, ordered_values
from stanmix.inference.unconstrained.space import Space
from stanmix.program.lower import lower

# What no shipped program has: an order by what makes up the constant, far from where it is sampled.
FAR = render.crossing_lines(rows=60).assign(x=lambda data: data["x"] + 40)
MODELS = {**EXAMPLES, "ordered at zero": (stanmix.Mixture("y ~ x", 2, order="Intercept"), FAR)}


def space_and_points(name, count=6):
    """Points whose components have the numbers that the program gives them."""
    model, frame = MODELS[name]
    data = model.data(frame)
    alike = (tuple(range(model.components)),)
    space = ComponentSpace(Space(lower(model), data, (2, 35)), rows=len(frame), alike=alike)
    points = np.random.default_rng(5).normal(0, 0.7, size=(count, space.size))
    return model, data, space, space.renumbered(points, space.order(points))


@pytest.mark.parametrize("name", MODELS)
def test_draws_are_those_of_the_program(name):
    model, data, space, points = space_and_points(name)
    found = draws(space, points)
    assert set(found) == set(model.parameters)
    for s, u in enumerate(space.to_stan(points)):
        expected, _ = parameters(model, data, u, stick_breaking)
        for key, values in found.items():
            there = expected[key]
            if key not in model.component_parameters:  # once, and not for each component
                there = there[0]
            np.testing.assert_allclose(values[s], there, rtol=1e-8, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", [name for name in MODELS if "ordered" in name])
def test_what_names_the_components_ascends_with_what_users_see(name):
    model, _, space, points = space_and_points(name)
    by = ordered_values(space, points, str(model.order))
    assert (np.diff(by, axis=1) > 0).all()
    seen = draws(space, points)[model.program_order]
    if seen.ndim == 3:
        seen = seen[..., space.ordered.column]
    assert (np.diff(seen, axis=1) > 0).all()


def test_weights_are_ordered_by_themselves():
    _, _, space, points = space_and_points("normal_mixture")
    by = ordered_values(space, points, "theta")
    theta = draws(space, points)["theta"]
    np.testing.assert_allclose(theta.sum(axis=1), 1)
    np.testing.assert_array_equal(np.argsort(by, axis=1), np.argsort(theta, axis=1))
