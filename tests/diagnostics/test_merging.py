from __future__ import annotations

import numpy as np
import pytest
from rendered import render
from scipy import special, stats
from scipy_families import SCIPY
from synthetic import at_draw, fit_of, made_up_fit, noisy

import stanmix
from stanmix.diagnostics.merging import loss_of_merging, merged

LAMB = stanmix.datasets.load("fetal_lamb_counts")
GROUPED = render.grouped_lines(groups=8)


def test_the_merged_normal_has_the_moments_of_both():
    """A sample of the two has the mean and variance of the one; 200 000 draws, 5 errors."""
    rng = np.random.default_rng(0)
    theta, mu, sigma = np.array([0.2, 0.5, 0.3]), np.array([1.0, 7.0, 3.0]), np.array([1, 1, 2.0])
    draws = {"theta": theta, "mu": mu, "sigma": sigma}
    frame = {"y": np.arange(8.0)}
    fit = fit_of(stanmix.Mixture("y", 3), frame, {n: v[None, None] for n, v in draws.items()})
    one = merged(fit, fit.draws(), fit.rows()[0], (2, 0))
    part = np.where(rng.random(200_000) < 0.4, 0, 2)
    y = rng.normal(mu[part], sigma[part])
    assert abs(y.mean() - one["mu"][0, 2]) < 5 * y.std() / np.sqrt(len(y))
    assert abs(y.var() / one["sigma"][0, 2] ** 2 - 1) < 5 * np.sqrt(2 / len(y))
    model = stanmix.Mixture("y", 3, fixed={"sigma": sigma.tolist()})
    known = fit_of(model, frame, {n: draws[n][None, None] for n in ("theta", "mu")})
    assert merged(known, known.draws(), known.rows()[0], (2, 0))["sigma"][0, 2] == 2


@pytest.mark.parametrize("pair", [(0, 2), (2, 0), (1, 2)])
def test_the_loss_is_that_of_scipy(pair):
    fit = made_up_fit(
        stanmix.Mixture("y ~ x", 3, gating="~ z", weights="times", shared=()), GROUPED
    )
    found = loss_of_merging(fit, fit.draws(), fit.rows()[0], pair)
    j, k = pair
    frame = GROUPED
    design = np.column_stack([np.ones(len(frame)), frame["x"]])
    gates = np.column_stack([np.ones(len(frame)), frame["z"]])
    for s in range(7):
        v = at_draw(fit, s)
        log_weight = special.log_softmax(gates @ v["gamma"].T, axis=1)
        logs = np.stack(
            [stats.norm.logpdf(frame["y"], design @ v["beta"][c], v["sigma"][c]) for c in range(3)]
        ).T
        full = special.logsumexp(log_weight + logs, axis=1)
        theta = np.exp(log_weight).mean(axis=0)[[j, k]]
        a, b = theta / theta.sum()
        beta = a * v["beta"][j] + b * v["beta"][k]
        variance = sum(
            share * (v["sigma"][c] ** 2 + np.mean((design @ (v["beta"][c] - beta)) ** 2))
            for share, c in ((a, j), (b, k))
        )
        one = stats.norm.logpdf(frame["y"], design @ beta, np.sqrt(variance))
        (rest,) = {0, 1, 2} - {j, k}
        pooled = np.logaddexp(log_weight[:, j], log_weight[:, k]) + one
        less = np.logaddexp(pooled, log_weight[:, rest] + logs[:, rest])
        assert found[s] == pytest.approx(frame["times"] @ (full - less), rel=1e-9)


def test_overlapping_poissons_that_spread_counts_are_both_needed():
    rng = np.random.default_rng(0)
    model = stanmix.Mixture("movements", 2, family="poisson", weights="freq")

    def judged(mu):
        draws = {
            "theta": rng.dirichlet([170, 30], size=(2, 60)),
            "mu": np.sort(np.abs(noisy(rng, mu, 0.02, 2, 60)), axis=-1),
        }
        return fit_of(model, LAMB, draws).diagnose().figures["distinct_components"]

    assert judged([0.17, 1.7]) == 2
    assert judged([0.35, 0.38]) == 1


def merged_one(model, frame, draws, pair=(0, 1)):
    """The values of the merged component's parameters at the rows, of the only draw."""
    fit = fit_of(model, frame, {name: np.asarray(v)[None, None] for name, v in draws.items()})
    terms, _ = fit.rows()
    one = merged(fit, fit.draws(), terms, pair)
    return {name: values[0, :, pair[0]] for name, values in terms.values(one).items()}


