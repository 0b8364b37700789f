"""Exponentials and logarithms of packs, against NumPy's."""

import numpy as np
import pytest
from mixtures import mapped


def test_exponential_is_that_of_numpy(library, instructions):
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            np.linspace(-708, 709, 80_000),
            rng.uniform(-2, 2, 80_000),
            np.arange(-1020, 1020) * np.log(2) / 2 * 0.99,  # about the ends of the reduction
            -np.geomspace(1e-300, 1, 800),
        ]
    )
    found = mapped(library, "exponential", instructions, x)
    np.testing.assert_allclose(found, np.exp(x), rtol=1e-15)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, 1.0),
        (-0.0, 1.0),
        (-np.inf, 0.0),
        (-708.01, 0.0),
        (-1e300, 0.0),
        (np.inf, np.inf),
        (709.5, np.inf),
        (1e300, np.inf),
        (np.nan, np.nan),
    ],
)
def test_exponential_at_the_ends(library, instructions, x, expected):
    found = mapped(library, "exponential", instructions, np.full(8, x))
    np.testing.assert_array_equal(found, np.full(8, expected))


def test_logarithm_is_that_of_numpy(library, instructions):
    rng = np.random.default_rng(2)
    x = np.concatenate(
        [
            np.geomspace(1e-307, 1e308, 80_000),
            rng.uniform(0.5, 2, 80_000),
            np.sqrt(2) * 2.0 ** np.arange(-1020, 1020) * 1.0000001,  # about the ends, as above
            1 + np.geomspace(1e-15, 0.1, 400),
            1 - np.geomspace(1e-15, 0.1, 400),
        ]
    )
    found = mapped(library, "logarithm", instructions, x)
    np.testing.assert_allclose(found, np.log(x), rtol=5e-16)


@pytest.mark.parametrize(
    ("x", "expected"), [(1.0, 0.0), (0.0, -np.inf), (np.inf, np.inf), (np.nan, np.nan)]
)
def test_logarithm_at_the_ends(library, instructions, x, expected):
    found = mapped(library, "logarithm", instructions, np.full(8, x))
    np.testing.assert_array_equal(found, np.full(8, expected))


def test_excess_of_the_logarithm(library, instructions):
    """Where log(1 + u) - u loses its digits, its series has them all."""
    size = np.geomspace(1e-150, 1e-3, 400)
    u = np.concatenate([size, -size])
    series = sum((-1) ** (n + 1) * u**n / n for n in range(7, 1, -1))
    found = mapped(library, "log1p_excess", instructions, u)
    np.testing.assert_allclose(found, series, rtol=1e-15)
    wide = np.concatenate([np.linspace(-0.999, 5, 800), np.geomspace(5, 1e300, 800)])
    found = mapped(library, "log1p_excess", instructions, wide)
    np.testing.assert_allclose(found, np.log1p(wide) - wide, rtol=1e-9)
