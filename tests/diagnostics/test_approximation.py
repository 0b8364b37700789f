from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import fit_of, pair_draws

import stanmix
from stanmix import containers
from stanmix.diagnostics.approximation import approximation, climb, elbo, mode, one_mode
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
    stats = fit.sample_stats
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
    ends = [name for name in fit.sample_stats if name in ("run_end", "run_gain")]
    stats = fit.sample_stats.drop_vars(ends)
    for converged, count in ((1, 0), (0, 1)):
        idata = containers.replace(fit.idata, {"converged": converged}, sample_stats=stats)
        report = Report()
        climb(stanmix.Fit(fit.model, fit.design, idata), report)
        assert len(report.findings) == count


def approximated(log_ratio, model=None, method="pathfinder"):
    """Draws of an approximation with these log importance ratios."""
    draws, y = pair_draws(chains=1, draws=len(log_ratio))
    model = stanmix.Mixture("y", 2) if model is None else model
    known = {name: values for name, values in draws.items() if name in model.parameters}
    log_g = np.random.default_rng(1).normal(-300, 2, len(log_ratio))
    stats = {"log_p": (log_g + log_ratio)[None], "log_g": log_g[None]}
    return fit_of(model, {"y": y}, known, method=method, **stats)


def about(judge, fit):
    report = Report()
    result = judge(fit, report)
    return result, report


NORMAL = np.random.default_rng(2).normal(size=4000)


@pytest.mark.parametrize("distance", [0.0, 1e6])
def test_an_approximation_that_is_a_little_too_wide_is_good(distance):
    """A normal of sd 1.2 for one of sd 1: worth sqrt(2 * 1.2^2 - 1) / 1.2^2 = .95 a draw."""
    x = 1.2 * NORMAL
    log_ratio = 0.5 * (x / 1.2) ** 2 - 0.5 * x**2 + distance
    good, report = about(approximation, approximated(log_ratio))
    assert good and report.findings[0].level == "fine"
    expected = np.sqrt(2 * 1.2**2 - 1) / 1.2**2
    assert report.figures["efficiency"] == pytest.approx(expected, abs=0.01)
    assert report.figures["k_hat"] < 0.3
    assert f"importance sampling efficiency {expected:.2f}" in report.findings[0].text


def test_an_approximation_with_long_tailed_ratios_misses_the_posterior():
    """Quantiles of a Pareto distribution, whose tail index is .9."""
    u = np.random.default_rng(3).permutation((np.arange(4000) + 0.5) / 4000)
    good, report = about(approximation, approximated(-0.9 * np.log(u)))
    assert not good and report.findings[0].level == "problem"
    assert report.figures["k_hat"] == pytest.approx(0.9, abs=0.05)
    assert f"is {report.figures['k_hat']:.2f} (below 0.7 is wanted)" in report.findings[0].text
    assert "misses the posterior" in report.findings[0].text
    assert 'method="nuts"' in report.findings[0].advice


def test_an_approximation_that_is_far_too_wide_is_told_by_what_a_draw_is_worth():
    """A normal of sd 30: ratios are bounded, and a draw is worth sqrt(2 * 900 - 1) / 900."""
    x = 30 * NORMAL
    good, report = about(approximation, approximated(0.5 * NORMAL**2 - 0.5 * x**2))
    assert not good and report.findings[0].level == "problem"
    assert report.figures["k_hat"] < 0.7
    assert report.figures["efficiency"] == pytest.approx(np.sqrt(1799) / 900, abs=0.01)
    assert "much wider than the posterior" in report.findings[0].text


def test_a_draw_without_density_leaves_no_trust():
    good, report = about(approximation, approximated(np.where(np.arange(100) == 7, np.nan, 0.0)))
    assert not good and report.figures == {"k_hat": np.inf, "efficiency": 0.0}
    assert "misses the posterior" in report.findings[0].text


@pytest.mark.parametrize(
    ("last", "log_unit", "converged", "level"),
    [
        (-90.0, 0.0, 1, "fine"),
        (-90.0, 0.0, 0, "problem"),
        (-2100.0, 0.0, 1, "note"),
        (-2100.0, -2000.0, 1, "fine"),  # Stan's own figure is -100
        (-90.0, 2000.0, 1, "note"),
    ],
)
def test_the_end_of_the_elbo_is_judged_by_stans_own_figure(last, log_unit, converged, level):
    fit = approximated(np.zeros(40), method="advi")
    stats = fit.sample_stats.assign(elbo=("iteration", [2 * last, last]))
    options = json.dumps({"tol_rel_obj": 0.01})
    told = {"log_unit": log_unit, "converged": converged, "options": options}
    idata = containers.replace(fit.idata, told, sample_stats=stats)
    (finding,) = about(elbo, stanmix.Fit(fit.model, fit.design, idata))[1].findings
    assert finding.topic == "ELBO" and finding.level == level
    if level == "note":
        own = abs(last - log_unit)
        assert f"a change of {0.01 * own:.3g}" in finding.text
        assert f"tol_rel_obj={1 / own:.0e} to stop at changes of 1" in finding.advice


