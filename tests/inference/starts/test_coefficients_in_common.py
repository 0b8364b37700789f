"""EM where components share or lack coefficients, against regressions of all rows together."""

import numpy as np
import pytest
import scipy

import stanmix
from stanmix.inference.starts import multistart
from stanmix.inference.starts.weighted_fits import (
    least_squares,
    logits_together,
    poisson_log_linear,
)
from stanmix.program.lower import lower
from stanmix.program.units import units_of

RNG = np.random.default_rng(6)
N = 150
X = np.column_stack([np.ones(N), RNG.normal(size=N), RNG.normal(size=N)])
WEIGHTS = RNG.dirichlet([1, 1], N)
NUMBERS = np.array([[1, 2, 3], [4, 0, 3]])


def stacked():
    """Covariates of the different coefficients: rows once for each component, (2 N, F)."""
    found = np.zeros((2, N, 4))
    for k, p in np.argwhere(NUMBERS):
        found[k, :, NUMBERS[k, p] - 1] = X[:, p]
    return found.reshape(2 * N, 4)


def test_least_squares_are_those_of_all_rows_together():
    y = RNG.normal(size=N)
    found = least_squares(y, X, WEIGHTS, NUMBERS)
    root = np.sqrt(WEIGHTS.T.ravel())
    expected = np.linalg.lstsq(root[:, None] * stacked(), root * np.tile(y, 2), rcond=None)[0]
    np.testing.assert_allclose(found, expected[None], rtol=1e-6, atol=1e-9)


def test_poisson_regressions_are_those_of_all_rows_together():
    y, offset = RNG.poisson(3, N).astype(float), 0.3 * RNG.normal(size=N)
    found = np.zeros((1, 4))
    for _ in range(10):
        found = poisson_log_linear(y, X, offset, WEIGHTS, found, NUMBERS)

    def minus(b):
        eta = stacked() @ b + np.tile(offset, 2)
        return WEIGHTS.T.ravel() @ (np.exp(eta) - np.tile(y, 2) * eta)

    expected = scipy.optimize.minimize(minus, np.zeros(4), method="BFGS", tol=1e-10).x
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def test_multinomial_regressions_are_those_of_all_rows_together():
    indicators = np.eye(3)[RNG.integers(0, 3, N)]
    numbers = np.stack([NUMBERS, np.where(NUMBERS > 0, NUMBERS + 4, 0)], axis=1)
    found = np.zeros((1, 8))
    for _ in range(10):
        found = logits_together(X, indicators, WEIGHTS, found, numbers)

    def minus(b):
        ratios = np.stack([0 * stacked() @ b[:4], stacked() @ b[:4], stacked() @ b[4:]], axis=1)
        log_p = scipy.special.log_softmax(ratios, axis=1)
        return -WEIGHTS.T.ravel() @ (np.tile(indicators, (2, 1)) * log_p).sum(axis=1)

    expected = scipy.optimize.minimize(minus, np.zeros(8), method="BFGS", tol=1e-10).x
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def simulated():
    rng = np.random.default_rng(8)
    x, z = rng.normal(10, 1, 400), rng.normal(size=400)
    first = rng.random(400) < 0.4
    mean = np.where(first, 5 + 2 * (x - 10), 0.0) + z
    y = mean + np.where(first, 0.5, 1.0) * rng.normal(size=400)
    n = rng.poisson(np.exp(np.where(first, 3 + 0.3 * (x - 10), 1.0) + 0.2 * z))
    rate = np.exp(np.where(first, 3 + 0.3 * (x - 10), 1.0) + 0.2 * z)
    return {"x": x, "z": z, "y": y, "n": n, "w": rng.exponential(rate)}


@pytest.mark.parametrize(
    ("response", "family", "slopes"),
    [("y", "normal", (2.0, 1.0)), ("n", "poisson", (0.3, 0.2)), ("w", "exponential", (0.3, 0.2))],
)
def test_em_finds_what_was_simulated(response, family, slopes):
    """Of one slope in one component alone, and of another in both; errors are below 0.05."""
    frame = simulated()
    model = stanmix.Mixture(
        [f"{response} ~ x + z", f"{response} ~ z"], 2, family=family, shared=("z",)
    )
    design = model.matrices(frame)
    best = multistart.optima(model, design, seed=1)[0]
    beta = units_of(model, design).parameters(lower(model), best.parameters)["beta"]
    np.testing.assert_allclose(beta[0, 1:], slopes, atol=0.15)
    np.testing.assert_allclose(beta[1, 1:], [0.0, slopes[1]], atol=0.15)
    assert beta[1, 1] == 0.0 and beta[0, 2] == beta[1, 2]


def test_a_component_without_rows_leaves_the_others_what_they_share():
    model = stanmix.Mixture("y ~ x + z", 3, shared=("z",))
    design = model.matrices(simulated())
    em, _ = multistart.em_of_some(model, design, 1000, np.random.default_rng(0))
    smaller = em.without(np.array([False, True, False]))
    state = smaller.run(np.random.default_rng(1).dirichlet([1, 1, 1], 400), steps=5)
    assert not smaller.responsibilities(state)[:, 1].any()
    beta = state.parameters["beta"]
    assert beta[0, 2] == beta[2, 2] and beta[0, 1] != beta[2, 1]
    alone, _ = multistart.em_of_some(
        stanmix.Mixture("y ~ x + z", 2, shared=("z",)), design, 1000, np.random.default_rng(0)
    )
    two = alone.run(smaller.responsibilities(state)[:, [0, 2]], steps=100)
    three = smaller.run(smaller.responsibilities(state), steps=100)
    np.testing.assert_allclose(three.parameters["beta"][[0, 2]], two.parameters["beta"], rtol=1e-3)
