from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats
from synthetic import fit_of, made_up_fit, noisy, pair_draws, switched

import stanmix
from stanmix.diagnostics.convergence import (
    _smallest_ess,
    convergence,
    invariants,
    largest_r_hat,
    spread_rows,
)
from stanmix.diagnostics.report import Report

MODEL = stanmix.Mixture("y", 2, order=None)


def dataset(**values):
    return xr.Dataset({name: (("chain", "draw", "k")[: v.ndim], v) for name, v in values.items()})


def judged(fit, aligned=False):
    report = Report()
    convergence(fit, report, aligned)
    return report.diagnosis()


def r_hat(chains):
    """Rank-normalised and folded split R-hat, as Vehtari et al. (2021) define it."""

    def plain(values):
        halves = values.reshape(len(values) * 2, -1)
        n = halves.shape[1]
        within, between = halves.var(axis=1, ddof=1).mean(), n * halves.mean(axis=1).var(ddof=1)
        return np.sqrt((n - 1) / n + between / within / n)

    def scores(values):
        ranks = stats.rankdata(values).reshape(values.shape)
        return special.ndtri((ranks - 3 / 8) / (values.size + 1 / 4))

    folded = np.abs(chains - np.median(chains))
    return max(plain(scores(chains)), plain(scores(folded)))


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_r_hat_is_that_of_its_definition(shift):
    rng = np.random.default_rng(0)
    values = rng.standard_t(3, size=(4, 200, 2))
    values[1, :, 1] += shift
    values[2, :, 0] *= 1 + shift
    expected = [r_hat(values[..., k]) for k in range(2)]
    found, where = largest_r_hat(dataset(a=values))
    assert found == pytest.approx(max(expected), rel=1e-10)
    assert where == f"a[{int(np.argmax(expected))}]"


def test_a_chain_that_never_moved_is_infinitely_off_and_constants_do_not_count():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 100))
    constant = np.ones((4, 100))
    assert largest_r_hat(dataset(a=values, b=constant)) == largest_r_hat(dataset(a=values))
    values[2] = 0.3
    assert largest_r_hat(dataset(a=values))[0] > 1.4
    assert largest_r_hat(dataset(b=constant)) == (0.0, "")


def test_effective_draws_are_those_of_an_autoregression():
    """n (1 - r) / (1 + r) of n draws; the estimate's error is some percent at 40 000."""
    rng = np.random.default_rng(1)
    r, shape = 0.6, (4, 10_000)
    values = np.empty(shape)
    values[:, 0] = rng.normal(size=4)
    for t in range(1, shape[1]):
        values[:, t] = r * values[:, t - 1] + np.sqrt(1 - r**2) * rng.normal(size=4)
    free = rng.normal(size=shape)
    bulk, tail = _smallest_ess(dataset(a=values, b=free, c=np.ones(shape)))
    assert bulk == pytest.approx(40_000 * (1 - r) / (1 + r), rel=0.1)
    assert tail < _smallest_ess(dataset(b=free))[1]


def test_invariants_know_no_labels_and_are_scipys():
    draws, y = pair_draws(chains=2, draws=50)
    swap = np.random.default_rng(1).random((2, 50)) < 0.5
    one, other = (fit_of(MODEL, {"y": y}, d) for d in (draws, switched(draws, swap)))
    found = invariants(one)
    xr.testing.assert_allclose(found, invariants(other), rtol=1e-12)
    low, high = int(np.argmin(y)), int(np.argmax(y))
    assert {f"density at {low}", f"density at {high}"} <= set(found)
    for row in (low, high):
        terms = draws["theta"] * stats.norm.pdf(y[row], draws["mu"], draws["sigma"])
        expected = np.log(terms.sum(axis=-1))
        np.testing.assert_allclose(found[f"density at {row}"], expected, rtol=1e-10)
    np.testing.assert_array_equal(found["mu[rank 1]"], draws["mu"].min(axis=-1))


