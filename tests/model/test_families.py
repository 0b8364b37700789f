"""The families' densities in NumPy, over the range of their parameters, to 50 digits; and moments.

Responses, parameters and their logarithms are doubles, so a density can be held to no more digits
than a step in the last of them leaves: a mass near one of large counts is a difference of numbers
such as y log(y).
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from exact import exact
from scipy import integrate, stats
from scipy_families import SCIPY

from stanmix.errors import InputError
from stanmix.model.families import FAMILIES, Family, family
from stanmix.model.parameters import FRACTION, LOG, SIMPLEX
from stanmix.model.responses import FRACTIONS, TRUTHS, turned

NU = [1e-6, 1e-3, 0.3, 1.0, 2.0, 4.0, 30.0, 1e3, 1.99e4, 2.01e4, 1e5, 1e6, 1e8, 1e10, 1e14]
PHI = [1e-6, 1e-4, 0.01, 0.5, 1.0, 8.0, 1e3, 9.99e3, 1.001e4, 1e5, 1e6, 1e8, 1e10, 1e14]


def found_and_exact(of: Family, points: list[tuple[float, ...]]) -> tuple[np.ndarray, ...]:
    """A family's log densities, and the same to 50 digits; parameters as their links have them."""
    y, *predictors = np.array(points).T
    values = {
        one.name: one.link.inverse(predictor)
        for one, predictor in zip(of.parameters, predictors, strict=True)
    }
    expected = np.array([exact(of.name, *map(float, point))[0] for point in points])
    return of.log_density(y, values), expected


@pytest.mark.parametrize("kappa", [1e-12, 1e-3, 0.7, 10.0, 99.0, 101.0, 1e4, 1e6, 1e9])
def test_von_mises(kappa):
    away = np.array([-2.0, -0.3, 0.1, 1.7]) / np.sqrt(max(kappa, 1.0))
    points = [
        (2 * np.arctan(tangent) + distance, tangent, np.log(kappa))
        for tangent, distance in itertools.product([-8.0, 0.0, 0.4, 40.0], [*away, 3.0])
    ]
    found, expected = found_and_exact(FAMILIES["von_mises"], points)
    # A direction of 3 has a last digit of 4e-16, by which the cosine changes.
    error = 1e-15 * kappa * np.abs(np.sin([y - 2 * np.arctan(t) for y, t, _ in points]))
    assert (np.abs(found - expected) < 1e-13 * np.abs(expected) + error).all()


@pytest.mark.parametrize("kappa", [51.0, 300.0, 1e5])
def test_tails_of_narrow_angles(kappa):
    found, at = FAMILIES["von_mises"], {"mu": np.array([0.2]), "kappa": np.array([kappa])}
    for z in (-6.0, -2.5, 0.3):
        y = 0.2 + z / np.sqrt(kappa)
        low = y - 10 / np.sqrt(kappa)
        density = lambda x: np.exp(found.log_density(np.array(x), at)).item()  # noqa: E731
        mass = integrate.quad(density, low, y, epsabs=0, epsrel=1e-10, limit=200)[0]
        assert found.cdf(np.array([y]), at)[0] == pytest.approx(mass, rel=1e-8)


@pytest.mark.parametrize("nu", NU)
def test_student_t(nu):
    y, sigma = [0.31, 1.2, -4.0, 50.0, 1e6, 1e12], np.geomspace(1e-6, 1e6, 5)
    points = list(itertools.product(y, [0.3], np.log(sigma), [np.log(nu)]))
    found, expected = found_and_exact(FAMILIES["student_t"], points)
    np.testing.assert_allclose(found, expected, rtol=1e-11)


@pytest.mark.parametrize("phi", PHI)
def test_negative_binomial(phi):
    counts = [0, 1, 2, 3, 7, 20, 100, 1000, 30_000, 10**6]
    mu = [1e-9, 1.1e-3, 0.3, 1.3, 4.7, 93.0, 1e5, 1.1e6]
    points = list(itertools.product(counts, np.log(mu), [np.log(phi)]))
    found, expected = found_and_exact(FAMILIES["negative_binomial"], points)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("value", [1e-300, 1e15, 1e100, 1e300, 1.7e308])
