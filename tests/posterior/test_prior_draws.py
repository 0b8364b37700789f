from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

import stanmix
from stanmix import containers
from stanmix.errors import InputError
from stanmix.posterior import prior_draws
from stanmix.program.data import standata
from stanmix.program.default_priors import default_priors
from stanmix.program.units import units_of

FRAME = {
    "y": [-1.0, 0.5, 2.0, 4.0],
    "x": [0.0, 1.0, 2.0, 4.0],
    "n": [0, 3, 1, 7],
    "shift": [0.0, -0.5, 1.0, 0.3],
    "times": [1, 2, 0, 3],
    "site": ["a", "b", "a", "b"],
    "z": [-1.0, 1.0, -1.0, 1.0],
}


def parameters(model, draws=4000):
    matrices = model.matrices(FRAME)
    rng = np.random.default_rng(0)
    units = units_of(model, matrices)
    return prior_draws.prior_parameters(model, standata(model, matrices), units, draws, rng)


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
        (stanmix.Weibull(1.5, 2), stats.weibull_min(1.5, scale=2).cdf),
        (stanmix.Frechet(2.5, 2), stats.invweibull(2.5, scale=2).cdf),
        (stanmix.LogLogistic(2, 3), stats.fisk(3, scale=2).cdf),
        (stanmix.Pareto(0.5, 2.5), stats.pareto(2.5, scale=0.5).cdf),
        (stanmix.ParetoType2(0.5, 2, 3), stats.lomax(3, 0.5, 2).cdf),
        (stanmix.ChiSquare(3), stats.chi2(3).cdf),
        (stanmix.HalfCauchy(2), stats.halfcauchy(scale=2).cdf),
        (stanmix.Rayleigh(2), stats.rayleigh(scale=2).cdf),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, stanmix.model.priors.Prior) else "",
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
        (stanmix.StdNormal(), stats.norm()),
        (stanmix.Gumbel(1, 2), stats.gumbel_r(1, 2)),
        (stanmix.SkewNormal(1, 2, 3), stats.skewnorm(3, 1, 2)),
        (stanmix.ExGaussian(1, 2, 0.5), stats.exponnorm(1, 1, 2)),
        (stanmix.AsymmetricLaplace(1, 2, 0.2), stats.laplace_asymmetric(0.5, 1, 2.5)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, stanmix.model.priors.Prior) else "",
)
def test_means_have_their_prior_and_order(prior, expected):
    mu = parameters(stanmix.Mixture("y", 2, order="mu", priors={"mu": prior}))["mu"]
    assert (mu[:, 0] < mu[:, 1]).all()
    assert stats.kstest(mu.ravel(), expected.cdf).pvalue > 1e-3


def test_components_have_their_own_priors():
    model = stanmix.Mixture(
        "y ~ x",
        2,
        gating="~ x",
        formulas={"sigma": "~ x"},
        priors={
            "x": [stanmix.Normal(0, 2), stanmix.Laplace(5, 1)],
            "beta_sigma[x]": [stanmix.Normal(-3, 1), stanmix.Normal(3, 2)],
            "gamma[x]": [stanmix.Normal(1, 1), stanmix.Normal(0, 2)],
        },
    )
    found = parameters(model)
    of_gamma = stats.norm(0.2 * 4 / 1, np.sqrt(0.8))  # normal(1, 1) times the density at -x
    expected = {
        "beta": (stats.norm(0, 2), stats.laplace(5, 1)),
        "beta_sigma": (stats.norm(-3, 1), stats.norm(3, 2)),
        "gamma": (of_gamma, stats.norm(-of_gamma.mean(), of_gamma.std())),
    }
    for name, priors in expected.items():
        for k, prior in enumerate(priors):
            assert stats.kstest(found[name][:, k, 1], prior.cdf).pvalue > 1e-3, (name, k)