def test_rows_are_spread_along_the_response():
    y = np.random.default_rng(0).normal(size=41)
    rows = spread_rows(y, 5)
    np.testing.assert_array_equal(np.sort(y[rows]), np.sort(y)[[0, 10, 20, 30, 40]])
    assert len(spread_rows(np.arange(3.0), 7)) == 3


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_rows_of_vectors_are_spread_along_what_differs_most(unit):
    """Whatever the units of the columns and the order of the rows."""
    rng = np.random.default_rng(0)
    along = np.linspace(-5, 5, 101)
    y = np.column_stack([along, unit * along]) + 0.1 * rng.normal(size=(101, 2)) * [1, unit]
    shuffled = rng.permutation(101)
    rows = shuffled[spread_rows(y[shuffled], 5)]
    np.testing.assert_allclose(np.sort(along[rows]), [-5, -2.5, 0, 2.5, 5], atol=0.3)


def test_the_diagnosis_of_vectors_follows_rows_of_all_clusters():
    """And not the first ones, which are of one cluster."""
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(-9, 1, (30, 2)), rng.normal(9, 1, (30, 2))])
    model = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="diagonal", order=None)
    theta = rng.beta(20, 20, size=(2, 40))
    draws = {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": noisy(rng, [[-9, -9], [9, 9]], 0.1, 2, 40),
        "sigma": np.exp(noisy(rng, np.zeros((2, 2)), 0.1, 2, 40)),
    }
    found = invariants(fit_of(model, {"a": y[:, 0], "b": y[:, 1]}, draws))
    rows = [int(name.split()[-1]) for name in found if str(name).startswith("density at")]
    assert len(rows) == 7
    assert min(rows) < 30 <= max(rows)


def test_groups_and_gating_are_followed_too():
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=20), "z": rng.normal(size=20), "g": np.repeat(np.arange(5), 4)}
    frame["z"] = np.repeat(frame["z"][:5], 4)
    fit = made_up_fit(stanmix.Mixture("y", 2, gating="~ z", group="g"), frame, draws=20)
    assert all(np.isfinite(values).all() for values in invariants(fit).data_vars.values())


def test_chains_that_agree_are_fine_and_others_are_named():
    draws, y = pair_draws(chains=4, draws=400)
    fit = fit_of(MODEL, {"y": y}, draws)
    diagnosis = judged(fit)
    assert diagnosis.ok and diagnosis.figures["r_hat"] < 1.01
    assert diagnosis.about("effective draws").level == "fine"
    moved = {**draws, "sigma": draws["sigma"] + np.array([0, 0, 0, 1.0])[:, None, None]}
    finding = judged(fit_of(MODEL, {"y": y}, moved)).about("convergence")
    assert finding.level == "problem"
    assert "sigma" in finding.text and "chains do not agree" in finding.text


def test_components_that_cannot_be_named_are_told_from_chains_that_disagree():
    draws, y = pair_draws(chains=4, draws=400)
    swap = np.zeros((4, 400), dtype=bool)
    swap[:2] = True
    finding = judged(fit_of(MODEL, {"y": y}, switched(draws, swap)), aligned=True).about(
        "convergence"
    )
    assert "only the components are not told apart" in finding.text
    assert "predictions, densities and partitions can be used" in finding.advice


@pytest.mark.parametrize("chains", [1, 2, 4])
@pytest.mark.parametrize("draws", [1, 2, 3, 4, 7, 8, 12])
@pytest.mark.parametrize("order", ["mu", None])
def test_few_draws_are_judged_in_words(chains, draws, order):
    few, y = pair_draws(chains=chains, draws=draws)
    diagnosis = fit_of(stanmix.Mixture("y", 2, order=order), {"y": y}, few).diagnose()
    finding = diagnosis.about("convergence")
    assert not diagnosis.ok and finding.level == "problem"
    needed = 4 if chains > 1 else 8
    assert (f"R-hat needs {needed} draws" in finding.text) == (draws < needed)
    said = [found.text for found in diagnosis.findings]
    assert not any("nan" in text or " inf" in text for text in said)
    assert (chains == 1) == any(found.topic == "chains" for found in diagnosis.findings)


def test_draws_that_are_one_point_are_no_convergence():
    draws, y = pair_draws(chains=2, draws=20)
    stuck = {name: np.broadcast_to(v[:1, :1], v.shape).copy() for name, v in draws.items()}
    finding = judged(fit_of(MODEL, {"y": y}, stuck)).about("convergence")
    assert finding.level == "problem" and "no parameter ever moved" in finding.text