def test_shapes_of_any_size(value):
    """The tail of such t is that of 1 / |y|, or all is as at the ends; nothing overflows."""
    y = np.array([0.0, 1.0, 5.0, 40.0])
    at = {"mu": np.array(3.0), "sigma": np.array(2.0)}
    at |= {"nu": np.array(value), "phi": np.array(value)}
    t, counts = (FAMILIES[name].log_density(y, at) for name in ("student_t", "negative_binomial"))
    if value > 1:
        np.testing.assert_allclose(t, stats.norm.logpdf(y, 3, 2), rtol=1e-12)
        np.testing.assert_allclose(counts, stats.poisson.logpmf(y, 3), rtol=1e-12)
    else:  # all but phi / y and phi log(phi / mu) is lost beside one
        np.testing.assert_allclose(t, np.log(value / 2) - np.log(np.abs(y - 3)), rtol=1e-12)
        np.testing.assert_allclose(counts[1:], np.log(value / y[1:]), rtol=1e-12)
        assert counts[0] == pytest.approx(0, abs=1e-290)


def test_normal_and_poisson_are_the_ends():
    """As nu and phi grow; what is left differs as 1 / nu and y^2 / phi."""
    y = np.array([0.0, 1.0, 5.0, 40.0])
    at = {"mu": np.array(3.0), "sigma": np.array(2.0), "nu": np.array(1e14), "phi": np.array(1e14)}
    for general, end, density in (
        ("student_t", "normal", stats.norm.logpdf(y, 3, 2)),
        ("negative_binomial", "poisson", stats.poisson.logpmf(y, 3)),
    ):
        found = FAMILIES[general].log_density(y, at)
        np.testing.assert_allclose(found, FAMILIES[end].log_density(y, at), rtol=1e-10)
        np.testing.assert_allclose(found, density, rtol=1e-10)


@pytest.mark.parametrize("y", [-1.0, 2.5, np.nan])
def test_what_is_no_count_has_no_mass(y):
    at = {"mu": np.array(3.0), "phi": np.array(2.0)}
    for name in ("poisson", "negative_binomial"):
        assert FAMILIES[name].log_density(np.array(y), at) == -np.inf


@pytest.mark.parametrize("nu", [0.3, 1.0, 2.0, 2.5, 30.0, 1e6])
def test_the_variance_of_student_t(nu):
    at = {"mu": np.array(3.0), "sigma": np.array(2.0), "nu": np.array(nu)}
    expected = stats.t.var(nu, 3, 2) if nu > 2 else np.inf
    assert FAMILIES["student_t"].variance(at) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("name", "value"), [("nu", 0.3), ("nu", 1e6), ("phi", 0.02), ("phi", 1e8)])
def test_draws_are_distributed_as_scipy_says(name, value):
    """Kolmogorov's distance of n draws is below 2 / sqrt(n) but in 7 of 10 000 cases."""
    n = 20_000
    at = {"mu": np.full(n, 3.0), "sigma": np.full(n, 2.0), name: np.full(n, value)}
    family = "student_t" if name == "nu" else "negative_binomial"
    drawn = np.sort(FAMILIES[family].sample(np.random.default_rng(5), at))
    if name == "nu":
        below, at_most = (stats.t.cdf(drawn, value, 3, 2),) * 2
    else:
        frozen = stats.nbinom(value, value / (value + 3))
        below, at_most = frozen.cdf(drawn - 1), frozen.cdf(drawn)
    first, last = (
        np.searchsorted(drawn, drawn, "left") / n,
        np.searchsorted(drawn, drawn, "right") / n,
    )
    assert max(np.abs(first - below).max(), np.abs(last - at_most).max()) < 2 / np.sqrt(n)


def test_draws_of_tiny_precision_are_nearly_all_zero():
    """Of phi = 1e-6 all but one in 50 000 are zero, and those that are not are no infinities."""
    at = {"mu": np.full(200_000, 3.0), "phi": np.full(200_000, 1e-6)}
    drawn = FAMILIES["negative_binomial"].sample(np.random.default_rng(6), at)
    expected = 200_000 * -np.expm1(stats.nbinom.logpmf(0, 1e-6, 1e-6 / (1e-6 + 3)))
    assert abs(np.count_nonzero(drawn) - expected) < 4 * np.sqrt(expected)
    assert np.isfinite(drawn).all()


