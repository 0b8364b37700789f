"""Formulas of components, and coefficients that they share: what cannot be is refused in words."""

import numpy as np
import pytest

import stanmix
from stanmix import Mixture, Normal, PointMass
from stanmix.errors import InputError

FRAME = {"y": np.arange(1.0, 9.0), "x": np.sqrt(np.arange(8.0)), "g": list("aabbccab")}
BOTH = [Normal(0, 1), Normal(1, 1)]


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        ({"formula": ["y ~ x", "y ~ 1"], "components": 3}, r"names 2 formula\(s\).*components=3"),
        ({"formula": ["y ~ x", "x ~ 1"]}, r"2 responses \('y', 'x'\).*not known yet"),
        ({"formula": ["y", "y"]}, "one response, but 2 columns were named"),
        ({"formula": ["y ~ x", "~ 1"]}, "no response"),
        (
            {"formula": ["y ~ x", "y ~ x + z"], "family": [PointMass(0), "normal"]},
            "component 1 is PointMass.*write \"y ~ 1\"",
        ),
        ({"formula": "y", "formulas": {"sigma": ["~ x"]}}, "'sigma'.*names 1 formula"),
        ({"formula": "y", "formulas": {"sigma": ["~ x", "x"]}}, "'sigma'.*no response"),
        (
            {"formula": "y", "formulas": {"nu": ["~ x", "~ x + z"]},
             "family": ["normal", "student_t"]},
            "component 1 is 'normal', which has no 'nu'",
        ),
        (
            {"formula": "y", "formulas": {"sigma": ["~ x", "~ 1"]}, "shared": "sigma"},
            "'sigma' is shared by all components, so that it has one formula",
        ),
        ({"formula": "y ~ x", "shared": ("x", "mu")}, "'mu' and 'x' are both named"),
        ({"formula": "y ~ x", "shared": ("beta", "beta[x]")}, "'beta' and .* are both named"),
        ({"formula": "y", "shared": "beta"}, "no 'beta': .* has a mean, 'mu'; name that"),
        ({"formula": "y", "shared": "Intercept"}, "no 'Intercept': .* has a mean, 'mu'"),
        (
            {"formula": "y", "formulas": {"sigma": "~ x"}, "shared": "beta_sigma"},
            r"'beta_sigma' are all coefficients of 'sigma'; .* as in 'beta_sigma\[x\]'",
        ),
        ({"formula": "y", "shared": "x"}, "no parameter 'x'"),
        ({"formula": "y", "shared": "beta[x]"}, "coefficient of what has no covariates here"),
        ({"formula": "y ~ x", "shared": "beta_sigma[x]"}, "coefficient of what has no covariates"),
        ({"formula": "y ~ x", "shared": "gamma[x]", "gating": "~ x"}, "sum to zero"),
        (
            {"formula": "y", "shared": ("sigma", "beta_sigma[x]"), "formulas": {"sigma": "~ x"}},
            "'sigma' and 'beta_sigma\\[x\\]' are both named",
        ),
        ({"formula": "y ~ x + z", "shared": "z", "order": "x"}, "coefficients in common.*'sigma'"),
        ({"formula": ["y ~ x", "y ~ 1"], "order": "Intercept"}, "a formula of its own"),
        ({"formula": ["y ~ x", "y ~ 1"], "order": "mean"}, "tell the components apart"),
    ],
)  # fmt: skip
def test_what_cannot_be_stated(stated, match):
    with pytest.raises(InputError, match=match):
        Mixture(**{"components": 2, **stated})


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        ({"shared": "w"}, "no covariate 'w'; 'beta' has coefficients of 'Intercept', 'x', 'g"),
        ({"shared": "beta[sigma]"}, "no covariate 'sigma'"),
        ({"shared": ("mu", "sigma")}, "'mu', 'sigma': .* nothing but their weights"),
        ({"shared": ("x", "g", "1"), "fixed": {"sigma": 2.0}}, "nothing but their weights"),
        ({"shared": "mu", "priors": {"x": BOTH}}, "'Intercept' is shared by all"),
        ({"shared": ("1", "x", "g"), "order": "mean"}, "have their mean in common"),
        ({"shared": "x", "priors": {"x": BOTH}}, "'x' is shared by all components"),
        ({"shared": "g", "priors": {"g[T.b]": BOTH}}, r"'g\[T.b\]' is shared"),
        ({"shared": "x", "priors": {"beta": BOTH}}, "'x' is shared by all components"),
        ({"shared": "x", "priors": {"beta[x]": BOTH}}, "'x' is shared by all components"),
        (
            {"formulas": {"sigma": ["~ x", "~ 0 + x"]}},
            "predictor of 'sigma' has no intercept in every component",
        ),
    ],
)
def test_what_the_data_refuse(stated, match):
    with pytest.raises(InputError, match=match):
        Mixture("y ~ x + g", 2, **stated).data(FRAME)


def test_priors_of_other_coefficients_may_differ():
    model = Mixture("y ~ x + g", 2, shared="g", priors={"x": BOTH})
    assert model.alike == ()
    assert np.shape(model.data(FRAME)["beta_prior"]) == (2, 4)


def test_all_coefficients_are_shared_by_the_name_of_the_parameter():
    expected = Mixture("y ~ x + g", 2, shared=("1", "x", "g")).data(FRAME)["beta_number"]
    assert expected.tolist() == [[1, 2, 3, 4]] * 2
    for name in ("mu", "beta"):
        model = Mixture("y ~ x + g", 2, shared=name)
        np.testing.assert_array_equal(model.data(FRAME)["beta_number"], expected)
    own = Mixture(["y ~ x", "y ~ g"], 2, shared="mu").data(FRAME)["beta_number"]
    assert own.tolist() == [[1, 2, 0, 0], [1, 0, 3, 4]]


def test_formulas_that_say_the_same_are_one():
    one = Mixture("y ~ x + g", 2, formulas={"sigma": "~ x"})
    assert one == Mixture(["y ~ x + g", "y ~ g + x"], 2, formulas={"sigma": ["~ x", "~ 1 + x"]})
    assert one.alike == ((0, 1),) and not one.by_component


@pytest.mark.parametrize(
    ("formula", "stated", "expected"),
    [
        (["y ~ x + g", "y ~ 1", "y ~ g + x"], {}, ((0, 2),)),
        (["y ~ x", "y ~ 1", "y ~ g"], {}, ()),
        ("y ~ x", {"shared": "x"}, ((0, 1, 2),)),
        ("y ~ x", {"formulas": {"sigma": ["~ x", "~ x", "~ 1"]}}, ((0, 1),)),
        (
            ["y ~ x", "y ~ x", "y ~ 1"],
            {"family": ["normal", "student_t", "student_t"]},
            (),
        ),
        (["y ~ x:g", "y ~ 1", "y ~ g:x"], {"labels": None}, ((0, 2),)),
    ],
)
def test_components_of_equal_formulas_are_exchangeable(formula, stated, expected):
    assert Mixture(formula, 3, **stated).alike == expected


def test_a_statement_is_what_its_plain_values_describe():
    model = Mixture(["y ~ x", "y ~ 1"], 2, shared=("x",), formulas={"sigma": ["~ x", "~ 1"]})
    assert Mixture.from_dict(model.to_dict()) == model
    assert model.title == "y ~ x | y ~ 1" and model.regression and model.columns == {"x", "y"}
    assert stanmix.Mixture.from_dict({"formula": ["y ~ x", "y"], "components": 2}).by_component
