"""Fits with all defaults, where an order of the components, or a minor mode, would mislead."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import logsumexp

import stanmix


def error_of(indicator):
    """Return the standard error of the mean of a quantity of shape (chain, draw)."""
    effective = float(stanmix.containers.arviz().ess(indicator.astype(float), method="mean"))
    return indicator.std() / np.sqrt(effective)


def narrow_is_lower(fit):
    """Return for each draw whether the component of smaller scale has the smaller mean."""
    mu, sigma = (fit.idata.posterior[name].to_numpy() for name in ("mu", "sigma"))
    return (mu[..., 1] > mu[..., 0]) == (sigma[..., 1] > sigma[..., 0])


def one_centre(seed):
    """Return numbers of two normals that differ in scale alone."""
    rng = np.random.default_rng([7, seed])
    wide = rng.random(100) < 0.35
    return np.where(wide, rng.normal(0, 4, 100), rng.normal(0, 0.7, 100))


@pytest.mark.parametrize("seed", [1, 12])
def test_means_that_nearly_tie_are_on_either_side_as_often_as_the_posterior_has_it(seed):
    """An order of scales, which differ, splits nothing, and so tells how often."""
    y = one_centre(seed)
    options = {"seed": seed + 1, "engine": "stanli", "progress": False}
    plain = stanmix.Mixture("y", 2).fit({"y": y}, **options)
    ordered = stanmix.Mixture("y", 2, order="sigma").fit({"y": y}, **options)
    assert plain.diagnose().ok and plain.diagnose().figures["r_hat"] < 1.01
    one, other = narrow_is_lower(plain), narrow_is_lower(ordered)
    assert abs(one.mean() - other.mean()) < 4 * np.hypot(error_of(one), error_of(other))


def test_an_order_of_means_that_nearly_tie_is_started_on_both_sides_and_told():
    model, y = stanmix.Mixture("y", 2, order="mu"), one_centre(1)
    options = {"seed": 2, "engine": "stanli", "progress": False}
    four = model.fit({"y": y}, **options)
    of_chains = narrow_is_lower(four).mean(axis=1)
    assert of_chains.min() < 0.1 and of_chains.max() > 0.9
    told = four.diagnose()
    assert "splits the posterior into 2 sides" in told.about("order").text
    # Between sides that chains hardly leave, the part of the draws on each is theirs by chance:
    # where weighted draws confirm it, R-hat is explained by the sides, and else it is a problem.
    confirmed = told.about("weighted draws").level == "fine"
    levels = {told.about(topic).level for topic in ("order", "convergence")}
    assert levels == {"note" if confirmed else "problem"} and told.ok == confirmed
    one = model.fit({"y": y}, chains=1, **options).diagnose()
    assert one.figures["sides_seen"] == 1
    assert one.about("order").level == one.about("weighted draws").level == "problem"


@pytest.mark.parametrize("order", ["auto", "sigma"])
def test_components_that_differ_in_scale_alone_converge(order):
    rng = np.random.default_rng(2)
    wide = rng.random(2000) < 0.3
    y = np.where(wide, rng.normal(0, 0.03, 2000), rng.normal(0, 0.01, 2000))
    fit = stanmix.Mixture("y", 2, order=order).fit({"y": y}, seed=2, progress=False)
    table = fit.summary()
    assert table["r_hat"].max() < 1.01
    sigma = table.loc[["sigma[1]", "sigma[2]"]].sort_values("mean")
    assert (abs(sigma["mean"] - [0.01, 0.03]) < 4 * sigma["sd"]).all()
    assert fit.diagnose().ok


def log_posterior(values, x, y):
    """Two regressions: log theta / (1 - theta), coefficients, log scales, all of shape (S, 7)."""
    values = np.atleast_2d(values)
    log_theta = -np.logaddexp(0, np.stack([-values[:, 0], values[:, 0]], axis=1))
    beta, sigma = values[:, 1:5].reshape(-1, 2, 2), np.exp(values[:, 5:])
    mean = beta[:, None, :, 0] + beta[:, None, :, 1] * x[:, None]
    rows = stats.norm.logpdf(y[:, None], mean, sigma[:, None]) + log_theta[:, None]
    prior = stats.norm.logpdf(beta, 0, 2).sum(axis=(1, 2)) + log_theta.sum(axis=1)
    prior += stats.lognorm.logpdf(sigma, 0.5, scale=np.exp(-0.5)).sum(axis=1)
    return logsumexp(rows, axis=2).sum(axis=1) + prior


def test_a_mode_with_next_to_nothing_of_the_posterior_is_not_taken_for_it():
    """The mode has a component of four rows, which EM takes for a collapse."""
    x = np.random.default_rng(99).normal(size=60)
    rng = np.random.default_rng([2, 1205])
    theta = rng.dirichlet([2, 2])
    beta = np.column_stack([rng.normal(0, 2, 2), np.sort(rng.normal(0, 2, 2))])
    sigma = rng.lognormal(-0.5, 0.5, 2)
    z = (rng.random(60) >= theta[0]).astype(int)
    y = rng.normal(beta[z, 0] + beta[z, 1] * x, sigma[z])
    priors = {
        "theta": stanmix.Dirichlet(2),
        "Intercept": stanmix.Normal(0, 2),
        "x": stanmix.Normal(0, 2),
        "sigma": stanmix.LogNormal(-0.5, 0.5),
    }
    rng = np.random.default_rng(0)
    climbs = [
        optimize.minimize(lambda at: -log_posterior(at, x, y)[0], start)
        for start in rng.normal(0, 1, (30, 7)) * [1, 2, 2, 2, 2, 0.5, 0.5]
    ]
    highest = max(-climb.fun for climb in climbs)
    for order in ("auto", "x"):
        model = stanmix.Mixture("y ~ x", 2, order=order, priors=priors)
        fit = model.fit({"y": y, "x": x}, seed=1206, engine="stanli", progress=False)
        draws = {name: v.reshape(4000, -1) for name, v in fit.draws().items()}
        theta = draws["theta"]
        at = np.column_stack(
            [np.log(theta[:, 0] / theta[:, 1]), draws["beta"], np.log(draws["sigma"])]
        )
        # About a mode the log density of draws lies D / 2 = 3.5 below it, on average.
        assert highest - log_posterior(at, x, y).mean() < 7
        assert fit.diagnose().ok
