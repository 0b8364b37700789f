"""Whole fits in other units and from other origins say the same of the same data."""

from __future__ import annotations

import arviz
import numpy as np
import pytest

import stanmix

ROWS = 100
# Monte Carlo standard errors that means may differ by. There are at most seven parameters a case;
# the seeds are fixed.
ERRORS = 4.5


def lines(seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=ROWS)
    second = rng.random(ROWS) < 0.4
    return x, np.where(second, -1 - x, 1 + 2 * x) + 0.5 * rng.normal(size=ROWS)


def plan(fit):
    return fit.idata.attrs["warmup_reason"].split("(")[0]


def problems(fit):
    return {finding.topic for finding in fit.diagnose().findings if finding.level == "problem"}


def flat(fit, name):
    values = fit.idata.posterior[name].to_numpy()
    return values.reshape(*values.shape[:2], -1)


def errors_apart(first, other):
    """How far means lie apart, in Monte Carlo standard errors; draws (chain, draw, parameter)."""
    apart = []
    for j in range(first.shape[-1]):
        pair = [first[..., j], other[..., j]]
        errors = [float(arviz.mcse(draws, method="mean")) for draws in pair]
        apart.append(abs(pair[0].mean() - pair[1].mean()) / np.hypot(*errors))
    return max(apart)


@pytest.mark.parametrize("method", ["nuts", "laplace", "pathfinder", "advi"])
def test_units_that_are_powers_of_two_change_no_bit(method):
    x, y = lines()
    mixture = stanmix.Mixture("y ~ x", 2)
    options = {"seed": 1, "progress": False, "draws": 200}
    b, d = 2.0**20, 2.0**-20
    first = mixture.fit({"y": y, "x": x}, method, **options)
    other = mixture.fit({"y": b * y, "x": d * x}, method, **options)
    assert first.idata.attrs.get("warmup_reason") == other.idata.attrs.get("warmup_reason")
    beta = first.idata.posterior.beta.to_numpy()
    np.testing.assert_array_equal(beta * [b, b / d], other.idata.posterior.beta.to_numpy())
    for name, unit in (("theta", 1), ("sigma", b)):
        np.testing.assert_array_equal(
            first.idata.posterior[name].to_numpy() * unit, other.idata.posterior[name].to_numpy()
        )
    assert problems(first) == problems(other)


@pytest.mark.parametrize(("b", "d"), [(1e-12, 1e12), (1e12, 1e-12)])
def test_lines_far_from_the_origin_in_extreme_units(b, d):
    x, y = lines()
    away, aside = 2e6, -1e6  # about a million spreads
    mixture = stanmix.Mixture("y ~ x", 2)
    first = mixture.fit({"y": y, "x": x}, seed=1, progress=False)
    other = mixture.fit({"y": b * (y + away), "x": d * (x + aside)}, seed=1, progress=False)
    assert plan(first) == plan(other)
    assert problems(first) == problems(other) == set()
    # b (away + intercept + slope x) = beta_1 + beta_2 d (x + aside)
    beta = other.idata.posterior.beta.to_numpy()
    slope = beta[..., 1] * d / b
    back = np.stack([beta[..., 0] / b + slope * aside - away, slope], axis=-1)
    assert errors_apart(flat(first, "beta"), back.reshape(*back.shape[:2], -1)) < ERRORS
    assert errors_apart(flat(first, "sigma"), flat(other, "sigma") / b) < ERRORS
    assert errors_apart(flat(first, "theta"), flat(other, "theta")) < ERRORS


def test_the_mode_of_counts_does_not_depend_on_the_origin_of_a_covariate():
    x, _ = lines()
    rng = np.random.default_rng(5)
    second = rng.random(ROWS) < 0.4
    log_days = rng.normal(0, 0.3, ROWS)
    y = rng.poisson(np.exp(log_days + np.where(second, 3 - 0.5 * x, 0.5 + 0.8 * x)))
    mixture = stanmix.Mixture("y ~ x", 2, family="poisson", offset="log_days")
    given = {"y": y, "x": x, "log_days": log_days}
    options = {"seed": 1, "engine": "stanli", "progress": False}
    first = mixture.fit(given, "map", **options)
    other = mixture.fit({**given, "x": 1e3 * (x + 1e6)}, "map", **options)
    slope = flat(first, "beta")[0, 0, 1::2]
    np.testing.assert_allclose(flat(other, "beta")[0, 0, 1::2] * 1e3, slope, rtol=1e-4)
    np.testing.assert_allclose(flat(other, "theta"), flat(first, "theta"), rtol=1e-4)
    assert problems(first) == problems(other)
