"""Parameters by the names that a statement gives."""

from __future__ import annotations

import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.model.checks.names import locates, named, parameter_of

STUDENT = stanmix.Mixture("y", 2, family="student_t")
TWO = stanmix.Mixture("y", 2, family=["normal", "gamma"])
COUNTS = stanmix.Mixture("y", 2, family="poisson")


def test_a_name_is_that_of_a_parameter_of_any_family_of_the_mixture():
    assert parameter_of(STUDENT, "fixed", "nu").name == "nu"
    assert parameter_of(TWO, "fixed", "sigma").name == "sigma"
    assert parameter_of(TWO, "fixed", "shape").name == "shape"


def test_a_name_of_another_family_is_told_from_one_of_none():
    with pytest.raises(InputError, match=r"^fixed: 'phi' is no parameter.*'mu', 'sigma', 'nu'; "):
        parameter_of(STUDENT, "fixed", "phi")
    expected = r"^shared: there is no parameter 'sd'; 'sigma' and 'nu' can stand there\.$"
    with pytest.raises(InputError, match=expected):
        parameter_of(STUDENT, "shared", "sd")
    with pytest.raises(InputError, match="none of this family's parameters can stand"):
        parameter_of(COUNTS, "shared", "sd")


def test_a_sentence_names_each_parameter_once():
    assert named(TWO) == "'sigma' and 'shape'"
    assert named(STUDENT, "theta") == "'theta' and 'sigma' and 'nu'"
    two = stanmix.Mixture("y", 2, family=["normal", "logistic"])
    assert named(two, "theta") == "'theta' and 'sigma'"


def test_a_location_is_one_of_some_family():
    for model, where in ((STUDENT, "mu"), (TWO, "mu"), (COUNTS, "mu")):
        for family in model.estimated_families:
            for one in family.parameters:
                assert locates(model, one) == (one.name == where)
