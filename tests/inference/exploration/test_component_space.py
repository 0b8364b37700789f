"""Coordinates of components: exchanges, gradients and densities, for every kind of program."""

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.unconstrained.space import Space
from stanmix.program.lower import lower

K, P, Q, D = 3, 2, 2, 2
SIZES = {"K": K, "P": P, "Q": Q, "D": D, "P_sigma": 2, "theta_prior": np.full(K, 1.5)}
OPEN = {f"{name}_{end}": at for name in ("sigma", "nu", "phi") for end, at in (
    ("lower", 0.0), ("upper", np.inf))}  # fmt: skip
COLUMNS = {"sigma_lower": np.zeros(D), "sigma_upper": np.array([np.inf, 4.0])}


def program(formula="y", family="normal", order=None, **more):
    return lower(stanmix.Mixture(formula, K, family=family, order=order, **more))


VERSIONS = [(2, 36), (2, 37)]  # with either simplex


BOTH = {"formula": ["a", "b"], "family": "mvnormal"}
PROGRAMS = {
    "means": (program(), OPEN),
    "ordered means": (program(order="mu"), OPEN),
    "ordered scales": (program(order="sigma"), {}),
    "shared scale": (program(shared="sigma"), OPEN),
    "bounded scales": (program(), {"sigma_lower": 0.5, "sigma_upper": 3.0}),
    "known weights": (program(fixed={"theta": [0.2, 0.3, 0.5]}), OPEN),
    "counts": (program(family="poisson"), {}),
    "ordered counts": (program(family="poisson", order="mu"), {}),
    "counts with an offset": (program(family="poisson", offset="o"), {}),
    "regressions": (program("y ~ x"), OPEN),
    "ordered regressions": (
        program("y ~ x", order="x", shared="sigma"),
        {**OPEN, "ordered_covariate": 2},
    ),
    "gating": (program("y ~ x", gating="~ z"), OPEN),
    "columns": (program(**BOTH, covariance="diagonal"), COLUMNS),
    "ordered column": (
        program(**BOTH, covariance="diagonal", order="a"),
        {**COLUMNS, "ordered_coordinate": 2},
    ),
    "correlations": (program(**BOTH, covariance="full"), COLUMNS),
    "correlations in common": (
        program(**BOTH, covariance="tied", order="a"),
        {**COLUMNS, "ordered_coordinate": 2},
    ),
    "common mean": (program(**BOTH, covariance="spherical", mean="common"), OPEN),
    "Student t": (program("y ~ x", "student_t"), OPEN),
    "ordered degrees of freedom": (program(family="student_t", order="nu"), OPEN),
    "shared degrees of freedom": (program(family="student_t", shared="nu", order="mu"), OPEN),
    "overdispersed counts": (program("y ~ x", "negative_binomial", gating="~ z"), OPEN),
    "scales by covariates": (program(formulas={"sigma": "~ z"}), OPEN),
    "shared scales by covariates": (
        program("y ~ x", "student_t", formulas={"sigma": "~ z"}, shared="sigma", order="x"),
        {**OPEN, "ordered_covariate": 1},
    ),
}


def space_of(name, exchangeable=True, version=(2, 35), alike=None):
    parts, data = PROGRAMS[name]
    if alike is None:
        alike = (tuple(range(K)),) if exchangeable else ()
    return ComponentSpace(Space(parts, {**SIZES, **data}, version), rows=20.0, alike=alike)


def log_density(space):
    """Return a smooth density of the program's parameters that treats components alike."""

    def of_values(values):
        named = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        terms = np.zeros(K)
        for weight, name in enumerate(sorted(set(named) - {"gamma_free", "theta"}), 1):
            value = named[name]
            alike = value.reshape(K, -1).sum(axis=1) if value.shape[:1] == (K,) else value.sum()
            terms = terms + 0.1 * weight * np.tanh(alike)
        if "theta" in named:
            terms = terms * named["theta"] + 0.5 * np.log(named["theta"])
        if "gamma_free" in named:
            gamma = space.contrast @ named["gamma_free"]
            terms = terms + 0.3 * np.cos(gamma.sum(axis=1))
        return terms.sum()

    def at(points):
        values = np.array([of_values(space.space.constrain(point)) for point in points])
        gradient = np.empty_like(points)
        for i in range(points.shape[1]):
            step = np.zeros(points.shape[1])
            step[i] = 1e-6
            up = [of_values(space.space.constrain(point + step)) for point in points]
            down = [of_values(space.space.constrain(point - step)) for point in points]
            gradient[:, i] = (np.array(up) - np.array(down)) / 2e-6
        return values, gradient

    return at


