from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import stanmix
from stanmix import containers
from stanmix.diagnostics.report import Report
from stanmix.diagnostics.restarts import distances, distances_of_modes, failed_runs, restarts

PRIORS = {"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)}
OPTIONS = {"method": "advi", "progress": False}


@pytest.fixture(scope="module")
def fit(lines):
    """Unordered, so that runs number the components as they like."""
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=PRIORS, order=None)
    return model.fit(lines, seed=11, starts="random", **OPTIONS)


def with_runs(fit, **changed):
    stats = fit.sample_stats
    changed = {name: stats[name].copy(data=np.asarray(data)) for name, data in changed.items()}
    groups = {"sample_stats": stats.assign(changed)}
    return stanmix.Fit(fit.model, fit.design, containers.replace(fit.idata, {}, **groups))


def judged(fit, sound=True):
    report = Report()
    restarts(fit, report, sound)
    return report.diagnosis()


def test_distances_are_those_of_the_best_renumbering(fit):
    stats, kept = fit.sample_stats, fit.idata.attrs["kept_run"] - 1
    expected = []
    for run in range(stats.sizes["run"]):
        best = None
        for perm in permutations(range(2)):
            apart = [
                abs(mean[run][list(perm)] - mean[kept]) / np.maximum(sd[run][list(perm)], sd[kept])
                for mean, sd in (
                    (stats["run_theta"].to_numpy(), stats["run_theta_sd"].to_numpy()),
                    (stats["run_beta"].to_numpy(), stats["run_beta_sd"].to_numpy()),
                )
            ]
            size = sum((part**2).sum() for part in apart)
            if best is None or size < best[0]:
                best = size, max(part.max() for part in apart)
        sigma, sd = stats["run_sigma"].to_numpy(), stats["run_sigma_sd"].to_numpy()
        common = abs(sigma[run] - sigma[kept]) / max(sd[run], sd[kept])
        expected.append(max(best[1], common))
    np.testing.assert_allclose(distances(fit), expected, rtol=1e-12)


def test_runs_that_differ_by_labels_alone_agree(fit):
    beta = fit.sample_stats["run_beta"].to_numpy()[..., 0]
    assert len({tuple(np.argsort(row)) for row in beta}) == 2  # both labellings are there
    finding = judged(fit).about("restarts")
    assert finding.level == "fine"
    assert "4 runs ended at ELBOs from" in finding.text


def test_runs_that_end_elsewhere_are_a_problem(fit):
    beta = fit.sample_stats["run_beta"].to_numpy().copy()
    away = 1 if fit.idata.attrs["kept_run"] != 1 else 2
    beta[away - 1] += 1
    finding = judged(with_runs(fit, run_beta=beta)).about("restarts")
    assert finding.level == "problem"
    assert f"Run(s) {away} came as high" in finding.text


@pytest.mark.parametrize(
    ("elbos", "error", "sound", "level"),
    [
        ([-900, -100, -100.5, -800], 0.1, True, "note"),
        ([-900, -100, -100.5, -800], 0.1, False, "problem"),
        ([-900, -100, -700, -800], 0.1, True, "problem"),
        # An ELBO that is hardly known does not make its run as high as the best.
        ([-900, -100, -100.5, -800], 1000.0, True, "note"),
    ],
)
def test_runs_that_end_lower_are_named_with_figures(fit, elbos, error, sound, level):
    best = {"run_elbo": elbos, "run_elbo_error": [error, 0.1, 0.1, 0.1]}
    changed = with_runs(fit, **best)
    changed.idata.attrs["kept_run"] = 2
    finding = judged(changed, sound).about("restarts")
    assert finding.level == level
    assert "4 runs ended at ELBOs from -900.0 to -100.0" in finding.text
    assert "depends on where it starts" in finding.text
    count = sum(value > -200 for value in elbos)
    assert f"Run 2, the highest, is kept; {count} of 4 got there" in finding.text


def test_the_table_has_every_run(fit):
    table = judged(fit).tables["runs"]
    assert list(table.index) == [1, 2, 3, 4]
    assert {"elbo", "elbo_error", "k_hat", "distance", "beta[1, x]", "sigma"} <= set(table)
    assert table["distance"][fit.idata.attrs["kept_run"]] == 0


def test_one_run_is_not_compared(lines):
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=PRIORS, order=None)
    fit = model.fit(lines, seed=1, restarts=1, **OPTIONS)
    assert judged(fit).findings == ()


@pytest.fixture(scope="module")
def modes(pair):
    """Four climbs to one mode, of an ordered and of an unordered program."""

    def of(order, method="map"):
        known = {"sigma": 1.0, "theta": [0.5, 0.5]}
        model = stanmix.Mixture("y", 2, fixed=known, order=order)
        return model.fit(pair, method=method, seed=1, progress=False)

    return {"mu": of("mu"), None: of(None), "laplace": of("mu", "laplace")}


