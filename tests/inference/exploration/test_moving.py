from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.inference.exploration.importance import effective_draws
from stanmix.inference.exploration.moving import Beyond, moved
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.proposals import Drawn, Proposal, Symmetric, Tie
from stanmix.inference.exploration.t_mixture import Labels, T
from stanmix.inference.exploration.weighted import Weighted

ONE = Labels(1, block=2, common=0, alike=())
PAIR = Labels(2, block=1, common=0, alike=((0, 1),))
MEAN, COVARIANCE = np.array([1.5, -1.0]), np.array([[2.0, 1.2], [1.2, 1.0]])


def normal(points):
    return stats.multivariate_normal(MEAN, COVARIANCE).logpdf(points)


def optimum(*point):
    return Optimum(np.array(point), 0.0, np.eye(len(point)), True, True)


def weighed(drawn, belongs=None):
    """Plain importance weights of what was drawn."""
    ratio = np.concatenate(drawn.target) - drawn.shares()[0]
    weights = np.exp(ratio - ratio.max())
    belongs = np.zeros(len(ratio), dtype=int) if belongs is None else belongs
    return of_weights(np.concatenate(drawn.points), weights / weights.sum(), belongs)


def of_weights(points, weights, belongs):
    proposal = Proposal((), np.empty(0))
    return Weighted(
        points, belongs, weights, 0.1, 1.0, (), np.ones(1), 0.0, 0.0, 0.0, proposal
    )  # fmt: skip


def drawn_about(centres, count, target, labels, seed=1):
    parts = tuple(Symmetric(T(np.array(c), np.eye(2)), labels, i) for i, c in enumerate(centres))
    drawn = Drawn()
    shares = np.full(len(parts), 1 / len(parts))
    drawn.add(Proposal(parts, shares), count, target, np.random.default_rng(seed))
    return drawn


def test_a_distribution_goes_to_where_the_weight_is():
    """It takes the target's moments, and makes better draws than the one it was."""
    drawn = drawn_about([[0.0, 0.0]], 2000, normal, ONE)
    found = weighed(drawn)
    made = moved(drawn, found, [optimum(0.0, 0.0)], ONE, [], [])
    first = made.parts[0]
    assert not first.local and all(one.local for one in made.parts[1:])
    assert made.shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(first.t.centre, MEAN, atol=4 * np.sqrt(2 / found.effective))
    covariance = first.t.scale * first.t.freedom / (first.t.freedom - 2)
    # A variance of effective draws has a relative error of sqrt(2 / effective); weights vary too.
    np.testing.assert_allclose(covariance, COVARIANCE, atol=2 * 6 * np.sqrt(2 / found.effective))
    points = made.draw(1000, np.random.default_rng(2))
    weights = np.exp(normal(points) - made.log_density(points))
    assert effective_draws(weights) / 1000 > 1.5 * found.effective / 2000


def test_too_few_draws_move_nothing_and_some_move_it_a_part_of_the_way():
    drawn = drawn_about([[0.0, 0.0]], 50, normal, ONE)
    points, belongs = drawn.points[0], np.zeros(50, dtype=int)
    for rows, way in (([3], 0.0), ([3, 9, 27, 31, 45, 48], 6 / 8)):
        weights = np.zeros(50)
        weights[rows] = 1 / len(rows)
        made = moved(drawn, of_weights(points, weights, belongs), [optimum(0, 0)], ONE, [], [])
        centre = made.parts[0].t.centre
        np.testing.assert_allclose(centre, way * points[rows].mean(axis=0), atol=1e-12)


def test_the_numbering_of_the_draws_plays_no_part():
    drawn = drawn_about([[-3.0, 3.0]], 300, lambda points: stats.norm.logpdf(points).sum(1), PAIR)
    rng = np.random.default_rng(4)
    weights, belongs = rng.dirichlet(np.ones(300)), np.zeros(300, dtype=int)
    swap = rng.random(300) < 0.5
    made = []
    for points in (
        drawn.points[0],
        np.where(swap[:, None], drawn.points[0][:, ::-1], drawn.points[0]),
    ):
        other = Drawn(drawn.parts, drawn.counts, [points], drawn.target, drawn.densities)
        found = of_weights(drawn.points[0], weights, belongs)
        made.append(moved(other, found, [optimum(-3.0, 3.0)], PAIR, [], []).parts[0].t)
    np.testing.assert_allclose(made[0].centre, made[1].centre, rtol=1e-12)
    np.testing.assert_allclose(made[0].scale, made[1].scale, rtol=1e-12)


def test_optima_get_draws_as_they_have_mass():
    """Of two modes far apart, .9 and .1, of the part that draws about large weights leave.

    At the other mode a t distribution has less than 1e-5 of its density at its own.
    """
    centres = [[-9.0, 0.0], [9.0, 0.0]]

    def target(points):
        each = [stats.multivariate_normal(c).pdf(points) for c in centres]
        return np.log(0.9 * each[0] + 0.1 * each[1])

    drawn = drawn_about(centres, 2000, target, ONE)
    belongs = (drawn.points[0][:, 0] > 0).astype(int)
    found = weighed(drawn, belongs)
    made = moved(drawn, found, [optimum(*c) for c in centres], ONE, [], [])
    assert [one.optimum for one in made.parts[:2]] == [0, 1]
    first, second = made.shares[:2]
    assert first / (first + second) == pytest.approx(found.weights[belongs == 0].sum(), abs=1e-5)
    assert first + second == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("beyond", "known"),
    [
        (np.zeros(9), True),
        (np.full(9, 1e-5), True),
        (np.full(9, 1e-2), False),
        (np.full(101, 1e-3), True),
        (np.full(99, 1e-3), False),
        (np.append(np.full(200, 1e-4), 0.1), False),
    ],
)
def test_what_lies_beyond_a_tie_is_known_by_its_draws_or_holds_nothing(beyond, known):
    """More than a hundred effective ones."""
    tie = Tie(T(np.zeros(2), np.eye(2)), np.array([1.0, -1.0]))
    side = Beyond(tie, Symmetric(tie.t, PAIR, optimum=1))
    here, S = 300, len(beyond)
    points = np.concatenate([np.tile([2.0, 1.0], (here, 1)), np.tile([1.0, 2.0], (S + 5, 1))])
    belongs = np.concatenate([np.ones(here + S), np.zeros(5)]).astype(int)  # of another optimum
    rest = np.full(here, (1 - beyond.sum() - 0.05) / here)
    found = of_weights(points, np.concatenate([rest, beyond, np.full(5, 0.01)]), belongs)
    np.testing.assert_array_equal(side.weights(found)[here:-5], beyond)
    assert side.weights(found).sum() == pytest.approx(beyond.sum())
    assert side.known(found) is known
