"""Coordinates of components, some of whose coefficients are common, or none of theirs."""

import numpy as np
import pytest
from interpreted import interpreted

import stanmix
from stanmix.inference.exploration import users_units
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import EmptyBlock
from stanmix.inference.unconstrained.space import Space
from stanmix.program.coefficients import common_columns
from stanmix.program.lower import lower

RNG = np.random.default_rng(4)
FRAME = {
    "y": RNG.normal(3, 2, 40), "x": RNG.normal(20, 1, 40), "z": RNG.normal(size=40),
    "c": RNG.choice(["a", "b", "c"], 40),
}  # fmt: skip
MODELS = {
    "in common": stanmix.Mixture("y ~ x + z", 3, shared=("z",)),
    "by component": stanmix.Mixture(
        ["y ~ x", "y ~ z", "y ~ x"], 3, shared=("x",), formulas={"sigma": ["~ z", "~ 1", "~ z"]}
    ),
    "all": stanmix.Mixture("y ~ x", 3, shared=("x", "Intercept"), gating="~ z"),
    "categories": stanmix.Mixture(
        ["c ~ x", "c ~ z", "c ~ x"], 3, family="categorical", shared=("x",)
    ),
    "families": stanmix.Mixture(
        ["y ~ x", "y ~ x + z", "y ~ z"], 3, family=["normal", "student_t", "student_t"]
    ),
}  # fmt: skip


def space_of(name):
    model = MODELS[name]
    program, design = lower(model), model.matrices(FRAME)
    common = {one.name: common_columns(one.common, design, one.of) for one in program.numbered}
    return ComponentSpace(Space(program, model.data(FRAME), (2, 40)), 40.0, model.alike, common)


def density(space, name):
    """Log density without Jacobian, and its gradient, as the interpreter has them."""
    model, data = MODELS[name], MODELS[name].data(FRAME)

    def at(points):
        found = interpreted(model, data, points)
        value, slope = space.space.log_jacobian(points)
        return found[:, 0] - value, found[:, 1:] - slope

    return at


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_that_of_the_density(name):
    space = space_of(name)
    points = 0.5 * np.random.default_rng(3).normal(size=(2, space.size))
    of_stan = density(space, name)
    _, gradient = space.target(points, of_stan)
    steps = 1e-5 * np.eye(space.size)
    around = np.stack([points[:, None] + steps, points[:, None] - steps])
    up, down = space.target(around.reshape(-1, space.size), of_stan)[0].reshape(around.shape[:-1])
    np.testing.assert_allclose(gradient, (up - down) / 2e-5, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["in common", "by component", "all", "categories"])
def test_exchanging_components_that_are_alike_changes_no_density(name):
    space, points = space_of(name), 0.5 * np.random.default_rng(3).normal(size=(3, 1))
    points = points + 0.3 * np.random.default_rng(4).normal(size=(3, space.size))
    exchanged = space.renumbered(points, np.tile([2, 1, 0], (3, 1)))
    assert (0, 2) in [alike[:: len(alike) - 1] for alike in space.alike]
    one, other = (space.target(each, density(space, name))[0] for each in (points, exchanged))
    np.testing.assert_allclose(one, other, rtol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_points_come_back_and_have_the_parameters_of_the_program(name):
    """Components have in common, and lack, what is stated; in the units of the data."""
    space = space_of(name)
    points = np.random.default_rng(5).normal(size=(4, space.size))
    points[:, space.unused] = 0.0
    points = space.shuffled(points, np.random.default_rng(0))
    values = [space.space.constrain(one) for one in space.to_stan(points)]
    again = np.array([space.from_program(each) for each in values])
    np.testing.assert_allclose(space.to_stan(again), space.to_stan(points), rtol=1e-9, atol=1e-9)
    draws = users_units.draws(space, points)
    for one in space.space.program.numbered:
        numbers = np.asarray(space.space.data[f"{one.name}_number"])
        for number in range(1, numbers.max() + 1):
            of_one = draws[one.name][:, numbers == number]
            np.testing.assert_allclose(of_one, of_one[:, :1] * np.ones(of_one.shape), rtol=1e-12)
        assert not draws[one.name][:, numbers == 0].any()


def test_an_empty_component_has_priors_of_what_is_its_own():
    space = space_of("in common")
    block = EmptyBlock.of(space)
    assert block.size == space.block == 1 + 2 + 1  # weight, intercept and slope, scale
    drawn = block.draw(4000, np.random.default_rng(1))
    codes = np.asarray(space.space.data["beta_prior_arguments"])[:2]
    np.testing.assert_allclose(drawn[:, 1:3].mean(axis=0), codes[:, 0], atol=0.4)  # of sd / 63
    np.testing.assert_allclose(drawn[:, 1:3].std(axis=0), codes[:, 1], rtol=0.06)
