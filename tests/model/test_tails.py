"""Logarithms of tail probabilities against SciPy's, and far out against sums of its densities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate
from scipy_families import SCIPY

from stanmix.model.families import FAMILIES
from stanmix.model.parameters import FRACTION
from stanmix.model.responses import FRACTIONS

LIMITED = [name for name, one in FAMILIES.items() if one.tails is not None]

ANY = {
    "mu": np.array([0.4, 3.0, 55.0]),
    "sigma": np.array([0.2, 1.0, 7.0]),
    "tau": np.array([0.7, 0.4, 20.0]),
    "nu": np.array([2.5, 4.0, 80.0]),
    "phi": np.array([0.5, 3.0, 900.0]),
    "shape": np.array([2.5, 6.0, 40.0]),
    "alpha": np.array([-2.0, 0.0, 2.0]),
    "quantile": np.array([0.1, 0.5, 0.7]),
    "minimum": np.array([0.5, 2.0, 7.0]),
    "trials": np.array([1.0, 12.0, 29.0]),
}


def at(name: str) -> dict[str, np.ndarray]:
    """Values of a family's parameters for three components."""
    one = FAMILIES[name]
    found = {each.name: ANY[each.name] for each in one.parameters}
    if one.location.support == FRACTION:
        found["mu"] = np.array([0.1, 0.5, 0.97])
    if one.location.logarithm:
        found["mu"] = np.log(found["mu"])
    return found | ({"trials": ANY["trials"]} if one.response.trials else {})


def responses(name: str) -> np.ndarray:
    """Any numbers, responses and others, (N, 1)."""
    if FAMILIES[name].response.integer:
        return np.linspace(-1.5, 30, 64)[:, None]
    ends = (-0.2, 1.2) if FAMILIES[name].response is FRACTIONS else (-19.7, 60.3)
    return np.linspace(*ends, 33)[:, None]


def test_only_what_has_several_columns_few_values_or_no_end_has_no_tails():
    assert set(FAMILIES) - set(LIMITED) == {
        "mvnormal",
        "mvstudent_t",
        "bernoulli",
        "von_mises",
        "categorical",
        "ordinal",
    }


@pytest.mark.parametrize("name", LIMITED)
def test_tails_are_those_of_scipy(name):
    tails, values, y = FAMILIES[name].tails, at(name), responses(name)
    exact, least = SCIPY[name](values), 1e-9 if name == "skew_normal" else 1e-12
    with np.errstate(invalid="ignore", divide="ignore"):
        of_scipy = [each(y) for each in (exact.logcdf, exact.cdf, exact.logsf, exact.sf)]
    for found, (log_of, of), other in (
        (tails.below(y, values), of_scipy[:2], of_scipy[3]),
        (tails.above(y, values), of_scipy[2:], of_scipy[1]),
    ):
        small = (of < 0.4) & (of > least)
        np.testing.assert_allclose(found[small], log_of[small], rtol=1e-9)
        # Near one SciPy has the logarithm at best from the other tail, to the rounding of one.
        large = of >= 0.4
        np.testing.assert_allclose(found[large], np.log1p(-other[large]), rtol=1e-9, atol=2e-16)
        assert (found <= 0).all()
    with np.errstate(over="ignore"):
        total = np.exp(tails.below(y, values)) + np.exp(tails.above(y, values))
    np.testing.assert_allclose(total, 1, rtol=1e-9)


@pytest.mark.parametrize("name", LIMITED)
def test_tails_end_where_the_support_does(name):
    tails, values = FAMILIES[name].tails, at(name)
    low, high = FAMILIES[name].response.ends
    if np.isfinite(low):
        y = np.array([[-1.0]])
        assert (tails.below(y, values) == -np.inf).all() and (tails.above(y, values) == 0).all()
    if np.isfinite(high) or FAMILIES[name].response.trials:
        y = np.array([[40.0]])
        assert (tails.below(y, values) == 0).all() and (tails.above(y, values) == -np.inf).all()


