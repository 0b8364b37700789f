from __future__ import annotations

import argparse
import dataclasses

import pytest

import stanmix
from stanmix.cli import statement
from stanmix.errors import InputError
from stanmix.model.priors import BY_NAME


def stated(*arguments):
    parser = argparse.ArgumentParser()
    statement.add_to(parser)
    return statement.mixture(parser.parse_args(arguments))


@pytest.mark.parametrize(
    "prior",
    [
        stanmix.Normal(0, 2), stanmix.Normal(-1.5, 2e3), stanmix.StudentT(3, 0, 2.5),
        stanmix.HalfNormal(1), stanmix.Dirichlet(2), stanmix.Dirichlet([5, 5.5]), stanmix.Flat(),
        stanmix.Uniform(0, 1), stanmix.Gamma(2, 1),
    ],
    ids=repr,
)  # fmt: skip
def test_a_prior_is_what_its_repr_states(prior):
    """The representation of a dataclass is its constructor's call, names of arguments and all."""
    assert statement.parse_prior(repr(prior)) == prior


def test_each_prior_can_be_stated():
    for name, cls in BY_NAME.items():
        given = [0.5 + i * (0.1 if name == "AsymmetricLaplace" else 1)
                 for i in range(len(dataclasses.fields(cls)))]  # fmt: skip
        values = ", ".join(map(str, given))
        assert statement.parse_prior(f"{name}({values})") == cls(*given)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "Normal(__import__('os'), 1)", "Normal(0, open('x'))",
        "Normal(*[0, 1])", "Normal(**{'mu': 0, 'sigma': 1})", "stanmix.Normal(0, 1)", "Normal",
        "Normal(0, 1) or Normal(0, 2)", "lambda: 0", "Normal(0, 1", "", "print(1)",
        "Normal((lambda: 0)(), 1)", "Normal(0, 'a')", "Normal(0, 1j)", "Normal(0, True)",
        "Normal(0)", "Normal(0, 1, 2)", "Normal(mean=0, sd=1)", "Normal(0, -1)", "Normal(0, 1e999)",
        "Dirichlet(['a'])", "Normal(" * 300 + ")" * 300,
    ],
)  # fmt: skip
def test_what_is_no_prior_is_refused(text, monkeypatch):
    import os

    monkeypatch.setattr(os, "system", lambda _: pytest.fail("text was evaluated"))
    with pytest.raises(InputError):
        statement.parse_prior(text)


def test_the_arguments_of_a_prior_are_named():
    with pytest.raises(InputError, match="StudentT takes nu, mu, sigma"):
        statement.parse_prior("StudentT(3, 0)")
    with pytest.raises(InputError, match="Flat takes no arguments"):
        statement.parse_prior("Flat(1)")


def test_an_unknown_prior_lists_those_there_are():
    with pytest.raises(InputError, match=r"no prior 'normal'.*HalfNormal"):
        statement.parse_prior("normal(0, 1)")


def test_all_of_a_statement():
    made = stated(
        "--formula", "y ~ x", "--components", "3", "--family", "normal", "--gating", "~ z",
        "--order", "x", "--shared", "sigma", "--group", "g", "--weights", "w", "--offset", "o",
        "--prior", "x=Normal(mu=0, sigma=2)", "--prior", "gamma[z] = Normal(0, 1)",
    )  # fmt: skip
    assert made == stanmix.Mixture(
        "y ~ x", 3, family="normal", gating="~ z", order="x", shared=("sigma",), group="g",
        weights="w", offset="o",
        priors={"x": stanmix.Normal(0, 2), "gamma[z]": stanmix.Normal(0, 1)},
    )  # fmt: skip


def test_priors_of_each_component():
    made = stated(
        "--formula", "y ~ x", "--components", "2", "--prior", "x=[Normal(-2, 1), Normal(mu=2, "
        "sigma=1)]", "--prior", "Intercept = [ Normal(0, 1) , Flat() , ]",
    )  # fmt: skip
    assert made == stanmix.Mixture(
        "y ~ x", 2,
        priors={"x": [stanmix.Normal(-2, 1), stanmix.Normal(2, 1)],
                "Intercept": [stanmix.Normal(0, 1), stanmix.Flat()]},
    )  # fmt: skip


