"""Densities of draws, beside the densities that they were drawn from, and SciPy's kernels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.plots import kernel_density as module
from stanmix.plots.kernel_density import kernel_density

RNG = np.random.default_rng(2)


def integral(x, y):
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


@pytest.mark.parametrize(
    ("draws", "density"),
    [
        (RNG.normal(3, 2, 4_000), stats.norm(3, 2).pdf),
        (RNG.beta(2, 5, 4_000), stats.beta(2, 5).pdf),
    ],
    ids=["one mode", "bounded"],
)
def test_the_density_is_that_of_the_draws(draws, density):
    x, y = kernel_density(draws)
    assert draws.min() <= x[0] < x[-1] <= draws.max() and (y >= 0).all()
    assert integral(x, y) == pytest.approx(1, abs=0.01)
    # The integrated error of a kernel at its best width is about 0.03 for so many draws.
    assert integral(x, np.abs(y - density(x))) < 0.06


def test_modes_far_apart_stay_apart():
    second = RNG.random(4_000) < 0.6
    draws = np.where(second, RNG.normal(6, 0.5, 4_000), RNG.normal(-6, 1, 4_000))
    x, y = kernel_density(draws)
    for side, part, mode in ((x < 0, 0.4, -6), (x > 0, 0.6, 6)):
        assert integral(x[side], y[side]) == pytest.approx(part, abs=0.03)
        assert x[side][y[side].argmax()] == pytest.approx(mode, abs=0.4)
    assert y[np.abs(x) < 1].max() < 1e-3 * y.max()


def test_it_is_the_sum_of_reflected_kernels_of_one_width():
    draws = RNG.gamma(2.0, size=300)
    x, y = kernel_density(draws)
    least, span = draws.min(), np.ptp(draws)
    unit = (draws - least) / span
    counts = np.histogram(unit, module.GRID, (0, 1))[0]
    waves = np.array([
        np.sum(counts * np.cos(k * np.pi * (np.arange(module.GRID) + 0.5) / module.GRID))
        for k in range(module.GRID)
    ]) / 300  # fmt: skip
    width = span * (module._silverman(unit) + module._plug_in(waves[1:], 300)) / 2
    mirrored = [draws, 2 * least - draws, 2 * (least + span) - draws]
    direct = sum(
        stats.norm.pdf(x[:, None], each, width).sum(axis=1) / len(draws) for each in mirrored
    )
    np.testing.assert_allclose(y, direct, atol=0.01 * direct.max())


def test_the_width_for_normal_draws_is_near_the_best_one():
    """Which is 1.06 sd n^(-1/5); an estimate from so many draws is within a fourth of it."""
    draws = RNG.normal(size=20_000)
    unit = (draws - draws.min()) / np.ptp(draws)
    counts = np.histogram(unit, module.GRID, (0, 1))[0]
    cosines = np.cos(
        np.pi * np.arange(1, 512)[:, None] * (np.arange(module.GRID) + 0.5) / module.GRID
    )
    width = module._plug_in(cosines @ counts / 20_000, 20_000) * np.ptp(draws)
    assert width == pytest.approx(1.06 * 20_000**-0.2, rel=0.25)


@pytest.mark.parametrize(
    "draws",
    [
        np.array([0.0, 1.0]),
        RNG.poisson(2, 500).astype(float),
        np.append(np.zeros(900), RNG.normal(size=100)),
        np.append(RNG.normal(size=500), 1e9),
        1e16 + 2.0 * RNG.integers(0, 9, 100),
        RNG.normal(size=100) * 1e-290,
    ],
    ids=["two", "counts", "stuck", "an outlier", "far from zero", "tiny"],
)
def test_whatever_moves_has_a_density(draws):
    x, y = kernel_density(draws)
    assert np.isfinite(y).all() and (y >= 0).all() and y.max() > 0
    assert (np.diff(x) >= 0).all()