def some_points(space, count=4):
    return np.random.default_rng(3).normal(0, 0.8, (count, space.size))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_gradient_is_that_of_the_density(name, version):
    space = space_of(name, version=version)
    density, points = log_density(space), some_points(space)
    _, gradient = space.target(points, density)
    for i in range(space.size):
        step = np.zeros(space.size)
        step[i] = 1e-5
        up, down = (space.target(points + sign * step, density)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, i], (up - down) / 2e-5, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_exchanging_components_changes_no_density(name, version):
    space = space_of(name, version=version)
    density, points = log_density(space), some_points(space)
    value, gradient = space.target(points, density)
    perm = np.array([[2, 0, 1], [1, 0, 2], [0, 2, 1], [2, 1, 0]])
    exchanged = space.renumbered(points, perm)
    there, slope = space.target(exchanged, density)
    np.testing.assert_allclose(there, value, rtol=1e-10)
    np.testing.assert_allclose(slope, space.renumbered(gradient, perm), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_way_to_the_program_and_back(name, version):
    space = space_of(name, version=version)
    points = some_points(space)
    there = space.to_stan(points)
    assert there.shape == (len(points), space.space.size)
    back = np.stack([space.from_program(space.space.constrain(one)) for one in there])
    np.testing.assert_allclose(space.to_stan(back), there, rtol=1e-8, atol=1e-9)
    # A program that orders its components gets them in order.
    order = space.order(back)
    np.testing.assert_array_equal(order, np.broadcast_to(np.arange(K), order.shape))


@pytest.mark.parametrize("version", VERSIONS)
def test_weights_are_gammas_whose_ratios_the_program_sees(version):
    """A Dirichlet prior in these coordinates is a product of log-gamma densities."""
    space = space_of("counts", version=version)
    points = some_points(space)
    alpha = np.array([1.5, 1.5, 1.5])

    def dirichlet(at):
        theta = np.stack([space.space.constrain(point)["theta"] for point in at])
        return np.log(theta) @ (alpha - 1), np.zeros_like(at)

    value, _ = space.target(points, dirichlet)
    log_gammas = space.of(points, space.weights)[..., 0]
    total = np.exp(log_gammas).sum(axis=1)
    theta = np.exp(log_gammas) / total[:, None]
    expected = stats.gamma(space.total_shape).logpdf(total)
    # The Jacobian of the map to the weights and their total, by differences.
    for s, point in enumerate(log_gammas):

        def shares(w):
            g = np.exp(w)
            return np.append(g[:-1] / g.sum(), g.sum())

        jacobian = np.stack(
            [(shares(point + e) - shares(point - e)) / 2e-6 for e in 1e-6 * np.eye(K)]
        )
        expected[s] += np.linalg.slogdet(jacobian)[1] + np.log(theta[s]) @ (alpha - 1)
    locations = space.of(points, space.parts[1])[..., 0].sum(axis=1)  # logarithms of the means
    np.testing.assert_allclose(value, expected + locations, rtol=1e-7)


def test_a_point_out_of_order_has_no_density_where_components_are_told_apart():
    space = space_of("ordered means", exchangeable=False)
    ascending = np.zeros((1, space.size))
    ascending[0, 1::3] = [-1.0, 0.0, 1.0]
    descending = space.renumbered(ascending, np.array([[2, 1, 0]]))
    value, _ = space.target(np.concatenate([ascending, descending]), log_density(space))
    assert np.isfinite(value[0]) and value[1] == -np.inf


def test_an_order_of_components_some_of_which_are_alike_is_left_as_it_is():
    """To exchange the two that are alike would not make the third ascend."""
    space = space_of("ordered means", alike=((0, 1),))
    points = np.zeros((1, space.size))
    points[0, 1::3] = [1.0, 0.0, -1.0]
    assert not space.sorts and not space.all_alike and space.exchangeable
    np.testing.assert_array_equal(space.order(points), [[0, 1, 2]])
    assert space_of("ordered means").sorts and space_of("ordered means").all_alike
