"""Fits of covariances: published maxima, EM by hand, what was simulated, and rows that lie flat."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

import stanmix
from stanmix.errors import InputError

pytestmark = pytest.mark.usefixtures("few_searched")

RUN = {"engine": "stanli", "progress": False}
FLAT = {"theta": stanmix.Dirichlet(1), "mu": stanmix.Flat(), "sigma": stanmix.Flat()}
FOUR = ("spherical", "diagonal", "tied", "full")
VOLUMES = ("VEI", "EVI", "VEE", "EVV")  # apart from shapes
CORRELATED = ("tied", "full", "VEE", "EVV")


def flat_mixture(columns, components, covariance):
    """A mixture whose posterior density is proportional to the likelihood."""
    priors = dict(FLAT)
    if covariance in CORRELATED:
        priors["rho"] = stanmix.LKJ(1)
    if covariance in VOLUMES:
        priors["shape"] = stanmix.Dirichlet(1)
    return stanmix.Mixture(
        columns, components, family="mvnormal", covariance=covariance, priors=priors
    )


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_published_maximum_is_reached(seed):
    """mclust's EEE of three components: Scrucca et al. (2016, R Journal 8, 289-317)."""
    faithful = stanmix.datasets.load("faithful")
    model = flat_mixture(["eruptions", "waiting"], 3, "tied")
    fit = model.fit(faithful, "map", seed=seed, **RUN)
    assert float(fit.log_likelihood()[0, 0]) > -1126.3159 - 1e-3


def covariance_of(kind, moments, sizes):
    """Covariances (K, D, D) that fit best, of sums of products about the means (K, D, D)."""
    each = moments / sizes[:, None, None]
    if kind in VOLUMES:
        if kind.endswith("I"):
            moments = moments * np.eye(moments.shape[-1])
        return of_one_volume(moments, sizes) if kind[0] == "E" else of_one_shape(moments, sizes)
    if kind == "tied":
        return np.broadcast_to(moments.sum(axis=0) / sizes.sum(), moments.shape)
    if kind == "full":
        return each
    variances = np.einsum("kii->ki", each)
    if kind == "spherical":
        variances = np.broadcast_to(variances.mean(axis=1, keepdims=True), variances.shape)
    return np.stack([np.diag(one) for one in variances])


def with_determinant_one(matrices):
    """Matrices (..., D, D), each times a number by which its determinant is 1."""
    of_volume = np.linalg.det(matrices) ** (1 / matrices.shape[-1])
    return matrices / of_volume[..., None, None]


def of_one_volume(moments, sizes):
    """Celeux & Govaert (1995, Pattern Recognition 28, 781-793), model [lambda C_k]."""
    volumes = np.linalg.det(moments) ** (1 / moments.shape[-1])
    return volumes.sum() / sizes.sum() * with_determinant_one(moments)


def of_one_shape(moments, sizes):
    """The same, model [lambda_k C]: by turns."""
    volumes = np.ones(len(sizes))
    for _ in range(30):
        matrix = with_determinant_one((moments / volumes[:, None, None]).sum(axis=0))
        traces = np.einsum("kij,ji->k", moments, np.linalg.inv(matrix))
        volumes = traces / (len(matrix) * sizes)
    return volumes[:, None, None] * matrix


def beside_likelihood(matrices, kind):
    """What LKJ(1), uniform over matrices, adds to the log density of their Cholesky factors."""
    if kind not in CORRELATED:
        return 0.0
    total = 0.0
    for matrix in matrices[: 1 if kind in ("tied", "VEE") else None]:
        sd = np.sqrt(np.diag(matrix))
        diagonal = np.diag(np.linalg.cholesky(matrix / np.outer(sd, sd)))
        total += np.arange(len(sd) - 1, -1, -1) @ np.log(diagonal)
    return float(total)


