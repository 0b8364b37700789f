import numpy as np
import pytest
from switched_draws import compose, constant, make, random_permutations
from test_sjw import log_density, parameters

from stanmix.errors import InputError
from stanmix.relabel.methods import METHODS, gather


@pytest.mark.parametrize("name", METHODS)
def test_every_method_undoes_switching(name):
    draws = make(71, components=4)
    # Turned so that the first coordinate sets all four apart.
    turned = np.array([[1.0, 0.6], [0.6, -1.0]])
    draws = type(draws)(
        draws.z, draws.p, draws.theta @ turned, draws.weight, draws.y @ turned, draws.truth
    )
    perm = random_permutations(71, 2, 12, 4)
    switched = draws.switched(perm)
    inputs = gather(
        z=switched.z,
        p=switched.p,
        theta=parameters(switched),
        y=switched.y,
        pivot=draws.truth,
        log_density=log_density,
    )
    assert (inputs.chains, inputs.draws, inputs.components) == (2, 12, 4)
    assert constant(compose(perm, METHODS[name].run(inputs, None)))


def test_components_come_from_what_has_them():
    z, theta = [[[0, 1]]], np.zeros((1, 1, 3))
    assert gather(z=z).components == 2
    assert gather(z=z, theta=theta).components == 3
    assert gather(z=z, components=5).components == 5


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "none of z, p and theta"),
        ({"y": [1.0]}, "none of z, p and theta"),
        (
            {"theta": np.zeros((1, 1, 3)), "p": np.full((1, 1, 4, 2), 0.5)},
            "p has 2 components, but 3",
        ),
        ({"theta": np.zeros((1, 1, 3)), "components": 2}, "theta has 3 components, but 2"),
        ({"theta": np.zeros((1, 1, 3)), "z": [[[3]]]}, "z holds the label 3; with 3 components"),
        ({"theta": np.zeros((1, 2, 3)), "z": [[[2]]]}, "z has 1 chains of 1 draws, but theta"),
    ],
)
def test_inputs_that_disagree_are_refused(inputs, message):
    with pytest.raises(InputError, match=message):
        gather(**inputs)