@pytest.mark.parametrize("order", ["mu", None])
def test_modes_that_differ_by_labels_alone_are_one(modes, order):
    fit = modes[order]
    diagnosis = judged(fit)
    assert diagnosis.about("restarts").level == "fine"
    assert "at one mode" in diagnosis.about("restarts").text
    assert diagnosis.tables["runs"]["distance"].max() < 1e-3
    if order is None:
        means = fit.sample_stats["run_mu"].to_numpy()
        assert len({tuple(np.argsort(row)) for row in means}) == 2  # both labellings are there


def test_a_distance_of_modes_is_in_posterior_sds(modes):
    """A mean of well-known data moves by so many of its sds, 1 / sqrt(N) in each half."""
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(-9, 1, 400), rng.normal(9, 1, 400)])
    fit = modes["mu"]
    fit = stanmix.Fit(fit.model, fit.model.matrices({"y": y}), fit.idata)
    means = np.array([[y[:400].mean(), y[400:].mean()]] * 4)
    means[1, 0] += 3 / np.sqrt(400)
    means[2] += np.array([3, 4]) / np.sqrt(400)
    fit = with_runs(fit, run_mu=means)
    fit.idata.attrs["kept_run"] = 1
    # The outer product of 400 scores is known to a part of sqrt(2 / 400).
    np.testing.assert_allclose(distances_of_modes(fit), [0, 3, 5, 0], rtol=0.15)


@pytest.mark.parametrize(
    ("kind", "heights", "level", "words"),
    [
        ("mu", [-9.0, -9.0, -9.0, -9.0], "fine", "at one mode"),
        ("mu", [-9.0, -9.4, -9.0, -20.0], "note", "2 of 4 got there"),
        ("laplace", [-9.0, -9.4, -9.0, -20.0], "problem", "the next is only 0.4 below"),
        ("laplace", [-9.0, -19.4, -9.0, -20.0], "note", "2 of 4 got there"),
    ],
)
def test_lower_modes_are_named(modes, kind, heights, level, words):
    fit = with_runs(modes[kind], run_lp=heights)
    fit.idata.attrs["kept_run"] = 1
    finding = judged(fit).about("restarts")
    assert finding.level == level and words in finding.text


def test_modes_of_one_height_at_other_places_are_several(modes):
    """As those of data that a mirror leaves as they are."""
    fit = modes["laplace"]
    means = fit.sample_stats["run_mu"].to_numpy().copy()
    away = 1 if fit.idata.attrs["kept_run"] != 1 else 2
    means[away - 1] += 1
    finding = judged(with_runs(fit, run_mu=means)).about("restarts")
    assert finding.level == "problem"
    assert "there are several modes" in finding.text and "only 0.0 below" in finding.text


def test_climbs_that_did_not_converge_are_no_modes(modes):
    fit = with_runs(modes["laplace"], run_lp=[-9.0, -12.0, -9.0, -9.0])
    fit.idata.attrs["kept_run"] = 1
    assert judged(fit).about("restarts").level == "problem"
    finding = judged(with_runs(fit, run_converged=[True, False, True, True])).about("restarts")
    assert finding.level == "fine"
    assert "at one mode. Run(s) 2 did not come to a mode" in finding.text
    finding = judged(with_runs(fit, run_converged=[False, True, True, True])).about("restarts")
    assert "Run 1, the highest, is kept, and is no mode" in finding.text


def test_a_run_that_failed_without_a_word_is_named(fit):
    report = Report()
    idata = containers.replace(fit.idata, {"failed_chains": '{"3": ""}'})
    failed_runs(stanmix.Fit(fit.model, fit.design, idata), report)
    assert report.findings[0].text.endswith("Stan said of run 3: nothing")


def test_failed_runs_are_named(fit):
    attrs = {"failed_chains": '{"2": "said\\nand said last"}'}
    idata = containers.replace(fit.idata, attrs)
    report = Report()
    failed_runs(stanmix.Fit(fit.model, fit.design, idata), report)
    (finding,) = report.findings
    assert "run(s) 2 failed" in finding.text
    assert finding.text.endswith("and said last")


@pytest.mark.parametrize("algorithm", ["meanfield", "fullrank"])
@pytest.mark.parametrize("order", ["auto", None])
def test_advi_that_misses_the_lines_is_named_by_its_own_figures(lines, lines_fit, algorithm, order):
    """Stan's own random starts; some fits miss, and none that does is called good."""
    truth = lines_fit.posterior["beta"].to_numpy()[..., 0].reshape(-1, 2)
    mean, sd = truth.mean(axis=0), truth.std(axis=0)
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=PRIORS, order=order)
    for seed in (1, 11, 21):
        options = {**OPTIONS, "seed": seed, "algorithm": algorithm, "starts": "random"}
        fit = model.fit(lines, **options)
        beta = np.sort(fit.posterior["beta"].to_numpy()[0, :, :, 0], axis=1)
        away = np.abs(beta.mean(axis=0) - mean) / sd
        wide = np.abs(np.log(beta.std(axis=0) / sd))
        if away.max() > 2 or wide.max() > np.log(2):
            assert not fit.diagnose().ok