def by_hand(y, K, kind, starts=4, steps=200):
    """The log density where EM comes to the highest, from clusters about rows drawn at random."""
    rng, best = np.random.default_rng(0), -np.inf
    standard = (y - y.mean(axis=0)) / y.std(axis=0)
    for _ in range(starts):
        centres = standard[rng.choice(len(y), K, replace=False)]
        nearest = ((standard[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        p = np.eye(K)[nearest] * 0.9 + 0.1 / K
        for _ in range(steps):
            sizes = p.sum(axis=0)
            means = p.T @ y / sizes[:, None]
            apart = y[:, None] - means
            matrices = covariance_of(kind, np.einsum("nk,nki,nkj->kij", p, apart, apart), sizes)
            joint = np.log(sizes / len(y)) + np.column_stack(
                [stats.multivariate_normal.logpdf(y, means[k], matrices[k]) for k in range(K)]
            )
            p = special.softmax(joint, axis=1)
        found = special.logsumexp(joint, axis=1).sum() + beside_likelihood(matrices, kind)
        best = max(best, found)
    return best


def clouds():
    """Three clouds in space, of unlike directions, and of one scale in each column."""
    rng = np.random.default_rng(5)
    shapes = [[[1, 0.8, 0], [0, 0.6, 0], [0, 0, 1]], [[1, 0, -0.5], [0, 1, 0], [0, 0, 0.8]]]
    centres = [[0, 0, 0], [4, 1, -3]]
    parts = [
        c + rng.normal(size=(60, 3)) @ np.array(s) for c, s in zip(centres, shapes, strict=True)
    ]
    return np.concatenate([*parts, rng.normal([-3, 4, 2], 0.7, (50, 3))]) * [1, 20, 0.1]


DATA = {
    "faithful": (stanmix.datasets.load("faithful").to_numpy(), 2),
    "three clouds": (clouds()[::2], 3),
    "one cloud": (clouds()[:60], 1),
}


MODES = [(name, one) for name in DATA for one in FOUR]
MODES += [("three clouds", one) for one in VOLUMES]


@pytest.mark.parametrize(("name", "covariance"), MODES)
def test_the_mode_is_where_em_comes_to(name, covariance):
    y, K = DATA[name]
    columns = [f"x{d}" for d in range(y.shape[1])]
    fit = flat_mixture(columns, K, covariance).fit(
        pd.DataFrame(y, columns=columns), "map", seed=1, **RUN
    )
    found = float(fit.log_likelihood()[0, 0])
    found += beside_likelihood(fit.covariances().to_numpy()[0, 0], covariance)
    assert found > by_hand(y, K, covariance) - 1e-3


def test_what_was_simulated_is_found_again():
    y = clouds()[:120]
    frame = pd.DataFrame(y, columns=list("abc"))
    model = stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance="full")
    fit = model.fit(frame, chains=2, draws=150, warmup=120, seed=3, **RUN).relabel("order", "a")
    found = fit.covariances()
    assert found.dims == ("chain", "draw", "component", "dimension", "other_dimension")
    means, sds = (getattr(found, of)(["chain", "draw"]).to_numpy() for of in ("mean", "std"))
    for k, rows in enumerate((y[:60], y[60:])):
        truth = np.cov(rows.T)
        assert (np.abs(means[k] - truth) < 3 * sds[k]).all()
        assert (np.abs(fit.posterior["rho"].mean(["chain", "draw"])[k]) < 1).all()
    labels = (fit.responsibilities().to_numpy()[:, 0] < 0.5).astype(int)
    assert (labels == np.repeat([0, 1], 60)).mean() > 0.95
    contrast = fit.posterior["rho"].sel(pair="a, b")
    assert float((contrast[..., 0] > contrast[..., 1]).mean()) > 0.99


UNITS = np.array([1, 10, 0.1, 3, 1])
LOADINGS = np.array([[1, 0], [0.8, 0.7], [-0.5, 1], [0.2, 0.9], [0.7, -0.4]])
OF_FACTORS = LOADINGS @ LOADINGS.T + 0.36 * np.eye(5)


def with_factors():
    """Two clouds with the same two factors; the second far off."""
    rng = np.random.default_rng(2)
    rows = rng.multivariate_normal(np.zeros(5), OF_FACTORS, 160)
    rows[80:] += [6, 0, 5, 0, 1]
    return pd.DataFrame(rows * UNITS, columns=list("abcde"))


def likelihood_of_factors(S, R):
    """The highest mean log density of rows with moments S, over loadings on R factors."""
    D = len(S)

    def negative(u):
        matrix = u[D:].reshape(D, R)
        sigma = matrix @ matrix.T + np.diag(np.exp(u[:D]))
        return np.linalg.slogdet(sigma)[1] / 2 + np.trace(np.linalg.solve(sigma, S)) / 2

    begin = np.concatenate([np.zeros(D) - 1, np.linspace(-1, 1, D * R)])
    found = optimize.minimize(negative, begin, method="BFGS", tol=1e-9)
    return -float(found.fun) - D / 2 * np.log(2 * np.pi)


def test_loadings_at_the_mode_are_those_of_a_factor_analysis():
    y = with_factors().to_numpy()[:80] / UNITS
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    frame = pd.DataFrame(y * UNITS, columns=list("abcde"))
    priors = {**FLAT, "loadings": stanmix.Flat()}
    model = stanmix.Mixture(
        list("abcde"), 1, family="mvnormal", covariance="factor", factors=2, priors=priors
    )
    fit = model.fit(frame, "map", seed=1, **RUN)
    expected = len(y) * likelihood_of_factors(np.corrcoef(y.T), 2)
    found = float(fit.log_likelihood()[0, 0]) + len(y) * np.log(UNITS).sum()
    assert found == pytest.approx(expected, abs=1e-3)


def test_factors_that_were_simulated_are_found_again():
    model = stanmix.Mixture(list("abcde"), 2, family="mvnormal", covariance="factor", factors=2)
    fit = model.fit(with_factors(), chains=2, draws=100, warmup=150, seed=4, **RUN)
    fit = fit.relabel("order", "a")
    found = fit.covariances().to_numpy().reshape(-1, 2, 5, 5) / np.outer(UNITS, UNITS)
    assert (np.abs(found.mean(axis=0) - OF_FACTORS) < 4 * found.std(axis=0)).all()
    assert found.std(axis=0).max() < 0.6
    draws = fit.draws()
    matrix = np.zeros((5, 2))
    matrix[:, 0], matrix[1:, 1] = draws["loadings"][7, 0, :5], draws["loadings"][7, 0, 5:]
    whole = matrix @ matrix.T + np.diag(draws["sigma"][7, 0] ** 2)
    np.testing.assert_allclose(whole / np.outer(UNITS, UNITS), found[7, 0], rtol=1e-9)
    assert fit.posterior["loadings"].dims == ("chain", "draw", "component", "loading")
    again = stanmix.from_draws(
        model, with_factors(), {name: fit.posterior[name] for name in model.parameters}
    )
    np.testing.assert_allclose(again.log_likelihood(), fit.log_likelihood())
    turned = {name: fit.posterior[name] for name in model.parameters}
    with pytest.raises(InputError, match="turn the signs"):
        stanmix.from_draws(model, with_factors(), {**turned, "loadings": -turned["loadings"]})


@pytest.mark.parametrize("covariance", ["VEI", "EVV"])
def test_volumes_and_shapes_are_found_again_in_any_units(covariance):
    """Of two clouds, one ten times as large as the other, or of one size and unlike shapes."""
    rng = np.random.default_rng(8)
    shapes = {"VEI": [np.diag([1, 0.3])] * 2, "EVV": [[[1, 0.8], [0, 0.6]], [[0.3, 0], [0, 2]]]}
    sizes = {"VEI": (1, 3), "EVV": (1, 1)}[covariance]
    parts = [size * rng.normal(size=(70, 2)) @ np.array(shape)
             for size, shape in zip(sizes, shapes[covariance], strict=True)]  # fmt: skip
    units = np.array([1, 50])
    frame = pd.DataFrame(np.concatenate([parts[0], [9, 5] + parts[1]]) * units, columns=["a", "b"])
    model = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance=covariance)
    fit = model.fit(frame, chains=2, draws=100, warmup=100, seed=2, **RUN).relabel("order", "a")
    found, draws = fit.covariances().to_numpy().reshape(-1, 2, 2, 2), fit.draws()
    for k, (size, shape) in enumerate(zip(sizes, shapes[covariance], strict=True)):
        truth = size**2 * np.transpose(shape) @ shape * np.outer(units, units)
        assert (np.abs(found[:, k].mean(axis=0) - truth) <= 3.5 * found[:, k].std(axis=0)).all()
    # The scale is the root of the axes' product, and the shape is that of the columns' scales.
    np.testing.assert_allclose(np.linalg.det(found), draws["sigma"][..., 0] ** 4, rtol=1e-9)
    scales = np.sqrt(np.einsum("skdd->skd", found))
    shares = scales / scales.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(shares, draws["shape"], rtol=1e-9)
    common = "shape" if covariance == "VEI" else "sigma"
    assert np.ptp(draws[common], axis=1).max() == 0


def test_covariances_of_independent_columns_are_diagonal():
    fit = flat_mixture(["x", "z"], 1, "spherical").fit(
        pd.DataFrame(clouds()[:60, :2], columns=["x", "z"]), "map", seed=1, **RUN
    )
    sigma = float(fit.posterior["sigma"].item())
    np.testing.assert_allclose(fit.covariances()[0, 0, 0], sigma**2 * np.eye(2))
    with pytest.raises(InputError, match="one column"):
        stanmix.Mixture("x", 1).fit({"x": [1.0, 2, 4]}, "map", seed=1, **RUN).covariances()


RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(RNG.normal(size=(40, 2)), columns=["a", "b"])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(c=FRAME.a), "'a' is a combination of the others"),
        (FRAME.assign(c=1 + 2 * FRAME.a - 3e3 * FRAME.b), "'a' is a combination of the others"),
        (FRAME.assign(c=FRAME.b**2)[:3], "3 rows of 3 columns"),
    ],
)
def test_collinear_columns_are_refused_where_they_have_correlations(frame, message):
    for covariance in CORRELATED:
        model = stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance=covariance)
        with pytest.raises(InputError, match=message):
            model.data(frame)
    stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance="diagonal").data(frame)
    weighted = pd.concat([frame, FRAME.assign(c=0.0)]).assign(
        w=np.arange(len(frame) + 40) < len(frame)
    )
    model = stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance="full", weights="w")
    with pytest.raises(InputError, match=message):
        model.data(weighted.assign(w=weighted.w.astype(float)))


