from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, pair_draws

import stanmix
from stanmix.density import blocks
from stanmix.errors import InputError


@pytest.fixture(scope="module")
def fit():
    draws, y = pair_draws(chains=2, draws=50, gap=2.0)
    return fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, draws)


@pytest.fixture(params=[2**22, 60], ids=["one block", "many blocks"], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", request.param)


@pytest.fixture
def p(fit):
    """Responsibilities of each draw, by SciPy."""
    d = fit.draws()
    dense = d["theta"][:, None] * stats.norm.pdf(
        fit.design.y[:, None], d["mu"][:, None], d["sigma"][:, None]
    )
    return dense / dense.sum(axis=-1, keepdims=True)


def test_responsibilities_come_with_their_uncertainty(fit, p):
    summary = fit.responsibility_summary(prob=0.8)
    assert summary["sd"].dims == ("obs_id", "component")
    np.testing.assert_allclose(summary["mean"], p.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(summary["sd"], p.std(axis=0), rtol=1e-8)
    np.testing.assert_allclose(summary["lower"], np.quantile(p, 0.1, axis=0), rtol=1e-10)
    np.testing.assert_allclose(summary["upper"], np.quantile(p, 0.9, axis=0), rtol=1e-10)
    with pytest.raises(InputError, match=r"prob must be a number between 0 and 1.*got 1"):
        fit.responsibility_summary(prob=1)


def test_each_observation_has_a_likeliest_component(fit, p):
    table = fit.allocations()
    assert table.index.name == "obs_id"
    np.testing.assert_array_equal(table["component"], p.mean(axis=0).argmax(axis=1) + 1)
    np.testing.assert_allclose(table["probability"], p.mean(axis=0).max(axis=1), rtol=1e-10)
    new = fit.allocations({"y": [-3.0, 3.0]})
    assert list(new["component"]) == [1, 2]
    assert (new["probability"] > 0.95).all()


def test_an_observation_that_nothing_explains_has_no_component():
    draws, y = pair_draws(chains=2, draws=50, gap=2.0)
    narrow = {**draws, "sigma": np.full_like(draws["sigma"], 1e-9)}
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, narrow)
    row = fit.allocations({"y": [1e149]})
    assert row["component"].item() == 0
    assert np.isnan(row["probability"].item())


def test_sampled_allocations_count_from_one_and_are_seeded(fit, p):
    z = fit.sample_allocations()
    assert z.dims == ("chain", "draw", "obs_id") and z.shape == (2, 50, 40)
    assert set(np.unique(z)) == {1, 2}
    np.testing.assert_array_equal(z, fit.sample_allocations(seed=1))
    assert (z != fit.sample_allocations(seed=2)).any()
    error = np.sqrt((p[..., 1] * (1 - p[..., 1])).sum()) / p[..., 1].size
    assert abs((z == 2).mean() - p[..., 1].mean()) < 4 * error  # 4 standard errors


def test_allocations_that_do_not_fit_in_memory_are_refused(fit):
    with pytest.raises(InputError, match=r"allocations would hold 2 x 50 x 40.*memory="):
        fit.sample_allocations(memory=1e-6)
