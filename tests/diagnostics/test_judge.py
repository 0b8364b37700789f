from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

import stanmix
from stanmix.diagnostics import Diagnosis, Finding
from stanmix.diagnostics.convergence import largest_r_hat


def test_an_unordered_fit_is_diagnosed_as_label_switching(unordered_pair):
    diagnosis = unordered_pair.diagnose()
    finding = diagnosis.about("label switching")
    assert not diagnosis.ok
    assert finding.level == "problem"
    assert 'fit.relabel("ecr")' in finding.advice
    assert diagnosis.figures["labellings_between_chains"] == 2
    assert diagnosis.figures["r_hat_as_sampled"] > 1.4
    assert diagnosis.figures["r_hat"] < 1.01
    assert diagnosis.about("convergence").level == "fine"


def test_relabelling_repairs_it(unordered_pair):
    diagnosis = unordered_pair.relabel("ecr").diagnose()
    assert diagnosis.ok
    assert diagnosis.about("label switching").level == "note"
    assert diagnosis.figures["r_hat_as_sampled"] > 1.4


def test_a_sound_fit_is_called_sound(lines_fit):
    diagnosis = lines_fit.diagnose()
    assert diagnosis.ok
    assert str(diagnosis).startswith("No problem found.")
    assert diagnosis.figures["divergences"] == 0
    assert diagnosis.about("label switching").level == "fine"
    assert diagnosis.about("weighted draws").level == "fine"


def test_labels_are_no_topic_where_the_program_orders_the_components(lines_fit):
    ordered = dataclasses.replace(lines_fit.model, order="x")
    with pytest.raises(KeyError):
        stanmix.Fit(ordered, lines_fit.design, lines_fit.idata).diagnose().about("label switching")


def test_figures_count_every_draw(lines_fit):
    """The first draw counts too, which cmdstanpy's own count leaves out."""
    stats = lines_fit.sample_stats.copy(deep=True)
    stats["diverging"][0, 0] = True
    stats["tree_depth"][:, 0] = 10
    idata = stanmix.containers.replace(lines_fit.idata, {}, sample_stats=stats)
    diagnosis = stanmix.Fit(lines_fit.model, lines_fit.design, idata).diagnose()
    assert diagnosis.figures["divergences"] == 1
    assert diagnosis.figures["saturated"] == 4
    assert diagnosis.about("tree depth").level == "note"


def test_divergences_are_a_problem_unless_weighted_draws_confirm_the_chains(lines_fit):
    stats = lines_fit.sample_stats.copy(deep=True)
    stats["diverging"][0, 0] = True
    idata = stanmix.containers.replace(lines_fit.idata, {}, sample_stats=stats)
    told = stanmix.Fit(lines_fit.model, lines_fit.design, idata).diagnose().about("divergences")
    assert told.level == "note" and "confirm what the chains found" in told.text
    del idata.attrs["explored"]
    told = stanmix.Fit(lines_fit.model, lines_fit.design, idata).diagnose().about("divergences")
    assert told.level == "problem" and "1 of 4000 transitions diverged" in told.text


def changed(fit, name, change):
    posterior = fit.posterior.copy(deep=True)
    posterior[name][:] = change(posterior[name].to_numpy())
    idata = stanmix.containers.replace(fit.idata, {}, posterior=posterior)
    return stanmix.Fit(fit.model, fit.design, idata)


def test_chains_that_disagree_are_named(lines_fit):
    def shift(sigma):
        return sigma + np.array([0, 0, 0, 0.1])[:, None]

    diagnosis = changed(lines_fit, "sigma", shift).diagnose()
    finding = diagnosis.about("convergence")
    assert finding.level == "problem"
    assert "sigma" in finding.text
    assert diagnosis.figures["r_hat"] > 1.4


def test_a_chain_that_never_moved_is_not_converged(lines_fit):
    def stuck(sigma):
        sigma = sigma.copy()
        sigma[2] = 0.3
        return sigma

    assert changed(lines_fit, "sigma", stuck).diagnose().figures["r_hat"] > 1.4


def test_an_empty_component_is_named(lines_fit):
    def emptied(theta):
        return np.broadcast_to([0.0005, 0.9995], theta.shape)

    finding = changed(lines_fit, "theta", emptied).diagnose().about("surplus components")
    assert "component(s) 1 hold fewer than 2 of 1000" in finding.text


def test_r_hat_is_arvizs_and_splits_a_single_chain():
    rng = np.random.default_rng(0)
    drifting = np.linspace(0, 5, 200)[None] + rng.normal(size=(1, 200))
    draws = xr.Dataset({"a": (("chain", "draw"), drifting)})
    assert largest_r_hat(draws)[0] > 1.4
    steady = xr.Dataset({"a": (("chain", "draw"), rng.normal(size=(4, 500)))})
    expected = stanmix.containers.arviz().rhat(steady)["a"].item()
    assert largest_r_hat(steady) == (pytest.approx(expected), "a")


def test_one_chain_is_noted(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    fit = model.fit(pair, seed=1, chains=1, draws=200, progress=False)
    assert "one chain" in fit.diagnose().about("chains").text


def test_html_is_escaped():
    finding = Finding("a", "note", "<b> & text")
    assert "&lt;b&gt; &amp;" in Diagnosis((finding,))._repr_html_()
