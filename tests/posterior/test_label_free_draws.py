"""Draws as quantities without labels: the same however a sampler numbered the components."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of, noisy, switched

import stanmix
from stanmix.posterior.label_free_draws import label_free_draws

RNG = np.random.default_rng(0)
FRAME = {"y": RNG.normal(size=12), "x": RNG.normal(size=12)}


def draws(chains=2, size=9):
    theta = RNG.beta(4, 6, size=(chains, size))
    return {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": noisy(RNG, [0.0, 0.5], 1.0, chains, size),
        "sigma": np.exp(noisy(RNG, [0.0, 0.0], 0.5, chains, size)),
    }


def flat(values):
    return values.reshape(-1, *values.shape[2:])


@pytest.mark.parametrize("order", [None, "auto", "theta", "mean"])
def test_labels_do_not_matter(order):
    model, one = stanmix.Mixture("y", 2, order=order), draws()
    other = switched(one, RNG.random((2, 9)) < 0.5)
    first, second = (label_free_draws(fit_of(model, FRAME, of)) for of in (one, other))
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, rtol=1e-12, err_msg=name)
        assert values.shape == (18,)


def test_ranks_are_of_each_parameter_and_averages_by_weight():
    one = draws()
    found = label_free_draws(fit_of(stanmix.Mixture("y", 2, order=None), FRAME, one))
    assert not any(", component" in name for name in found)
    mu, theta = flat(one["mu"]), flat(one["theta"])
    np.testing.assert_array_equal(found["mu, rank 1"], np.minimum(*mu.T))
    np.testing.assert_array_equal(found["mu, rank 2"], np.maximum(*mu.T))
    expected = [t[0] * m[0] + t[1] * m[1] for t, m in zip(theta, mu, strict=True)]
    np.testing.assert_allclose(found["mu, average by weight"], expected)


def test_components_are_in_the_order_that_is_stated():
    one = draws()
    found = label_free_draws(fit_of(stanmix.Mixture("y", 2, order="theta"), FRAME, one))
    first = flat(one["theta"]).argmin(axis=1)
    for name in ("theta", "mu", "sigma"):
        expected = flat(one[name])[np.arange(18), first]
        np.testing.assert_array_equal(found[f"{name}, component 1"], expected)


def test_components_that_something_tells_apart_keep_their_numbers():
    one = {"theta": draws()["theta"], "mu": draws()["mu"]}
    model = stanmix.Mixture("y", 2, fixed={"sigma": [1.0, 2.0]})
    found = label_free_draws(fit_of(model, FRAME, one))
    for k in range(2):
        np.testing.assert_array_equal(found[f"mu, component {k + 1}"], flat(one["mu"])[:, k])


def test_a_coefficient_in_common_comes_once():
    model = stanmix.Mixture("y ~ x", 2, shared=("x", "sigma"))
    beta = noisy(RNG, [[0.0, 1.0], [2.0, 1.0]], 0.3, 1, 5)
    beta[:, :, 1, 1] = beta[:, :, 0, 1]
    of = {"theta": draws(1, 5)["theta"], "beta": beta, "sigma": np.ones((1, 5))}
    found = label_free_draws(fit_of(model, FRAME, of))
    np.testing.assert_array_equal(found["beta[x]"], beta[0, :, 0, 1])
    assert "beta[Intercept], rank 2" in found and "beta[x], rank 1" not in found
