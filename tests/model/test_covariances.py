"""Covariances of components: what a code of mclust says is what the components have in common."""

from __future__ import annotations

import pytest

from stanmix.model.covariances import CODES, COVARIANCES, NAMES, covariance_of


@pytest.mark.parametrize("code", CODES)
def test_letters_of_a_code_are_what_is_equal_and_what_form_a_component_has(code):
    """Volume, shape and orientation: of each what the components have in common."""
    volume, shape, orientation = code
    one = COVARIANCES[code]
    assert (orientation == "I") == (one.form.split("_")[0] != "full")
    assert (shape == "I") == (one.form == "spherical")
    # Where one of volume and shape is equal and the other varies, each is a parameter.
    apart = shape != "I" and volume != shape
    assert one.form.endswith("_shape") == apart
    equal = set()
    if volume == "E":
        equal.add("sigma")
    if shape == "E" and apart:
        equal.add("shape")
    if orientation == "E":
        equal.add("rho")
    assert one.equal == equal
    assert one.by_column == (shape != "I" and not apart)


def test_names_are_those_of_common_use():
    """As in scikit-learn's GaussianMixture, of which "tied" is one matrix for all."""
    assert NAMES == {"spherical": "VII", "diagonal": "VVI", "tied": "EEE", "full": "VVV"}
    assert all(covariance_of(name) is covariance_of(code) for name, code in NAMES.items())
    assert covariance_of("factor").by_column and not covariance_of("factor").equal


def test_a_block_has_the_covariance_that_is_stated_of_it():
    stated = {("a", "b"): "tied", ("c", "d"): "VII"}
    assert covariance_of(stated, ("a", "b")).form == "full"
    assert covariance_of(stated, ("c", "d")).form == "spherical"
    assert covariance_of(stated, ("b", "a")) is None
    assert covariance_of(None) is None
