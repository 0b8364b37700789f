from __future__ import annotations

import re
import tracemalloc

import arviz as az
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from synthetic import fit_of, made_up_fit, noisy, pair_draws

import stanmix
from stanmix import containers
from stanmix.density import blocks
from stanmix.errors import InputError
from stanmix.posterior import loo


@pytest.fixture(scope="module")
def fits():
    draws, y = pair_draws(gap=12.0)
    rng = np.random.default_rng(1)
    one = {
        "theta": np.ones((4, 250, 1)),
        "mu": noisy(rng, [y.mean()], y.std() / np.sqrt(40), 4, 250),
        "sigma": np.exp(noisy(rng, [np.log(y.std())], 0.1, 4, 250)),
    }
    return {
        "one": fit_of(stanmix.Mixture("y", 1), {"y": y}, one),
        "two": fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, draws),
    }


def test_the_better_model_is_named(fits):
    comparison = stanmix.compare(fits)
    assert list(comparison.table.index) == ["two", "one"]
    for name, fit in fits.items():  # 1 000 draws support a k-hat of 1 - 1 / log10(1000)
        assert comparison.table.loc[name, "bad_k"] == (fit.loo().pareto_k > 2 / 3).sum()
    assert comparison.remarks[0].startswith("'two' predicts best: its elpd is")
    assert "elpd_loo" in str(comparison)
    assert "&#x27;two&#x27;" in comparison._repr_html_()


def test_equal_models_are_called_equal(fits):
    same = stanmix.compare({"a": fits["two"], "b": fits["two"]})
    assert "about equally well" in same.remarks[0]


def test_loo_is_that_of_exact_importance_sampling(fits):
    """With light tails the smoothed estimate is near the plain harmonic one, row by row."""
    fit = fits["two"]
    d = fit.draws()
    terms = np.log(d["theta"])[:, None] + stats.norm.logpdf(
        fit.design.y[:, None], d["mu"][:, None], d["sigma"][:, None]
    )
    pointwise = special.logsumexp(terms, axis=-1)
    whole = fit.with_log_likelihood()
    stored = whole.idata.log_likelihood["y"].to_numpy().reshape(1000, 40)
    np.testing.assert_allclose(stored, pointwise, rtol=1e-10)
    plain = -(special.logsumexp(-pointwise, axis=0) - np.log(1000))
    estimate = fit.loo()
    np.testing.assert_allclose(estimate.loo_i, plain, atol=0.05)
    assert whole.loo().elpd_loo == estimate.elpd_loo
    assert "log_likelihood" not in containers.groups_of(fit.idata)


def few_draws(fits):
    """With 200 draws every ArviZ takes as many into the tail of the ratios."""
    return {
        name: fit_of(
            fit.model,
            {"y": fit.design.y},
            {name: fit.posterior[name].to_numpy()[:, :50] for name in fit.model.parameters},
        )
        for name, fit in fits.items()
    }


def test_loo_in_blocks_is_arvizs_of_the_whole(fits, monkeypatch):
    for fit in few_draws(fits).values():
        with containers.quiet():  # it warns of large k-hats
            whole = az.loo(fit.with_log_likelihood().idata, pointwise=True)
        monkeypatch.setattr(blocks, "BLOCK", 200 * 7)
        found = fit.loo()
        assert type(found) is type(whole)
        newer = hasattr(whole, "elpd")  # ArviZ 1.0 renamed these; 1.3 has another se
        own = {"elpd_loo": "elpd", "p_loo": "p", "loo_i": "elpd_i"} if newer else {}
        for name in ("elpd_loo", "p_loo", "good_k"):
            assert found[name] == pytest.approx(whole[own.get(name, name)], rel=1e-10)
        spread = np.var(whole[own.get("loo_i", "loo_i")].to_numpy())
        assert found.se == pytest.approx(np.sqrt(40 * spread), rel=1e-10)
        for name in ("n_samples", "n_data_points", "warning", "scale"):
            assert found[name] == whole[name]
        for name in ("loo_i", "pareto_k"):
            theirs = whole[own.get(name, name)]
            assert found[name].dims == theirs.dims
            np.testing.assert_array_equal(found[name]["obs_id"], theirs["obs_id"])
            np.testing.assert_allclose(found[name], theirs, rtol=1e-8)
        for name, renamed in own.items():
            assert found[renamed] is found[name]
        said = f"elpd_loo +{found.elpd_loo:.2f} +{found.se:.2f}\\s+p_loo +{found.p_loo:.2f}"
        assert re.search(said, str(found))