def test_fewer_rows_than_columns_in_a_component_leave_draws_that_are_numbers():
    rows = np.r_[RNG.normal(size=(30, 3)), 8 + RNG.normal(size=(2, 3))]
    model = stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance="full")
    frame = pd.DataFrame(rows, columns=list("abc"))
    fit = model.fit(frame, chains=2, draws=30, warmup=60, seed=1, **RUN)
    assert all(np.isfinite(draws).all() for draws in fit.draws().values())
    assert np.isfinite(fit.log_likelihood()).all()


def test_a_component_that_stands_on_equal_rows_is_named():
    rows = np.r_[np.random.default_rng(7).normal(size=(50, 2)), np.full((5, 2), 3.0)]
    model = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="full")
    fit = model.fit(pd.DataFrame(rows, columns=["a", "b"]), "map", seed=1, **RUN)
    assert all(np.isfinite(draws).all() for draws in fit.draws().values())
    diagnosis = fit.diagnose()
    assert diagnosis.figures["flat_components"] == 1
    assert "lie on a line or a plane" in str(diagnosis)


def test_the_evidence_of_shapes_is_the_mean_likelihood_over_the_prior():
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(5, 2)) * [1, 3]
    priors = {
        "mu": stanmix.Normal(0, 2),
        "sigma": stanmix.LogNormal(0, 0.5),
        "shape": stanmix.Dirichlet([2.0, 3.0]),
    }
    model = stanmix.Mixture(["a", "b"], 1, family="mvnormal", covariance="EVI", priors=priors)
    frame = pd.DataFrame(rows, columns=["a", "b"])
    fit = model.fit(frame, chains=1, draws=30, seed=1, **RUN)
    S = 400_000
    # The prior is of shares of columns in the units of their spreads.
    shares = rng.dirichlet([2, 3], S) * model.data(frame)["y_scale"]
    sds = rng.lognormal(0, 0.5, (S, 1)) * shares / stats.gmean(shares, axis=1)[:, None]
    each = stats.norm.logpdf(rows[:, None], rng.normal(0, 2, (S, 2)), sds)
    likelihood = np.exp(each.sum(axis=(0, 2)))
    expected = np.log(likelihood.mean())
    error = likelihood.std() / likelihood.mean() / np.sqrt(S)
    found = fit.log_evidence()
    assert abs(found.value - expected) < 4 * np.hypot(found.error, error)


