"""Sides where components of a kind are empty, against draws from the prior weighed by SciPy.

Where components differ in their families or formulas, or have columns of several families.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

import stanmix
from stanmix.inference.engines.ready import ready
from stanmix.inference.exploration.explore import explore
from stanmix.inference.exploration.users_units import draws
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan
from stanmix.inference.starts import multistart

RNG = np.random.default_rng(2)
X = np.round(RNG.normal(size=14), 2)
FRAME = {"y": np.round(RNG.normal(size=14) + 0.4 * X, 2), "x": X, "n": RNG.poisson(2, 14)}
MU, SIGMA = stanmix.Normal(0, 1), stanmix.LogNormal(0, 0.5)
DRAWS = 100_000


def normal(mu, sigma):
    return stats.norm.logpdf(FRAME["y"], mu, sigma)


def poisson(mu):
    return stats.poisson.logpmf(FRAME["n"], mu)


def prior(K, seed=3):
    """Return as many draws of each as components: weights, locations, scales, means of counts."""
    rng = np.random.default_rng(seed)
    return (
        rng.dirichlet(np.ones(K), DRAWS),
        rng.normal(0, 1, (DRAWS, 3, 1)),
        np.exp(rng.normal(0, 0.5, (DRAWS, K, 1))),
        rng.gamma(2, 1, (DRAWS, K, 1)),
    )


def of_counts():
    theta, _, _, mu = prior(3)
    zero = np.broadcast_to(np.where(FRAME["n"] == 0, 0.0, -np.inf), (DRAWS, 14))
    return theta, [zero, poisson(mu[:, 0]), poisson(mu[:, 1])]


def of_formulas():
    theta, beta, sigma, _ = prior(2)
    return theta, [
        normal(beta[:, 0] + beta[:, 1] * X, sigma[:, 0]),
        normal(beta[:, 2], sigma[:, 1]),
    ]


def of_columns():
    theta, mu, sigma, rate = prior(2)
    return theta, [normal(mu[:, k], sigma[:, k]) + poisson(rate[:, k]) for k in range(2)]


MODELS = {
    "families": (
        {"formula": "n", "components": 3, "family": [stanmix.PointMass(0), "poisson", "poisson"],
         "priors": {"mu": stanmix.Gamma(2, 1)}},
        of_counts,
    ),
    "formulas": (
        {"formula": ["y ~ x", "y ~ 1"], "components": 2, "priors": {"beta": MU, "sigma": SIGMA}},
        of_formulas,
    ),
    "columns": (
        {"formula": ["y", "n"], "components": 2, "family": {"y": "normal", "n": "poisson"},
         "priors": {"mu_normal": MU, "mu_poisson": stanmix.Gamma(2, 1), "sigma": SIGMA}},
        of_columns,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_masses_of_sides_are_those_of_the_prior_and_the_likelihood(name, tmp_path):
    stated, log_densities = MODELS[name]
    model = stanmix.Mixture(**stated)
    asked = problem(model, FRAME, "nuts", {"engine": "stanli", "seed": 1, "progress": False})
    file = stan.write_json(tmp_path / "data.json", asked.data)
    found = multistart.optima(model, asked.design, 1)
    with np.errstate(all="ignore"):
        seen = explore(asked, ready(asked), file, tmp_path, found, np.random.default_rng(4))
        theta, of_each = log_densities()
        of_rows = logsumexp(np.log(theta)[:, :, None] + np.stack(of_each, axis=1), axis=1)
    assert seen.found.whole and seen.found.trusted and seen.found.empty_mass > 0.05
    log_weight = of_rows.sum(axis=1)
    weight = np.exp(log_weight - logsumexp(log_weight))
    seen_theta, seen_weight = draws(seen.space, seen.found.points)["theta"], seen.found.weights
    alike = {k: members for members in model.alike for k in members}
    for k in range(model.components):
        members = alike.get(k, (k,))
        for low, high in ((0, 1 / 14), (1 / 14, 0.2), (0.9, 1)):  # next to no rows; few; nearly all

            def part(theta, weight, members=members, low=low, high=high):
                within = (theta[:, members] > low) & (theta[:, members] <= high)
                values = within.mean(axis=1)
                mean = weight @ values
                return mean, weight**2 @ (values - mean) ** 2

            exact, variance = part(theta, weight)
            mass, of_mass = part(seen_theta, seen_weight)
            assert abs(mass - exact) < 4 * np.sqrt(variance + of_mass) + 1e-4, (k, low)
