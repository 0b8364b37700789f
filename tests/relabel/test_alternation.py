import numpy as np
import pytest

from stanmix.relabel import ecr_iterative_1, sjw
from stanmix.relabel.alternation import (
    Convergence,
    Pass,
    RelabellingWarning,
    alternate,
    best_start,
    conclude,
    spread,
    subset,
)


def walk(successors, objectives):
    """A step along given successors; the permutations stand for the place."""
    return lambda at: Pass(np.array([at]), objectives[at], successors[at])


def test_stops_at_a_fixed_point():
    end, objective, converged = alternate(walk([1, 2, 2], [5.0, 3.0, 1.0]), 0, 10)
    assert (end.perm[0], objective, converged) == (2, (5.0, 3.0, 1.0, 1.0), True)


def test_gives_the_best_of_a_cycle_and_says_so():
    end, _, converged = alternate(walk([1, 2, 3, 1], [0.0, 3.0, 1.0, 2.0]), 0, 10)
    assert (end.perm[0], converged) == (2, False)


def test_a_cycle_among_equals_is_an_end():
    _, _, converged = alternate(walk([1, 0], [3.0, 3.0]), 0, 10)
    assert converged


def test_gives_the_best_where_the_passes_did_not_suffice():
    end, objective, converged = alternate(walk([1, 2, 3], [2.0, 1.0, 4.0]), 0, 3)
    assert (end.perm[0], objective, converged) == (1, (2.0, 1.0, 4.0), False)


def test_the_best_of_several_starts_wins():
    best, reached = best_start(walk([0, 1, 1], [5.0, 3.0, 9.0]), [0, 2], 10)
    assert (best.perm[0], reached) == (1, (5.0, 3.0))


def test_starts_are_spread_and_different_whatever_the_order():
    rng = np.random.default_rng(1)
    keys = np.round(rng.normal(size=(100, 2)), 3)
    order = rng.permutation(100)
    np.testing.assert_array_equal(keys[spread(keys)], keys[order][spread(keys[order])])
    assert len(spread(keys)) == 8
    assert len(spread(np.zeros((50, 1)))) == 1
    assert sorted(spread(keys[:3])) == [0, 1, 2]


def test_subset_reaches_all_chains():
    assert subset(5).tolist() == [0, 1, 2, 3, 4]
    chosen = subset(4000)
    assert len(chosen) == len(set(chosen)) == 400
    assert np.bincount(chosen // 1000).tolist() == [100] * 4


def test_conclusion_reports_and_warns():
    ends = []
    conclude("method", (2.0, 1.0), (1.0,), True, ends.append)
    with pytest.warns(RelabellingWarning, match="method did not .* in 2 passes; .*max_iterations"):
        conclude("method", (2.0, 1.0), (1.0,), False, ends.append)
    assert ends == [
        Convergence(True, 2, (2.0, 1.0), (1.0,)),
        Convergence(False, 2, (2.0, 1.0), (1.0,)),
    ]


def test_the_warning_names_the_line_that_called():
    z = np.random.default_rng(0).integers(3, size=(2, 30, 12))
    for method in (ecr_iterative_1, lambda z, **options: sjw_of(z, **options)):
        with pytest.warns(RelabellingWarning) as caught:
            method(z, max_iterations=1)
        assert caught[0].filename == __file__


def sjw_of(z, **options):
    theta = np.random.default_rng(1).normal(size=(2, 30, 3))
    y = np.arange(12.0)
    return sjw(theta, z, y, lambda y, t: -((y[:, None] - t[:, 0]) ** 2), **options)
