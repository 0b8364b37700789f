"""Which orders are refused: what a mixture says that can order it, does."""

from __future__ import annotations

import dataclasses
import re

import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.model.checks.order import check_order

MIXTURES = {
    "normal": stanmix.Mixture("y", 2),
    "shared scale": stanmix.Mixture("y", 2, shared="sigma", order="mu"),
    "known weights": stanmix.Mixture("y", 2, fixed={"theta": [0.5, 0.5]}),
    "counts": stanmix.Mixture("y", 2, family="poisson"),
    "student_t": stanmix.Mixture("y", 2, family="student_t"),
    "gated": stanmix.Mixture("y", 2, gating="~ z"),
    "columns": stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="diagonal"),
    "categorical": stanmix.Mixture("y", 2, family="categorical"),
}
NAMES = ("mu", "sigma", "nu", "theta", "mean", "variance", "a", "b", "phi", "nothing")


@pytest.mark.parametrize("name", MIXTURES)
def test_what_a_mixture_says_that_can_order_it_does_and_nothing_else(name):
    model, accepted = MIXTURES[name], set()
    for order in NAMES:
        try:
            dataclasses.replace(model, order=order)
        except InputError as error:
            assert re.match(f"order(='{order}'|: '{order}')", str(error))
        else:
            accepted.add(order)
    assert accepted == {*model.orders()}


def test_a_regression_is_ordered_by_a_covariate_whose_name_comes_with_the_data():
    model = stanmix.Mixture("y ~ x", 2, shared="sigma")
    for order in ("x", "nothing", "theta", "mean"):
        check_order(dataclasses.replace(model, order=order))
    for order, why in {
        "mu": "a regression has a coefficient for each covariate",
        "beta": "a regression has a coefficient for each covariate",
        "sigma": "shared by all components",
        "variance": "their variance in common",
    }.items():
        with pytest.raises(InputError, match=why):
            dataclasses.replace(model, order=order)


def test_labels_name_the_components_already():
    with pytest.raises(InputError, match="both name the components"):
        stanmix.Mixture("y", 2, labels="class", order="mu")


def test_an_order_after_sampling_needs_components_that_can_be_exchanged():
    apart = {"mu": [stanmix.Normal(0, 1), stanmix.Normal(5, 1)]}
    with pytest.raises(InputError, match="remove the order, or give one"):
        stanmix.Mixture("y", 2, priors=apart, order="mu")
    with pytest.raises(InputError, match="tell the components apart already"):
        stanmix.Mixture("y", 2, fixed={"sigma": [1.0, 2.0]}, order="theta")


def test_no_order_and_the_usual_one_are_of_any_mixture():
    for model in MIXTURES.values():
        for order in (None, "auto"):
            check_order(dataclasses.replace(model, order=order))