def test_known_parameters_and_no_order():
    made = stated(
        "--formula", "y", "--components", "2", "--order", "none", "--fixed", "sigma=1",
        "--fixed", "theta=0.3,0.7",
    )  # fmt: skip
    assert made == stanmix.Mixture("y", 2, order=None, fixed={"sigma": 1, "theta": [0.3, 0.7]})
    assert made.order is None


def test_predictors_of_other_parameters():
    made = stated(
        "--formula", "y ~ x", "--components", "2", "--family", "student_t", "--predictor",
        "sigma=~ C(g == 'a=b') + z", "--predictor", "nu = ~ x", "--shared", "nu", "--prior",
        "beta_sigma[z]=Normal(0, 1)",
    )  # fmt: skip
    assert made == stanmix.Mixture(
        "y ~ x", 2, family="student_t", shared=("nu",),
        formulas={"sigma": "~ C(g == 'a=b') + z", "nu": "~ x"},
        priors={"beta_sigma[z]": stanmix.Normal(0, 1)},
    )  # fmt: skip
    tails = stated(
        "--formula", "y", "--components", "2", "--family", "student_t", "--fixed", "nu=4"
    )
    assert tails == stanmix.Mixture("y", 2, family="student_t", fixed={"nu": 4})


def test_formulas_of_components_and_coefficients_in_common():
    made = stated(
        "--formula", "y ~ x + z", "--formula", "y ~ z", "--components", "2", "--shared", "z",
        "--shared", "beta_sigma[x]", "--predictor", "sigma=~ x", "--predictor", "sigma=~ x + z",
    )  # fmt: skip
    assert made == stanmix.Mixture(
        ["y ~ x + z", "y ~ z"], 2, shared=("z", "beta_sigma[x]"),
        formulas={"sigma": ["~ x", "~ x + z"]},
    )  # fmt: skip


def test_the_columns_of_a_vector():
    made = stated(
        "--columns", "x1", "x 2", "--components", "2", "--family", "mvnormal", "--covariance",
        "diagonal", "--mean", "common", "--prior", "sigma[x 2]=HalfNormal(1)",
    )  # fmt: skip
    assert made == stanmix.Mixture(
        ["x1", "x 2"], 2, family="mvnormal", covariance="diagonal", mean="common",
        priors={"sigma[x 2]": stanmix.HalfNormal(1)},
    )  # fmt: skip


def test_names_of_covariates_may_hold_anything_but_a_prior():
    made = stated("--formula", "y ~ C(g) + x", "--components", "2", "--prior", "C(g)[T.a=b]=Flat()")
    assert made.priors == {"C(g)[T.a=b]": stanmix.Flat()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prior", "x Normal(0, 2)"], "expected a name and a prior"),
        (["--prior", "x=3"], "expected a name and a prior"),
        (["--prior", "x=[]"], "expected a name and a prior"),
        (["--prior", "x=[Normal(0, 1), 3]"], "expected a name and a prior"),
        (["--prior", "x=[Normal(0, 1), 3, Flat()]"], "'3' is no prior"),
        (["--prior", "x=[Normal(0, 1), Flat(]"], "expected a name and a prior"),
        (["--prior", "x=[Flat(]())]"], "is no prior"),
        (["--prior", "x=[Normal(0, 1)]"], "a list of 1 prior"),
        (["--prior", "x=Flat()", "--prior", "x=Flat()"], "states 'x' twice"),
        (["--fixed", "sigma=one"], "expected a name and its value"),
        (["--fixed", "sigma"], "expected a name and its value"),
        (["--fixed", "mu=1"], "cannot be fixed"),
        (["--predictor", "sigma"], "expected a parameter and its formula"),
        (["--predictor", "~ z"], "expected a parameter and its formula"),
        (["--predictor", "sigma=~ z"] * 3, "names 3 formula"),
        (["--predictor", "sigma=z"], "this formula has no response"),
        (["--predictor", "mu=~ z"], "stand in the formula of the response"),
        (["--family", "student_t", "--fixed", "nu=inf"], "expected a name and its value"),
        (["--family", "student_t", "--fixed", "nu=1e999"], "nu must be positive and finite"),
    ],
)
def test_arguments_that_cannot_be_read_are_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        stated("--formula", "y ~ x", "--components", "2", *arguments)
