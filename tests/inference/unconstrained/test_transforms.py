"""Transforms of vectors against differences, closed forms, and Stan itself."""

from __future__ import annotations

import numpy as np
import pytest
import stanli
from scipy.linalg import helmert
from scipy.special import softmax

from stanmix.inference.unconstrained.transforms import (
    CorrelationFactor,
    Correlations,
    Identity,
    LogRatios,
    Ordered,
    PositiveOrdered,
    Stacked,
    StickBreaking,
    simplex_of,
)

TRANSFORMS = {
    "identity": Identity(),
    "ordered": Ordered(),
    "positive_ordered": PositiveOrdered(),
    "stick_breaking": StickBreaking(),
    "log_ratios": LogRatios(),
    "two of them": Stacked(PositiveOrdered(), 2),
}
SIMPLEXES = ("stick_breaking", "log_ratios")


def some_points(count=6, size=4, seed=0):
    return np.random.default_rng(seed).normal(0, 1.5, (count, size))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_there_and_back(name):
    transform = TRANSFORMS[name]
    for point in some_points():
        values = transform.constrain(point)
        np.testing.assert_allclose(transform.free(values), point, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_jacobian_is_the_determinant_of_differences(name):
    transform = TRANSFORMS[name]
    for point in some_points():
        D, step = len(point), 1e-6
        columns = [
            (transform.constrain(point + e) - transform.constrain(point - e))[:D] / (2 * step)
            for e in step * np.eye(D)
        ]
        sign, expected = np.linalg.slogdet(columns)
        assert abs(sign) == 1
        assert transform.log_jacobian(point).sum() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_slope_is_that_of_the_jacobian(name):
    transform, points = TRANSFORMS[name], some_points()
    for i, e in enumerate(1e-6 * np.eye(points.shape[1])):
        up, down = (transform.log_jacobian(points + s * e).sum(axis=1) for s in (1, -1))
        np.testing.assert_allclose(transform.slope(points)[:, i], (up - down) / 2e-6, atol=1e-7)


@pytest.mark.parametrize("name", SIMPLEXES)
@pytest.mark.parametrize("K", [1, 2, 5])
def test_zero_is_the_middle_of_a_simplex(name, K):
    transform = TRANSFORMS[name]
    np.testing.assert_allclose(transform.constrain(np.zeros(K - 1)), np.full(K, 1 / K))
    np.testing.assert_allclose(transform.free(np.full(K, 1 / K)), np.zeros(K - 1), atol=1e-15)


def test_log_ratios_are_logarithms_along_helmerts_contrasts():
    point = some_points(1)[0]
    theta = softmax(helmert(5).T @ point)
    np.testing.assert_allclose(LogRatios().constrain(point), theta, rtol=1e-13)
    np.testing.assert_allclose(LogRatios().free(theta), point, rtol=1e-12)


@pytest.mark.parametrize(
    ("version", "expected"),
    [((2, 33, 0), StickBreaking), ((2, 36, 1), StickBreaking), ((2, 37, 0), LogRatios),
     ((2, 40), LogRatios), ((3, 0, 0), LogRatios)],
)  # fmt: skip
def test_the_simplex_is_that_of_the_version(version, expected):
    assert isinstance(simplex_of(version), expected)


STAN = {
    "simplex": ("simplex[5] x", LogRatios()),
    "ordered": ("ordered[4] x", Ordered()),
    "positive_ordered": ("positive_ordered[4] x", PositiveOrdered()),
}


@pytest.mark.parametrize("kind", STAN)
def test_they_are_those_of_stan_from_2_37_on(kind):
    """stanli has Stan 2.40; a program without a density has the log Jacobian alone."""
    declaration, transform = STAN[kind]
    stan = stanli.Model(stan_code=f"parameters {{ {declaration}; }}", data={})
    for point in some_points(seed=5):
        values = transform.constrain(point)
        np.testing.assert_allclose(stan.unconstrain({"x": values}), point, rtol=1e-9)
        value, gradient = stan.log_prob_grad(point)
        assert transform.log_jacobian(point).sum() == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(transform.slope(point), gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("D", [2, 3, 5])
def test_factors_of_correlations_are_those_of_stan(D):
    """Correlations stand for their factor: the same point, and the Jacobian of that."""
    factor, pairs = CorrelationFactor(), Correlations()
    code = f"parameters {{ cholesky_factor_corr[{D}] x; }}"
    stan = stanli.Model(stan_code=code, data={})
    for point in some_points(3, D * (D - 1) // 2):
        values = factor.constrain(point)
        matrix = values.reshape(D, D)
        np.testing.assert_allclose(stan.unconstrain({"x": matrix}), point, rtol=1e-9)
        np.testing.assert_allclose(factor.free(values), point, rtol=1e-8)
        rho = (matrix @ matrix.T)[np.tril_indices(D, -1)]
        np.testing.assert_allclose(pairs.constrain(point), rho, rtol=1e-12)
        np.testing.assert_allclose(pairs.free(rho), point, rtol=1e-8)
        value, gradient = stan.log_prob_grad(point)
        for one in (factor, pairs):
            assert one.log_jacobian(point).sum() == pytest.approx(value, rel=1e-12)
            np.testing.assert_allclose(one.slope(point), gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SIMPLEXES)
def test_a_boundary_is_not_finite_and_no_error(name):
    with np.errstate(divide="ignore"):
        point = TRANSFORMS[name].free(np.array([0.5, 0.5, 0.0]))
    assert not np.isfinite(point).all()


def test_several_vectors_are_each_transformed_by_itself():
    """Behind one another, in one vector or in an array of them."""
    for each in (LogRatios(), StickBreaking(), Ordered()):
        stacked, points = Stacked(each, 2), some_points(size=6)
        values = stacked.constrain(points)
        for point, value in zip(points, values, strict=True):
            first, second = each.constrain(point[:3]), each.constrain(point[3:])
            np.testing.assert_allclose(value, [*first, *second], rtol=1e-12)
        np.testing.assert_allclose(stacked.free(values), points, rtol=1e-9)
        halves = points.reshape(-1, 2, 3)
        jacobian = each.log_jacobian(halves).reshape(points.shape)
        np.testing.assert_allclose(stacked.log_jacobian(points), jacobian, rtol=1e-12)
        slope = each.slope(halves).reshape(points.shape)
        np.testing.assert_allclose(stacked.slope(points), slope, rtol=1e-12)
