"""Weighted draws from posteriors whose masses, means and evidence are known."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, logsumexp, polygamma

from stanmix.inference.exploration.drawing import draw
from stanmix.inference.exploration.optima import Optimum, climb, distinct
from stanmix.inference.exploration.proposals import Tie
from stanmix.inference.exploration.t_mixture import Labels, T
from stanmix.inference.exploration.weighted import STEADY


def mixture(parts, labels):
    """Return a log density made of distributions, averaged over the numberings."""
    import itertools

    perms = [np.array(p) for p in itertools.permutations(range(labels.components))]

    def value(points):
        terms = [
            np.log(share) + part.logpdf(points[:, labels.coordinates(perm)])
            for share, part in parts
            for perm in perms
        ]
        return np.asarray(logsumexp(terms, axis=0)) - np.log(len(perms))

    def target(points):
        gradient = np.empty_like(points)
        for i, step in enumerate(1e-5 * np.eye(points.shape[1])):
            gradient[:, i] = (value(points + step) - value(points - step)) / 2e-5
        return value(points), gradient

    return target


def explored(target, labels, starts, seed=1):
    found = distinct(climb(target, starts, rows=1), labels)
    return draw(lambda points: target(points)[0], found, labels, [], np.random.default_rng(seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_masses_of_two_modes(seed):
    """Weights .8 and .2, seven posterior sds apart; the narrow mode is the lower mass."""
    labels = Labels(1, block=3, common=0, alike=())
    near, far = np.zeros(3), np.array([7.0, 0.0, 0.0])
    target = mixture(
        [(0.8, stats.multivariate_normal(near)), (0.2, stats.multivariate_normal(far, 0.3))],
        labels,
    )
    found = explored(target, labels, np.array([[0.5, 0.2, 0.0], [6.5, 0.1, 0.3]]), seed)
    assert found.trusted
    error = np.sqrt(0.8 * 0.2 / found.effective)
    assert abs(found.masses.max() - 0.8) < 4 * error
    assert abs(found.log_evidence) < 4 / np.sqrt(found.effective)
    mean = found.weights @ found.points
    assert abs(mean[0] - 1.4) < 4 * 2.95 / np.sqrt(found.effective)


def test_labels_make_no_modes():
    """Three exchangeable components: one optimum up to their numbering, and its evidence."""
    labels = Labels(3, block=2, common=1, alike=((0, 1, 2),))
    centre = np.array([0, 0, 5, 1, 10, 2, 0.5], dtype=float)
    target = mixture([(1.0, stats.multivariate_t(centre, 0.5 * np.eye(7), 8))], labels)
    starts = np.stack([centre + 0.1, centre[[2, 3, 0, 1, 4, 5, 6]] - 0.1])
    found = explored(target, labels, starts)
    assert len(found.optima) == 1 and found.trusted
    assert abs(found.log_evidence) < 4 / np.sqrt(found.effective)
    # All draws are numbered like the optimum.
    gap = found.points - found.optima[0].point
    assert found.weights @ (np.abs(gap[:, :6]) < 5).all(axis=1) > 0.999


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_lies_beyond_a_tie_has_draws_enough(seed):
    """First coordinates 4 apart, of sd 1: the normal distribution says how often they are not."""
    labels = Labels(2, block=2, common=0, alike=((0, 1),))
    centre = np.array([0.0, 0.0, 4.0, 20.0])
    target = mixture([(1.0, stats.multivariate_normal(centre))], labels)
    found = distinct(climb(target, centre[None] + 0.1, rows=1), labels)
    about = T(np.array([2.2, 0.0, 1.8, 20.0]), np.diag([0.6, 1.0, 0.6, 1.0]))
    tie = Tie(about, np.array([-1.0, 0.0, 1.0, 0.0]))
    seen = draw(
        lambda points: target(points)[0],
        found,
        labels,
        [],
        np.random.default_rng(seed),
        ties=lambda one: [tie],
    )
    beyond = seen.weights[seen.points[:, 0] > seen.points[:, 2]]
    effective = beyond.sum() ** 2 / (beyond**2).sum()
    assert effective > 100  # without draws of their own there are about five
    expected = stats.norm.sf(4 / np.sqrt(2))
    assert abs(beyond.sum() / expected - 1) < 4 / np.sqrt(effective)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_tail_that_begins_beyond_the_first_draws_is_followed(seed):
    """The logarithm of a gamma distribution of little shape, which is close to normal at its mode.

    As that of a precision that counts leave open. At the mode 4.8 its sd seems to be 1.1.
    """
    alpha = 0.2

    def value(points):
        u, v = points.T
        return -2 * alpha * u - np.exp(-2 * (u - 4)) + stats.norm.logpdf(v)

    def target(points):
        u, v = points.T
        return value(points), np.column_stack([-2 * alpha + 2 * np.exp(-2 * (u - 4)), -v])

    labels = Labels(1, block=2, common=0, alike=())
    found = explored(target, labels, np.array([[5.0, 0.1]]), seed)
    mean, sd = 4 - digamma(alpha) / 2, np.sqrt(polygamma(1, alpha)) / 2
    assert found.trusted and found.normality == 0
    assert abs(found.weights @ found.points[:, 0] - mean) < 4 * sd / np.sqrt(found.effective)
    spread = np.sqrt(found.weights @ (found.points[:, 0] - mean) ** 2)
    assert spread == pytest.approx(sd, rel=0.2)


def long_arm(points):
    """A normal, and to its right a fifth of the whole in an arm along a parabola."""
    u, v = points.T
    arm = stats.halfnorm(scale=12).logpdf(u) + stats.norm.logpdf(v, u**2 / 100, 0.5)
    top = stats.norm.logpdf(u) + stats.norm.logpdf(v)
    return np.logaddexp(np.log(0.8) + top, np.log(0.2) + arm)


TOP = Optimum(np.zeros(2), float(long_arm(np.zeros((1, 2)))[0]), np.eye(2), True, True)


@pytest.mark.parametrize("seed", range(1, 4))
def test_rounds_go_on_while_they_move_an_sd(seed):
    """Where an arm is reached round by round, k-hat may be small long before its end.

    Its mean is 12 sqrt(2 / pi) = 9.6 and its second moment 144, in a fifth of the posterior.
    """
    labels = Labels(1, block=2, common=0, alike=())
    rng = np.random.default_rng(seed)
    found = draw(long_arm, [TOP], labels, [], rng, more=4, wanted=500, budget=20_000)
    mean = 0.2 * 12 * np.sqrt(2 / np.pi)
    sd = np.sqrt(0.8 + 0.2 * 144 - mean**2)
    assert found.trusted and found.drift < STEADY
    own_mean, own_sd = found.moments
    assert abs(own_mean[0] - mean) < 0.1 * sd
    assert own_sd[0] == pytest.approx(sd, rel=0.1)


def test_too_few_rounds_to_know_whether_they_move_anything():
    labels = Labels(1, block=2, common=0, alike=())
    rng = np.random.default_rng(1)
    found = draw(long_arm, [TOP], labels, [], rng, wanted=100, budget=300)
    assert found.drift == np.inf and not found.trusted


def test_what_no_proposal_reaches_is_told_by_k_hat():
    """A posterior with tails far heavier than its curvature at the top says."""
    labels = Labels(1, block=2, common=0, alike=())
    spike = stats.multivariate_normal(np.zeros(2), 1e-4)
    broad = stats.multivariate_t(np.zeros(2), 25 * np.eye(2), 1)
    target = mixture([(0.02, spike), (0.98, broad)], labels)
    found = distinct(climb(target, np.array([[0.001, 0.0]]), rows=1e4), labels)
    at_once = draw(
        lambda points: target(points)[0], found, labels, [], np.random.default_rng(1), rounds=0
    )
    assert not at_once.trusted


def test_resampled_rows_are_in_proportion_to_the_weights():
    labels = Labels(1, block=1, common=0, alike=())
    target = mixture([(1.0, stats.multivariate_normal([2.0], 0.25))], labels)
    found = explored(target, labels, np.array([[1.9]]))
    rows = found.resample(400, np.random.default_rng(3))
    taken = found.points[rows, 0]
    # Even sampling errs less than independent draws would.
    assert abs(taken.mean() - 2.0) < 4 * 0.5 / np.sqrt(400)
    np.testing.assert_allclose(taken.std(), 0.5, rtol=4 / np.sqrt(800))


@pytest.mark.parametrize(("upper", "fewest"), [(0.5, 2), (0.3, 1), (0.8, 3)])
def test_few_rows_are_spread_over_all_optima(upper, fewest):
    labels = Labels(1, block=1, common=0, alike=())
    parts = [(w, stats.multivariate_normal([m], 1.0)) for w, m in ((upper, 9.0), (1 - upper, -9.0))]
    found = explored(mixture(parts, labels), labels, np.array([[9.0], [-9.0]]))
    for seed in range(20):
        rows = found.resample(4, np.random.default_rng(seed))
        assert fewest <= (found.points[rows, 0] > 0).sum() <= fewest + 1


def test_the_evidence_has_no_bias_that_its_error_leaves_out():
    """Of 60 runs that move their proposals three times: a target with tails and one sharp edge."""
    labels = Labels(1, block=4, common=0, alike=())

    def target(points):
        inside = points[:, 0] > 0
        value = stats.gamma(1.5).logpdf(np.where(inside, points[:, 0], 1.0))
        value = value + stats.norm.logpdf(points[:, 1], 0, np.where(inside, 1 + points[:, 0], 1.0))
        value = value + stats.t(5).logpdf(points[:, 2:]).sum(axis=1)
        return np.where(inside, value, -np.inf)

    one = Optimum(np.array([1.0, 0.0, 0.0, 0.0]), 0.0, np.diag([0.3, 1.0, 1.0, 1.0]), True, True)
    off = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = draw(target, [one], labels, [], rng, wanted=2000.0, rounds=3)
        off.append(found.log_evidence / found.evidence_error)
    assert abs(np.mean(off)) < 4 / np.sqrt(60) and 0.6 < np.std(off) < 1.6
