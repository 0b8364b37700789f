"""Which moments can order the components, against the distributions of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy_families import SCIPY

import stanmix
from stanmix.model.families import FAMILIES
from stanmix.model.moments import MOMENTS, moment, why_not

# By family, what may be missing: the mean, the variance, or neither.
MISSING = {
    "mvnormal": MOMENTS,
    "mvstudent_t": MOMENTS,
    "cauchy": MOMENTS,
    "student_t": ("variance",),
    "frechet": MOMENTS,
    "loglogistic": MOMENTS,
    "pareto": MOMENTS,
    "categorical": MOMENTS,
    "ordinal": MOMENTS,
}


def mixture(family, **arguments):
    several = FAMILIES[family].multivariate
    if FAMILIES[family].stated:
        arguments["fixed"] = {one.name: 1.0 for one in FAMILIES[family].stated}
    return stanmix.Mixture(
        ["a", "b"] if several else "y",
        2,
        family=family,
        covariance="diagonal" if several else None,
        trials="n" if FAMILIES[family].response.trials else None,
        **arguments,
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_moment_can_order_where_all_distributions_of_a_family_have_it(family):
    model = mixture(family)
    found = [which for which in MOMENTS if why_not(model.block, model.known, which)]
    assert tuple(found) == MISSING.get(family, ())
    for which in set(MOMENTS) - set(found):
        assert mixture(family, order=which).ordered_afterwards == which
        assert mixture(family, order=which).program_order is None


@pytest.mark.parametrize(
    "family", sorted(set(SCIPY) - {"cauchy", "von_mises", "categorical", "ordinal"})
)
@pytest.mark.parametrize("which", MOMENTS)
def test_moments_are_those_of_scipy(family, which):
    rng = np.random.default_rng(0)
    values = {}
    for one in FAMILIES[family].parameters:
        free = rng.uniform(0.7, 1.4, 5)
        values[one.name] = free / 2 if one.support.upper == 1 else free
        if one.name in ("nu", "shape"):
            values[one.name] = free + 2.5
    values |= {"trials": np.arange(1.0, 6.0)} if FAMILIES[family].response.trials else {}
    expected = SCIPY[family](values).stats("m" if which == "mean" else "v")
    np.testing.assert_allclose(moment(FAMILIES[family], which, values), expected, rtol=1e-6)


def test_known_values_decide_whether_there_is_a_moment():
    for nu, expected in ((1.5, True), (2.5, False), ([2.5, 3.5], False), ([2.5, 1.5], True)):
        model = mixture("student_t", fixed={"nu": nu})
        assert (why_not(model.block, model.known, "variance") is not None) == expected


def test_a_location_names_components_where_they_have_no_mean():
    values = {"mu": np.array([1.0, 2.0]), "sigma": np.ones(2), "nu": np.array([0.8, 3.0])}
    np.testing.assert_array_equal(moment(FAMILIES["student_t"], "mean", values), values["mu"])


def test_what_too_wide_components_have_is_no_warning():
    values = {"mu": np.array([0.0]), "sigma": np.array([60.0])}
    assert moment(FAMILIES["lognormal"], "mean", values) == np.inf
