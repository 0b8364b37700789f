from __future__ import annotations

import numpy as np
import pytest

from stanmix.inference.exploration.proposals import Proposal
from stanmix.inference.exploration.weighted import Weighted, trustworthy


def weighted(weights, belongs=None, points=None, **more):
    S = len(weights)
    given = {
        "points": np.zeros((S, 1)) if points is None else points,
        "belongs": np.zeros(S, dtype=int) if belongs is None else belongs,
        "weights": np.asarray(weights),
        "k_hat": 0.1,
        "normality": 1.0,
        "optima": (),
        "masses": np.ones(1),
        "empty_mass": 0.0,
        "log_evidence": 0.0,
        "evidence_error": 0.0,
        "proposal": Proposal((), np.empty(0)),
    }
    return Weighted(**{**given, **more})


def test_moments_and_effective_draws_are_those_of_repeated_draws():
    rng = np.random.default_rng(1)
    times = rng.integers(0, 5, 60)
    points = rng.normal(size=(60, 3))
    found = weighted(times / times.sum(), points=points)
    repeated = np.repeat(points, times, axis=0)
    np.testing.assert_allclose(found.moments[0], repeated.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.moments[1], repeated.std(axis=0), rtol=1e-12)
    assert found.effective == pytest.approx(len(repeated) ** 2 / (times**2).sum())
    assert weighted(np.full(40, 1 / 40)).effective == pytest.approx(40)


@pytest.mark.parametrize(
    ("k_hat", "effective", "expected"),
    [
        (0.49, 101, True),
        (0.49, 100, False),
        (0.5, 1000, False),
        (0.69, 1001, True),
        (0.7, 1e6, False),
        (-np.inf, 101, True),
        (np.inf, 1e6, False),
    ],
)
def test_long_tails_take_more_draws(k_hat, effective, expected):
    assert trustworthy(k_hat, effective) is expected


@pytest.mark.parametrize(
    "but",
    [{"whole": False}, {"proper": False}, {"drift": 0.06}, {"k_hat": 0.8}, {"drift": np.nan}],
)
def test_weighted_draws_are_trusted_unless_anything_speaks_against_them(but):
    even = np.full(200, 1 / 200)
    assert weighted(even, drift=0.04).trusted
    assert not weighted(even, **but).trusted
    assert not weighted(even[:100] * 2).trusted


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_come_in_proportion_also_within_groups(seed, grouped):
    """Each draw, and each group of them, comes as often as it weighs, rounded up or down."""
    rng = np.random.default_rng(seed)
    belongs = rng.integers(0, 3, 80)
    own = rng.integers(0, 5, 80)
    weights = rng.dirichlet(np.full(80, 0.2))
    rows = weighted(weights, belongs).resample(50, rng, own if grouped else None)
    assert rows.shape == (50,)
    assert (np.abs(np.bincount(rows, minlength=80) - 50 * weights) < 1).all()
    groups = own if grouped else belongs
    mass = np.bincount(groups, weights)
    assert (np.abs(np.bincount(groups[rows], minlength=len(mass)) - 50 * mass) < 1).all()