@pytest.mark.parametrize("family", ["binomial", "beta"])
def test_fractions_have_priors_between_their_ends(family):
    frame = {**FRAME, "trials": np.full(len(FRAME["y"]), 9), "k": np.arange(len(FRAME["y"])) % 9}
    frame["share"] = (frame["k"] + 0.5) / 10
    stated = {"formula": "share"} if family == "beta" else {"formula": "k", "trials": "trials"}
    priors = {"mu": [stanmix.Beta(2, 5), stanmix.BetaProportion(0.8, 10)]}
    model = stanmix.Mixture(components=2, family=family, priors=priors, **stated)
    matrices = model.matrices(frame)
    units = units_of(model, matrices)
    rng = np.random.default_rng(0)
    data = standata(model, matrices, units=units)
    mu = prior_draws.prior_parameters(model, data, units, 2000, rng)["mu"]
    for k, prior in enumerate((stats.beta(2, 5), stats.beta(8, 2))):
        assert stats.kstest(mu[:, k], prior.cdf).pvalue > 1e-3


def test_skew_priors_of_coefficients_that_sum_to_zero():
    """By quadrature: the density of x is that of the prior at x and at -x."""
    prior = stanmix.Gumbel(0.3, 0.7)
    gamma = parameters(stanmix.Mixture("y", 2, gating="~ x", priors={"gamma[x]": prior}))["gamma"]
    np.testing.assert_allclose(gamma.sum(axis=1), 0, atol=1e-9)
    x = np.linspace(-8, 8, 4001)
    of = stats.gumbel_r(0.3, 0.7)
    mass = np.cumsum(of.pdf(x) * of.pdf(-x))
    assert stats.kstest(gamma[:, 0, 1], lambda at: np.interp(at, x, mass / mass[-1])).pvalue > 1e-3


def test_bounds_are_those_of_each_component():
    priors = {"sigma": [stanmix.Uniform(0, 1), stanmix.Uniform(2, 5)]}
    sigma = parameters(stanmix.Mixture("y", 2, priors=priors))["sigma"]
    assert stats.kstest(sigma[:, 0], stats.uniform(0, 1).cdf).pvalue > 1e-3
    assert stats.kstest(sigma[:, 1], stats.uniform(2, 3).cdf).pvalue > 1e-3


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


@pytest.mark.parametrize("family", ["normal", "poisson"])
def test_a_default_prior_of_an_intercept_holds_at_the_centre_of_the_covariates(family):
    """And there it does not depend on the slope; a stated one holds at covariates of zero."""
    response = "n" if family == "poisson" else "y"
    common = {"components": 2, "family": family, "order": None, "offset": "shift"}
    design = stanmix.Mixture(f"{response} ~ x", **common).matrices(FRAME)
    default = default_priors(stanmix.Mixture(f"{response} ~ x", **common), design)
    wide = {"x": stanmix.Normal(0, 50)}
    for stated, at in (({}, np.mean(FRAME["x"])), ({"Intercept": stanmix.Normal(2, 3)}, 0.0)):
        model = stanmix.Mixture(f"{response} ~ x", priors={**wide, **stated}, **common)
        beta = parameters(model)["beta"].reshape(-1, 2)
        there = beta[:, 0] + at * beta[:, 1]
        prior = stated.get("Intercept", default["beta[Intercept]"])
        assert stats.kstest(there, stats.norm(prior.mu, prior.sigma).cdf).pvalue > 1e-3
        assert abs(np.corrcoef(there, beta[:, 1])[0, 1]) < 4 / np.sqrt(len(beta))


def test_components_ordered_by_an_intercept_at_zero_have_their_prior_in_that_order():
    """Sorting whole components of a prior that treats them alike."""
    common = {"components": 2, "priors": {"x": stanmix.Normal(1, 4)}}
    free = parameters(stanmix.Mixture("y ~ x", order=None, **common))["beta"]
    ordered = parameters(stanmix.Mixture("y ~ x", order="Intercept", **common))["beta"]
    assert (ordered[:, 0, 0] < ordered[:, 1, 0]).all()
    first = np.argsort(free[..., 0], axis=1)
    expected = np.take_along_axis(free, first[..., None], axis=1)
    for k in range(2):
        for p in range(2):
            assert stats.ks_2samp(ordered[:, k, p], expected[:, k, p]).pvalue > 1e-3


