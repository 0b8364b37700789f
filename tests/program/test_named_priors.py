"""Priors as Stan writes them, and which distribution a program names."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from independent import PRIORS, ex_mod_normal, skew_double_exponential
from scipy import stats

import stanmix
from stanmix.errors import InputError
from stanmix.model.priors import BY_NAME, Flat, Gamma, LogNormal, Normal, StudentT, Uniform
from stanmix.program.lower import lower
from stanmix.program.named_priors import arguments, distribution_of, written

STATED = [
    stanmix.Normal(1, 2), stanmix.StudentT(3, 0.5, 2.5), stanmix.Cauchy(0.2, 1.5),
    stanmix.Laplace(0.3, 2), stanmix.Logistic(0.1, 1.2), stanmix.HalfNormal(1.7),
    stanmix.HalfStudentT(4, 2.1), stanmix.Exponential(0.7), stanmix.Gamma(2, 3),
    stanmix.InverseGamma(3, 2), stanmix.LogNormal(0.4, 1.3), stanmix.Uniform(0.5, 9),
    stanmix.Weibull(1.5, 2), stanmix.Frechet(2.5, 1.3), stanmix.LogLogistic(1.2, 2.5),
    stanmix.Pareto(0.5, 2.5), stanmix.ParetoType2(-0.2, 1.5, 3), stanmix.Beta(2, 3),
    stanmix.Gumbel(0.3, 1.5), stanmix.SkewNormal(0.2, 1.5, 2),
    stanmix.AsymmetricLaplace(0.4, 2, 0.3),
    stanmix.ExGaussian(0.1, 1.2, 0.7),
]  # fmt: skip
# Densities of Stan, with its arguments in its order (Stan Functions Reference).
STAN = {
    "normal": lambda x, mu, sigma: stats.norm.logpdf(x, mu, sigma),
    "student_t": lambda x, nu, mu, sigma: stats.t.logpdf(x, nu, mu, sigma),
    "cauchy": lambda x, mu, sigma: stats.cauchy.logpdf(x, mu, sigma),
    "double_exponential": lambda x, mu, sigma: stats.laplace.logpdf(x, mu, sigma),
    "logistic": lambda x, mu, sigma: stats.logistic.logpdf(x, mu, sigma),
    "exponential": lambda x, beta: stats.expon.logpdf(x, scale=1 / beta),
    "gamma": lambda x, alpha, beta: stats.gamma.logpdf(x, alpha, scale=1 / beta),
    "inv_gamma": lambda x, alpha, beta: stats.invgamma.logpdf(x, alpha, scale=beta),
    "lognormal": lambda x, mu, sigma: stats.lognorm.logpdf(x, sigma, scale=np.exp(mu)),
    "weibull": lambda x, alpha, sigma: stats.weibull_min.logpdf(x, alpha, scale=sigma),
    "frechet": lambda x, alpha, sigma: stats.invweibull.logpdf(x, alpha, scale=sigma),
    "loglogistic": lambda x, alpha, beta: stats.fisk.logpdf(x, beta, scale=alpha),
    "pareto": lambda x, low, alpha: stats.pareto.logpdf(x, alpha, scale=low),
    "pareto_type_2": lambda x, mu, scale, alpha: stats.lomax.logpdf(x, alpha, mu, scale),
    "gumbel": lambda x, mu, beta: stats.gumbel_r.logpdf(x, mu, beta),
    "skew_normal": lambda x, xi, omega, alpha: stats.skewnorm.logpdf(x, alpha, xi, omega),
    "skew_double_exponential": skew_double_exponential,
    "exp_mod_normal": ex_mod_normal,
    "beta": lambda x, alpha, beta: stats.beta.logpdf(x, alpha, beta),
    "uniform": lambda x, alpha, beta: stats.uniform.logpdf(x, alpha, beta - alpha),
}


def value(expression, vectors):
    """A number, or an entry of a vector: ``a[2]`` or ``a[p, 2]``, counted from 1."""
    entry = re.fullmatch(r"(\w+)\[(?:p, )?(\d+)\]", expression)
    return float(expression) if entry is None else vectors[entry[1]][int(entry[2]) - 1]


@pytest.mark.parametrize("stem", ["mu_prior", "beta_prior[p]"])
@pytest.mark.parametrize("prior", STATED, ids=repr)
def test_what_is_written_is_the_prior_but_for_a_constant(prior, stem):
    """As a statement with a tilde leaves a constant out, such as that of a half."""
    name, inner = re.fullmatch(r"(\w+)\((.*)\)", written(type(prior), stem)).groups()
    given = prior.arguments()[: arguments(type(prior))]
    assert len(given) == len(dataclasses.fields(prior))
    places = [
        value(text, {stem.partition("[")[0]: given}) for text in re.split(r", (?!\d+\])", inner)
    ]
    x = np.linspace(0.6, min(8.0, prior.support[1] - 0.1), 7)
    apart = STAN[name](x, *places) - PRIORS[prior.code](x, prior.arguments())
    np.testing.assert_allclose(apart, apart[0], atol=1e-12)
    half = isinstance(prior, stanmix.HalfNormal | stanmix.HalfStudentT)
    assert apart[0] == pytest.approx(-np.log(2) if half else 0.0, abs=1e-12)


def test_every_prior_of_a_number_can_be_written():
    for kind in set(BY_NAME.values()) - {stanmix.Dirichlet, stanmix.LKJ, Flat}:
        if kind.plain is not stanmix.model.priors.Prior.plain:  # another's, which is written
            continue
        text = written(kind, "a")
        used = {int(n) for n in re.findall(r"a\[(\d+)\]", text)}
        assert used == set(range(1, arguments(kind) + 1))


VECTORS = {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal"}
T = stanmix.StudentT(3, 0, 1)


def kinds(**stated):
    program = lower(stanmix.Mixture(components=2, **stated), priors="named")
    return {one.name: one.prior for one in program.quantities if one.prior is not None}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"formula": "y"}, {"mu": Normal, "sigma": LogNormal}),
        (
            {"formula": "y", "priors": {"mu": T, "sigma": Uniform(0, 1)}},
            {"mu": StudentT, "sigma": Uniform},
        ),
        ({"formula": "n", "family": "poisson"}, {"mu": LogNormal}),
        (
            {"formula": "n ~ x", "family": "negative_binomial", "gating": "~ z"},
            {"gamma": Normal, "beta": Normal, "phi": stanmix.InverseGamma},
        ),
        ({"formula": "y", "family": "student_t"}, {"mu": Normal, "sigma": LogNormal, "nu": Gamma}),
        ({"formula": "y", "fixed": {"sigma": 1.0}}, {"mu": Normal}),
        # One prior of all coefficients, or of one beside defaults of the same kind.
        ({"formula": "y ~ x", "priors": {"beta": T}}, {"beta": StudentT, "sigma": LogNormal}),
        (
            {"formula": "y ~ x", "priors": {"x": stanmix.Normal(0, 9)}},
            {"beta": Normal, "sigma": LogNormal},
        ),
        (
            {"formula": "y ~ x", "priors": {"beta": T, "x": stanmix.StudentT(9, 0, 1)}},
            {"beta": StudentT, "sigma": LogNormal},
        ),
        (
            {"formula": "y", "formulas": {"sigma": "~ z"}, "priors": {"beta_sigma": T}},
            {"mu": Normal, "beta_sigma": StudentT},
        ),
        # The prior of another parameter is none of a coefficient.
        (
            {"formula": "y ~ x", "formulas": {"sigma": "~ z"}, "priors": {"beta_sigma": T}},
            {"beta": Normal, "beta_sigma": StudentT},
        ),
        ({**VECTORS, "priors": {"mu": T}}, {"mu": StudentT, "sigma": LogNormal}),
        ({**VECTORS, "priors": {"mu[a]": T, "mu[b]": T}}, {"mu": StudentT, "sigma": LogNormal}),
    ],
)
def test_which_distribution_is_named(stated, expected):
    assert kinds(**stated) == expected


@pytest.mark.parametrize(
    "stated",
    [
        {"formula": "y ~ x", "priors": {"x": T}},
        {"formula": "y ~ x", "priors": {"beta": stanmix.Normal(0, 1), "x": T}},
        {"formula": "y ~ x", "gating": "~ z", "priors": {"gamma[z]": T}},
        {"formula": "y", "formulas": {"sigma": "~ z"}, "priors": {"beta_sigma[z]": T}},
        {**VECTORS, "priors": {"mu[a]": T}},
        {**VECTORS, "priors": {"mu": stanmix.Normal(0, 1), "mu[b]": T}},
    ],
)
def test_columns_with_several_distributions_are_refused(stated):
    with pytest.raises(InputError, match=r"several distributions \(Normal, StudentT\)"):
        kinds(**stated)


def test_a_default_is_of_the_distribution_that_is_named():
    """So that a program which names the defaults reads them, whatever the data."""
    frame = {"y": [1.0, 2.0, 4.0, 3.0], "n": [1, 2, 4, 3], "x": [0.0, 1.0, 1.0, 3.0]}
    for stated in (
        {"formula": "y ~ x", "gating": "~ x", "formulas": {"sigma": "~ x"}},
        {"formula": "y", "family": "student_t"},
        {"formula": "n", "family": "negative_binomial"},
        {"formula": ["y", "x"], "family": "mvnormal", "covariance": "diagonal"},
    ):
        model = stanmix.Mixture(components=2, **stated)
        data = model.data(frame)
        for one in lower(model).estimated:
            if one.name != "theta":
                codes = {int(code) for code in np.ravel(data[f"{one.name}_prior"])}
                assert codes == {distribution_of(model, one).code}


def test_a_covariate_called_like_coefficients_of_another_parameter_keeps_its_prior():
    """Where sigma has no covariates, ``beta_sigma`` is the name of a column like any other."""
    prior = stanmix.StudentT(3, 0, 1)
    for column in ("beta_x", "beta_sigma", "nu"):
        model = stanmix.Mixture(f"y ~ 0 + {column}", 2, priors={column: prior, "beta": prior})
        assert "coefficient ~ student_t(" in model.program(priors="named")
        frame = {"y": [1.0, 2.0, 4.0, 3.0], column: [0.5, 1.0, 3.0, 2.0]}
        assert np.shape(model.data(frame, priors="named")["beta_prior"]) == (1, 3)
        alone = stanmix.Mixture(f"y ~ {column}", 2, priors={column: prior})
        with pytest.raises(stanmix.InputError, match="several distributions"):
            alone.program(priors="named")
