"""Chains brought together: masses that are known, and weights that predict best."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from synthetic import fit_of

import stanmix
from stanmix import containers
from stanmix.errors import InferenceError, InputError
from stanmix.posterior.reweighting import stacking_weights

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"y": RNG.normal(0, 1, 60)})
MODEL = stanmix.Mixture("y", 1, fixed={"sigma": 1.0})


def mode(mass, centre, sd=0.1):
    return {
        "log_density": -50.0,
        "mass": mass,
        "mu": [centre],
        "about": {"mu, rank 1": [centre, sd]},
    }


def explored(**changed):
    return {
        "k_hat": 0.2, "effective": 2000.0, "draws": 3000, "whole": True, "proper": True,
        "empty": 0.0, "sides": [1.0], "expected": {}, "log_evidence": -1.0,
        "log_evidence_error": 0.1, "modes": [mode(0.8, 0.0), mode(0.2, 3.0)], **changed,
    }  # fmt: skip


def chains(centres=(0.0, 0.0, 3.0, 3.0), known=None, draws=500):
    rng = np.random.default_rng(1)
    mu = np.array(centres)[:, None, None] + 0.1 * rng.normal(size=(len(centres), draws, 1))
    fit = fit_of(MODEL, FRAME, {"theta": np.ones_like(mu), "mu": mu})
    if known is None:
        return fit
    attributes = {"explored": json.dumps(known)}
    return stanmix.Fit(fit.model, fit.design, containers.replace(fit.idata, attributes))


def test_draws_come_in_proportion_to_the_masses():
    fit = chains(known=explored())
    found = fit.reweight()
    mu = found.posterior["mu"].to_numpy()
    assert mu.shape == (1, 2000, 1)
    assert (mu > 1.5).mean() == pytest.approx(0.2, abs=1 / 2000)
    # Each draw is one of the chains', with its own statistics.
    at = {
        value: lp
        for value, lp in zip(
            fit.posterior["mu"].to_numpy().ravel(),
            fit.sample_stats["lp"].to_numpy().ravel(),
            strict=True,
        )
    }
    np.testing.assert_array_equal(
        [at[value] for value in mu.ravel()], found.sample_stats["lp"].to_numpy().ravel()
    )
    # Weights .8 / 1000 and .2 / 1000: 1 / (.8^2 + .2^2) of 1000 draws.
    assert found.importance["effective"] == pytest.approx(1000 / 0.68)
    assert "80.0% (of draws 50.0%)" in found.diagnose().about("chains").text
    assert found.summary()["ess_bulk"].max() < 1000 / 0.68 + 1e-9


@pytest.mark.parametrize(
    "known, centres, words",
    [
        (explored(k_hat=0.9), (0.0, 3.0), "cannot be trusted here"),
        (explored(effective=20.0), (0.0, 3.0), "cannot be trusted here"),
        (explored(whole=False), (0.0, 3.0), "draws; parts with empty components were not looked"),
        (explored(drift=0.2), (0.0, 3.0), "draws; the last round of draws still moved"),
        (explored(empty=0.3), (0.0, 3.0), "where a component is empty"),
        (explored(), (0.0, 0.0), "holds 20% of the posterior, and 0 of 1000 draws"),
    ],
)
def test_what_is_not_known_is_refused(known, centres, words):
    with pytest.raises(InferenceError, match=words):
        chains(centres, known).reweight()


def test_what_has_no_modes_to_stay_in_is_refused():
    with pytest.raises(InputError, match="without weighted draws"):
        chains().reweight()
    with pytest.raises(InputError, match="reweighted before"):
        chains(known=explored()).reweight().reweight()


def test_stacking_weights_maximise_the_predictive_density():
    densities = np.random.default_rng(3).normal(0, 1, (40, 3))

    def lost(free):
        weights = np.append(free, 1 - free.sum())
        return -np.log(np.exp(densities) @ weights).mean()

    bounds = [(1e-9, 1), (1e-9, 1)]
    best = optimize.minimize(
        lost, [0.3, 0.3], bounds=bounds, method="SLSQP", tol=1e-13,
        constraints={"type": "ineq", "fun": lambda free: 1 - 1e-9 - free.sum()},
    )  # fmt: skip
    found = stacking_weights(densities)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found[:2], best.x, atol=2e-4)
    assert lost(found[:2]) < best.fun + 1e-7


def test_stacking_prefers_the_chain_that_predicts():
    fit = chains((0.0, 3.0))
    found = fit.stack_chains()
    assert (found.posterior["mu"] > 1.5).mean() < 0.01
    text = found.diagnose().about("chains").text
    assert "chains have 100.0%, 0.0%" in text and "not the posterior" in text
    # One chain alone predicts as its leave-one-out density says, by importance sampling.
    alone = fit.log_likelihood(pointwise=True).to_numpy()[0]
    weights = np.exp(-alone) / np.exp(-alone).sum(axis=0)
    expected = np.log((weights * np.exp(alone)).sum(axis=0)).sum()
    centre = fit.posterior["mu"].to_numpy()[0].mean()
    assert expected == pytest.approx(stats.norm(centre, 1).logpdf(FRAME["y"]).sum(), abs=2)


def test_stacking_needs_chains():
    with pytest.raises(InputError, match="brings chains together"):
        chains((0.0,)).stack_chains()
