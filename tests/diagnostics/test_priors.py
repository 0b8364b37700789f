from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, noisy

import stanmix
from stanmix.diagnostics.priors import held_against_priors, priors
from stanmix.diagnostics.report import Report
from stanmix.model import priors as pr

S = 4_000


def about(fit):
    return {one.name: one for one in held_against_priors(fit)}


def judged(fit):
    report = Report()
    priors(fit, report)
    return report.findings


def one_mean(mean, sd, y, **stated):
    """One component of known scale, its mean with draws of exactly this mean and sd."""
    z = np.random.default_rng(0).normal(size=(2, S // 2))
    z = (z - z.mean()) / z.std()
    model = stanmix.Mixture("y", 1, fixed={"sigma": 1.0}, priors=stated)
    return fit_of(
        model, {"y": y}, {"theta": np.ones((2, S // 2, 1)), "mu": (mean + sd * z)[..., None]}
    )


Y = np.random.default_rng(1).normal(3, 1, 50)


def test_each_component_is_held_against_its_own_prior():
    rng = np.random.default_rng(3)
    stated = {"mu": [pr.Normal(-3, 1), pr.Normal(3, 0.5)], "sigma": [pr.Flat(), pr.HalfNormal(1)]}
    draws = {
        "theta": np.full((2, 500, 2), 0.5),
        "mu": noisy(rng, [-3.0, 5.0], 0.1, 2, 500),
        "sigma": 1 + 0.1 * rng.random((2, 500, 2)),
    }
    fit = fit_of(stanmix.Mixture("y", 2, priors=stated), {"y": Y}, draws)
    held = about(fit)
    assert held["mu[1]"].out < 0.2 and held["mu[2]"].out == pytest.approx(4, abs=0.1)
    assert "sigma[1]" not in held and "sigma[2]" in held
    assert any("the prior of sigma is flat" in found.text for found in judged(fit))


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_out_is_in_prior_sds_whatever_the_unit(unit):
    stated = {"mu": pr.Normal(-2 * unit, 0.5 * unit)}
    held = about(one_mean(0.25 * unit, 0.1 * unit, unit * Y, **stated))["mu[1]"]
    assert held.out == pytest.approx(4.5, rel=1e-6)
    # The slope of the prior at its mean, 4.5 / 0.5, by the posterior sd.
    assert held.pull == pytest.approx(9 * 0.1, rel=1e-3)
    assert held.contradicts


def test_the_pull_is_the_move_of_a_conjugate_mean():
    """Of a known scale: prior, data and posterior are normal."""
    n, prior_sd, centre = 50, 0.4, -1.0
    precision = n + prior_sd**-2
    mean, sd = (n * Y.mean() + centre * prior_sd**-2) / precision, precision**-0.5
    held = about(one_mean(mean, sd, Y, mu=pr.Normal(centre, prior_sd)))["mu[1]"]
    moved = (Y.mean() - mean) / sd
    assert moved > 1 and held.contradicts
    assert held.pull == pytest.approx(moved, rel=0.15)  # to first order
    # With as many data again and again the same prior does next to nothing.
    many = np.tile(Y, 100)
    held = about(one_mean(many.mean(), 5_000**-0.5, many, mu=pr.Normal(centre, prior_sd)))["mu[1]"]
    assert held.out > 9 and not held.contradicts


PRIORS = [
    (pr.Normal(1, 2), stats.norm(1, 2)),
    (pr.StudentT(4, 1, 2), stats.t(4, 1, 2)),
    (pr.Cauchy(1, 2), stats.cauchy(1, 2)),
    (pr.Laplace(1, 2), stats.laplace(1, 2)),
    (pr.Logistic(1, 2), stats.logistic(1, 2)),
]
POSITIVE = [
    (pr.HalfNormal(2), stats.halfnorm(scale=2)),
    (pr.Exponential(0.5), stats.expon(scale=2)),
    (pr.Gamma(3, 2), stats.gamma(3, scale=1 / 2)),
    (pr.InverseGamma(3, 2), stats.invgamma(3, scale=2)),
    (pr.LogNormal(0.5, 0.7), stats.lognorm(0.7, scale=np.exp(0.5))),
    (pr.Normal(1, 2), stats.truncnorm(-0.5, np.inf, 1, 2)),
]


@pytest.mark.parametrize(("prior", "expected"), PRIORS)
@pytest.mark.parametrize("z", [-3.5, -1.0, 2.0, 4.0])
def test_out_is_by_the_probability_beyond(prior, expected, z):
    place = expected.isf(stats.norm.sf(z))
    held = about(one_mean(place, 1e-3, Y, mu=prior))["mu[1]"]
    assert held.out == pytest.approx(abs(z), rel=1e-3)


def scales(place, sd, **stated):
    z = np.random.default_rng(0).normal(size=(2, S // 2, 1))
    z = (z - z.mean()) / z.std()
    draws = {"theta": np.ones((2, S // 2, 1)), "mu": 3 + 0.1 * z, "sigma": place + sd * z}
    return fit_of(stanmix.Mixture("y", 1, priors=stated), {"y": Y}, draws)


@pytest.mark.parametrize(("prior", "expected"), POSITIVE)
@pytest.mark.parametrize("z", [-3.2, 1.0, 3.4])
def test_priors_of_scales_end_at_zero(prior, expected, z):
    place = expected.isf(stats.norm.sf(z))
    held = about(scales(place, 1e-4 * place, sigma=prior))["sigma[1]"]
    assert held.out == pytest.approx(abs(z), rel=2e-3)


def test_a_bound_of_a_uniform_prior_is_one_where_the_posterior_lies_against_it():
    bounded = pr.Uniform(0, 1)
    assert about(scales(0.98, 0.015, sigma=bounded))["sigma[1]"].contradicts
    assert not about(scales(0.5, 0.1, sigma=bounded))["sigma[1]"].contradicts
    # Zero is no bound of the prior's but one of scales.
    assert not about(scales(0.01, 0.009, sigma=bounded))["sigma[1]"].contradicts
    assert about(scales(0.52, 0.015, sigma=pr.Uniform(0.5, 9)))["sigma[1]"].contradicts
    (finding,) = judged(scales(0.98, 0.015, sigma=bounded))
    assert "sigma[1] lies against its bound" in finding.text


def line(slope, intercept, frame, **options):
    rng = np.random.default_rng(0)
    z = noisy(rng, [0.0, 0.0], 1.0, 2, S // 2)
    z = (z - z.mean(axis=(0, 1))) / z.std(axis=(0, 1))
    beta = np.array([intercept, slope]) + 0.05 * abs(slope) * z
    draws = {"theta": np.ones((2, S // 2, 1)), "beta": beta[:, :, None]}
    draws["sigma"] = np.exp(noisy(rng, [0.0], 0.05, 2, S // 2))
    return fit_of(stanmix.Mixture("y ~ year", 1, **options), frame, draws)


def years():
    rng = np.random.default_rng(2)
    year = np.repeat(np.arange(1950.0, 2020.0), 3)
    return {"year": year, "y": 0.5 * year + rng.normal(size=len(year))}


def test_the_default_prior_of_the_intercept_holds_at_the_centre():
    """At zero it would lie 400 prior sds out."""
    held = about(line(0.5, 0.0, years()))
    assert held["beta[1, Intercept]"].out < 1
    assert held["beta[1, year]"].out < 1
    # A stated one holds at zero, where this one is right, and 1 000 off.
    stated = {"Intercept": pr.Normal(0, 10)}
    assert about(line(0.5, 0.0, years(), priors=stated))["beta[1, Intercept]"].out < 0.1
    held = about(line(0.5, 1000.0, years(), priors=stated))["beta[1, Intercept]"]
    assert held.out > 30


def test_a_prior_in_another_unit_is_named():
    fit = line(0.045, 900.0, years(), priors={"year": pr.Normal(0, 0.01)})
    (finding,) = judged(fit)
    assert finding.level == "problem" and finding.topic == "priors"
    assert "beta[1, year] lies 4.5 prior sds out" in finding.text
    assert "state a wider prior of year" in finding.advice
    assert 'priors={"year": ...}' in finding.advice
    assert not fit.diagnose().ok
    assert fit.diagnose().figures["farthest_in_prior"] == pytest.approx(4.5, abs=0.01)


def test_columns_components_and_weights_are_told_apart():
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(6, 1, (30, 2))])
    stated = {"mu[b]": pr.Normal(0, 1), "theta": pr.Dirichlet([50.0, 50.0])}
    model = stanmix.Mixture(
        ["a", "b"], 2, family="mvnormal", covariance="diagonal", shared=("sigma",), order="a",
        priors=stated,
    )  # fmt: skip
    theta = rng.beta(20, 180, size=(2, 200))
    draws = {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": noisy(rng, [[0, 0], [6, 6]], 0.2, 2, 200),
        "sigma": np.exp(noisy(rng, [0.0, 0.0], 0.05, 2, 200)),
    }
    fit = fit_of(model, {"a": y[:, 0], "b": y[:, 1]}, draws)
    held = about(fit)
    assert set(held) == {
        "theta[1]", "theta[2]", "mu[1, a]", "mu[1, b]", "mu[2, a]", "mu[2, b]", "sigma[a]",
        "sigma[b]",
    }  # fmt: skip
    assert {name for name, one in held.items() if one.contradicts} == {
        "theta[1]", "theta[2]", "mu[2, b]",
    }  # fmt: skip
    assert held["mu[2, b]"].out == pytest.approx(6, abs=0.1)
    beta = stats.beta(50, 50)
    assert held["theta[1]"].out == pytest.approx(stats.norm.isf(beta.cdf(theta.mean())), rel=1e-6)
    (finding,) = judged(fit)
    assert "mu[b]" in finding.advice and "theta" in finding.advice


def test_coefficients_of_weights_and_counts_have_priors_too():
    rng = np.random.default_rng(0)
    frame = {"n": rng.poisson(5, 40), "z": rng.normal(1e4, 1, 40)}
    model = stanmix.Mixture(
        "n", 2, family="poisson", gating="~ z", order=None,
        priors={"gamma[z]": pr.Normal(0, 0.1), "mu": pr.Gamma(100, 100)},
    )  # fmt: skip
    gamma = np.array([[1e4, -1.0], [-1e4, 1.0]]) + np.zeros((2, 200, 2, 2))
    gamma[..., 1] += 0.05 * rng.normal(size=(2, 200, 2)) * [1, -1]
    draws = {"gamma": gamma, "mu": np.exp(noisy(rng, [0.0, 2.0], 0.05, 2, 200))}
    held = about(fit_of(model, frame, draws))
    assert held["gamma[2, z]"].out == pytest.approx(10, abs=0.2)
    assert held["gamma[2, z]"].parameter == "gamma[z]"
    assert held["mu[1]"].out < 1 and held["mu[2]"].contradicts


def test_flat_priors_and_draws_made_elsewhere_have_nothing_to_contradict():
    assert about(one_mean(1e6, 0.1, Y, mu=pr.Flat())) == {}
    wrong = one_mean(9.0, 0.5, Y, mu=pr.Normal(0, 1))
    assert judged(wrong)
    made = stanmix.from_draws(
        stanmix.Mixture("y", 1, fixed={"sigma": 1.0}, priors={"mu": pr.Normal(0, 1)}),
        {"y": Y},
        {
            "theta": np.ones((1, 50, 1)),
            "mu": 9 + np.random.default_rng(0).normal(size=(1, 50, 1)),
        },
    )
    assert judged(made) == []


def test_what_is_drawn_from_its_prior_does_not_contradict_it():
    """As an empty component; of 300 there are some beyond three sds, but none of means."""
    rng = np.random.default_rng(0)
    model = stanmix.Mixture("y", 2, order=None)
    theta = rng.beta(1, 1, size=(2, 400))
    sd = float(np.std(Y))
    draws = {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": Y.mean() + 2.5 * sd * rng.normal(size=(2, 400, 2)),
        "sigma": np.exp(np.log(sd / 2) + rng.normal(size=(2, 400, 2))),
    }
    held = about(fit_of(model, {"y": Y}, draws))
    assert max(one.out for one in held.values()) < 1


def test_shapes_and_coefficients_of_scales_are_held_against_their_priors():
    rng = np.random.default_rng(0)
    z = (lambda u: (u - u.mean()) / u.std())(rng.normal(size=S))
    y, x = rng.normal(3, 1, 50), np.linspace(0, 4, 50)
    draws = {
        "theta": np.ones((2, S // 2, 1)),
        "mu": rng.normal(3, 0.1, (2, S // 2, 1)),
        "nu": (20 + z).reshape(2, S // 2, 1),
        "beta_sigma": np.stack([0.5 + 0.1 * z, 2.0 + 0.2 * z], axis=-1).reshape(2, S // 2, 1, 2),
    }
    stated = {
        "nu": pr.Gamma(2, 1),
        "beta_sigma[x]": pr.Normal(0, 0.5),
        "beta_sigma[Intercept]": pr.Normal(0.25, 0.5),
    }
    model = stanmix.Mixture("y", 1, family="student_t", formulas={"sigma": "~ x"}, priors=stated)
    held = about(fit_of(model, {"y": y, "x": x}, draws))
    slope = held["beta_sigma[1, x]"]
    assert slope.parameter == "beta_sigma[x]"
    assert slope.out == pytest.approx(4.0, rel=1e-6)
    assert slope.pull == pytest.approx(4 / 0.5 * 0.2, rel=1e-3)
    # Where covariates are zero, as it is stated.
    assert held["beta_sigma[1, Intercept]"].out == pytest.approx(0.5, rel=1e-6)
    nu = held["nu[1]"]
    assert nu.parameter == "nu"
    logarithms = np.log(20 + z)
    centre = np.exp(logarithms.mean())
    assert nu.out == pytest.approx(stats.norm.isf(stats.gamma(2, scale=1).sf(centre)), rel=1e-6)
    # On the log scale the density is that of exp(2 u - exp(u)).
    assert nu.pull == pytest.approx((centre - 2) * logarithms.std(), rel=1e-5)
    assert nu.contradicts


def test_a_shape_that_the_data_leave_open_is_held_to_its_heavy_prior():
    """Precisions of Poisson counts have draws of all sizes, and no mean."""
    rng = np.random.default_rng(0)
    logarithms = 6.0 + 4.0 * rng.normal(size=(2, S // 2, 1))
    draws = {
        "theta": np.ones((2, S // 2, 1)),
        "mu": rng.normal(6, 0.1, (2, S // 2, 1)),
        "phi": np.exp(logarithms),
    }
    model = stanmix.Mixture("n", 1, family="negative_binomial")
    fit = fit_of(model, {"n": rng.poisson(6, 80)}, draws)
    phi = about(fit)["phi[1]"]
    centre = np.exp(logarithms.mean())
    expected = stats.norm.isf(stats.invgamma(0.4, scale=0.3).sf(centre))
    assert phi.out == pytest.approx(expected, rel=1e-6) and not phi.contradicts


def test_the_flat_prior_that_leaves_no_posterior_is_named():
    model = stanmix.Mixture("y", 2, family="student_t", priors={"nu": pr.Flat()})
    rng = np.random.default_rng(0)
    names = ("theta", "mu", "sigma", "nu")
    draws = {name: 0.5 + rng.random((2, 40, 2)) for name in names}
    draws["theta"] /= draws["theta"].sum(axis=-1, keepdims=True)
    finding = next(one for one in judged(fit_of(model, {"y": Y}, draws)) if one.topic == "improper")
    assert "the prior of nu is flat" in finding.text and 'priors={"nu": ' in finding.advice


def test_correlations_are_held_against_their_beta_distributions():
    """Of LKJ(40) the correlations of two columns have an sd of 1 / 9."""
    rng = np.random.default_rng(6)
    model = stanmix.Mixture(
        ["a", "b"], 1, family="mvnormal", covariance="full", priors={"rho": pr.LKJ(40)}
    )
    draws = {
        "theta": np.ones((2, 200, 1)),
        "mu": noisy(rng, [[0.0, 0.0]], 0.1, 2, 200),
        "sigma": 1 + 0.1 * rng.random((2, 200, 1, 2)),
        "rho": noisy(rng, [[0.6]], 0.01, 2, 200),
    }
    fit = fit_of(model, dict(zip("ab", rng.normal(size=(2, 50)), strict=True)), draws)
    held = about(fit)["rho[1, a, b]"]
    prior = stats.beta(40, 40, -1, 2)
    assert held.out == pytest.approx(stats.norm.isf(prior.sf(draws["rho"].mean())), rel=1e-6)
    assert any("rho[1, a, b]" in found.text for found in judged(fit))


def test_shapes_are_held_against_their_beta_distributions():
    """The first column has a share of about 0.9, in the units of the columns' spreads."""
    rng = np.random.default_rng(6)
    model = stanmix.Mixture(
        ["a", "b"], 2, family="mvnormal", covariance="VEI", priors={"shape": pr.Dirichlet(50)}
    )
    frame = dict(zip("ab", rng.normal(size=(2, 50)), strict=True))
    scale = np.array(model.data(frame)["y_scale"])
    shares = np.array([[0.9, 0.1]]) + rng.normal(0, 0.003, (2, 200, 1)) * [1, -1]
    draws = {
        "theta": np.full((2, 200, 2), 0.5),
        "mu": noisy(rng, [[0.0, 0.0], [3.0, 0.0]], 0.1, 2, 200),
        "sigma": 1 + 0.1 * rng.random((2, 200, 2)),
        "shape": shares * scale / (shares @ scale)[..., None],
    }
    fit = fit_of(model, frame, draws)
    held = about(fit)
    tail = stats.beta(50, 50).sf(shares[..., 0].mean())
    assert held["shape[a]"].out == pytest.approx(stats.norm.isf(tail), rel=1e-6)