ANY = {
    "mu": np.array([0.4, 3.0, 55.0]),
    "sigma": np.array([0.2, 1.0, 7.0]),
    "tau": np.array([0.7, 0.4, 20.0]),
    "nu": np.array([2.5, 4.0, 80.0]),
    "phi": np.array([0.5, 3.0, 900.0]),
    "shape": np.array([2.5, 6.0, 40.0]),
    "alpha": np.array([-6.0, 0.0, 2.0]),
    "quantile": np.array([0.1, 0.5, 0.7]),
    "kappa": np.array([0.3, 2.0, 80.0]),
    "minimum": np.array([2.0, 5.0, 12.0]),
    "trials": np.array([1.0, 12.0, 29.0]),
    "cutpoints": np.array([[0.5, 1.0, 4.0], [2.0, 2.1, 2.2], [30.0, 56.0, 57.0]]),
}
PROBABILITIES = np.array([[0.1, 0.2, 0.7], [0.98, 0.01, 0.01], [0.3, 0.3, 0.4]])


def at(name: str) -> dict[str, np.ndarray]:
    """Values of a family's parameters for three components."""
    found = {each.name: ANY[each.name] for each in FAMILIES[name].parameters}
    if FAMILIES[name].location.support == FRACTION:
        found["mu"] = np.array([0.1, 0.5, 0.97])
    if FAMILIES[name].location.support == SIMPLEX:
        found["mu"] = PROBABILITIES
    if FAMILIES[name].response.circular:
        found["mu"] = np.array([0.1, -2.5, 3.3])
    if FAMILIES[name].location.logarithm:
        found["mu"] = np.log(found["mu"])
    return found | ({"trials": ANY["trials"]} if FAMILIES[name].response.trials else {})


def responses(name: str) -> np.ndarray:
    """Some of its responses, and some that are none of them (N, 1)."""
    kind = FAMILIES[name].response
    if kind.integer:
        return np.arange(30.0)[:, None]
    return (
        np.linspace(-0.2, 1.2, 33)[:, None]
        if kind is FRACTIONS
        else np.linspace(-np.pi, np.pi, 33)[:, None]
        if kind.circular
        else np.linspace(-19.7, 60.3, 33)[:, None]
    )


def test_every_family_of_one_response_is_compared():
    assert set(SCIPY) == {one.name for one in FAMILIES.values() if not one.multivariate}


@pytest.mark.parametrize("name", SCIPY)
def test_density_mean_and_variance_are_those_of_scipy(name):
    values, found, y = at(name), FAMILIES[name], responses(name)
    frozen = SCIPY[name](values)
    expected = frozen.logpmf(y) if found.counts else frozen.logpdf(y)
    density = found.log_density(y, values)
    # Where SciPy takes the logarithm of a density, that may have vanished.
    compared = np.where(np.isneginf(expected) & (density < -700), -np.inf, density)
    np.testing.assert_allclose(compared, expected, rtol=1e-9, atol=1e-12)
    assert (np.isfinite(density) <= found.response.holds(y)).all()
    if found.response.circular:
        _assert_angles(found, values, y)
        return
    np.testing.assert_allclose(found.mean(values), frozen.mean(), rtol=1e-9)
    # SciPy's own is no more exact where a tail is a difference.
    np.testing.assert_allclose(found.cdf(y, values), frozen.cdf(y), rtol=1e-9, atol=1e-12)
    variance = np.where(np.isnan(frozen.var()), np.inf, frozen.var())
    np.testing.assert_allclose(found.variance(values), variance, rtol=1e-9)


