"""Mixtures within larger ones, against the programs of their own."""

from __future__ import annotations

import numpy as np
import pytest
from interpreted import interpreted

import stanmix
from stanmix.inference.exploration.explore import component_space
from stanmix.inference.exploration.occupied import Occupied
from stanmix.program.lower import lower

RNG = np.random.default_rng(1)
FRAME = {"y": np.round(RNG.normal(size=15), 2), "x": np.round(RNG.normal(size=15), 2)}
FRAME["n"] = RNG.poisson(2, 15)
POINT = stanmix.PointMass(0)
KNOWN, PRIORS = {"theta": [0.2, 0.3, 0.5]}, {"theta": stanmix.Dirichlet([1.5, 2.5, 4.0])}
# The larger mixture, and what of its statement the smaller has, by what is empty there.
MODELS = {
    "families": (
        {"formula": "n", "family": [POINT, "poisson", "negative_binomial"]},
        (0, 2), {"family": "poisson"},
    ),
    "one of two alike": (
        {"formula": "n", "family": [POINT, "poisson", "poisson"]},
        (2,), {"family": [POINT, "poisson"]},
    ),
    "formulas": ({"formula": ["y ~ x", "y ~ 1", "y ~ x"]}, (1,), {"formula": ["y ~ x"] * 2}),
    "known weights": ({"formula": "y", "fixed": KNOWN}, (0,), {"fixed": {"theta": [0.375, 0.625]}}),
    "weights": (
        {"formula": "y", "priors": PRIORS},
        (1,), {"priors": {"theta": stanmix.Dirichlet([1.5, 4.0])}},
    ),
    "in order": ({"formula": "y", "order": "mu"}, (2,), {}),
    "in order, told apart": (
        {"formula": "y", "order": "mu", "fixed": {"sigma": [1.0, 2.0, 1.0]}},
        (1,), {"fixed": {"sigma": 1.0}},
    ),
}  # fmt: skip


def explored_in(model, empty=()):
    design, data = model.matrices(FRAME), model.data(FRAME)
    space = component_space(model, design, data, lower(model), (2, 40))
    level = Occupied(space, empty)

    def density(points):
        found = interpreted(model, level.data(), points)
        value, slope = space.space.log_jacobian(points)
        return found[:, 0] - value, found[:, 1:] - slope

    return level, density


@pytest.mark.parametrize("name", MODELS)
def test_the_density_is_that_of_the_smaller_mixture_but_for_a_constant(name):
    stated, empty, own = MODELS[name]
    level, density = explored_in(stanmix.Mixture(components=3, **stated), empty)
    kept = {**stated, **own}
    alone, of_alone = explored_in(stanmix.Mixture(components=3 - len(empty), **kept))
    points = RNG.normal(0, 0.5, (4, level.size))
    if "told apart" in name:
        points[:, level.space.block + 1] += 3 - points[:, 1]
    value, gradient = level.target(points, density)
    steps = 1e-5 * np.eye(level.size)
    around = np.stack([points[:, None] + steps, points[:, None] - steps])
    up, down = level.target(around.reshape(-1, level.size), density)[0].reshape(
        2, len(points), level.size
    )
    np.testing.assert_allclose(gradient, (up - down) / 2e-5, rtol=1e-4, atol=1e-4)
    # Coordinates that stand for nothing, of families that the smaller mixture does not know.
    used, theirs = ~level.space.unused[level.coordinates], ~alone.space.unused
    at = np.zeros((len(points), alone.size))
    at[:, theirs] = points[:, used]
    smaller, _ = alone.target(at, of_alone)
    rest = -0.5 * (points[:, ~used] ** 2).sum(axis=1)
    if "told apart" in name:  # the prior where the empty one lies, between its neighbours
        data = level.space.space.data
        _, scale, _ = data["mu_prior_arguments"]
        between = points[:, [1, level.space.block + 1]].mean(axis=1)
        rest = rest - 0.5 * ((between - data["mu_prior_arguments"][0]) / scale) ** 2
    apart = value - smaller - rest
    np.testing.assert_allclose(apart, apart[0], rtol=1e-7)


def test_components_are_of_the_kinds_that_are_left():
    model = stanmix.Mixture("n", 4, family=[POINT, "poisson", "poisson", "negative_binomial"])
    assert explored_in(model)[0].kinds == ((0,), (1, 2), (3,))
    assert explored_in(model, (0,))[0].kinds == ((0, 1), (2,))
    assert explored_in(model, (1, 3))[0].kinds == ((0,), (1,))
    assert explored_in(model, (1, 3))[0].labels.alike == ()
