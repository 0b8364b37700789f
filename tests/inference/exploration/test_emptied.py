"""Empty components: draws and densities of their blocks, against SciPy and by integration."""

import itertools

import numpy as np
import pytest
from independent import lkj_of_factor
from scipy import stats
from stan_transforms import correlation_factor

import stanmix
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import Coordinate, Emptied, EmptyBlock, EmptyVector
from stanmix.inference.exploration.t_mixture import T
from stanmix.inference.unconstrained.space import Space
from stanmix.inference.unconstrained.transforms import (
    Correlations,
    LogRatios,
    PositiveOrdered,
    StickBreaking,
)
from stanmix.program.coefficients import common_columns
from stanmix.program.lower import lower

# A prior of each kind by its number in the programs, with arguments, and the support it is used on.
PRIORS = [
    (1, (0.5, 2.0, 0.0), -np.inf, np.inf),
    (2, (4.0, 1.0, 0.5), -np.inf, np.inf),
    (3, (0.0, 1.0, 0.0), -np.inf, np.inf),
    (4, (1.0, 0.5, 0.0), -np.inf, np.inf),
    (5, (1.0, 0.5, 0.0), -np.inf, np.inf),
    (1, (0.5, 2.0, 0.0), 0.0, np.inf),
    (6, (2.0, 0.0, 0.0), 0.0, np.inf),
    (7, (3.0, 2.0, 0.0), 0.0, np.inf),
    (8, (2.0, 0.0, 0.0), 0.0, np.inf),
    (9, (2.0, 0.3, 0.0), 0.0, np.inf),
    (10, (3.0, 2.0, 0.0), 0.0, np.inf),
    (11, (0.2, 0.5, 0.0), 0.0, np.inf),
    (12, (0.5, 3.0, 0.0), 0.5, 3.0),
    (0, (0.0, 0.0, 0.0), -np.inf, np.inf),
]


@pytest.mark.parametrize(("code", "arguments", "lower", "upper"), PRIORS)
def test_draws_follow_the_density(code, arguments, lower, upper):
    one = Coordinate.of(code, np.array(arguments), lower, upper)
    grid = np.linspace(-60, 60, 200_001)
    with np.errstate(all="ignore"):
        density = np.exp(one.log_density(grid))
    mass = np.cumsum(density) * (grid[1] - grid[0])
    # A Cauchy has 1 % of its mass beyond the grid.
    assert mass[-1] == pytest.approx(1.0, abs=0.02 if code == 3 else 1e-3)
    draws = one.draw(4000, np.random.default_rng(1))
    test = stats.kstest(draws, lambda x: np.interp(x, grid, mass))
    assert test.pvalue > 1e-3


VECTORS = {
    "probabilities": EmptyVector(LogRatios(), 2, np.array([0.7, 2.0, 3.0])),
    "probabilities by a stick": EmptyVector(StickBreaking(), 2, np.array([1.5, 1.0, 3.0])),
    "cutpoints": EmptyVector(PositiveOrdered(), 2, stats.norm(0, 2)),
    "cutpoints of a flat prior": EmptyVector(PositiveOrdered(), 2, None),
}


@pytest.mark.parametrize("one", VECTORS.values(), ids=VECTORS)
def test_draws_of_vectors_follow_the_density(one):
    """Along each coordinate, of which the density is a sum over the other."""
    grid = np.linspace(-30, 30, 1201)
    points = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    with np.errstate(all="ignore"):
        density = np.exp(one.log_density(points.reshape(-1, 2))).reshape(len(grid), -1)
    density *= (grid[1] - grid[0]) ** 2
    assert density.sum() == pytest.approx(1.0, abs=2e-3)
    draws = one.draw(4000, np.random.default_rng(1))
    for axis in range(2):
        mass = density.sum(axis=1 - axis).cumsum()
        test = stats.kstest(draws[:, axis], lambda x, m=mass: np.interp(x, grid + 0.025, m))
        assert test.pvalue > 1e-3


def test_correlations_of_an_empty_component_follow_their_prior():
    one = EmptyVector(Correlations(), 3, stanmix.LKJ(2.5))
    draws = one.draw(4000, np.random.default_rng(1))
    rho = one.transform.constrain(draws)
    expected = stats.beta(3, 3, -1, 2)  # of eta - 1 + D / 2
    assert all(stats.kstest(each, expected.cdf).pvalue > 1e-3 for each in rho.T)
    for z, found in zip(draws[:5], one.log_density(draws[:5]), strict=True):
        factor, jacobian = correlation_factor(z)
        assert found == pytest.approx(lkj_of_factor(factor, 2.5) + jacobian, rel=1e-10)


def gating_space():
    parts = lower(stanmix.Mixture("y ~ x", 2, gating="~ z"))
    data = {
        "K": 2, "P": 2, "Q": 2, "beta_prior": [1, 2],
        "beta_prior_arguments": [[0, 2, 0], [4, 1, 0.5]],
        "X_centre": [0.0, 3.0], "X_scale": [1.0, 2.0], "X_ones": [1.0, 0.0],
        "beta_prior_at_zero": [1, 0],
        "Z_centre": [0.0, 0.0], "Z_scale": [1.0, 1.0], "Z_ones": [1.0, 0.0],
        "sigma_prior": 11, "sigma_prior_arguments": [0, 0.5, 0],
        "sigma_lower": 0.0, "sigma_upper": np.inf,
    }  # fmt: skip
    return ComponentSpace(Space(parts, data, (2, 35)), rows=50.0, alike=((0, 1),))


