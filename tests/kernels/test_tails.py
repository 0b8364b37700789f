"""Log probabilities of intervals and their derivatives, far out and of any width."""

import ctypes
import itertools

import numpy as np
import pytest
from exact_tails import FAMILIES as TAILED
from exact_tails import exact_counts, exact_interval
from mixtures import INSTRUCTIONS
from scipy import special, stats
from scipy.integrate import quad
from scipy.special import log_ndtr

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
    "asymmetric_laplace": [(0.3, -4.6, 1.2), (-50.0, 3.0, -3.0)],
    "gumbel": [(0.3, -4.6), (-50.0, 3.0)],
    "lognormal": [(0.3, -2.0), (5.0, 0.4)],
    "frechet": [(0.3, 0.7), (-4.0, 2.0)],
    "loglogistic": [(0.3, 0.7), (-4.0, 2.0)],
    "weibull": [(0.3, 0.7), (-4.0, 2.0)],
    "exponential": [(0.3,), (-9.0,)],
    "pareto": [(0.3, -1.0), (-3.0, 4.0)],
    "gamma": [(0.3, 0.7), (-4.0, 4.0), (2.0, -3.0), (1.0, 7.0), (0.0, 1.62)],
    "student_t": [(0.3, -4.6, 1.0), (-50.0, 3.0, 3.0), (2.0, 0.0, -0.7), (2.0, 0.0, 2.2)],
    "beta": [(0.3, 2.0), (-5.0, 8.6), (1.0, -3.0), (0.0, 7.0), (4.0, 1.5)],
    "inverse_gaussian": [(0.3, 1.7), (2.0, -5.0), (-4.0, 12.0)],
    "exgaussian": [(0.3, -4.6, -3.0), (-50.0, 3.0, 1.0), (2.0, 0.5, 5.0)],
    "skew_normal": [(0.3, -4.6, 3.0), (-50.0, 3.0, -0.5), (2.0, 0.0, 0.2)],
}
# How far out, where not everywhere, there are responses that are doubles and above the minimum, or
# an exact probability is at hand.
WITHIN = {"pareto": 6.0, "skew_normal": 4.0, "gamma": 40.0, "beta": 8.0, "student_t": 50.0}
REAL = ("normal", "cauchy", "laplace", "asymmetric_laplace", "logistic", "gumbel", "exgaussian",
        "skew_normal", "student_t")  # fmt: skip
MINIMUM = ("weibull", "exponential", "pareto")  # of which the upper side is the short one
MAXIMUM = ("gumbel", "frechet")


def response(family, z, parameters):
    """Return the response of a standardised one; of none, the end of the family's responses."""
    if family in REAL:
        return parameters[0] + np.exp(parameters[1]) * z
    if family == "lognormal":
        log = parameters[0] + np.exp(parameters[1]) * z
    elif family == "exponential":
        log = parameters[0] + z
    elif family == "pareto":
        log = parameters[1] + np.exp(parameters[0] + z)
    elif family == "beta":
        return special.expit(parameters[0] + z * min(1.0, np.exp(-parameters[1] / 2)))
    elif family == "gamma":
        z = z * np.exp(-parameters[1] / 2)
        log = parameters[0] + (np.log1p(z) if z > 0 else z)
    elif family == "inverse_gaussian":  # as far as its logarithm is nearly normal
        log = parameters[0] + 2 * np.arcsinh(z * np.exp(0.5 * (parameters[0] - parameters[1])) / 2)
    else:
        shape = np.exp(parameters[1])
        lift = special.gammaln(1 + 1 / shape) if family == "weibull" else 0.0
        log = parameters[0] - lift + z / shape
    return np.exp(log)


class Arguments(ctypes.Structure):
    """Those of the library, in its order."""

    _fields_ = [
        ("n", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("y", "beside", "parameters", "result")),
    ]


