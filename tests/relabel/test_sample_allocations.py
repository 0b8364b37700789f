import numpy as np
import pytest

from stanmix.errors import InputError
from stanmix.relabel import probabilities, sample_allocations


def test_frequencies_are_the_probabilities():
    draws = 50_000
    p = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.01, 0.99]])
    z = sample_allocations(np.broadcast_to(p, (2, draws // 2, 3, 3)), seed=1)
    observed = np.stack([(z == k).mean(axis=(0, 1)) for k in range(3)], axis=1)
    # Five standard errors for each frequency; certain ones must be met exactly.
    assert (np.abs(observed - p) <= 5 * np.sqrt(p * (1 - p) / draws)).all()


def test_impossible_components_are_never_drawn():
    p = np.zeros((1, 20_000, 1, 4))
    p[..., 1] = p[..., 2] = 0.5
    assert set(np.unique(sample_allocations(p, seed=2))) == {1, 2}


def test_the_seed_decides_and_the_blocks_do_not(monkeypatch):
    p = np.random.default_rng(3).dirichlet(np.ones(3), size=(2, 10, 5))
    z = sample_allocations(p, seed=4)
    assert (z != sample_allocations(p, seed=5)).any()
    monkeypatch.setattr(probabilities, "_BUDGET", 1)
    np.testing.assert_array_equal(sample_allocations(p, seed=4), z)
    np.testing.assert_array_equal(sample_allocations(p, np.random.default_rng(4)), z)


def test_refuses_what_are_not_probabilities():
    with pytest.raises(InputError, match=r"p sums to 0\.5"):
        sample_allocations(np.full((1, 1, 1, 2), 0.25), seed=0)