def test_a_prior_at_covariates_of_zero_holds_there():
    """The intercept at zero has its prior, whatever the slope does to the one at the centre."""
    block = EmptyBlock.of(gating_space())
    draws = block.draw(4000, np.random.default_rng(2))
    at_zero = draws[:, 2] - 3.0 / 2.0 * draws[:, 3]
    assert stats.kstest(at_zero, stats.norm(0, 2).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(at_zero, draws[:, 3])[0, 1]) < 4 / np.sqrt(4000)
    scipy_density = (
        stats.norm(0, 2).logpdf(at_zero)
        + stats.t(4, 1, 0.5).logpdf(draws[:, 3])
        + stats.norm(0, 0.5).logpdf(draws[:, 4])
    )
    weight = sum(one.logpdf(draws[:, i]) for i, one in enumerate(block.weight))
    np.testing.assert_allclose(block.log_density(draws), scipy_density + weight, rtol=1e-9)


def counts_block():
    parts = lower(stanmix.Mixture("y", 3, family="poisson"))
    data = {"K": 3, "theta_prior": np.ones(3), "mu_prior": 9, "mu_prior_arguments": [2, 0.3, 0]}
    space = ComponentSpace(Space(parts, data, (2, 35)), rows=50.0, alike=((0, 1, 2),))
    return EmptyBlock.of(space)


def test_the_density_is_averaged_over_which_component_is_empty():
    block, rng = counts_block(), np.random.default_rng(3)
    below = T(np.array([3.0, 1.0, 2.0, 2.0]), np.eye(4))

    class Alike:
        """A distribution of two components that knows no labels."""

        def draw(self, count, rng):
            return below.draw(count, rng)

        def log_density(self, points):
            swapped = points[:, [2, 3, 0, 1]]
            return np.logaddexp(below.log_density(points), below.log_density(swapped)) - np.log(2)

    one = Emptied(Alike(), block, 3, at=(0, 1, 2))
    points = one.draw(50, rng)
    expected = [
        np.mean(
            [
                np.exp(block.log_density(order[None, :2]) + below.log_density(order[None, 2:]))[0]
                for perm in itertools.permutations(range(3))
                for order in [point.reshape(3, 2)[list(perm)].ravel()]
            ]
        )
        for point in points
    ]
    np.testing.assert_allclose(one.log_density(points), np.log(expected), rtol=1e-9)


def test_a_component_that_is_told_apart_keeps_its_place():
    block = counts_block()
    below = T(np.array([3.0, 1.0, 2.0, 2.0]), 1e-6 * np.eye(4))
    one = Emptied(below, block, 3, at=(1,))
    points = one.draw(20, np.random.default_rng(4))
    np.testing.assert_allclose(points[:, [0, 1, 4, 5]], np.tile(below.centre, (20, 1)), atol=0.02)
    expected = block.log_density(points[:, 2:4]) + below.log_density(points[:, [0, 1, 4, 5]])
    np.testing.assert_allclose(one.log_density(points), expected)


def test_components_of_a_kind_keep_their_places_beside_another_kind():
    """The first and the third are alike: whichever is empty, the other stands first."""
    block = counts_block()
    below = T(np.array([3.0, 1.0, 2.0, 2.0]), np.diag([1.0, 0.5, 2.0, 0.1]))
    one = Emptied(below, block, 3, at=(0, 2))
    points = one.draw(20, np.random.default_rng(5))
    last = block.log_density(points[:, 4:]) + below.log_density(points[:, :4])
    first = block.log_density(points[:, :2]) + below.log_density(points[:, [4, 5, 2, 3]])
    np.testing.assert_allclose(one.log_density(points), np.logaddexp(first, last) - np.log(2))


def test_what_a_component_lacks_is_standard_normal():
    """Parameters of other families, and coefficients of covariates that others have."""
    rng = np.random.default_rng(0)
    frame = {"y": rng.poisson(3, 20), "x": rng.normal(size=20)}
    family = ["poisson", "negative_binomial", "negative_binomial"]
    priors = {"phi": [stanmix.Gamma(2, 1), stanmix.Gamma(4, 1)]}
    unlike = stanmix.Mixture("y", 3, family=family, priors=priors)
    lacking = stanmix.Mixture(["y ~ x", "y ~ 1"], 2, family="poisson")
    for model, component, expected in (
        (unlike, 0, [2]),  # a mean of each family, then a precision
        (unlike, 2, [0]),
        (lacking, 0, []),
        (lacking, 1, [1]),
    ):
        program, data = lower(model), model.data(frame)
        common = {
            one.name: common_columns(one.common, model.matrices(frame), one.of)
            for one in program.numbered
        }
        space = ComponentSpace(Space(program, data, (2, 35)), 20.0, model.alike, common)
        block = EmptyBlock.of(space, component)
        drawn = block.draw(3000, np.random.default_rng(1))[:, 1:]
        normal = [stats.kstest(each, stats.norm.cdf).pvalue > 1e-3 for each in drawn.T]
        unused = space.unused[component * space.block :][1 : space.block]
        np.testing.assert_array_equal(normal, unused)
        assert set(expected) <= set(np.flatnonzero(unused))
