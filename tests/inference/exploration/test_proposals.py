"""Mixtures of t distributions, and draws under several of them, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.inference.exploration.proposals import (
    Drawn,
    Proposal,
    Symmetric,
    with_floor,
    with_others,
)
from stanmix.inference.exploration.t_mixture import HEAVY, Labels, T

PAIR = Labels(2, block=1, common=1, alike=((0, 1),))
SWAPPED = [1, 0, 2]
SCALE = np.array([[1.0, 0.3, 0.0], [0.3, 2.0, 0.1], [0.0, 0.1, 0.5]])


def part(*centre, labels=PAIR):
    return Symmetric(T(np.array(centre), SCALE), labels, 0)


def density(one, points):
    """Mean of the density over the two numberings."""
    t = stats.multivariate_t(one.t.centre, SCALE, HEAVY)
    return (t.pdf(points) + t.pdf(points[:, SWAPPED])) / 2


LEFT, RIGHT, FAR = part(-2.0, 0.0, 1.0), part(1.0, 1.5, 0.0), part(9.0, 9.0, 9.0)


def target(points):
    """A log density whose integral is 3."""
    return np.log(3 * density(RIGHT, points))


def test_a_proposal_has_the_density_of_a_mixture():
    points = np.random.default_rng(1).normal(0, 3, (20, 3))
    mixture = Proposal((LEFT, RIGHT, FAR), np.array([0.7, 0.3, 0.0]))
    expected = np.log(0.7 * density(LEFT, points) + 0.3 * density(RIGHT, points))
    np.testing.assert_allclose(mixture.log_density(points), expected, rtol=1e-10)
    np.testing.assert_allclose(mixture.log_density(points[:, SWAPPED]), expected, rtol=1e-10)


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_counts_follow_the_shares(count):
    shares = np.array([0.04, 0.56, 0.0, 0.4])
    counts = Proposal((LEFT, RIGHT, LEFT, FAR), shares).counts(count)
    assert counts.sum() == count
    assert counts[2] == 0
    assert (np.abs(counts - shares * count) <= 1).all()


def test_draws_come_from_the_parts_by_their_shares_in_any_order():
    mixture = Proposal((LEFT, RIGHT, FAR), np.array([0.1, 0.5, 0.4]))
    points = mixture.draw(1000, np.random.default_rng(1))
    far = points.sum(axis=1) > 15  # between that part and the others, five sds from each
    for some in (far, far[:500], far[500:]):
        assert abs(some.mean() - 0.4) < 4 * np.sqrt(0.24 / len(some))


def drawn(*rounds):
    made, rng = Drawn(), np.random.default_rng(5)
    for count, parts, shares in rounds:
        made.add(Proposal(parts, np.array(shares)), count, target, rng)
    return made


def test_draws_of_all_rounds_are_held_against_all_parts():
    made = drawn((40, (LEFT,), [1.0]), (60, (LEFT, RIGHT), [0.5, 0.5]))
    assert made.total == 100
    assert made.parts == [LEFT, RIGHT]
    assert made.counts == [70, 30]
    points = np.concatenate(made.points)
    weighed = np.stack([0.7 * density(LEFT, points), 0.3 * density(RIGHT, points)])
    total, share = made.shares()
    np.testing.assert_allclose(total, np.log(weighed.sum(axis=0)), rtol=1e-10)
    np.testing.assert_allclose(share, weighed / weighed.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(np.concatenate(made.target), target(points), rtol=1e-12)


def test_points_beside_the_draws_are_evaluated_and_not_kept():
    made, beside = Drawn(), np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    proposal = Proposal((LEFT,), np.ones(1))
    found = made.add(proposal, 5, target, np.random.default_rng(1), beside)
    np.testing.assert_allclose(found, target(beside), rtol=1e-12)
    assert made.total == len(made.target[0]) == len(made.points[0]) == 5
    assert made.add(proposal, 5, target, np.random.default_rng(1)).shape == (0,)


def test_the_evidence_is_that_of_the_rounds_that_hold_half_of_the_draws():
    """Where they come from the target itself there is no error, whatever came before."""
    exact = drawn((100, (LEFT,), [1.0]), (40, (RIGHT,), [1.0]), (60, (RIGHT,), [1.0]))
    assert exact.evidence() == pytest.approx((np.log(3), 0.0), abs=1e-12)
    made = drawn((100, (RIGHT,), [1.0]), (99, (LEFT, FAR, RIGHT), [0.6, 0.0, 0.4]))
    ratio = [np.exp(made.target[0]) / density(RIGHT, made.points[0])]
    counts = np.diff(np.round(np.cumsum([0, 0.6, 0.4]) * 99))
    own = counts / 99 @ [density(LEFT, made.points[1]), density(RIGHT, made.points[1])]
    ratio.append(np.exp(made.target[1]) / own)
    ratios = np.concatenate(ratio)
    log_evidence, error = made.evidence()
    assert log_evidence == pytest.approx(np.log(ratios.mean()), rel=1e-9)
    assert error == pytest.approx(stats.sem(ratios, ddof=0) / ratios.mean(), rel=1e-9)
    assert abs(log_evidence - np.log(3)) < 4 * error


def test_shares_about_optima_leave_room_for_ties_and_empty_components():
    """Each optimum has a tenth of an equal share; ties .15 of what empty components leave."""
    floor = with_floor(np.array([0.99, 0.01, 0.0]))
    np.testing.assert_allclose(floor, np.array([0.99, 1 / 30, 1 / 30]) / (0.99 + 2 / 30))
    made = with_others([LEFT, RIGHT], np.array([0.8, 0.2]), [FAR], [LEFT, FAR])
    assert made.parts == (LEFT, RIGHT, FAR, LEFT, FAR)
    rest = 0.85 * 0.75
    expected = [0.8 * rest, 0.2 * rest, 0.15 * 0.75, 0.125, 0.125]
    np.testing.assert_allclose(made.shares, expected, rtol=1e-12)
    alone = with_others([LEFT], np.ones(1), [], [])
    assert alone.parts == (LEFT,)
    np.testing.assert_array_equal(alone.shares, [1.0])