def test_a_merged_student_t_has_the_mean_and_variance_of_both():
    theta, mu, sigma, nu = [0.4, 0.6], [1.0, 7.0], [1.0, 2.0], [5.0, 9.0]
    draws = {"theta": theta, "mu": mu, "sigma": sigma, "nu": nu}
    model, frame = stanmix.Mixture("y", 2, family="student_t"), {"y": np.arange(8.0)}
    one = merged_one(model, frame, draws)
    both = [stats.t(n, m, s) for n, m, s in zip(nu, mu, sigma, strict=True)]
    mean = np.dot(theta, [part.mean() for part in both])
    variance = np.dot(theta, [part.var() + part.mean() ** 2 for part in both]) - mean**2
    assert one["nu"] == pytest.approx(np.exp(np.dot(theta, np.log(nu))))
    found = stats.t(one["nu"], one["mu"], one["sigma"])
    assert found.mean() == pytest.approx(mean) and found.var() == pytest.approx(variance)
    # Without a variance the squares of the scales stand for it.
    heavy = merged_one(model, frame, {**draws, "nu": [1.5, 9.0]})
    squares = np.dot(theta, np.square(sigma) + (np.array(mu) - mean) ** 2)
    assert heavy["sigma"] == pytest.approx(np.sqrt(squares))


def test_a_merged_negative_binomial_has_the_mean_and_variance_of_both():
    theta, mu, phi = np.array([0.3, 0.7]), np.array([2.0, 9.0]), np.array([3.0, 0.8])
    draws = {"theta": theta, "mu": mu, "phi": phi}
    model = stanmix.Mixture("n", 2, family="negative_binomial")
    frame = {"n": np.arange(8.0)}
    one = merged_one(model, frame, draws)
    mean = theta @ mu
    variance = theta @ (mu + mu**2 / phi + (mu - mean) ** 2)
    found = stats.nbinom(one["phi"], one["phi"] / (one["phi"] + one["mu"]))
    assert found.mean() == pytest.approx(mean)
    assert found.var() == pytest.approx(variance, rel=1e-8)
    known = stanmix.Mixture("n", 2, family="negative_binomial", fixed={"phi": phi.tolist()})
    kept = merged_one(known, frame, {"theta": theta, "mu": mu})
    assert (kept["phi"] == 3.0).all()


def test_scales_by_row_keep_their_slope_and_take_up_the_spread():
    frame = {"y": np.arange(9.0), "z": np.linspace(-1, 1, 9)}
    theta, mu = np.array([0.5, 0.5]), np.array([0.0, 4.0])
    beta = np.array([[0.0, 0.5], [0.6, -0.1]])
    model = stanmix.Mixture("y", 2, formulas={"sigma": "~ z"})
    one = merged_one(model, frame, {"theta": theta, "mu": mu, "beta_sigma": beta})
    assert np.diff(np.log(one["sigma"])) == pytest.approx(0.2 * np.diff(frame["z"]))
    sigma = np.exp(beta[:, 0] + np.outer(frame["z"], beta[:, 1]))
    assert np.mean(one["sigma"] ** 2) == pytest.approx(np.mean(sigma**2) + 4.0)


def test_the_loss_of_merged_counts_is_that_of_scipy():
    rng = np.random.default_rng(2)
    frame = {"n": rng.poisson(4, 30).astype(float), "x": rng.normal(size=30)}
    model = stanmix.Mixture("n ~ x", 2, family="negative_binomial")
    fit = made_up_fit(model, frame)
    terms, _ = fit.rows()
    found, one = (
        loss_of_merging(fit, fit.draws(), terms, (1, 0)),
        merged(fit, fit.draws(), terms, (1, 0)),
    )

    def log_mass(beta, phi):
        mu = np.exp(beta[0] + beta[1] * frame["x"])
        return stats.nbinom.logpmf(frame["n"], phi, phi / (phi + mu))

    for s in range(7):
        v = at_draw(fit, s)
        parts = np.stack([log_mass(v["beta"][k], v["phi"][k]) for k in (0, 1)], axis=1)
        whole = special.logsumexp(np.log(v["theta"]) + parts, axis=1).sum()
        less = log_mass(one["beta"][s, 1], one["phi"][s, 1]).sum()
        assert found[s] == pytest.approx(whole - less, rel=1e-8)
    # The two spread counts, so that one spreads them as much.
    np.testing.assert_allclose(
        one["beta"][:, 1], (fit.draws()["theta"][..., None] * fit.draws()["beta"]).sum(axis=1)
    )