def test_the_evidence_is_the_mean_likelihood_over_the_prior():
    """Of a few rows, with a prior of correlations that favours strong ones."""
    rng = np.random.default_rng(4)
    rows = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 5)
    priors = {
        "mu": stanmix.Normal(0, 2),
        "sigma": stanmix.LogNormal(0, 0.5),
        "rho": stanmix.LKJ(0.7),
    }
    model = stanmix.Mixture(["a", "b"], 1, family="mvnormal", covariance="full", priors=priors)
    fit = model.fit(pd.DataFrame(rows, columns=["a", "b"]), chains=1, draws=30, seed=1, **RUN)
    S = 400_000
    sigma, rho = rng.lognormal(0, 0.5, (S, 2)), 2 * rng.beta(0.7, 0.7, S) - 1
    z = (rows[:, None] - rng.normal(0, 2, (S, 2))) / sigma
    left = 1 - rho**2
    squares = (z[..., 0] ** 2 - 2 * rho * z[..., 0] * z[..., 1] + z[..., 1] ** 2) / left
    each = -squares / 2 - np.log(2 * np.pi * sigma.prod(axis=1)) - np.log(left) / 2
    likelihood = np.exp(each.sum(axis=0))
    expected = np.log(likelihood.mean())
    error = likelihood.std() / likelihood.mean() / np.sqrt(S)
    found = fit.log_evidence()
    assert abs(found.value - expected) < 4 * np.hypot(found.error, error)


