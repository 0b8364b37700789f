"""Log probabilities of intervals and their derivatives, far out and of any width."""

import ctypes

import numpy as np
import pytest
from exact_tails import FAMILIES as TAILED
from exact_tails import exact_interval
from mixtures import INSTRUCTIONS
from scipy import special

# The standardised ends: of distributions whose lower side is as long as the upper one, and of
# others, which have no probability far out there.
UPPER = [
    *((-np.inf, z) for z in (-4.0, -0.3, 0.0, 0.7, 6.0)),
    *((z, np.inf) for z in (-7.0, -4.0, -0.3, 0.0, 0.7, 6.0, 38.0, 200.0)),
    *[(-2.0, 1.1), (5.0, 5.1), (30.0, 31.0), (-4.0, 50.0), (0.1, 0.101)],
]
BOTH = [*UPPER, (-np.inf, -30.0), (-5.1, -5.0), (-31.0, -30.0), (-300.0, -2.0)]
# On the scales of their links.
PARAMETERS = {
    "normal": [(0.3, -4.6), (-50.0, 3.0)],
    "cauchy": [(0.3, -4.6), (-50.0, 3.0)],
    "laplace": [(0.3, -4.6), (-50.0, 3.0)],
    "logistic": [(0.3, -4.6), (-50.0, 3.0)],
    "gumbel": [(0.3, -4.6), (-50.0, 3.0)],
    "lognormal": [(0.3, -2.0), (5.0, 0.4)],
    "frechet": [(0.3, 0.7), (-4.0, 2.0)],
    "loglogistic": [(0.3, 0.7), (-4.0, 2.0)],
    "weibull": [(0.3, 0.7), (-4.0, 2.0)],
    "exponential": [(0.3,), (-9.0,)],
    "pareto": [(0.3, -1.0), (-3.0, 4.0)],
}
MINIMUM = ("weibull", "exponential", "pareto")  # of which the upper side is the short one
MAXIMUM = ("gumbel", "frechet")


def response(family, z, parameters):
    """Return the response of a standardised one; of none, the end of the family's responses."""
    if family in ("normal", "cauchy", "laplace", "logistic", "gumbel"):
        return parameters[0] + np.exp(parameters[1]) * z
    if family == "lognormal":
        log = parameters[0] + np.exp(parameters[1]) * z
    elif family == "exponential":
        log = parameters[0] + z
    elif family == "pareto":
        log = parameters[1] + np.exp(parameters[0] + z)
    else:
        shape = np.exp(parameters[1])
        lift = special.gammaln(1 + 1 / shape) if family == "weibull" else 0.0
        log = parameters[0] - lift + z / shape
    return np.exp(log)


class Arguments(ctypes.Structure):
    """Those of the library, in its order."""

    _fields_ = [
        ("n", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("low", "high", "parameters", "result")),
    ]


def intervals(library, family, low, high, parameters, instructions, by_row):
    """Return log probabilities of intervals and their derivatives, (intervals, 1 + parameters)."""
    n = -(-len(low) // 8) * 8
    arrays = [np.resize(np.array(of, dtype=float), n) for of in (low, high)]
    arrays += [np.array(parameters, dtype=float), np.full((1 + len(parameters), n), np.nan)]
    given = Arguments(n, *(of.ctypes.data for of in arrays))
    function = getattr(library.tails, f"intervals_of_{family}")
    function(INSTRUCTIONS[instructions], by_row, ctypes.byref(given))
    return arrays[-1].T[: len(low)]


def known(family, parameters):
    """Return intervals (2, intervals), and what is exact of them (intervals, 1 + parameters)."""
    found, exact = [], []
    for low, high in UPPER if family in MINIMUM + MAXIMUM else BOTH:
        ends = (-high, -low) if family in MINIMUM else (low, high)
        if family == "pareto" and np.abs(ends)[np.isfinite(ends)].max() > 6:
            continue  # where responses are hardly above the minimum, or no doubles
        of = [float(response(family, z, parameters)) if np.isfinite(z) else z for z in ends]
        found.append(of)
        exact.append(exact_interval(family, *of, *parameters))
    return np.array(found).T, np.array(exact)


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("family", TAILED)
def test_intervals_keep_their_digits(library, instructions, family, by_row):
    """Alone, where one end may be left out for all rows of a pack, and in any company."""
    for parameters in PARAMETERS[family]:
        (low, high), expected = known(family, parameters)
        assert len(low) >= 10
        sizes = np.abs(expected).max(axis=1, keepdims=True)
        together = intervals(library, family, low, high, parameters, instructions, by_row)
        alone = [
            intervals(library, family, [a], [b], parameters, instructions, by_row)[0]
            for a, b in zip(low, high, strict=True)
        ]
        for found in (together, np.array(alone)):
            wrong = np.abs(found - expected) > 1e-9 * np.abs(expected) + 1e-13 * sizes
            assert not wrong.any(), (parameters, low[wrong.any(axis=1)], high[wrong.any(axis=1)])
