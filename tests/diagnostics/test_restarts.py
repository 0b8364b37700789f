from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import stanmix
from stanmix import convert
from stanmix.diagnostics.report import Report
from stanmix.diagnostics.restarts import distances, failed_runs, restarts

PRIORS = {"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)}
OPTIONS = {"method": "advi", "progress": False}


@pytest.fixture(scope="module")
def fit(lines):
    """Unordered, so that runs number the components as they like."""
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=PRIORS, order=None)
    return model.fit(lines, seed=11, starts="random", **OPTIONS)


def with_runs(fit, **changed):
    stats = fit.idata.sample_stats
    changed = {name: stats[name].copy(data=np.asarray(data)) for name, data in changed.items()}
    groups = {"sample_stats": stats.assign(changed)}
    return stanmix.Fit(fit.model, fit.design, convert.replace(fit.idata, {}, **groups))


def judged(fit, sound=True):
    report = Report()
    restarts(fit, report, sound)
    return report.diagnosis()


def test_distances_are_those_of_the_best_renumbering(fit):
    stats, kept = fit.idata.sample_stats, fit.idata.attrs["kept_run"] - 1
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
    beta = fit.idata.sample_stats["run_beta"].to_numpy()[..., 0]
    assert len({tuple(np.argsort(row)) for row in beta}) == 2  # both labellings are there
    finding = judged(fit).about("restarts")
    assert finding.level == "fine"
    assert "4 runs ended at ELBOs from" in finding.text


def test_runs_that_end_elsewhere_are_a_problem(fit):
    beta = fit.idata.sample_stats["run_beta"].to_numpy().copy()
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


def test_failed_runs_are_named(fit):
    attrs = {"failed_chains": '{"2": "said\\nand said last"}'}
    idata = convert.replace(fit.idata, attrs)
    report = Report()
    failed_runs(stanmix.Fit(fit.model, fit.design, idata), report)
    (finding,) = report.findings
    assert "run(s) 2 failed" in finding.text
    assert finding.text.endswith("and said last")


@pytest.mark.parametrize("algorithm", ["meanfield", "fullrank"])
@pytest.mark.parametrize("order", ["auto", None])
def test_advi_that_misses_the_lines_is_named_by_its_own_figures(lines, lines_fit, algorithm, order):
    """Stan's own random starts; some fits miss, and none that does is called good."""
    truth = lines_fit.idata.posterior["beta"].to_numpy()[..., 0].reshape(-1, 2)
    mean, sd = truth.mean(axis=0), truth.std(axis=0)
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=PRIORS, order=order)
    for seed in (1, 11, 21):
        options = {**OPTIONS, "seed": seed, "algorithm": algorithm, "starts": "random"}
        fit = model.fit(lines, **options)
        beta = np.sort(fit.idata.posterior["beta"].to_numpy()[0, :, :, 0], axis=1)
        away = np.abs(beta.mean(axis=0) - mean) / sd
        wide = np.abs(np.log(beta.std(axis=0) / sd))
        if away.max() > 2 or wide.max() > np.log(2):
            assert not fit.diagnose().ok