def test_coefficients_of_weights_have_their_stated_prior_at_covariates_of_zero():
    model = stanmix.Mixture("y", 2, gating="~ x", priors={"gamma": stanmix.Normal(0, 2)})
    gamma = parameters(model)["gamma"]
    # Two normals that sum to zero are half their difference: sd 2 / sqrt(2).
    for q in range(2):
        assert stats.kstest(gamma[:, 0, q], stats.norm(0, np.sqrt(2)).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(gamma[:, 0].T)[0, 1]) < 4 / np.sqrt(len(gamma))


def test_prior_draws_have_the_unit_of_the_data():
    frame = {**FRAME, "y": [value * 2.0**20 for value in FRAME["y"]]}
    model = stanmix.Mixture("y ~ x", 2)
    one, other = (
        stanmix.prior_predictive(model, each, draws=50, seed=3) for each in (FRAME, frame)
    )
    np.testing.assert_array_equal(one.prior["beta"] * 2.0**20, other.prior["beta"])
    np.testing.assert_array_equal(one.prior["sigma"] * 2.0**20, other.prior["sigma"])


def test_the_prior_predictive_has_named_groups_and_a_seed():
    model = stanmix.Mixture("y ~ x", 2, priors={"sigma": stanmix.HalfNormal(1)})
    idata = stanmix.prior_predictive(model, FRAME, draws=200, seed=3)
    assert idata.prior_predictive["y"].shape == (1, 200, 4)
    assert idata.prior["beta"].dims == ("chain", "draw", "component", "covariate")
    assert "observed_data" in containers.groups_of(idata)
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
    with pytest.raises(InputError, match="draws must be an integer of at least 1"):
        stanmix.prior_predictive(flat, FRAME, draws=0)
    far = stanmix.Mixture("y", 2, gating="~ x", priors={"gamma[x]": stanmix.Normal(50, 1)})
    with pytest.raises(InputError, match="gamma of covariate 2 lies so far from zero"):
        stanmix.prior_predictive(far, FRAME, draws=10)


@pytest.mark.parametrize(
    "prior", [stanmix.LogNormal(0.5, 0.7), stanmix.Gamma(2, 0.3), stanmix.Normal(1, 2)]
)
def test_means_of_counts_have_their_prior_cut_at_zero(prior):
    model = stanmix.Mixture("n", 2, family="poisson", order="mu", priors={"mu": prior})
    mu = parameters(model)["mu"]
    assert (mu[:, 0] >= 0).all() and (mu[:, 0] < mu[:, 1]).all()
    expected = {
        "LogNormal": stats.lognorm(0.7, scale=np.exp(0.5)),
        "Gamma": stats.gamma(2, scale=1 / 0.3),
        "Normal": stats.truncnorm(-0.5, np.inf, 1, 2),
    }[type(prior).__name__]
    assert stats.kstest(mu.ravel(), expected.cdf).pvalue > 1e-3


def test_coefficients_of_weights_have_their_prior_on_values_that_sum_to_zero():
    """Three normals that sum to zero have each 2/3 of the variance."""
    prior = {"gamma": stanmix.Normal(0, 2)}
    found = parameters(stanmix.Mixture("y", 3, gating="~ x", priors=prior))
    np.testing.assert_allclose(found["gamma"].sum(axis=1), 0, atol=1e-12)
    for k in range(3):
        cdf = stats.norm(0, 2 * np.sqrt(2 / 3)).cdf
        assert stats.kstest(found["gamma"][:, k, 1], cdf).pvalue > 1e-3
    weights = special.softmax(
        found["gamma"][..., :1] + found["gamma"][..., 1:] * np.array(FRAME["x"]), axis=1
    )
    np.testing.assert_allclose(found["theta"], weights.mean(axis=2), rtol=1e-12)