def _assert_angles(found: Family, values: dict[str, np.ndarray], y: np.ndarray) -> None:
    """Moments on the unit circle, and probabilities from -pi on, by sums over a fine grid."""
    grid = np.linspace(-np.pi, np.pi, 200_001)[:, None]
    dense = SCIPY[found.name](values).pdf(grid)
    assert np.abs(dense[0] - dense[-1]).max() < 1e-12  # sums of periodic values are exact
    moment = (np.exp(1j * grid) * dense)[:-1].mean(axis=0) * 2 * np.pi
    length = found.resultant(values)
    np.testing.assert_allclose(length * np.exp(1j * found.mean(values)), moment, rtol=1e-9)
    np.testing.assert_allclose(found.variance(values), -2 * np.log(np.abs(moment)), rtol=1e-9)
    for k, place in itertools.product(range(3), y[::4, 0]):
        frozen = SCIPY[found.name]({name: each[k] for name, each in values.items()})
        peak = (values["mu"][k] + np.pi) % (2 * np.pi) - np.pi
        mass = integrate.quad(frozen.pdf, -np.pi, place, points=[min(peak, place)], epsabs=1e-12)[0]
        of_one = {name: each[[k]] for name, each in values.items()}
        assert found.cdf(np.array([place]), of_one)[0] == pytest.approx(mass, abs=1e-10)


@pytest.mark.parametrize("name", SCIPY)
def test_draws_have_the_quantiles_of_scipy(name):
    """Of n draws, the part up to a quantile strays from its mass by sqrt(p (1 - p) / n)."""
    n, found = 40_000, FAMILIES[name]
    values = {key: np.broadcast_to(value, (n, *value.shape)) for key, value in at(name).items()}
    drawn = found.sample(np.random.default_rng(8), values)
    assert drawn.shape == (n, 3)
    assert found.response.holds(drawn).all()
    frozen = SCIPY[name](at(name))
    if found.response.circular:  # from half a turn before the mean direction on
        drawn = turned(drawn, values["mu"])
    for p in (0.05, 0.3, 0.5, 0.9):
        quantile = frozen.ppf(p)
        mass = frozen.cdf(quantile)
        error = np.sqrt(mass * (1 - mass) / n)
        assert (np.abs((drawn <= quantile).mean(axis=0) - mass) <= 4.5 * error).all()


def test_vectors_have_independent_coordinates():
    rng = np.random.default_rng(9)
    y, mu = rng.normal(size=(5, 1, 3)), rng.normal(size=(4, 3))
    sigma, vectors = rng.uniform(0.5, 2, size=(4, 3)), FAMILIES["mvnormal"]
    found = vectors.log_density(y, {"mu": mu, "sigma": sigma})
    assert found.shape == (5, 4)
    for n, k in np.ndindex(5, 4):
        frozen = stats.multivariate_normal(mu[k], np.diag(sigma[k] ** 2))
        assert found[n, k] == pytest.approx(frozen.logpdf(y[n, 0]), rel=1e-12)
    at = {"mu": mu, "sigma": sigma[:, :1]}  # one scale for all coordinates
    frozen = stats.multivariate_normal(mu[2], sigma[2, 0] ** 2)
    assert vectors.log_density(y, at)[1, 2] == pytest.approx(frozen.logpdf(y[1, 0]), rel=1e-12)
    many = {key: np.broadcast_to(value, (20_000, 4, 3)) for key, value in at.items()}
    drawn = vectors.sample(rng, many)
    np.testing.assert_allclose(drawn.mean(axis=0), mu, atol=5 * sigma.max() / np.sqrt(20_000))
    covariance = np.cov(drawn[:, 2].T)  # of relative standard error sqrt(2 / n), 0.01
    np.testing.assert_allclose(
        covariance, sigma[2, 0] ** 2 * np.eye(3), atol=0.05 * sigma[2, 0] ** 2
    )


