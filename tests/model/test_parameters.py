"""Links, supports and default priors of parameters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from stanmix.model.families import FAMILIES
from stanmix.model.parameters import (
    FRACTION,
    IDENTITY,
    LOG,
    NU,
    PHI,
    RISING,
    SIMPLEX,
    Parameter,
    Role,
)

PARAMETERS = {
    f"{family.name} {one.name}": one for family in FAMILIES.values() for one in family.parameters
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_link_leads_from_the_support_to_all_numbers_and_back(name):
    one = PARAMETERS[name]
    if one.axis is not None:
        _of_vectors(one)
        return
    reach = 15 if one.support == FRACTION else 40  # beyond, 1 less a fraction loses its digits
    predictor = np.linspace(-reach, reach, 17)
    values = one.link.inverse(predictor)
    assert ((values > one.support.lower) & (values < one.support.upper)).all()
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(one.link.forward(values), predictor, atol=1e-9)
    assert one.positive == (np.min(values) > 0 and np.max(values) > 1)
    assert one.constrained == (one.link is not IDENTITY)


def _of_vectors(one: Parameter) -> None:
    """A vector has as many predictors as it has numbers, less one where they sum to one."""
    predictors = np.random.default_rng(0).normal(0, 3, (4, 2, 3))
    values = one.link.inverse(predictors)
    assert values.shape == (4, 2, 4 if one.support == SIMPLEX else 3)
    assert one.support.holds(values)
    np.testing.assert_allclose(one.link.forward(values), predictors, atol=1e-9)
    for wrong in (values[..., ::-1] if one.support == RISING else 1.1 * values, -values):
        assert not one.support.holds(wrong)
    assert one.constrained and not one.positive


def test_links_at_the_ends_are_silent_and_infinite():
    assert LOG.forward(np.array(0.0)) == -np.inf
    assert LOG.inverse(np.array(1000.0)) == np.inf
    assert LOG.inverse(np.array(-1000.0)) == 0.0
    at = np.array([-np.inf, 0.0, np.inf])
    np.testing.assert_array_equal(IDENTITY.inverse(IDENTITY.forward(at)), at)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_begins_with_its_location_and_states_what_the_data_cannot_tell(family):
    roles = [one.role for one in family.parameters]
    assert roles[0] is Role.LOCATION and Role.LOCATION not in roles[1:]
    assert not family.response.origin or Role.SCALE in roles
    assert family.response.unit or Role.SCALE not in roles
    for one in family.parameters:
        assert one.default is not None or one.role is not Role.SHAPE
        if one.support == FRACTION:  # of a location too, which no unit moves
            assert one.default is not None


def test_parameters_of_one_name_have_one_role_but_for_the_sd_of_a_logarithm():
    for one, other in itertools.combinations(PARAMETERS.values(), 2):
        if one.name == other.name and "logarithm" not in one.word + other.word:
            roles = {one.role, other.role}
            assert len(roles) == 1 or one.name == "shape"  # the inverse Gaussian's has a unit


def test_default_priors_of_shapes_reach_where_they_should():
    """Juarez & Steel's prior of nu has little mass below 2 and a mean of 20."""
    nu = stats.gamma(NU.default.alpha, scale=1 / NU.default.beta)
    assert nu.mean() == pytest.approx(20)
    assert nu.cdf(2) < 0.02 and nu.sf(40) > 0.05
    phi = stats.invgamma(PHI.default.alpha, scale=PHI.default.beta)
    assert phi.cdf(0.1) > 0.01 and phi.sf(100) > 0.05
