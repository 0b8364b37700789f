from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats
from synthetic import fit_of, noisy, pair_draws

import stanmix
from stanmix.errors import InputError


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
    assert "log_likelihood" not in fit.idata.groups()


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
    with pytest.raises(InputError, match="pointwise log-likelihood would hold 4 x 250 x 40"):
        fits["two"].loo(memory=1e-6)