def test_vectors_have_correlated_coordinates():
    rng = np.random.default_rng(9)
    y, mu, rho = rng.normal(size=(5, 1, 3)), rng.normal(size=(4, 3)), np.array([0.6, -0.3, 0.1])
    sigma, vectors = rng.uniform(0.5, 2, size=(4, 3)), family("mvnormal", covariance="full")
    values = {"mu": mu, "sigma": sigma, "rho": np.outer([1.0, -1.0, 0.5, 0.0], rho)}
    found = vectors.log_density(y, values)
    assert found.shape == (5, 4) and vectors.correlated
    for n, k in np.ndindex(5, 4):
        r = values["rho"][k]
        matrix = np.array([[1, r[0], r[1]], [r[0], 1, r[2]], [r[1], r[2], 1]])
        frozen = stats.multivariate_normal(mu[k], matrix * np.outer(sigma[k], sigma[k]))
        assert found[n, k] == pytest.approx(frozen.logpdf(y[n, 0]), rel=1e-12)
    many = {key: np.broadcast_to(value, (20_000, 4, 3)) for key, value in values.items()}
    drawn = vectors.sample(rng, many)
    np.testing.assert_allclose(drawn.mean(axis=0), mu, atol=5 * sigma.max() / np.sqrt(20_000))
    np.testing.assert_allclose(drawn.var(axis=0), vectors.variance(values), rtol=0.05)
    np.testing.assert_allclose(np.corrcoef(drawn[:, 0].T)[[1, 2, 2], [0, 0, 1]], rho, atol=0.035)


@pytest.mark.parametrize("form", ["spherical", "full", "diagonal_shape", "full_shape", "factor"])
@pytest.mark.parametrize("name", ["mvnormal", "mvstudent_t"])
def test_distributions_of_some_columns_are_those_of_parts_of_the_matrix(name, form):
    rng, vectors = np.random.default_rng(4), family(name, covariance=form)
    sigma, shape = np.full(3, 1.7), np.array([0.2, 0.5, 0.3])
    values = {"mu": rng.normal(size=3), "sigma": sigma, "nu": np.full(3, 5.0)}
    matrix = np.eye(3)
    if form.startswith("full"):
        matrix = np.array([[1, 0.6, -0.3], [0.6, 1, 0.1], [-0.3, 0.1, 1]])
        values["rho"] = matrix[[1, 2, 2], [0, 0, 1]]
    if form.endswith("shape"):
        values["shape"] = shape
        matrix = matrix * np.outer(shape, shape)
        matrix = matrix / np.linalg.det(matrix) ** (1 / 3)
    matrix = 1.7**2 * matrix
    if form == "factor":
        values["loadings"] = np.array([0.7, -0.4, 1.1])
        matrix = matrix + np.outer(values["loadings"], values["loadings"])

    def frozen(at):
        mean, of_columns = values["mu"][at], matrix[np.ix_(at, at)]
        if name == "mvnormal":
            return stats.multivariate_normal(mean, of_columns)
        return stats.multivariate_t(mean, of_columns, df=5)

    y = rng.normal(size=(4, 3))
    inflated = 1.0 if name == "mvnormal" else 5 / 3
    np.testing.assert_allclose(vectors.variance(values), inflated * np.diag(matrix))
    for at in ([0, 1, 2], [2, 0], [1, 2]):
        found = vectors.log_density(y[:, at], vectors.of_columns(values, at))
        np.testing.assert_allclose(found, frozen(at).logpdf(y[:, at]), rtol=1e-12)


@pytest.mark.parametrize("form", ["diagonal", "full"])
def test_vectors_with_tails_have_these_in_common(form):
    rng = np.random.default_rng(2)
    mu, sigma, nu = np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.full(2, 7.0)
    vectors = family("mvstudent_t", covariance=form)
    values = {"mu": mu, "sigma": sigma, "nu": nu}
    r = 0.0
    if form == "full":
        r, values["rho"] = 0.6, np.array([0.6])
    matrix = np.array([[1, r], [r, 1]]) * np.outer(sigma, sigma)
    y = rng.normal(size=(5, 2))
    frozen = stats.multivariate_t(mu, matrix, df=7)
    np.testing.assert_allclose(vectors.log_density(y, values), frozen.logpdf(y), rtol=1e-12)
    below = stats.t.cdf((y - mu) / sigma, 7)
    np.testing.assert_allclose(vectors.cdf(y, values), below, rtol=1e-12)
    n = 40_000
    drawn = vectors.sample(rng, {k: np.broadcast_to(v, (n, len(v))) for k, v in values.items()})
    inside = ((drawn - mu) @ np.linalg.inv(matrix) * (drawn - mu)).sum(axis=1) / 2
    assert stats.kstest(inside, stats.f(2, 7).cdf).pvalue > 1e-3
    standard = np.cov((drawn / sigma).T)  # of standard error about sqrt(5 / n), 0.011
    np.testing.assert_allclose(standard, 7 / 5 * np.array([[1, r], [r, 1]]), atol=0.06)
    np.testing.assert_allclose(vectors.variance(values), 7 / 5 * sigma**2)
    many = {**values, "nu": np.full(2, 1e9)}  # beyond which it is the normal
    normal = stats.multivariate_normal(mu, matrix)
    np.testing.assert_allclose(vectors.log_density(y, many), normal.logpdf(y), rtol=1e-7)