def test_counts_of_one_overdispersed_distribution_need_no_second():
    """Which two Poisson distributions do not stand for, but one negative binomial does."""
    rng = np.random.default_rng(0)
    counts = stats.nbinom(1.0, 1 / (1 + 5.0)).rvs(300, random_state=rng).astype(float)
    model = stanmix.Mixture("n", 2, family="negative_binomial")
    draws = {
        "theta": np.full((2, 60, 2), 0.5),
        "mu": np.abs(noisy(rng, [4.8, 5.2], 0.2, 2, 60)),
        "phi": np.abs(noisy(rng, [1.0, 1.0], 0.05, 2, 60)),
    }
    diagnosis = fit_of(model, {"n": counts}, draws).diagnose()
    assert diagnosis.figures["distinct_components"] == 1


@pytest.mark.parametrize(
    ("family", "draws"),
    [
        ("gamma", {"mu": [2.0, 5.0], "shape": [4.0, 9.0]}),
        ("inverse_gaussian", {"mu": [2.0, 5.0], "shape": [4.0, 90.0]}),
        ("beta", {"mu": [0.2, 0.4], "phi": [4.0, 9.0]}),
        ("exgaussian", {"mu": [2.0, 5.0], "sigma": [0.5, 0.7], "tau": [1.0, 2.0]}),
        ("skew_normal", {"mu": [2.0, 5.0], "sigma": [0.5, 0.7], "alpha": [-1.0, 2.0]}),
        ("weibull", {"mu": [2.0, 5.0], "shape": [2.0, 4.0]}),
    ],
)
def test_a_merged_component_of_any_family_has_the_variance_within_and_between(family, draws):
    share = np.array([0.4, 0.6])
    values = {name: np.array(each) for name, each in draws.items()}
    frame = {"y": np.linspace(0.1, 0.9, 8)}
    model = stanmix.Mixture("y", 2, family=family, order=None)
    one = merged_one(model, frame, {"theta": share, **draws})
    two, alone = (SCIPY[family](v) for v in (values, {n: v.ravel()[0] for n, v in one.items()}))
    # Averages before the scales are widened, with which goes the mean of a skewed family.
    averages = {
        name: share @ each if name in ("mu", "alpha") else np.exp(share @ np.log(each))
        for name, each in values.items()
    }
    expected = share @ (two.var() + (two.mean() - SCIPY[family](averages).mean()) ** 2)
    assert alone.var() == pytest.approx(expected, rel=1e-6)
    assert one["mu"].ravel()[0] == pytest.approx(share @ values["mu"])


def test_what_has_no_variance_keeps_its_shape():
    """And a Cauchy distribution, without a mean, takes its median and scale."""
    frame = {"y": np.arange(1.0, 9)}
    draws = {"theta": [0.5, 0.5], "mu": [2.0, 3.0], "shape": [1.0, 1.0]}
    one = merged_one(stanmix.Mixture("y", 2, family="frechet", order=None), frame, draws)
    assert one["shape"].ravel()[0] == pytest.approx(1.0)
    draws = {"theta": [0.5, 0.5], "mu": [2.0, 4.0], "sigma": [1.0, 1.0]}
    one = merged_one(stanmix.Mixture("y", 2, family="cauchy", order=None), frame, draws)
    assert one["sigma"].ravel()[0] == pytest.approx(np.sqrt(1 + 1))


def test_components_of_successes_out_of_trials_can_be_merged():
    """Trials are of rows, not of components: the mean number of successes is that of both."""
    frame = {"s": [1, 3, 2, 5], "t": [4, 6, 8, 10]}
    model = stanmix.Mixture("s", 2, family="beta_binomial", trials="t", order=None)
    draws = {"theta": [0.4, 0.6], "mu": [0.2, 0.5], "phi": [5.0, 5.0]}
    one = merged_one(model, frame, draws)
    assert one["mu"].ravel()[0] == pytest.approx(0.4 * 0.2 + 0.6 * 0.5)
    assert one["phi"].ravel()[0] < 5.0  # wider than each of the two
