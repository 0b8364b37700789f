from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix import design, prior_draws
from stanmix.errors import InputError
from stanmix.standata import standata

FRAME = {"y": [-1.0, 0.5, 2.0, 4.0], "x": [0.0, 1.0, 2.0, 4.0]}


def parameters(model, draws=4000):
    matrices = design.build(model.formula, FRAME)
    rng = np.random.default_rng(0)
    return prior_draws.prior_parameters(model, standata(model, matrices), draws, rng)


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        (stanmix.Normal(1, 2), stats.truncnorm(-0.5, np.inf, 1, 2).cdf),
        (stanmix.StudentT(3, 0, 2), lambda x: 2 * stats.t.cdf(x / 2, 3) - 1),
        (stanmix.HalfStudentT(3, 2), lambda x: 2 * stats.t.cdf(x / 2, 3) - 1),
        (stanmix.Cauchy(0, 2), stats.halfcauchy(scale=2).cdf),
        (stanmix.HalfNormal(2), stats.halfnorm(scale=2).cdf),
        (stanmix.Exponential(2), stats.expon(scale=0.5).cdf),
        (stanmix.Gamma(2, 3), stats.gamma(2, scale=1 / 3).cdf),
        (stanmix.InverseGamma(3, 2), stats.invgamma(3, scale=2).cdf),
        (stanmix.LogNormal(0.5, 0.7), stats.lognorm(0.7, scale=np.exp(0.5)).cdf),
        (stanmix.Uniform(1, 3), stats.uniform(1, 2).cdf),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, stanmix.priors.Prior) else "",
)
def test_scales_have_their_prior_cut_at_zero(prior, expected):
    sigma = parameters(stanmix.Mixture("y", 2, order=None, priors={"sigma": prior}))["sigma"]
    assert stats.kstest(sigma.ravel(), expected).pvalue > 1e-3


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        (stanmix.Normal(1, 2), stats.norm(1, 2)),
        (stanmix.Laplace(1, 2), stats.laplace(1, 2)),
        (stanmix.Logistic(1, 2), stats.logistic(1, 2)),
        (stanmix.Cauchy(1, 2), stats.cauchy(1, 2)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, stanmix.priors.Prior) else "",
)
def test_means_have_their_prior_and_order(prior, expected):
    mu = parameters(stanmix.Mixture("y", 2, priors={"mu": prior}))["mu"]
    assert (mu[:, 0] < mu[:, 1]).all()
    assert stats.kstest(mu.ravel(), expected.cdf).pvalue > 1e-3


def test_weights_coefficients_and_known_parameters():
    model = stanmix.Mixture(
        "y ~ x",
        3,
        order="x",
        fixed={"sigma": [1.0, 2.0, 3.0]},
        priors={"theta": stanmix.Dirichlet([1, 2, 3]), "x": stanmix.Normal(0, 2)},
    )
    found = parameters(model)
    np.testing.assert_array_equal(found["sigma"][7], [1, 2, 3])
    assert (np.diff(found["beta"][..., 1], axis=1) > 0).all()
    assert stats.kstest(found["beta"][..., 1].ravel(), stats.norm(0, 2).cdf).pvalue > 1e-3
    assert not (np.diff(found["beta"][..., 0], axis=1) > 0).all()
    assert stats.kstest(found["theta"][:, 0], stats.beta(1, 5).cdf).pvalue > 1e-3
    shared = parameters(stanmix.Mixture("y", 2, shared=("sigma",)))["sigma"]
    np.testing.assert_array_equal(shared[:, 0], shared[:, 1])


def test_the_prior_predictive_has_named_groups_and_a_seed():
    model = stanmix.Mixture("y ~ x", 2, priors={"sigma": stanmix.HalfNormal(1)})
    idata = stanmix.prior_predictive(model, FRAME, draws=200, seed=3)
    assert idata.prior_predictive["y"].shape == (1, 200, 4)
    assert idata.prior["beta"].dims == ("chain", "draw", "component", "covariate")
    assert "observed_data" in idata.groups()
    again = stanmix.prior_predictive(model, FRAME, draws=200, seed=3)
    np.testing.assert_array_equal(idata.prior_predictive["y"], again.prior_predictive["y"])


def test_the_spread_of_prior_predictions_is_that_of_the_model():
    """Var(y) = Var(mu) + sigma^2 = 4 + 1 for one component; 20 000 draws, 5 standard errors."""
    model = stanmix.Mixture("y", 1, fixed={"sigma": 1.0}, priors={"mu": stanmix.Normal(10, 2)})
    y = stanmix.prior_predictive(model, FRAME, draws=20_000).prior_predictive["y"][0, :, 0]
    assert abs(float(y.mean()) - 10) < 5 * np.sqrt(5 / 20_000)
    assert abs(float(y.var()) - 5) < 5 * 5 * np.sqrt(2 / 20_000)


def test_what_cannot_be_drawn_is_refused():
    flat = stanmix.Mixture("y", 2, priors={"mu": stanmix.Flat()})
    with pytest.raises(InputError, match="prior of mu is flat"):
        stanmix.prior_predictive(flat, FRAME)
    with pytest.raises(InputError, match="draws must be a positive"):
        stanmix.prior_predictive(flat, FRAME, draws=0)