@pytest.mark.parametrize("one", FAMILIES.values(), ids=FAMILIES)
def test_parameters_broadcast_with_rows(one):
    """Constants of draws and components (S, 1, K) beside what varies over rows (S, N, K)."""
    rng = np.random.default_rng(10)
    D = (3,) if one.multivariate else ()
    shapes = [(4, 6, 2), (4, 1, 2), (1, 6, 1)]
    values = {
        each.name: rng.uniform(*((0.1, 0.9) if each.support == FRACTION else (1.0, 3.0)),
                               size=(*shape, *D))
        for each, shape in zip(one.parameters, shapes, strict=False)
    }  # fmt: skip
    behind = {each.name: (3,) if each.axis else D for each in one.parameters} | {"trials": D}
    for each, shape in zip(one.parameters, shapes, strict=False):
        if each.axis is not None:
            values[each.name] = np.sort(rng.dirichlet([1.0, 2.0, 3.0], size=shape), axis=-1)
    if one.response.trials:
        values["trials"] = np.full((1, 6, 1), 5.0)
    y = rng.integers(0, 5, size=(6, 1, *D)).astype(float)
    if one.response in (FRACTIONS, TRUTHS):
        y = (y > 2) * 1.0 if one.response is TRUTHS else (y + 0.5) / 6
    found = one.log_density(y, values)
    assert found.shape == (4, 6, 2)
    whole = {k: np.broadcast_to(value, (4, 6, 2, *behind[k])) for k, value in values.items()}
    single = {key: value[3, 5, 1] for key, value in whole.items()}
    assert found[3, 5, 1] == pytest.approx(float(one.log_density(y[5, 0], single)), rel=1e-14)
    of_mean = one.mean(values).shape
    expected = (4, 6, 2, *(of_mean[3:] if one.categories else D))
    assert np.broadcast_shapes(of_mean, expected) == expected


@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_counts_of_huge_means_are_near_them(name):
    at = {"mu": np.array([1e17, 1e19, 1e30]), "phi": np.array(1e14)}
    drawn = FAMILIES[name].sample(np.random.default_rng(11), at)
    np.testing.assert_allclose(drawn, at["mu"], rtol=1e-6)


@pytest.mark.parametrize("one", FAMILIES.values(), ids=FAMILIES)
def test_a_family_knows_its_parameters_by_name(one):
    named = set(re.findall(r"\{(\w+)\}", " ".join([*one.stan.arguments, one.stan.height])))
    named -= {"trials"}
    assert named == {each.name for each in one.parameters}
    assert all(one.parameter(each.name) is each for each in one.parameters)
    assert one.parameter("no such") is None
    assert (one.location, *one.others) == one.parameters
    if one.stan.of_log_mean is not None:
        assert one.location.link is LOG
        others = set(re.findall(r"\{(\w+)\}", " ".join(one.stan.of_log_mean.arguments)))
        assert others == {f"log_{one.location.name}", *(each.name for each in one.others)}
    assert family(one.name) is one


@pytest.mark.parametrize("name", ["gaussian", None, ["normal"]])
def test_an_unknown_family_is_refused_with_those_there_are(name):
    with pytest.raises(
        InputError, match=r"known families: .*, mvnormal, mvstudent_t, negative_binomial, normal"
    ):
        family(name)