def test_heavy_tails_are_kept_where_two_coefficients_are_opposite():
    """Of two, one is the negative of the other: the density is the prior's, squared."""
    prior = {"gamma": stanmix.StudentT(3, 0, 2)}
    gamma = parameters(stanmix.Mixture("y", 2, gating="~ x", priors=prior))["gamma"][:, 0, 1]
    grid = np.linspace(-200, 200, 400_001)
    density = stats.t(3, 0, 2).pdf(grid) ** 2
    cdf = np.cumsum(density) / density.sum()
    assert stats.kstest(gamma, lambda x: np.interp(x, grid, cdf)).pvalue > 1e-3


def by_hand(model, frame, draws, rng):
    """Responses drawn one by one, from parameters drawn one by one."""
    y = np.empty((draws, len(frame["y"])))
    for s in range(draws):
        counts = model.family == "poisson"
        slopes = rng.normal([0.0, 0.5], [1.0, 0.3], size=(2, 2))
        means = rng.lognormal(0.5, 0.7, size=2) if counts else rng.normal(0, 3, size=2)
        gamma = rng.normal(0, 1, size=2)
        theta = rng.dirichlet([2.0, 2.0])
        classes: dict[object, int] = {}
        for i in range(y.shape[1]):
            if model.gated:  # two normals that sum to zero are half their difference
                upper = 1 / (1 + np.exp((gamma[0] - gamma[1]) * frame["z"][i]))
                theta = np.array([1 - upper, upper])
            unit = frame["site"][i] if model.group else i
            k = classes.setdefault(unit, int(rng.random() < theta[1]))
            shift = frame["shift"][i] if model.offset else 0.0
            linear = slopes[k, 0] + slopes[k, 1] * frame["x"][i] if model.regression else means[k]
            if not counts:
                y[s, i] = rng.normal(linear + shift, 0.5)
            elif model.regression:
                y[s, i] = rng.poisson(np.exp(linear + shift))
            else:
                y[s, i] = rng.poisson(linear * np.exp(shift))
    return y


