from __future__ import annotations

import numpy as np
import pytest

import stanmix

OPTIONS = {"method": "advi", "seed": 1, "progress": False}


@pytest.fixture(scope="module")
def fit():
    """One component and known scale: the posterior is normal, which ADVI can meet."""
    y = np.random.default_rng(0).normal(3, 2, 50)
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Flat()})
    return model.fit({"y": y}, draws=4000, iterations=20_000, tol_rel_obj=0.001, **OPTIONS)


def test_a_normal_posterior_is_met(fit):
    y = fit.design.y
    mu = fit.idata.posterior["mu"].to_numpy().ravel()
    sd = 2 / np.sqrt(len(y))
    # Stochastic gradients leave the mean within a part of the posterior sd, the sd within a tenth.
    assert abs(mu.mean() - y.mean()) < 0.25 * sd
    assert abs(mu.std() / sd - 1) < 0.15


def test_the_elbo_trace_is_kept(fit):
    elbo = fit.idata.sample_stats["elbo"]
    assert elbo.dims == ("iteration",)
    assert elbo.sizes["iteration"] >= 2
    assert (np.diff(elbo.iteration) > 0).all()
    # The ELBO bounds the log marginal density, here known, from below; flat prior, 50 rows.
    y = fit.design.y
    n, rest = len(y), ((y - y.mean()) ** 2).sum()
    log_marginal = -0.5 * (n - 1) * np.log(2 * np.pi * 4) - 0.5 * rest / 4 - 0.5 * np.log(n)
    assert log_marginal - 3 < float(elbo[-1]) < log_marginal + 3


def test_a_good_approximation_is_called_so(fit):
    diagnosis = fit.diagnose()
    assert diagnosis.figures["k_hat"] < 0.7
    assert diagnosis.about("approximation").level == "fine"


def test_shapes_and_statistics(fit):
    assert fit.idata.posterior["mu"].shape == (1, 4000, 1)
    assert {"log_p", "log_g"} <= set(fit.idata.sample_stats.data_vars)


def test_full_rank_and_the_seed(lines):
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",))
    one, again, other = (
        model.fit(lines, method="advi", algorithm="fullrank", seed=s, progress=False)
        for s in (1, 1, 2)
    )
    beta = [f.idata.posterior["beta"].to_numpy() for f in (one, again, other)]
    np.testing.assert_array_equal(beta[0], beta[1])
    assert not np.array_equal(beta[0], beta[2])


def test_stopping_early_is_said(lines):
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",))
    fit = model.fit(lines, iterations=100, tol_rel_obj=1e-6, **OPTIONS)
    finding = fit.diagnose().about("ELBO")
    assert finding.level == "problem"
    assert "iterations ran out" in finding.text