@pytest.mark.parametrize(
    ("model", "noted"),
    [
        (stanmix.Mixture("y", 2), True),
        (stanmix.Mixture("y", 2, fixed={"theta": [0.5, 0.5]}), True),
        (stanmix.Mixture("y", 2, fixed={"theta": [0.3, 0.7]}), False),
        (stanmix.Mixture("y", 2, priors={"theta": stanmix.Dirichlet([1, 4])}), False),
    ],
)
def test_one_mode_is_noted_where_components_are_alike(model, noted):
    report = about(one_mode, approximated(np.zeros(40), model))[1]
    assert [finding.topic for finding in report.findings] == ["one mode"] * noted


def test_a_mode_has_no_uncertainty(fit):
    report = about(mode, fit)[1]
    assert report.figures["log_density"] == fit.log_density().max()
    assert [finding.topic for finding in report.findings] == ["optimisation", "uncertainty"]
    assert report.findings[1].level == "note" and "intervals" in report.findings[1].advice


def test_a_weight_that_vanishes_under_a_sparse_dirichlet_is_named():
    """The density has no end there: more starts find no mode."""
    draws, y = pair_draws(chains=1, draws=1)
    draws["theta"] = np.array([[[1e-200, 1.0]]])
    stats = {
        "run_end": ("run", ["converged"]),
        "run_converged": ("run", [False]),
        "run_gain": ("run", [np.inf]),
        "run_iterations": ("run", [9]),
    }

    def advice(alpha):
        stated = stanmix.Mixture("y", 2, priors={"theta": stanmix.Dirichlet(alpha)})
        fit = fit_of(stated, {"y": y}, draws, method="map", lp=np.zeros((1, 1)))
        runs = fit.sample_stats.assign_coords(run=[1]).assign(stats)
        report = Report()
        climb(
            stanmix.Fit(
                stated,
                fit.design,
                containers.replace(fit.idata, {"kept_run": 1}, sample_stats=runs),
            ),
            report,
        )
        return report.findings[-1].advice

    assert advice(0.01).startswith("a weight vanished: under a Dirichlet with a concentration")
    assert advice([0.01, 3]).startswith("a weight vanished")
    assert advice([3, 0.01]).startswith("give starts")  # the other weight has vanished
    assert advice(1).startswith("give starts")


def corrected(fit, **changed):
    """The finding on an approximation of which weights say this."""
    moved = {"mu": {"mean": [0.1, -0.4], "log_sd": [0.0, 0.2]}}
    known = {"k_hat": 0.3, "effective": 600.0, "applied": True, "moved": moved, **changed}
    idata = containers.replace(fit.idata, {"importance": json.dumps(known)})
    report = Report()
    sound = approximation(stanmix.Fit(fit.model, fit.design, idata), report)
    return sound, report


def test_a_correction_is_told_with_what_it_moved():
    sound, report = corrected(approximated(np.random.default_rng(0).normal(0, 0.1, 1000)))
    (finding,) = report.findings
    assert sound and finding.level == "fine"
    assert "are worth 600. That moved means by up to 0.4 sds (mu[2])" in finding.text
    assert "changed sds by up to a factor of 1.22 (mu[2])" in finding.text
    assert report.figures["moved"] == pytest.approx(0.4)
    assert list(report.tables["correction"].index) == ["mu[1]", "mu[2]"]


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"k_hat": 0.8, "applied": False}, "is 0.80 (below 0.7 is wanted)"),
        ({"effective": 60.0}, "1000 draws are worth 60 of the posterior"),
        ({"effective": 60.0, "applied": False}, "a draw is worth 0.06 of one"),
    ],
)
def test_weights_that_say_too_little_are_a_problem(changed, words):
    sound, report = corrected(approximated(np.zeros(1000)), **changed)
    (finding,) = report.findings
    assert not sound and finding.level == "problem" and words in finding.text
