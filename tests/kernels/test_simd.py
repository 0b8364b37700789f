"""Exponentials of packs, against NumPy's."""

import ctypes

import numpy as np
import pytest
from mixtures import INSTRUCTIONS


def exponential(library, instructions, x):
    x = np.ascontiguousarray(x)
    assert x.size % 8 == 0
    result = np.full_like(x, np.nan)
    pointer = ctypes.POINTER(ctypes.c_double)
    library.exponential_of(
        INSTRUCTIONS[instructions],
        x.size,
        x.ctypes.data_as(pointer),
        result.ctypes.data_as(pointer),
    )
    return result


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
    np.testing.assert_allclose(exponential(library, instructions, x), np.exp(x), rtol=1e-15)


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
    found = exponential(library, instructions, np.full(8, x))
    np.testing.assert_array_equal(found, np.full(8, expected))