PRIORS = {"Intercept": stanmix.Normal(0, 1), "x": stanmix.Normal(0.5, 0.3)}
WEIGHTS = {"gamma": stanmix.Normal(0, 1)}
CASES = {
    "poisson": stanmix.Mixture(
        "n", 2, family="poisson", offset="shift",
        priors={"mu": stanmix.LogNormal(0.5, 0.7), "theta": stanmix.Dirichlet(2)},
    ),
    "poissons": stanmix.Mixture(
        "n ~ x", 2, family="poisson", gating="~ 0 + z", group="site", offset="shift",
        weights="times", priors={**PRIORS, **WEIGHTS},
    ),
    "normal": stanmix.Mixture(
        "y", 2, gating="~ 0 + z", fixed={"sigma": 0.5}, weights="times",
        priors={"mu": stanmix.Normal(0, 3), **WEIGHTS},
    ),
    "normals": stanmix.Mixture(
        "y ~ x", 2, group="site", offset="shift", fixed={"sigma": 0.5},
        priors={**PRIORS, "theta": stanmix.Dirichlet(2)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_responses_are_those_of_a_simulation_by_hand(name):
    """Each row's responses, and sums over rows that may share a class, have one distribution."""
    model = CASES[name]
    expected = by_hand(model, FRAME, 1000, np.random.default_rng(11))
    found = stanmix.prior_predictive(model, FRAME, draws=4000, seed=5)
    y = found.prior_predictive["y"].to_numpy()[0]
    pairs = [(0,), (1,), (2,), (3,), (0, 2), (1, 3), (0, 1)]
    for rows in pairs:
        one, other = y[:, rows].sum(axis=1), expected[:, rows].sum(axis=1)
        assert stats.ks_2samp(one, other).pvalue > 1e-3, rows
    assert ("gamma" in found.prior) == model.gated


def test_rows_of_a_group_share_a_class():
    model = stanmix.Mixture(
        "y", 2, group="site", fixed={"sigma": 1e-3}, priors={"mu": stanmix.Normal(0, 10)}
    )
    y = stanmix.prior_predictive(model, FRAME, draws=500).prior_predictive["y"].to_numpy()[0]
    assert (np.abs(y[:, 0] - y[:, 2]) < 0.01).all() and (np.abs(y[:, 1] - y[:, 3]) < 0.01).all()
    # Two groups are of one class with probability E[theta^2 + (1 - theta)^2] = 2/3.
    together = (np.abs(y[:, 0] - y[:, 1]) < 0.01).mean()
    assert abs(together - 2 / 3) < 5 * np.sqrt(2 / 9 / 500)


def test_counts_beyond_all_bounds_are_their_mean():
    model = stanmix.Mixture(
        "n ~ x", 1, family="poisson", priors={"Intercept": stanmix.Normal(50, 0.1)}
    )
    y = stanmix.prior_predictive(model, FRAME, draws=20).prior_predictive["y"].to_numpy()
    assert (y >= 0).all() and y[0, :, 0].min() > 1e18


def test_shapes_have_their_prior_in_each_component():
    nu = parameters(stanmix.Mixture("y", 2, family="student_t"))["nu"]
    assert stats.kstest(nu.ravel(), stats.gamma(2, scale=10).cdf).pvalue > 1e-3
    stated = {"phi": stanmix.Gamma(2, 3)}
    phi = parameters(stanmix.Mixture("n", 2, family="negative_binomial", priors=stated))["phi"]
    assert stats.kstest(phi.ravel(), stats.gamma(2, scale=1 / 3).cdf).pvalue > 1e-3
    known = parameters(stanmix.Mixture("y", 2, family="student_t", fixed={"nu": [3.0, 5.0]}))
    np.testing.assert_array_equal(known["nu"], np.broadcast_to([3.0, 5.0], (4000, 2)))


def test_coefficients_of_a_scale_have_their_prior_at_the_centre_or_at_zero():
    """In any unit of the response: the scale of which they are has it."""
    wide = {"beta_sigma[x]": stanmix.Normal(0, 3)}
    for unit in (1.0, 1e6):
        frame = {**FRAME, "y": [unit * y for y in FRAME["y"]]}
        for stated, at in ((False, np.mean(FRAME["x"])), (True, 0.0)):
            prior = stanmix.Normal(np.log(unit), 0.5)
            priors = wide | ({"beta_sigma[Intercept]": prior} if stated else {})
            model = stanmix.Mixture("y", 2, formulas={"sigma": "~ x"}, priors=priors)
            design = model.matrices(frame)
            if not stated:
                prior = default_priors(model, design)["beta_sigma[Intercept]"]
            found = prior_draws.prior_parameters(
                model, standata(model, design), units_of(model, design), 4000,
                np.random.default_rng(0),
            )["beta_sigma"].reshape(-1, 2)  # fmt: skip
            there = found[:, 0] + at * found[:, 1]
            assert stats.kstest(there, stats.norm(prior.mu, prior.sigma).cdf).pvalue > 1e-3
            assert stats.kstest(found[:, 1], stats.norm(0, 3).cdf).pvalue > 1e-3


def test_shared_coefficients_are_drawn_once():
    model = stanmix.Mixture("y", 3, formulas={"sigma": "~ x"}, shared=("sigma",))
    found = parameters(model)["beta_sigma"]
    assert found.shape == (4000, 3, 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 2])


def test_prior_predictions_of_scales_by_row_are_those_of_a_simulation_by_hand():
    priors = {
        "mu": stanmix.Normal(0, 1),
        "nu": stanmix.Gamma(20, 2),
        "beta_sigma[Intercept]": stanmix.Normal(0, 0.5),
        "beta_sigma[x]": stanmix.Normal(0.3, 0.2),
    }
    model = stanmix.Mixture(
        "y", 2, family="student_t", formulas={"sigma": "~ x"}, priors=priors, order=None
    )
    found = stanmix.prior_predictive(model, FRAME, draws=20_000, seed=2)
    assert found.prior["beta_sigma"].dims == ("chain", "draw", "component", "sigma_covariate")
    rng = np.random.default_rng(5)
    S = 20_000
    for i, x in enumerate(FRAME["x"]):
        scale = np.exp(rng.normal(0, 0.5, S) + x * rng.normal(0.3, 0.2, S))
        y = rng.normal(0, 1, S) + scale * rng.standard_t(rng.gamma(20, 0.5, S))
        drawn = found.prior_predictive["y"].to_numpy()[0, :, i]
        assert stats.ks_2samp(drawn, y).pvalue > 1e-3


@pytest.mark.parametrize("alpha", [1e-3, 0.01, [0.01, 3, 3]])
def test_sparse_weights_are_those_of_their_dirichlet(alpha):
    """A weight is beta; tiny ones are no trouble, and responses come from the others."""
    model = stanmix.Mixture("y", 3, priors={"theta": stanmix.Dirichlet(alpha)})
    theta = parameters(model)["theta"]
    of_each = np.broadcast_to(alpha, 3)
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta.sum(axis=1), 1)
    for k, own in enumerate(of_each):
        prior = stats.beta(own, of_each.sum() - own)
        for level in (1e-30, 1e-3, 0.5):
            expected, got = prior.cdf(level), (theta[:, k] <= level).mean()
            error = np.sqrt(expected * (1 - expected) / len(theta))
            assert abs(got - expected) < 4 * error + 1e-12
    drawn = stanmix.prior_predictive(model, FRAME, draws=50).prior_predictive["y"]
    assert np.isfinite(drawn).all()


def test_correlations_have_their_prior_in_each_component():
    model = stanmix.Mixture(
        ["y", "x", "shift"], 2, family="mvnormal", covariance="full",
        priors={"rho": [stanmix.LKJ(1), stanmix.LKJ(6)]},
    )  # fmt: skip
    found = parameters(model)["rho"]
    assert found.shape == (4000, 2, 3)
    for k, b in enumerate((1.5, 6.5)):  # eta - 1 + D / 2
        expected = stats.beta(b, b, -1, 2)
        assert all(stats.kstest(each, expected.cdf).pvalue > 1e-3 for each in found[:, k].T)
    drawn = stanmix.prior_predictive(model, FRAME, draws=5, seed=1)
    assert containers.group(drawn, "prior")["rho"].dims == ("chain", "draw", "component", "pair")


def test_volumes_and_shapes_have_their_priors_in_the_units_of_the_columns():
    model = stanmix.Mixture(
        ["y", "x", "shift"], 2, family="mvnormal", covariance="EVI",
        priors={"sigma": stanmix.LogNormal(1, 0.5), "shape": stanmix.Dirichlet([1.0, 2.0, 4.0])},
    )  # fmt: skip
    found = parameters(model)
    assert np.ptp(found["sigma"], axis=1).max() == 0
    assert stats.kstest(found["sigma"][:, 0, 0], stats.lognorm(0.5, scale=np.e).cdf).pvalue > 1e-3
    scaled = found["shape"] / model.data(FRAME)["y_scale"]
    shares = scaled / scaled.sum(axis=-1, keepdims=True)
    for d, alpha in enumerate([1.0, 2.0, 4.0]):
        expected = stats.beta(alpha, 7 - alpha).cdf
        assert all(stats.kstest(each, expected).pvalue > 1e-3 for each in shares[..., d].T)
