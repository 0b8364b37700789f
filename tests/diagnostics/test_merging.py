from __future__ import annotations

import numpy as np
import pytest
from rendered import render
from scipy import special, stats
from synthetic import at_draw, fit_of, made_up_fit, noisy

import stanmix
from stanmix.diagnostics.merging import loss_of_merging, merged

LAMB = stanmix.datasets.load("fetal_lamb_counts")
GROUPED = render.grouped_lines(groups=8)


def test_the_merged_normal_has_the_moments_of_both():
    """A sample of the two has the mean and variance of the one; 200 000 draws, 5 errors."""
    rng = np.random.default_rng(0)
    theta, mu, sigma = np.array([0.2, 0.5, 0.3]), np.array([1.0, 7.0, 3.0]), np.array([1, 1, 2.0])
    draws = {"theta": theta, "mu": mu, "sigma": sigma}
    frame = {"y": np.arange(8.0)}
    fit = fit_of(stanmix.Mixture("y", 3), frame, {n: v[None, None] for n, v in draws.items()})
    one = merged(fit, fit.draws(), fit.rows()[0], (2, 0))
    part = np.where(rng.random(200_000) < 0.4, 0, 2)
    y = rng.normal(mu[part], sigma[part])
    assert abs(y.mean() - one["mu"][0, 2]) < 5 * y.std() / np.sqrt(len(y))
    assert abs(y.var() / one["sigma"][0, 2] ** 2 - 1) < 5 * np.sqrt(2 / len(y))
    model = stanmix.Mixture("y", 3, fixed={"sigma": sigma.tolist()})
    known = fit_of(model, frame, {n: draws[n][None, None] for n in ("theta", "mu")})
    assert merged(known, known.draws(), known.rows()[0], (2, 0))["sigma"][0, 2] == 2


@pytest.mark.parametrize("pair", [(0, 2), (2, 0), (1, 2)])
def test_the_loss_is_that_of_scipy(pair):
    fit = made_up_fit(
        stanmix.Mixture("y ~ x", 3, gating="~ z", weights="times", shared=()), GROUPED
    )
    found = loss_of_merging(fit, fit.draws(), fit.rows()[0], pair)
    j, k = pair
    frame = GROUPED
    design = np.column_stack([np.ones(len(frame)), frame["x"]])
    gates = np.column_stack([np.ones(len(frame)), frame["z"]])
    for s in range(7):
        v = at_draw(fit, s)
        log_weight = special.log_softmax(gates @ v["gamma"].T, axis=1)
        logs = np.stack(
            [stats.norm.logpdf(frame["y"], design @ v["beta"][c], v["sigma"][c]) for c in range(3)]
        ).T
        full = special.logsumexp(log_weight + logs, axis=1)
        theta = np.exp(log_weight).mean(axis=0)[[j, k]]
        a, b = theta / theta.sum()
        beta = a * v["beta"][j] + b * v["beta"][k]
        variance = sum(
            share * (v["sigma"][c] ** 2 + np.mean((design @ (v["beta"][c] - beta)) ** 2))
            for share, c in ((a, j), (b, k))
        )
        one = stats.norm.logpdf(frame["y"], design @ beta, np.sqrt(variance))
        (rest,) = {0, 1, 2} - {j, k}
        pooled = np.logaddexp(log_weight[:, j], log_weight[:, k]) + one
        less = np.logaddexp(pooled, log_weight[:, rest] + logs[:, rest])
        assert found[s] == pytest.approx(frame["times"] @ (full - less), rel=1e-9)


def test_overlapping_poissons_that_spread_counts_are_both_needed():
    rng = np.random.default_rng(0)
    model = stanmix.Mixture("movements", 2, family="poisson", weights="freq")

    def judged(mu):
        draws = {
            "theta": rng.dirichlet([170, 30], size=(2, 60)),
            "mu": np.sort(np.abs(noisy(rng, mu, 0.02, 2, 60)), axis=-1),
        }
        return fit_of(model, LAMB, draws).diagnose().figures["distinct_components"]

    assert judged([0.17, 1.7]) == 2
    assert judged([0.35, 0.38]) == 1
