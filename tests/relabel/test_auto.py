import importlib

import numpy as np
import pytest
from switched_draws import compose, constant, make, random_permutations

from stanmix.errors import InputError
from stanmix.relabel import auto
from stanmix.relabel.auto import separating_parameter


@pytest.mark.parametrize(
    ("given", "method"),
    [
        ({"z", "p", "theta", "pivot"}, "ecr"),
        ({"z", "p", "theta"}, "stephens"),
        ({"p"}, "stephens"),
        ({"z", "theta"}, "ecr_iterative_1"),
        ({"z", "pivot"}, "ecr"),
        ({"theta"}, "pra"),
    ],
)
def test_makes_most_of_what_is_given(given, method):
    # On a square no coordinate sets all four apart.
    draws = make(81, components=4)
    perm = random_permutations(81, 2, 12, 4)
    switched = draws.switched(perm)
    every = {"z": switched.z, "p": switched.p, "theta": switched.theta, "pivot": draws.truth}
    found, reason = auto(**{name: every[name] for name in given})
    assert reason.startswith(f"{method}: ")
    assert constant(compose(perm, found))


def test_orders_by_a_parameter_that_sets_all_apart():
    draws = make(82, components=4)
    theta = np.concatenate([draws.weight[..., None], draws.theta @ [[1.0], [0.6]]], axis=3)
    perm = random_permutations(82, 2, 12, 4)
    switched = np.take_along_axis(theta, perm[..., None], axis=2)
    found, reason = auto(theta=switched)
    assert reason.startswith("order: parameter 1 ")
    assert constant(compose(perm, found))


def test_too_many_probabilities_are_read_once(monkeypatch):
    monkeypatch.setattr(importlib.import_module("stanmix.relabel.auto"), "MANY", 10)
    draws = make(83)
    perm = random_permutations(83, 2, 12, 3)
    switched = draws.switched(perm)
    found, reason = auto(p=switched.p, seed=1)
    assert reason.startswith("ecr_iterative_1: ")
    assert reason.endswith("sampled from them once.")
    assert constant(compose(perm, found))
    found, reason = auto(p=switched.p, z=switched.z)
    assert reason.endswith("the allocations were given.")
    assert constant(compose(perm, found))


def test_components_that_overlap_are_not_set_apart():
    rng = np.random.default_rng(84)
    apart = np.array([0.0, 5.0, 10.0]) + rng.normal(scale=0.5, size=(2, 200, 3))
    overlapping = np.array([0.0, 1.0, 10.0]) + rng.normal(scale=0.5, size=(2, 200, 3))
    assert separating_parameter(np.stack([overlapping, apart], axis=-1)) == 1
    assert separating_parameter(overlapping[..., None]) is None
    assert separating_parameter(np.ones((1, 2, 3, 1))) is None
    assert separating_parameter(np.ones((1, 2, 1, 1))) is None


def test_refuses_nothing_at_all():
    with pytest.raises(InputError, match="none of z, p and theta is given"):
        auto()
