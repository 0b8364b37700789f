from __future__ import annotations

import numpy as np
import pytest
from scipy import special
from synthetic import fit_of, made_up_fit, pair_draws

import stanmix
from stanmix.density import blocks
from stanmix.density.log_joint import mean_weights
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


PLANE = {"a": np.arange(12.0), "b": np.arange(12.0) ** 2}
BOTH = {"formula": ["a", "b"], "components": 3, "family": "mvnormal"}


def test_shared_and_known_parameters_are_spread_over_components():
    """One chain after another."""
    rng = np.random.default_rng(0)
    draws = {"mu": rng.normal(size=(2, 5, 2)), "sigma": rng.gamma(2, size=(2, 5))}
    model = stanmix.Mixture("y", 2, shared="sigma", fixed={"theta": [0.3, 0.7]})
    found = fit_of(model, {"y": np.arange(9.0)}, draws).draws()
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(
        ("mu", "sigma", "theta"), (10, 2)
    )
    for chain, draw in np.ndindex(2, 5):
        s = 5 * chain + draw
        np.testing.assert_array_equal(found["mu"][s], draws["mu"][chain, draw])
        np.testing.assert_array_equal(found["sigma"][s], [draws["sigma"][chain, draw]] * 2)
        np.testing.assert_array_equal(found["theta"][s], [0.3, 0.7])


@pytest.mark.parametrize("shared", [(), ("sigma",)])
@pytest.mark.parametrize("covariance", ["spherical", "diagonal"])
@pytest.mark.parametrize("mean", ["free", "common"])
def test_what_columns_have_in_common_is_spread_over_them(mean, covariance, shared):
    rng = np.random.default_rng(0)
    columns = {"mu": (2,) if mean == "free" else (), "sigma": (2,) * (covariance == "diagonal")}
    draws = {
        "theta": rng.dirichlet([1, 1, 1], size=(2, 5)),
        "mu": rng.normal(size=(2, 5, 3, *columns["mu"])),
        "sigma": rng.gamma(2, size=(2, 5, *(() if shared else (3,)), *columns["sigma"])),
    }
    model = stanmix.Mixture(mean=mean, covariance=covariance, shared=shared, order=None, **BOTH)
    found = fit_of(model, PLANE, draws).draws()
    assert found["theta"].shape == (10, 3)
    for s, k, d in np.ndindex(10, 3, 2):
        one = divmod(s, 5)
        mu, sigma = draws["mu"][one][k], draws["sigma"][one]
        sigma = sigma if shared else sigma[k]
        assert found["mu"][s, k, d] == (mu[d] if mean == "free" else mu)
        assert found["sigma"][s, k, d] == (sigma[d] if covariance == "diagonal" else sigma)


def test_known_scales_of_columns_are_those_of_the_statement():
    rng = np.random.default_rng(0)
    draws = {"theta": rng.dirichlet([1, 1, 1], size=(1, 4)), "mu": rng.normal(size=(1, 4, 3, 2))}
    known = {"sigma": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}
    model = stanmix.Mixture(covariance="diagonal", fixed=known, order=None, **BOTH)
    found = fit_of(model, PLANE, draws).draws()
    np.testing.assert_array_equal(found["sigma"], [known["sigma"]] * 4)


@pytest.mark.parametrize("block", [1, 30, 2**22])
def test_mean_weights_do_not_depend_on_blocks(block, monkeypatch):
    rng = np.random.default_rng(0)
    gamma, Z = rng.normal(size=(11, 3, 2)), rng.normal(size=(7, 2))
    expected = special.softmax(np.einsum("nq,skq->snk", Z, gamma), axis=2).mean(axis=1)
    monkeypatch.setattr(blocks, "BLOCK", block)
    np.testing.assert_allclose(mean_weights(gamma, Z), expected, rtol=1e-12)


def test_thinning_takes_one_draw_of_all_parameters():
    draws = {"theta": np.arange(50.0)[:, None], "mu": 100 + np.arange(50.0)[:, None]}
    few = posterior.thinned(draws, 8)
    np.testing.assert_array_equal(few["mu"], few["theta"] + 100)
    steps = np.diff(few["theta"][:, 0])
    assert set(steps) <= {7.0} and len(few["theta"]) == 8