def test_tails_that_columns_have_in_common_are_found_again():
    rng = np.random.default_rng(1)
    factor, centres = np.array([[1, 0.6], [0, 0.8]]), ([0, 0], [9, -6])
    apart = [rng.normal(size=(60, 2)) @ factor * np.sqrt(3 / rng.chisquare(3, (60, 1)))
             for _ in centres]  # fmt: skip
    rows = np.concatenate([c + each for c, each in zip(centres, apart, strict=True)])
    frame = pd.DataFrame(rows * [1, 20], columns=["a", "b"])
    model = stanmix.Mixture(["a", "b"], 2, family="mvstudent_t", covariance="tied", shared="nu")
    fit = model.fit(frame, chains=2, draws=100, warmup=100, seed=1, **RUN).relabel("order", "a")
    draws = fit.draws()
    truth = {"mu": np.array(centres) * [1, 20], "sigma": np.array([1, 20]), "rho": 0.6}
    for name, expected in truth.items():
        assert (np.abs(draws[name].mean(axis=0) - expected) < 3.5 * draws[name].std(axis=0)).all()
    assert 1.5 < float(fit.posterior["nu"].mean()) < 8
    wide = float(fit.covariances()[0, 0, 0, 0, 1])
    nu, (a, b), r = (fit.posterior[name][0, 0].to_numpy() for name in ("nu", "sigma", "rho"))
    assert wide == pytest.approx(float(nu / (nu - 2) * a * b * r[0]) if nu > 2 else np.inf)
    of_rows = stats.multivariate_t(
        draws["mu"][0, 0], [[a**2, r[0] * a * b], [r[0] * a * b, b**2]], df=float(nu)
    )
    y, theta = frame.to_numpy(), draws["theta"][0]
    other = stats.multivariate_t(draws["mu"][0, 1], of_rows.shape, df=float(nu))
    joint = theta[0] * of_rows.pdf(y) + theta[1] * other.pdf(y)
    assert float(fit.log_likelihood()[0, 0]) == pytest.approx(np.log(joint).sum(), rel=1e-10)
