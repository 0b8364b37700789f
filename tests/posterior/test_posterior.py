from __future__ import annotations

import numpy as np
import pytest
from scipy import special
from synthetic import fit_of, made_up_fit, pair_draws

import stanmix
from stanmix.posterior import posterior

MODEL = stanmix.Mixture("y", 2, order=None)


def test_they_are_computed_once_however_much_is_asked(monkeypatch):
    draws, y = pair_draws(chains=2, draws=60)
    fit = fit_of(MODEL, {"y": y}, draws)
    seen = []
    parameters = posterior.parameters
    monkeypatch.setattr(
        posterior, "parameters", lambda fit: seen.append(id(fit)) or parameters(fit)
    )
    fit.diagnose()
    # Those of the fit, and those of its relabelled copy, which is judged.
    assert len(seen) == len(set(seen)) <= 2
    before = len(seen)
    fit.diagnose()
    fit.responsibilities()
    fit.loo()
    assert seen.count(id(fit)) == 1 and len(seen) <= before + 1


def test_what_is_kept_cannot_be_changed():
    draws, y = pair_draws(chains=2, draws=60)
    fit = fit_of(MODEL, {"y": y}, draws)
    with pytest.raises(ValueError, match="read-only"):
        fit.draws()["mu"][0] = 0
    fit.draws().clear()
    np.testing.assert_array_equal(fit.draws()["mu"], draws["mu"].reshape(120, 2))
    fit.idata.posterior["mu"][0, 0] = 7.0  # which is the user's


def test_mean_weights_are_means_over_rows():
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=20), "z": rng.normal(size=20)}
    fit = made_up_fit(stanmix.Mixture("y", 3, gating="~ z"), frame)
    gamma = fit.idata.posterior["gamma"].to_numpy()[0]
    for s in range(len(gamma)):
        rows = [special.softmax(gamma[s] @ [1, z]) for z in frame["z"]]
        np.testing.assert_allclose(fit.draws()["theta"][s], np.mean(rows, axis=0), rtol=1e-12)


def test_thinned_draws_are_spread_over_all():
    draws, y = pair_draws(chains=2, draws=60)
    fit = fit_of(MODEL, {"y": y}, draws)
    np.testing.assert_array_equal(fit.thinned(2)["mu"], fit.draws()["mu"][[0, -1]])
    assert len(fit.thinned(7)["mu"]) == 7
    assert len(fit.thinned(None)["mu"]) == len(fit.thinned(500)["mu"]) == 120
