from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix import containers
from stanmix.diagnostics.approximation import climb
from stanmix.diagnostics.report import Report


@pytest.mark.parametrize("method", ["laplace", "pathfinder", "advi"])
@pytest.mark.parametrize("draws", [1, 2, 5, 24])
def test_few_draws_cannot_be_held_against_the_posterior(pair, method, draws):
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    model = stanmix.Mixture("y", 2, fixed=known, order="mu")
    diagnosis = model.fit(pair, method, draws=draws, seed=1, progress=False).diagnose()
    finding = diagnosis.about("approximation")
    assert not diagnosis.ok and finding.level == "problem"
    assert f"that takes 25 draws, and there {'is' if draws == 1 else 'are'} {draws}" in finding.text
    assert not any("nan" in found.text for found in diagnosis.findings)


@pytest.fixture(scope="module")
def fit(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}, order="mu")
    return model.fit(pair, method="map", seed=1, progress=False)


def judged(fit, **changed):
    """The finding on a fit whose runs ended otherwise."""
    stats = fit.idata.sample_stats
    changed = {f"run_{name}": ("run", np.repeat(value, 4)) for name, value in changed.items()}
    idata = containers.replace(fit.idata, {}, sample_stats=stats.assign(changed))
    report = Report()
    climb(stanmix.Fit(fit.model, fit.design, idata), report)
    (finding,) = report.findings
    return finding


def test_a_mode_is_told_with_what_is_left_to_gain(fit):
    assert "ended at a mode of the posterior: about" in judged(fit).text
    finding = judged(fit, gain=0.00012)
    assert finding.level == "fine" and "about 0.00012 is left to gain" in finding.text


def test_iterations_that_ran_out_are_a_problem(fit):
    finding = judged(fit, end="iterations", iterations=7, gain=3.2, converged=False)
    assert finding.level == "problem"
    assert "ran out after 7, where about 3.2 is left to gain" in finding.text


def test_an_end_that_is_no_mode_is_a_problem(fit):
    finding = judged(fit, end="converged", gain=0.5, converged=False)
    assert finding.level == "problem"
    assert "no mode of the posterior: about 0.5 is left to gain" in finding.text
    assert "stronger priors" in finding.advice


def test_what_was_not_measured_is_said(fit):
    finding = judged(fit, gain=np.nan, gradient=2e-5)
    assert finding.level == "fine" and "its gradient is 2e-05" in finding.text
    assert "was not measured" in finding.text


def test_fits_of_an_earlier_stanmix_are_judged_by_its_flag(fit):
    ends = [name for name in fit.idata.sample_stats if name in ("run_end", "run_gain")]
    stats = fit.idata.sample_stats.drop_vars(ends)
    for converged, count in ((1, 0), (0, 1)):
        idata = containers.replace(fit.idata, {"converged": converged}, sample_stats=stats)
        report = Report()
        climb(stanmix.Fit(fit.model, fit.design, idata), report)
        assert len(report.findings) == count