def densities(library, family, y, beside, parameters, instructions, by_row):
    """Return log densities, or of intervals probabilities, and scores, (rows, 1 + parameters)."""
    n = -(-len(y) // 8) * 8
    arrays = [np.resize(np.array(of, dtype=float), n) for of in (y, beside)]
    arrays += [np.array(parameters, dtype=float), np.full((1 + len(parameters), n), np.nan)]
    given = Arguments(n, *(of.ctypes.data for of in arrays))
    getattr(library.tails, family)(INSTRUCTIONS[instructions], by_row, ctypes.byref(given))
    return arrays[-1].T[: len(y)]


def known(family, parameters):
    """Return intervals (2, intervals), and what is exact of them (intervals, 1 + parameters)."""
    found, exact = [], []
    for low, high in UPPER if family in MINIMUM + MAXIMUM else BOTH:
        ends = (-high, -low) if family in MINIMUM else (low, high)
        if np.abs(ends)[np.isfinite(ends)].max() > WITHIN.get(family, np.inf):
            continue
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
        how = parameters, instructions, by_row
        together = densities(library, f"interval_{family}", low, high, *how)
        alone = [
            densities(library, f"interval_{family}", [a], [b], *how)[0]
            for a, b in zip(low, high, strict=True)
        ]
        for found in (together, np.array(alone)):
            wrong = np.abs(found - expected) > 1e-9 * np.abs(expected) + 1e-13 * sizes
            assert not wrong.any(), (parameters, low[wrong.any(axis=1)], high[wrong.any(axis=1)])


def test_skew_normal_tails_keep_their_digits_however_steep(library, instructions):
    """The short tail, by integrals of the density and of its derivative in alpha."""
    for z, alpha in [(-1e-3, 1e3), (-0.01, 300.0), (-0.5, 1.0), (-1.2, 5.0), (-1.6, 0.3),
                     (-3.0, 20.0), (-40.0, 3.0), (-150.0, 0.01)]:  # fmt: skip
        at = log_ndtr(alpha * z) - z * z / 2
        scale = 1 / (1 + abs(z) * (1 + alpha**2))  # of how fast the density falls

        def density(s, z=z, alpha=alpha, at=at, scale=scale):
            t = z - s * scale
            return np.exp(log_ndtr(alpha * t) - t * t / 2 - at)

        def of_alpha(s, z=z, alpha=alpha, scale=scale, density=density):
            t = z - s * scale
            log = stats.norm.logpdf(alpha * t) - log_ndtr(alpha * t)
            return t * np.exp(log) * density(s)

        whole, turn = (
            sum(quad(of, *ends, epsabs=0, epsrel=1e-12)[0] for ends in [(0, 9), (9, 60)])
            for of in (density, of_alpha)
        )
        value = at + np.log(2 * whole * scale) - 0.5 * np.log(2 * np.pi)
        expected = [value, -1 / (whole * scale), -z / (whole * scale), turn / whole]
        for sign in (1, -1):
            ends = ([-np.inf], [z]) if sign == 1 else ([-z], [np.inf])
            how = [0.0, 0.0, sign * alpha], instructions, False
            found = densities(library, "interval_skew_normal", *ends, *how)[0]
            mirrored = np.array([1, sign, 1, sign])
            np.testing.assert_allclose(found * mirrored, expected, rtol=1e-9, err_msg=f"{z, alpha}")


# Ends, parameters on the scales of their links, and trials: nearly all below an end, or nearly all
# above; far from the mode; as many terms as matter.
COUNTS = {
    "poisson": list(
        itertools.product(
            [(1, np.inf), (3, np.inf), (0, 4), (2, 9)],
            [(-40.0,), (-3.0,), (0.3,), (2.5,), (5.0,)],
            [0],
        )
    )
    # Of which the sum of either side is the shorter one.
    + [((least, np.inf), (5.0,), 0) for least in (60, 140, 190)],
    "geometric": list(
        itertools.product(
            [(1, np.inf), (3, np.inf), (0, 4), (2, 9)], [(-40.0,), (-3.0,), (0.3,), (5.0,)], [0]
        )
    )
    + [((60, np.inf), (eta,), 0) for eta in (0.3, 3.0, 5.0)],
    "negative_binomial": list(
        itertools.product(
            [(1, np.inf), (3, np.inf), (0, 4), (2, 9)],
            itertools.product([-20.0, 2.5], [-6.0, 9.0]),
            [0],
        )
    ),
    "binomial": list(
        itertools.product(
            [(1, np.inf), (3, 40), (0, 4), (2, 9)], [(-30.0,), (-2.0,), (0.3,), (8.0,)], [30]
        )
    ),
    "beta_binomial": list(
        itertools.product(
            [(1, np.inf), (3, 40), (0, 4), (2, 9)],
            itertools.product([-9.0, 5.0], [-4.0, 9.0]),
            [30],
        )
    ),
}


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("family", COUNTS)
def test_truncated_counts_keep_their_digits(library, instructions, family, by_row):
    for (least, most), parameters, trials in COUNTS[family]:
        y = int(min(least + 2, most))
        expected = np.array(exact_counts(family, y, least, most, *parameters, trials=trials))
        found = densities(
            library, f"truncated_{family}", [y], [trials], [*parameters, least, most],
            instructions, by_row,
        )[0]  # fmt: skip
        of_data = 0.0 if family == "geometric" else -special.gammaln(y + 1)
        if trials:
            of_data += special.gammaln(trials + 1) - special.gammaln(trials - y + 1)
        found[0] += of_data
        assert (found[-2:] == 0).all()
        np.testing.assert_allclose(
            found[:-2], expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max(),
            err_msg=f"{(least, most)}, {parameters}, {trials}",
        )  # fmt: skip


def test_counts_beyond_the_ends_are_impossible(library, instructions):
    y = [0, 1, 9, 10]
    found = densities(
        library, "truncated_poisson", y, 0 * np.array(y), [0.3, 1, 9], instructions, False
    )
    assert list(np.isfinite(found[:, 0])) == [False, True, True, False]


def test_truncated_responses_have_the_density_over_the_probability_of_their_interval(
    library, instructions
):
    y, ends = np.array([-1.0, 0.4, 3.0, 9.0]), (-1.0, 3.5)
    parameters = (0.3, -0.4)
    found = densities(
        library, "truncated_normal", y, 0 * y, [*parameters, *ends], instructions, False
    )
    whole = densities(
        library, "interval_normal", [ends[0]], [ends[1]], parameters, instructions, False
    )[0]
    z = (y - 0.3) * np.exp(0.4)
    scores = np.stack([z * np.exp(0.4), z * z - 1], axis=1)
    expected = stats.norm.logpdf(y, 0.3, np.exp(-0.4)) - whole[0]
    np.testing.assert_allclose(found[:3, 0], expected[:3], rtol=1e-12)
    np.testing.assert_allclose(found[:3, 1:3], (scores - whole[1:])[:3], rtol=1e-12)
    assert found[3, 0] == -np.inf


@pytest.mark.parametrize("by_row", [False, True])
def test_rows_of_both_kinds_have_densities_or_the_probabilities_of_intervals(
    library, instructions, by_row
):
    """Packs of one kind, and such in which both kinds meet, at the ends of the support too."""
    y = np.array([0.4, 1.7, 2.5, 0.9, 3.0, 0.01, 1.0, 8.0] + [0.0, 1.3, 0.4, 2.0, 0.0, 5.0] * 4)
    to = np.append(y[:8], [1.0, 1.3, np.inf, 2.1, 0.5, 5.0] * 4)
    exact, parameters = y == to, (0.3, -0.4)
    found = densities(library, "censored_lognormal", y, to, parameters, instructions, by_row)
    between = densities(
        library, "interval_lognormal", y[~exact], to[~exact], parameters, instructions, by_row
    )
    np.testing.assert_allclose(found[~exact], between, rtol=1e-13)
    z = (np.log(y[exact]) - 0.3) * np.exp(0.4)
    density = stats.lognorm.logpdf(y[exact], np.exp(-0.4), scale=np.exp(0.3))
    expected = np.stack([density, z * np.exp(0.4), z * z - 1], axis=1)
    np.testing.assert_allclose(found[exact], expected, rtol=1e-12, atol=1e-12)
