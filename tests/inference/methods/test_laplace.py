from __future__ import annotations

import numpy as np
import pytest
from independent import log_posterior
from rendered import EXAMPLES
from scipy.optimize import minimize
from stan_transforms import simplex_of, stick_breaking

import stanmix
from stanmix.errors import InferenceError
from stanmix.inference.methods import laplace
from stanmix.inference.runs.ends import End

OPTIONS = {"method": "laplace", "seed": 1, "progress": False}
S = 20_000


def hessian(density, at):
    step = 1e-3 * np.ones(len(at))
    D = len(at)
    result = np.empty((D, D))
    for i, j in np.ndindex(D, D):
        a, b = np.eye(D)[i] * step, np.eye(D)[j] * step
        result[i, j] = (
            density(at + a + b) - density(at + a - b) - density(at - a + b) + density(at - a - b)
        ) / (4 * step[i] * step[j])
    return result


def test_mode_and_curvature_are_those_of_an_independent_density(cmdstan):
    model, frame = EXAMPLES["normal_mixture_ordered_mu_shared_sigma"]
    fit = model.fit(frame, draws=S, correct=False, **OPTIONS)
    data, posterior = model.data(frame), fit.idata.posterior
    sigma = posterior["sigma"].to_numpy().ravel() / data["y_scale"]
    mu = (posterior["mu"].to_numpy().reshape(-1, 2) - data["y_centre"]) / data["y_scale"]
    # Unconstrained: theta's logit, orthonormal in today's Stan, and of the scaled parameters mu_1,
    # log(mu_2 - mu_1), log sigma.
    simplex = simplex_of(stanmix.cmdstan.version(cmdstan))
    theta = posterior["theta"].to_numpy().reshape(-1, 2)
    logit = np.log(theta[:, 0] / theta[:, 1]) / (1 if simplex is stick_breaking else np.sqrt(2))
    draws = np.column_stack([logit, mu[:, 0], np.log(np.diff(mu)[:, 0]), np.log(sigma)])

    def density(u):
        return log_posterior(model, data, u, simplex)

    found = minimize(lambda u: -density(u), draws.mean(axis=0), method="BFGS", tol=1e-8)
    covariance = np.linalg.inv(-hessian(density, found.x))
    sd = np.sqrt(np.diag(covariance))
    # Independent draws: standard errors of means, sds and correlations, and five of them.
    assert (np.abs(draws.mean(axis=0) - found.x) < 5 * sd / np.sqrt(S)).all()
    assert (np.abs(draws.std(axis=0) / sd - 1) < 5 / np.sqrt(2 * S)).all()
    expected = covariance / np.outer(sd, sd)
    np.testing.assert_allclose(np.corrcoef(draws.T), expected, atol=5 / np.sqrt(S))
    assert fit.idata.sample_stats["run_lp"].max() == pytest.approx(density(found.x), abs=1e-5)


def test_a_normal_posterior_has_equal_ratios():
    y = np.random.default_rng(0).normal(3, 2, 50)
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(0, 10)})
    fit = model.fit({"y": y}, **OPTIONS)
    stats = fit.idata.sample_stats
    ratio = (stats["log_p"] - stats["log_g"]).to_numpy()
    np.testing.assert_allclose(ratio, ratio[0, 0], atol=1e-4)
    assert fit.diagnose().ok


def test_a_saddle_is_refused():
    """Equal starts of two components stay together, between the two clumps."""
    y = np.repeat([-4.0, 4.0], 10) + np.random.default_rng(0).normal(size=20)
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    model = stanmix.Mixture("y", 2, fixed=known, order=None)
    with pytest.raises(InferenceError, match="does not curve downwards"):
        model.fit({"y": y}, restarts=1, starts=[{"mu": [0.1, 0.1]}], **OPTIONS)
    assert model.fit({"y": y}, **OPTIONS).diagnose().figures["k_hat"] < 0.7


@pytest.mark.parametrize(
    ("how", "words"), [("converged", "does not curve downwards"), ("iterations", "ran out of")]
)
def test_what_a_curvature_check_sees(how, words):
    end = End(how, 5, 0.1, -100.0)
    z = np.random.default_rng(0).normal(size=(500, 6))
    laplace._check_curvature(-0.5 * (z**2).sum(axis=1), 6, end)
    for wrong in (-0.5 * (z[:, :5] ** 2).sum(axis=1), np.full(500, np.nan)):
        with pytest.raises(InferenceError, match=words):
            laplace._check_curvature(wrong, 6, end)


def test_other_modes_that_matter_are_said():
    """Twelve points in three clumps of four, and two components: one clump must share."""
    y = np.repeat([-10.0, 0.0, 10.0], 4) + 0.1 * np.random.default_rng(0).normal(size=12)
    fit = stanmix.Mixture("y", 2, fixed={"sigma": 3.0}).fit({"y": y}, **OPTIONS)
    finding = fit.diagnose().about("restarts")
    assert finding.level == "problem"
    assert "there are several modes" in finding.text
    assert "only" in finding.text