def test_the_table_is_arvizs(fits):
    few = few_draws(fits)
    ours = stanmix.compare(few).table
    with containers.quiet():
        old = {name: fit.loo() for name, fit in few.items()}
        options = {"round_to": "none"} if hasattr(old["one"], "elpd") else {}
        theirs = az.compare(old, **options)
    assert list(ours.columns) == [
        "rank", "elpd_loo", "p_loo", "elpd_diff", "weight", "se", "dse", "warning", "scale", "bad_k"
    ]  # fmt: skip
    assert list(ours.index) == list(theirs.index) and list(ours["rank"]) == [0, 1]
    theirs = theirs.rename(columns={"elpd": "elpd_loo", "p": "p_loo"})
    for name in ("elpd_loo", "p_loo", "se", "dse"):
        np.testing.assert_allclose(ours[name], theirs[name].astype(float), rtol=1e-8)
    np.testing.assert_allclose(ours["elpd_diff"], theirs["elpd_diff"].abs(), rtol=1e-8)
    np.testing.assert_allclose(ours["weight"], theirs["weight"].astype(float), atol=1e-6)
    assert list(ours["warning"]) == [old[name].warning for name in ours.index]


def test_a_stack_has_the_weights_that_predict_best():
    """Three models, each the best at some rows: beside a fine grid over all weights."""
    rng = np.random.default_rng(5)
    pointwise = rng.normal(-2, 1.5, size=(60, 3)) - 800.0  # whose density is zero to a double
    found = loo._stacked(pointwise)
    grid = np.array([(a, b, 1 - a - b) for a in np.linspace(0, 1, 201)
                     for b in np.linspace(0, 1 - a, 201)])  # fmt: skip
    score = special.logsumexp(pointwise[:, None] + np.log(grid + 1e-300), axis=-1).sum(axis=0)
    np.testing.assert_allclose(found, grid[score.argmax()], atol=0.01)
    assert found.sum() == pytest.approx(1, abs=1e-9) and (found > 0.02).all()


def test_loo_of_many_rows_takes_a_block_at_a_time(monkeypatch):
    """As at 200 000 rows, in small: the pointwise log-likelihood would be 32 MB."""
    monkeypatch.setattr(blocks, "BLOCK", 2**16)
    draws, y = pair_draws(chains=2, draws=100)
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": np.tile(y, 500)}, draws)
    fit.loo()  # imports
    tracemalloc.start()
    try:
        estimate = fit.loo()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert estimate.n_data_points == 20_000
    # Some copies of a block of 0.5 MB, and some numbers for each row.
    assert peak < 12e6


@pytest.mark.parametrize("draws", [1, 2, 3, 5])
def test_few_draws_are_refused_or_marked(draws):
    few, y = pair_draws(chains=1, draws=draws)
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, few)
    if draws == 1:
        with pytest.raises(InputError, match="a single draw"):
            fit.loo()
    else:
        assert fit.loo().warning


def test_observations_that_carry_too_much_are_explained(fits):
    draws, y = pair_draws(gap=6.0)
    outlying = np.append(y, 40.0)
    # Draws that were not told of the outlier: its importance ratios are heavy-tailed.
    bad = fit_of(stanmix.Mixture("y", 2, order=None), {"y": outlying}, draws)
    comparison = stanmix.compare({"bad": bad, "same": bad})
    count = int((bad.loo().pareto_k > 2 / 3).sum())
    assert comparison.table.loc["bad", "bad_k"] == count > 0
    said = comparison.remarks[1]
    assert f"for {count} of 41 observations (worst: 40" in said and "stronger prior" in said


def test_what_cannot_be_compared_is_refused(fits):
    draws, y = pair_draws(chains=1, draws=1)
    mode = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, draws, "map", lp=np.zeros((1, 1)))
    other = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y + 1}, draws)
    with pytest.raises(InputError, match="two or more"):
        stanmix.compare({"one": fits["one"]})
    with pytest.raises(InputError, match="'other' and 'two' are fits of other data"):
        stanmix.compare({"two": fits["two"], "other": other})
    with pytest.raises(InputError, match="A mode has no draws"):
        stanmix.compare({"a": mode, "b": mode})
    with pytest.raises(InputError, match="of one observation would hold 4 x 250 x 1"):
        fits["two"].loo(memory=1e-6)


@pytest.mark.parametrize(
    ("options", "narrow"),
    [
        ({"family": "poisson"}, "give the weights a stronger prior"),
        ({"family": "negative_binomial"}, "give the weights a stronger prior"),
        ({"family": "student_t"}, "give sigma or the weights a stronger prior"),
        ({"formulas": {"sigma": "~ z"}}, "give beta_sigma or the weights a stronger prior"),
    ],
)
def test_the_scale_is_named_where_there_is_one(options, narrow):
    """Draws of no posterior, so that single rows weigh too much."""
    frame = pd.DataFrame({"n": np.append(np.arange(20.0), 90.0), "z": np.linspace(-1, 1, 21)})
    fit = made_up_fit(stanmix.Mixture("n", 2, **options), frame, draws=200)
    said = " ".join(stanmix.compare({"one": fit, "other": fit}).remarks)
    assert narrow in said
