"""Explored posteriors against exact ones: a conjugate posterior, and quadrature over a grid."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

import stanmix
from stanmix.inference.engines.ready import ready
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.explore import _ties, explore
from stanmix.inference.exploration.optima import Optimum
from stanmix.inference.exploration.users_units import draws
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan
from stanmix.inference.starts import multistart
from stanmix.inference.unconstrained.space import Space

HALVES = {"sigma": 1.0, "theta": [0.5, 0.5]}


def explored(model, frame, tmp_path, seed=1):
    stated = problem(model, frame, "nuts", {"seed": seed, "progress": False})
    engine = ready(stated)
    data_file = stan.write_json(tmp_path / "data.json", stated.data)
    found = multistart.optima(model, stated.design, seed)
    rng = np.random.default_rng(seed)
    return explore(stated, engine, data_file, tmp_path, found, rng)


def moments(seen, values):
    mean = seen.found.weights @ values
    return mean, np.sqrt(seen.found.weights @ (values - mean) ** 2)


def test_a_conjugate_posterior_is_known_exactly(tmp_path, cmdstan):
    y = np.array([1.0, 2.0, 4.0, 5.5])
    model = stanmix.Mixture("y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(1, 3)})
    seen = explored(model, {"y": y}, tmp_path)
    precision = 1 / 9 + len(y) / 4
    mean, sd = (1 / 9 + y.sum() / 4) / precision, precision**-0.5
    scale = float(seen.space.space.data["y_scale"])
    np.testing.assert_allclose(draws(seen.space, seen.found.optima[0].point[None])["mu"], [[mean]])
    np.testing.assert_allclose(seen.metric(), [[(sd / scale) ** 2]], rtol=1e-5)
    assert seen.found.trusted and seen.found.normality > 0.9
    got, spread = moments(seen, draws(seen.space, seen.found.points)["mu"][:, 0])
    error = 4 / np.sqrt(seen.found.effective)
    assert abs(got - mean) < error * sd
    assert abs(spread / sd - 1) < error


def grid_posterior(y, sigma, prior_mean, prior_sd, alpha=None):
    """Return points and weights of the posterior of two means, and of a weight, on a grid."""
    mu = np.linspace(prior_mean - 4.5 * prior_sd, prior_mean + 4.5 * prior_sd, 161)
    share = np.array([0.5]) if alpha is None else (np.arange(80) + 0.5) / 80
    one = stats.norm(mu[:, None], sigma).logpdf(y)  # (mean, row)
    prior = stats.norm(prior_mean, prior_sd).logpdf(mu)
    log_post = np.empty((len(mu), len(mu), len(share)))
    for i in range(len(mu)):
        for s, w in enumerate(share):
            log_post[i, :, s] = np.logaddexp(np.log(w) + one[i], np.log1p(-w) + one).sum(axis=1)
    log_post += prior[:, None, None] + prior[None, :, None]
    if alpha is not None:
        log_post += (alpha - 1) * (np.log(share) + np.log1p(-share))
    weight = np.exp(log_post - logsumexp(log_post)).ravel()
    points = np.stack(np.meshgrid(mu, mu, share, indexing="ij"), axis=-1).reshape(-1, 3)
    return points, weight


def check(seen, names, exact, weight):
    """Compare label-free expectations with those of the grid, within 4 Monte Carlo errors."""
    values = draws(seen.space, seen.found.points)
    mu = np.sort(values["mu"], axis=1)
    got = {"least": mu[:, 0], "largest": mu[:, 1], "gap": mu[:, 1] - mu[:, 0]}
    if "theta" in values:
        got["smaller share"] = values["theta"].min(axis=1)
        got["product"] = (values["theta"] * values["mu"]).sum(axis=1)
    for name in names:
        mean = weight @ exact[name]
        sd = np.sqrt(weight @ (exact[name] - mean) ** 2)
        at, spread = moments(seen, got[name])
        error = 4 / np.sqrt(seen.found.effective)
        assert abs(at - mean) < error * sd, (name, at, mean, sd)
        # The error of an sd grows with the kurtosis, which is at most about 9 here.
        assert abs(spread / sd - 1) < 1.5 * error, (name, spread, sd)


def functionals(points):
    mu, w = np.sort(points[:, :2], axis=1), points[:, 2]
    return {
        "least": mu[:, 0], "largest": mu[:, 1], "gap": mu[:, 1] - mu[:, 0],
        "smaller share": np.minimum(w, 1 - w),
        "product": w * points[:, 0] + (1 - w) * points[:, 1],
    }  # fmt: skip


CLUMPS = np.repeat([-10.0, 0.0, 10.0], 4) + 0.1 * np.random.default_rng(0).normal(size=12)


@pytest.mark.parametrize(
    ("y", "sigma", "prior"),
    [
        (np.random.default_rng(1).normal(0, 1, 30) + np.tile([-1, 1], 15), 1.0, (0.0, 3.0)),
        (np.random.default_rng(2).normal(0, 1, 25), 1.0, (0.0, 3.0)),  # one component would do
        (CLUMPS, 3.0, (0.0, 9.0)),  # two modes that are no renumbering of one another
    ],
    ids=["close pair", "one cluster", "two modes"],
)
@pytest.mark.parametrize("order", ["auto", "mu"])
def test_two_means_agree_with_quadrature(y, sigma, prior, order, tmp_path, cmdstan):
    model = stanmix.Mixture(
        "y",
        2,
        fixed={"sigma": sigma, "theta": [0.5, 0.5]},
        priors={"mu": stanmix.Normal(*prior)},
        order=order,
    )
    seen = explored(model, {"y": y}, tmp_path)
    assert seen.found.trusted
    points, weight = grid_posterior(y, sigma, *prior)
    check(seen, ["least", "largest", "gap"], functionals(points), weight)
    if sigma == 3.0:
        assert len(seen.found.optima) == 2
        right = weight[points[:, :2].sum(axis=1) > 0].sum()
        mass = max(seen.found.masses) if right > 0.5 else min(seen.found.masses)
        assert abs(mass - right) < 4 * np.sqrt(right * (1 - right) / seen.found.effective) + 0.02


@pytest.mark.parametrize("seed", [1, 2])
def test_components_that_the_data_leave_empty_agree_with_quadrature(seed, tmp_path, cmdstan):
    """One cluster and two components: most of the posterior is where one of them is empty."""
    y = np.random.default_rng(seed).normal(0, 1, 20)
    model = stanmix.Mixture(
        "y",
        2,
        fixed={"sigma": 1.0},
        priors={"mu": stanmix.Normal(0, 3), "theta": stanmix.Dirichlet(1)},
    )
    seen = explored(model, {"y": y}, tmp_path, seed)
    assert seen.found.trusted
    assert seen.found.empty_mass > 0.05
    points, weight = grid_posterior(y, 1.0, 0.0, 3.0, alpha=1.0)
    names = ["least", "largest", "gap", "smaller share", "product"]
    check(seen, names, functionals(points), weight)


def test_components_told_apart_by_their_prior(tmp_path, cmdstan):
    """A Dirichlet that favours one component: labels mean something, and are kept."""
    y = np.random.default_rng(3).normal(0, 1, 20)
    model = stanmix.Mixture(
        "y",
        2,
        fixed={"sigma": 1.0},
        priors={"mu": stanmix.Normal(0, 3), "theta": stanmix.Dirichlet([6.0, 1.0])},
    )
    seen = explored(model, {"y": y}, tmp_path)
    assert seen.found.trusted and not seen.space.exchangeable
    points, weight = grid_posterior(y, 1.0, 0.0, 3.0, alpha=1.0)
    log_prior = 5 * np.log(points[:, 2])  # beyond the uniform one
    weight = weight * np.exp(log_prior)
    weight = weight / weight.sum()
    values = draws(seen.space, seen.found.points)
    for got, exact in (
        (values["mu"][:, 0], points[:, 0]),
        (values["mu"][:, 1], points[:, 1]),
        (values["theta"][:, 0], points[:, 2]),
    ):
        mean = weight @ exact
        sd = np.sqrt(weight @ (exact - mean) ** 2)
        at, spread = moments(seen, got)
        error = 4 / np.sqrt(seen.found.effective)
        assert abs(at - mean) < error * sd
        assert abs(spread / sd - 1) < 1.5 * error


def test_sides_of_an_order_are_seen(tmp_path, cmdstan):
    """Two components that differ in scale alone: an order of the means has two sides."""
    rng = np.random.default_rng([7, 1])
    narrow = rng.random(100) < 0.65
    y = np.where(narrow, rng.normal(0, 0.7, 100), rng.normal(0, 4, 100))
    free = explored(stanmix.Mixture("y", 2), {"y": y}, tmp_path)
    ordered = explored(stanmix.Mixture("y", 2, order="mu"), {"y": y}, tmp_path)
    assert free.sides() == pytest.approx([1.0], abs=1e-12)
    sides = ordered.sides()
    assert len(sides) == 2
    values = draws(free.space, free.found.points)
    first = np.take_along_axis(values["mu"], np.argsort(values["sigma"], axis=1)[:, :1], axis=1)[
        :, 0
    ]
    other = values["mu"].sum(axis=1) - first
    narrow_is_less = free.found.weights @ (first < other)
    error = 4 * np.sqrt(0.25 / free.found.effective + 0.25 / ordered.found.effective)
    assert min(abs(narrow_is_less - side) for side in sides) < error


@pytest.mark.parametrize("sds", [0.2, 1.0, 2.5])
def test_a_tie_is_the_normal_distribution_beyond_it(sds):
    """Against draws of the normal distribution whose components have changed places."""
    frame = {"x": np.arange(9.0), "y": np.arange(9.0) ** 2}
    stated = problem(stanmix.Mixture("y ~ x", 2, order="x"), frame, "nuts", {"seed": 1})
    space = ComponentSpace(Space(stated.program, stated.data, (2, 35)), 9.0, ((0, 1),))
    D, rng = space.size, np.random.default_rng(1)
    root = rng.normal(size=(D, D)) / np.sqrt(D)
    covariance = root @ root.T + 0.1 * np.eye(D)
    at = np.arange(2) * space.block + space.ordered_coordinate
    slope = np.zeros(D)
    slope[at] = [-1.0, 1.0]
    sd = np.sqrt(slope @ covariance @ slope)
    point = rng.normal(size=D)
    point[at[1]] = point[at[0]] + sds * sd
    (tie,) = _ties(space, Optimum(point, 0.0, covariance, True, True))
    np.testing.assert_array_equal(tie.across, slope)
    draws = rng.multivariate_normal(point, covariance, 2_000_000)
    beyond = draws[draws @ slope < 0]
    assert len(beyond) > 10_000
    spread = np.cov(beyond.T)
    gap = np.linalg.solve(np.linalg.cholesky(spread), tie.t.centre - beyond.mean(axis=0))
    assert np.abs(gap).max() < 4 / np.sqrt(len(beyond))
    # Eigenvalues of a covariance estimated from n draws lie within sqrt(D / n) or so of one.
    ratio = np.linalg.eigvals(np.linalg.solve(spread, tie.t.scale)).real
    assert np.abs(ratio - 1).max() < 4 * np.sqrt(D / len(beyond))


@pytest.mark.parametrize(("gap", "whole"), [(0.0, False), (30.0, True)])
def test_where_empty_components_were_not_looked_for_nothing_is_trusted(
    gap, whole, tmp_path, cmdstan
):
    """One cluster or five, and five components."""
    rng = np.random.default_rng(3)
    y = np.repeat(gap * np.arange(5.0), 20) + rng.normal(size=100)
    found = explored(stanmix.Mixture("y", 5), {"y": y}, tmp_path).found
    assert found.whole == whole and found.trusted == whole
