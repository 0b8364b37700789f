from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic import fit_of, noisy

import stanmix
from stanmix.diagnostics.collinear import flat
from stanmix.diagnostics.report import Report

CHAINS, DRAWS = 2, 20


def data(correlation=0.0, rows=60):
    """Columns of exactly this correlation."""
    z, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(rows, 2)))
    a, b = (z - z.mean(axis=0)).T
    b -= a * (a @ b) / (a @ a)
    a, b = a / np.sqrt(a @ a), b / np.sqrt(b @ b)
    return pd.DataFrame({"a": a, "b": correlation * a + np.sqrt(1 - correlation**2) * b})


def found(rho, frame, **stated):
    """Judge draws of two components with these correlations (chain, draw, component)."""
    rng = np.random.default_rng(2)
    shape = (CHAINS, DRAWS)
    draws = {
        "theta": np.full((*shape, 2), 0.5),
        "mu": noisy(rng, np.zeros((2, 2)), 1.0, *shape),
        "sigma": np.exp(noisy(rng, np.zeros((2, 2)), 0.1, *shape)),
        "rho": rho[..., None],
    }
    model = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="full", **stated)
    report = Report()
    flat(fit_of(model, frame, draws), report)
    return report


def thin(times, gap=1e-7):
    """Correlations of which so many draws of the second component are a gap below one.

    The least eigenvalue of a correlation r of two columns is 1 - |r|.
    """
    rho = np.random.default_rng(3).uniform(-0.9, 0.9, (CHAINS * DRAWS, 2))
    rho[:times, 1] = np.where(np.arange(times) % 2, 1, -1) * (1 - gap)
    return rho.reshape(CHAINS, DRAWS, 2)


@pytest.mark.parametrize(("times", "named"), [(0, 0), (1, 0), (2, 1), (40, 1)])
def test_a_component_on_a_line_in_a_twentieth_of_the_draws_is_named(times, named):
    report = found(thin(times), data())
    assert report.figures["flat_components"] == named
    assert len(report.findings) == named
    for finding in report.findings:
        assert (finding.topic, finding.level) == ("collinear columns", "problem")
        assert f"component(s) 2 (in {times / 40:.0%} of the draws) lie on a line" in finding.text
        assert 'priors={"rho": stanmix.LKJ(10)}' in finding.advice


@pytest.mark.parametrize(("gap", "named"), [(5e-7, 0), (5e-10, 1)])
def test_thin_is_what_is_thin_beside_all_rows(gap, named):
    """Of columns of correlation 0.999, a component of 1 - 5e-7 is a line no more than they are."""
    report = found(thin(40, gap), data(0.999))
    assert report.figures["flat_components"] == named


def test_rows_that_lack_a_column_do_not_hide_it():
    frame = data()
    frame.loc[[3, 7], ["a", "b"]] = [[np.nan, 1.0], [2.0, np.nan]]
    report = found(thin(40), frame, missing="marginalise")
    assert [one.topic for one in report.findings] == ["collinear columns"]
