"""The table of a fit, beside means, quantiles and shortest intervals of the draws themselves."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from synthetic import fit_of, made_up_fit, pair_draws

import stanmix
from stanmix import containers

MODEL = stanmix.Mixture("y", 2, order=None)


def shortest(values, probability):
    """The ends of the shortest interval that holds this part of the draws."""
    ordered = np.sort(np.ravel(values))
    inside = int(np.floor(probability * len(ordered)))
    widths = ordered[inside:] - ordered[: len(ordered) - inside]
    first = int(widths.argmin())
    return ordered[first], ordered[first + inside]


def test_rows_are_parameters_and_figures_those_of_the_draws():
    draws, y = pair_draws()
    table = fit_of(MODEL, {"y": y}, draws).summary()
    names = [f"{name}[{k}]" for name in ("theta", "mu", "sigma") for k in (1, 2)]
    assert list(table.index) == names
    for name in names:
        values = draws[name[:-3]][..., int(name[-2]) - 1]
        assert table.loc[name, "mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert table.loc[name, "sd"] == pytest.approx(values.std(ddof=1), rel=2e-3)
        ends = table.loc[name, ["hdi_3%", "hdi_97%"]].to_numpy(dtype=float)
        np.testing.assert_allclose(ends, shortest(values, 0.94), rtol=1e-12)
        # Independent draws: the Monte Carlo error is sd / sqrt(n), and chains agree.
        assert table.loc[name, "mcse_mean"] == pytest.approx(values.std() / 1000**0.5, rel=0.25)
        assert 0.99 < table.loc[name, "r_hat"] < 1.02


def test_the_interval_is_of_the_probability_asked_for():
    draws, y = pair_draws()
    table = fit_of(MODEL, {"y": y}, draws).summary(hdi_prob=0.5)
    ends = table.loc["mu[1]", ["hdi_25%", "hdi_75%"]].to_numpy(dtype=float)
    np.testing.assert_allclose(ends, shortest(draws["mu"][..., 0], 0.5), rtol=1e-12)


def test_a_mode_is_an_estimate_alone():
    rng = np.random.default_rng(1)
    frame = {"y": rng.normal(size=9), "x": rng.normal(size=9)}
    model = stanmix.Mixture("y ~ x", 2, shared="sigma", order=None)
    draws = {
        "theta": np.array([[[0.25, 0.75]]]),
        "beta": np.array([[[[1.0, 2.0], [3.0, 4.0]]]]),
        "sigma": np.array([[5.0]]),
    }
    table = fit_of(model, frame, draws, method="map").summary()
    assert list(table.columns) == ["estimate"]
    assert table["estimate"].to_dict() == {
        "theta[1]": 0.25, "theta[2]": 0.75, "beta[1, Intercept]": 1.0, "beta[1, x]": 2.0,
        "beta[2, Intercept]": 3.0, "beta[2, x]": 4.0, "sigma": 5.0,
    }  # fmt: skip


def test_a_single_chain_has_a_table_without_a_remark():
    heard = []
    handler = logging.Handler()
    handler.emit = heard.append
    logger = containers.arviz()._log
    logger.addHandler(handler)
    try:
        table = made_up_fit(MODEL, {"y": np.arange(9.0)}, draws=40).summary()
    finally:
        logger.removeHandler(handler)
    assert np.isfinite(table["mean"]).all() and not heard