FAR = {  # the tail, an end of it far out, and about how far the density reaches from there
    "normal": ("above", 30.0, 0.03, {"mu": 1.0, "sigma": 0.7}),
    "student_t": ("below", -80.0, 4.0, {"mu": 1.0, "sigma": 0.7, "nu": 40.0}),
    "laplace": ("below", -300.0, 1.0, {"mu": 1.0, "sigma": 0.7}),
    "asymmetric_laplace": ("above", 300.0, 1.0, {"mu": 1.0, "sigma": 0.7, "quantile": 0.3}),
    "logistic": ("above", 300.0, 1.0, {"mu": 1.0, "sigma": 0.7}),
    "gumbel": ("above", 90.0, 1.0, {"mu": 1.0, "sigma": 0.7}),
    "skew_normal": ("above", 20.0, 0.05, {"mu": 1.0, "sigma": 1.0, "alpha": 3.0}),
    "exgaussian": ("below", -30.0, 0.05, {"mu": 1.0, "sigma": 1.0, "tau": 2.0}),
    "lognormal": ("above", 1e4, 100.0, {"mu": 1.0, "sigma": 0.3}),
    "gamma": ("above", 90.0, 0.5, {"mu": 1.0, "shape": 3.0}),
    "exponential": ("above", 200.0, 1.0, {"mu": 1.0}),
    "weibull": ("above", 20.0, 0.1, {"mu": 1.0, "shape": 1.7}),
    "inverse_gaussian": ("above", 40.0, 0.1, {"mu": 1.0, "shape": 30.0}),
    "frechet": ("below", 0.1, 0.001, {"mu": 1.0, "shape": 2.5}),
    "loglogistic": ("above", 1e30, 1e30, {"mu": 1.0, "shape": 3.0}),
    "beta": ("above", 0.99, 0.0005, {"mu": 0.1, "phi": 60.0}),
    "poisson": ("above", 200.0, 1.0, {"mu": 20.0}),
    "negative_binomial": ("above", 900.0, 5.0, {"mu": 20.0, "phi": 5.0}),
    "geometric": ("above", 900.0, 3.0, {"mu": 3.0}),
    "binomial": ("above", 190.0, 1.0, {"mu": 0.1, "trials": 200.0}),
    "beta_binomial": ("above", 95.0, 1.0, {"mu": 0.05, "phi": 200.0, "trials": 100.0}),
}


@pytest.mark.parametrize("name", FAR)
def test_far_tails_keep_their_digits(name):
    side, y, reach, values = FAR[name]
    tails, exact = FAMILIES[name].tails, SCIPY[name](values)
    sign = 1 if side == "above" else -1
    if FAMILIES[name].counts:
        first = exact.logpmf(y + 1)
        beyond = np.arange(y + 1, values.get("trials", y + 5000) + 1)
        expected = first + np.log(np.exp(exact.logpmf(beyond) - first).sum())
    else:
        first = exact.logpdf(y)

        def relative(u):  # of the density, so many reaches beyond
            with np.errstate(divide="ignore"):
                return np.exp(exact.logpdf(y + sign * reach * u) - first)

        edges = [0, 1, 3, 10, 30, 100, *([1e3, 1e5, 1e9] if name == "loglogistic" else [])]
        parts = [integrate.quad(relative, a, b, epsabs=0, epsrel=1e-12)[0]
                 for a, b in itertools.pairwise(edges)]  # fmt: skip
        expected = first + np.log(reach * sum(parts))
    arrays = {key: np.array([value]) for key, value in values.items()}
    found = getattr(tails, side)(np.array([y]), arrays)[0]
    assert found < -20
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("name", "side", "y", "values", "expected"),
    [
        ("gamma", "above", 5.0, {"mu": 0.08, "shape": 100.0}, -5743.824904),
        ("gamma", "below", 0.01, {"mu": 1.0, "shape": 400.0}, None),
        ("poisson", "above", 3000.0, {"mu": 1.0}, None),
        ("beta", "above", 0.5, {"mu": 0.05, "phi": 1500.0}, -747.250395),
        ("student_t", "below", -80.0, {"mu": 0.0, "sigma": 1.0, "nu": 1500.0}, None),
        ("binomial", "above", 900.0, {"mu": 0.01, "trials": 1000.0}, None),
        ("negative_binomial", "above", 25000.0, {"mu": 1.0, "phi": 30.0}, None),
    ],
)
def test_tails_too_small_for_a_number_have_a_logarithm(name, side, y, values, expected):
    """By sums of masses, or integrals of densities from the end on; twice by hand."""
    family, at = FAMILIES[name], {key: np.array([value]) for key, value in values.items()}
    found = getattr(family.tails, side)(np.array([y]), at)[0]
    assert found < -650
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-8)
    if family.counts:
        beyond = y + np.arange(1.0, 3000.0)
        terms = family.log_density(beyond[beyond <= values.get("trials", np.inf)], at)
        assert found == pytest.approx(np.logaddexp.reduce(terms), rel=1e-9)
        return
    away, room = (1.0, np.inf) if side == "above" else (-1.0, np.inf if y < 0 else y)
    room = 1 - y if name == "beta" else room
    distance = np.linspace(0, min(room, 0.3 * abs(y)), 400_001)[:-1]
    heights = family.log_density(y + away * distance, at)
    integral = heights.max() + np.log(
        integrate.trapezoid(np.exp(heights - heights.max()), distance)
    )
    assert found == pytest.approx(integral, rel=1e-7)
