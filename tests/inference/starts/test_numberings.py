"""Numberings of made-up states, against SciPy's prior densities of all of them in turn."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix import Dirichlet, LogNormal, Normal
from stanmix.inference.starts.em import State
from stanmix.inference.starts.numberings import numberings

FRAME = {"y": np.array([-4.0, 0.0, 1.0, 2.0, 5.0, 6.0, 9.0, 30.0])}


def state_of(model, theta, mu, sigma):
    """Return a state by its numbers in the users' units."""
    data = model.data(FRAME)
    scaled = {
        "mu": (np.array(mu) - data["y_centre"]) / data["y_scale"],
        "sigma": np.array(sigma) / data["y_scale"],
    }
    return State(np.array(theta), scaled, -20.0, 2.0, False)


def found(model, state):
    rng = np.random.default_rng(0)
    return [tuple(each.tolist()) for each in numberings(model, model.data(FRAME), state, rng)]


def by_scipy(theta, mu, sigma, of_mu, of_sigma=(), alpha=None):
    """Return each numbering's log prior density; ``numbering[new] = old``."""
    totals = {}
    for order in itertools.permutations(range(len(mu))):
        at = list(order)
        total = stats.norm([p.mu for p in of_mu], [p.sigma for p in of_mu]).logpdf(mu[at]).sum()
        if of_sigma:
            scales, sds = np.exp([p.mu for p in of_sigma]), [p.sigma for p in of_sigma]
            total += stats.lognorm(sds, scale=scales).logpdf(sigma[at]).sum()
        if alpha is not None:
            total += stats.dirichlet(alpha).logpdf(theta[at])
        totals[order] = total
    return totals


@pytest.mark.parametrize("width", [1.0, 8.0])
def test_priors_of_all_parameters_order_few_components(width):
    """Narrow priors leave some numberings without hope: 50 below the likeliest."""
    theta, mu, sigma = np.array([0.5, 0.2, 0.3]), np.array([6.0, 0.0, 2.0]), np.array([1.0, 3, 0.4])
    of_mu = [Normal(-4, width), Normal(1, 2 * width), Normal(5, width)]
    of_sigma = [LogNormal(0, 1), LogNormal(1, 0.3), LogNormal(0.5, 2)]
    alpha = [1.0, 6.0, 2.0]
    model = stanmix.Mixture(
        "y", 3, priors={"mu": of_mu, "sigma": of_sigma, "theta": Dirichlet(alpha)}
    )
    totals = by_scipy(theta, mu, sigma, of_mu, of_sigma, alpha)
    likeliest = sorted(totals, key=totals.get, reverse=True)
    hoped = [one for one in likeliest if totals[one] >= totals[likeliest[0]] - 50]
    assert (len(hoped) < 6) is (width == 1.0)
    assert found(model, state_of(model, theta, mu, sigma)) == hoped


def test_of_many_components_the_likeliest_numbering_comes_alone():
    mu = np.array([6.0, 0.0, 2.0, -3.0, 20.0])
    of_mu = [Normal(0, 2), Normal(25, 9), Normal(4, 1), Normal(0, 8), Normal(3, 3)]
    model = stanmix.Mixture("y", 5, priors={"mu": of_mu})
    totals = by_scipy(None, mu, None, of_mu)
    state = state_of(model, np.full(5, 0.2), mu, np.ones(5))
    assert found(model, state) == [max(totals, key=totals.get)]


def test_components_keep_to_their_family():
    of_mu = [Normal(5, 4), Normal(1, 4), Normal(3, 4), Normal(-2, 4)]
    family = ["normal", "normal", "student_t", "student_t"]
    priors = {"mu_normal": of_mu[:2], "mu_student_t": of_mu[2:]}
    model = stanmix.Mixture("y", 4, family=family, priors=priors)
    mu = np.array([0.0, 2.0, -1.0, 6.0])
    totals = by_scipy(None, mu, None, of_mu)
    whole = state_of(model, np.full(4, 0.25), mu, np.ones(4))
    scaled = whole.parameters["mu"]
    own = {"mu_normal": scaled[:2], "mu_student_t": scaled[2:]}
    state = dataclasses.replace(whole, parameters=own)
    expected = [(*a, *b) for a in [(0, 1), (1, 0)] for b in [(2, 3), (3, 2)]]
    assert found(model, state) == sorted(expected, key=totals.get, reverse=True)


@pytest.mark.parametrize(
    ("stated", "others"),
    [
        ({}, set(itertools.permutations(range(3)))),
        ({"priors": {"mu": [Normal(-9, 2), Normal(9, 2), Normal(9, 2)]}}, {(2, 0, 1), (2, 1, 0)}),
        ({"fixed": {"sigma": [1.0, 2.0, 1.0]}}, {(0, 1, 2), (2, 1, 0)}),
        ({"fixed": {"sigma": [1.0, 2.0, 3.0]}}, {(0, 1, 2)}),
    ],
)
def test_components_that_nothing_tells_apart_come_in_any_order(stated, others):
    """Known values keep them where EM had them."""
    model = stanmix.Mixture("y", 3, **stated)
    state, data = (
        state_of(model, np.full(3, 1 / 3), [6.0, 7.0, -6.0], np.ones(3)),
        model.data(FRAME),
    )
    rng = np.random.default_rng(1)
    first = [next(numberings(model, data, state, rng)) for _ in range(40)]
    assert {tuple(each.tolist()) for each in first} == others
