from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.runs import results

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


@pytest.fixture(scope="module")
def in_blocks():
    """The same posterior of eight times the rows, by gradients of a hundred of them."""
    y = np.random.default_rng(0).normal(3, 2, 400)
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Flat()})

    def fitted(**options):
        told = {"iterations": 20_000, "tol_rel_obj": 1e-9, "elbo_samples": 100, "eta": 0.05}
        return model.fit({"y": y}, batch_size=100, restarts=2, **{**OPTIONS, **told, **options})

    return fitted


def test_gradients_of_some_rows_lead_to_the_same_posterior(in_blocks):
    fit = in_blocks(draws=4000)
    y, mu = fit.design.y, fit.idata.posterior["mu"].to_numpy().ravel()
    sd = 2 / np.sqrt(len(y))
    assert abs(mu.mean() - y.mean()) < 0.25 * sd
    assert abs(mu.std() / sd - 1) < 0.15
    # A normal approximation can be the posterior, and its ELBO then is the log evidence.
    n, rest = len(y), ((y - y.mean()) ** 2).sum()
    log_marginal = -0.5 * (n - 1) * np.log(2 * np.pi * 4) - 0.5 * rest / 4 - 0.5 * np.log(n)
    assert abs(float(fit.idata.sample_stats["elbo"][-1]) - log_marginal) < 1
    # Log densities of draws are those of all rows, but for a constant.
    apart = fit.idata.sample_stats["log_p"].to_numpy().ravel() - stats.norm.logpdf(mu, y.mean(), sd)
    np.testing.assert_allclose(apart, apart[0], rtol=0, atol=1e-8)
    assert fit.diagnose().figures["k_hat"] < 0.7


def test_the_seed_of_gradients_of_some_rows(in_blocks, tmp_path):
    fit, other = in_blocks(), in_blocks(seed=2)
    results.write(fit, tmp_path / "folder", progress=False)
    assert stanmix.rerun(tmp_path / "folder", progress=False).same
    runs = [one.idata.posterior["mu"].to_numpy() for one in (fit, in_blocks(), other)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
