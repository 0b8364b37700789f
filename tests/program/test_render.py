from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
from independent import (
    PRIORS,
    log_posterior,
    parameters,
    random_points,
    total_log_likelihood,
)
from interpreted import interpreted
from parameters_block import declarations
from rendered import COPIES, EXAMPLES, render
from stan_transforms import free_shape

import stanmix
import stanmix.model.families
from stanmix.program import kernels
from stanmix.program.lower import lower
from stanmix.program.render import user_header


def test_there_is_a_copy_of_each_example_and_no_other():
    assert {path.stem for path in COPIES.glob("*.stan")} == set(EXAMPLES)
    assert {path.name.removesuffix(".data.json") for path in COPIES.glob("*.json")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_copies_match_the_templates(name, tmp_path):
    import cmdstanpy

    model, frame = EXAMPLES[name]
    assert (COPIES / f"{name}.stan").read_text() == model.program(priors="named")
    cmdstanpy.write_stan_json(str(tmp_path / "data.json"), model.data(frame, priors="named"))
    copy, found = (
        json.loads(path.read_text())
        for path in (COPIES / f"{name}.data.json", tmp_path / "data.json")
    )
    assert list(copy) == list(found)
    for key, values in copy.items():  # the last digits of least squares are those of a LAPACK
        np.testing.assert_allclose(found[key], values, rtol=1e-13, err_msg=key)


@pytest.mark.parametrize("name", EXAMPLES)
def test_log_density_is_that_of_scipy(name, log_density, shipped):
    model, frame = EXAMPLES[name]
    data = model.data(frame)
    points = random_points(model, data, 100, seed=1)
    expected = np.array([log_posterior(model, data, u) for u in points])
    assert np.isfinite(expected).all()
    portable = interpreted(model, data, points)
    np.testing.assert_allclose(portable[:, 0], expected, rtol=1e-9)
    # The fused likelihood, compiled, has the same value, and the same gradient.
    fused = log_density(model, data, points, kernel="fused", among=shipped)
    np.testing.assert_allclose(fused[:, 0], expected, rtol=1e-9)
    same_gradients(fused, portable)


# A portable program of each family.
PORTABLE = {
    "normal_regressions_ordered_beta": "coded",
    "student_t_regressions": "coded",
    "poisson_mixture_ordered_mu_weights": "named",
    "negative_binomial_mixture_ordered_mu": "coded",
    "mvnormal_mixture_diagonal_ordered_mu_shared_sigma": "coded",
}


@pytest.mark.parametrize("name", PORTABLE)
def test_what_is_compiled_has_the_density_of_what_is_interpreted(name, log_density, families):
    """A sum over the components by log_mix as well as one by log_sum_exp."""
    model, frame = EXAMPLES[name]
    data = model.data(frame, priors=PORTABLE[name])
    points = random_points(model, model.data(frame), 100, seed=1)
    found = log_density(model, data, points, priors=PORTABLE[name], among=families)
    expected = interpreted(model, data, points, priors=PORTABLE[name])
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-9)
    same_gradients(found, expected)


RESPONSES = {  # of families of which no program is shipped
    "cauchy": "real", "laplace": "real", "asymmetric_laplace": "real", "logistic": "real",
    "gumbel": "real", "skew_normal": "real", "exgaussian": "real", "lognormal": "positive",
    "gamma": "positive", "exponential": "positive", "weibull": "positive",
    "inverse_gaussian": "positive", "frechet": "positive", "loglogistic": "positive",
    "pareto": "above", "beta": "fraction", "von_mises": "angle", "geometric": "count",
    "bernoulli": "truth", "binomial": "successes", "beta_binomial": "successes",
    "categorical": "class", "ordinal": "class",
}  # fmt: skip


CORRELATED = {  # vectors, whose likelihoods take a row after another
    family: stanmix.Mixture(["a", "b", "c"], 2, family=family, covariance="full")
    for family in ("mvnormal", "mvstudent_t")
}


def test_a_program_of_each_family_is_compiled():
    shipped = {EXAMPLES[name][0].family for name in PORTABLE} | set(CORRELATED)
    assert shipped | set(RESPONSES) == set(stanmix.model.families.FAMILIES)


@pytest.mark.parametrize("family", CORRELATED)
def test_correlations_have_the_density_of_what_is_interpreted(family, log_density, families):
    rng, model = np.random.default_rng(3), CORRELATED[family]
    data = model.data(dict(zip("abc", rng.normal(size=(3, 40)), strict=True)))
    points = random_points(model, data, 20, seed=4)
    found = log_density(model, data, points, kernel="auto", among=families)
    expected = interpreted(model, data, points)
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-9)
    same_gradients(found, expected)


@pytest.mark.parametrize("family", RESPONSES)
def test_regressions_of_each_family_have_the_density_of_what_is_interpreted(
    family, log_density, families
):
    rng = np.random.default_rng(8)
    real, x, n = rng.normal(1, 2, 40), rng.normal(size=40), rng.integers(1, 9, 40)
    y = {
        "real": real, "positive": np.exp(0.5 * real), "above": 2 + np.exp(real),
        "fraction": 1 / (1 + np.exp(-real)), "angle": 2 * np.arctan(real),
        "count": rng.poisson(3, 40), "truth": rng.integers(0, 2, 40),
        "successes": rng.binomial(n, 0.4), "class": np.resize([2, 1, 3, 4, 2], 40),
    }[RESPONSES[family]]  # fmt: skip
    model = regressions(family)
    data = model.data({"y": y, "x": x, "n": n})
    size = sum(np.prod(free_shape(one, data)) for one in declarations(model.program()))
    # Not far out: Stan's own densities of skew_normal and exgaussian lose their tails' gradients.
    points = 0.25 * rng.normal(size=(50, int(size)))
    found = log_density(model, data, points, kernel="auto", among=families)
    expected = interpreted(model, data, points)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-9)
    same_gradients(found, expected)


def regressions(family):
    """Every parameter has a predictor."""
    others = stanmix.model.families.FAMILIES[family].others
    return stanmix.Mixture(
        "y ~ x",
        2,
        family=family,
        formulas={one.name: "~ x" for one in others if not one.stated and one.axis is None},
        fixed={one.name: 1.5 for one in others if one.stated},
        **({"trials": "n"} if RESPONSES[family] == "successes" else {}),
    )


NUMBERED = {
    "in common": stanmix.Mixture("y ~ x + z", 3, shared=("z",)),
    "by component": stanmix.Mixture(
        ["n ~ x + z", "n ~ z"], 2, family="negative_binomial", formulas={"phi": ["~ x", "~ 1"]},
        shared=("z",),
    ),
    "of families": stanmix.Mixture(
        ["y ~ x", "y ~ x + z", "y ~ z"], 3, family=["normal", "student_t", "student_t"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERED)
def test_fused_likelihoods_take_coefficients_that_components_share_or_lack(
    name, log_density, families
):
    rng = np.random.default_rng(2)
    frame = {"x": rng.normal(5, 1, 40), "z": rng.normal(size=40), "n": rng.poisson(4, 40)}
    model = NUMBERED[name]
    data = model.data({**frame, "y": rng.normal(size=40)})
    size = sum(int(np.prod(free_shape(one, data))) for one in declarations(model.program()))
    points = 0.4 * rng.normal(size=(20, size))
    found = log_density(model, data, points, kernel="fused", among=families)
    expected = interpreted(model, data, points)
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=1e-9)
    same_gradients(found, expected)


@pytest.fixture(scope="module")
def families(compiled):
    """Regressions, fused where there is a kernel, and portable programs."""
    return compiled(
        "families",
        [lower(regressions(family), "auto") for family in RESPONSES]
        + [lower(model, "auto") for model in CORRELATED.values()]
        + [lower(model, "fused") for model in NUMBERED.values()]
        + [lower(EXAMPLES[name][0], "stan", priors) for name, priors in PORTABLE.items()],
    )


def same_gradients(found, expected):
    size = np.abs(expected[:, 1:]).max(axis=1, keepdims=True)
    np.testing.assert_allclose(found[:, 1:] / size, expected[:, 1:] / size, rtol=1e-9, atol=1e-9)


PRIORS_OF_SIGMA = [
    stanmix.Flat(), stanmix.Normal(1, 2), stanmix.StudentT(3, 0.5, 2.5), stanmix.Cauchy(0.2, 1.5),
    stanmix.Laplace(0.3, 2), stanmix.Logistic(0.1, 1.2), stanmix.HalfNormal(1.7),
    stanmix.HalfStudentT(4, 2.1), stanmix.Exponential(0.7), stanmix.Gamma(2, 3),
    stanmix.InverseGamma(3, 2), stanmix.LogNormal(0.4, 1.3), stanmix.Uniform(0.5, 9.0),
    stanmix.Weibull(1.5, 2), stanmix.Frechet(2.5, 1.3), stanmix.LogLogistic(1.2, 2.5),
    stanmix.Pareto(0.5, 2.5), stanmix.ParetoType2(0.2, 1.5, 3),
    stanmix.Gumbel(0.3, 1.5), stanmix.SkewNormal(0.2, 1.5, 2),
    stanmix.AsymmetricLaplace(0.4, 2, 0.3),
    stanmix.ExGaussian(0.1, 1.2, 0.7),
    stanmix.StdNormal(), stanmix.HalfCauchy(1.5), stanmix.ChiSquare(3), stanmix.InvChiSquare(3),
    stanmix.ScaledInvChiSquare(3, 1.5), stanmix.Rayleigh(1.4),
]  # fmt: skip


@pytest.mark.parametrize("prior", PRIORS_OF_SIGMA, ids=lambda prior: type(prior).__name__)
def test_every_prior_is_that_of_scipy(prior):
    model = stanmix.Mixture("y ~ 1", 2, shared=("sigma",), priors={"sigma": prior})
    data = model.data({"y": [0.3, 1.1, 2.7, 5.0]})
    points = random_points(model, data, 10, seed=2)
    expected = [log_posterior(model, data, u) for u in points]
    np.testing.assert_allclose(interpreted(model, data, points)[:, 0], expected, rtol=1e-9)


NAMED = [  # every kind of declaration and loop, and priors of all shapes
    ("normal_mixture_ordered_mu", {}),
    ("normal_regressions_gating", {"beta": stanmix.StudentT(4, 0, 9)}),
    ("mvnormal_mixture_diagonal_ordered_mu_gating_group_weights", {}),
    ("negative_binomial_regressions_phi_regression", {}),
]


@pytest.mark.parametrize(("name", "priors"), NAMED, ids=[name for name, _ in NAMED])
def test_a_program_that_names_its_priors_has_the_same_density(name, priors):
    model, frame = EXAMPLES[name]
    model = dataclasses.replace(model, priors={**model.priors, **priors})
    coded, named = model.data(frame), model.data(frame, priors="named")
    points = random_points(model, coded, 20, seed=5)
    one = interpreted(model, named, points, priors="named")
    other = interpreted(model, coded, points)
    # Statements with a tilde leave out what is the same everywhere.
    np.testing.assert_allclose(np.ptp(one[:, 0] - other[:, 0]), 0.0, atol=1e-9)
    np.testing.assert_allclose(one[:, 1:], other[:, 1:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("prior", PRIORS_OF_SIGMA, ids=lambda prior: type(prior).__name__)
def test_every_prior_has_a_name(prior):
    model = stanmix.Mixture("y ~ 1", 2, priors={"sigma": prior})
    data = model.data({"y": [1.0, 2.0, 5.0]}, priors="named")
    flat = isinstance(prior, stanmix.Flat)
    assert ("sigma_scaled[k] ~" in model.program(priors="named")) is not flat
    assert len(data.get("sigma_prior", [])) == len(dataclasses.fields(prior.plain()))


def test_priors_that_differ_between_covariates_cannot_be_named():
    model = stanmix.Mixture("y ~ x", 2, priors={"x": stanmix.StudentT(3, 0, 1)})
    with pytest.raises(stanmix.InputError, match="several distributions"):
        model.program(priors="named")


FACTOR = render.grouped_lines().assign(site=lambda data: np.resize(["a", "b", "c"], len(data)))
BEYOND = {  # what no shipped program has
    "ordered at zero": stanmix.Mixture(
        "y ~ x", 2, order="Intercept", priors={"x": stanmix.Normal(0, 3)}
    ),
    "ordered at zero, stated": stanmix.Mixture(
        "y ~ x", 2, order="Intercept", priors={"Intercept": stanmix.Normal(3, 5)}
    ),
    "indicators": stanmix.Mixture(
        "y ~ 0 + C(site) + x", 2, order="C(site)[b]", priors={"C(site)[a]": stanmix.Normal(0, 9)}
    ),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_makes_up_the_constant_can_be_ordered(name):
    model = BEYOND[name]
    data = model.data(FACTOR.assign(x=FACTOR["x"] + 40))
    points = random_points(model, data, 20, seed=3)
    expected = [log_posterior(model, data, u) for u in points]
    np.testing.assert_allclose(interpreted(model, data, points)[:, 0], expected, rtol=1e-9)
    j = data["ordered_covariate"] - 1
    for u in points:  # in the units of the data, at covariates of zero
        assert (np.diff(parameters(model, data, u)[0]["beta"][:, j]) > 0).all()


def test_a_stated_prior_is_that_of_the_parameter_in_the_users_units():
    """Priors as they were stated, at parameters as users know them: a constant apart."""
    priors = {
        "theta": stanmix.Dirichlet(2),
        "Intercept": stanmix.StudentT(4, 100, 30),
        "x": stanmix.Normal(0.1, 2),
        "sigma": stanmix.Gamma(2, 0.5),
    }
    weights = {"gamma[Intercept]": stanmix.Normal(0, 2), "gamma[z]": stanmix.Laplace(0.1, 0.4)}
    frame = FACTOR.assign(y=100 + 7 * FACTOR["y"], x=30 + 4 * FACTOR["x"], z=FACTOR["z"] - 8)
    gated = {**{name: priors[name] for name in priors if name != "theta"}, **weights}
    for model in (
        stanmix.Mixture("y ~ x", 2, order=None, priors=priors),
        stanmix.Mixture("y ~ x", 2, order=None, gating="~ z", priors=gated),
    ):
        data = model.data(frame)
        points = random_points(model, data, 20, seed=4)
        expected = []
        for u in points:
            values, jacobian = parameters(model, data, u)
            total = jacobian + total_log_likelihood(model, data, values)
            named = {"Intercept": values["beta"][:, 0], "x": values["beta"][:, 1]}
            named["sigma"] = values["sigma"]
            if model.gated:
                named["gamma[Intercept]"], named["gamma[z]"] = values["gamma"].T
            else:
                total += np.log(values["theta"]).sum()  # Dirichlet(2)
            for name, prior in model.priors.items():
                if name != "theta":
                    total += PRIORS[prior.code](named[name], prior.arguments()).sum()
            expected.append(total)
        apart = interpreted(model, data, points)[:, 0] - expected
        np.testing.assert_allclose(apart - apart[0], 0, atol=1e-9 * np.abs(expected).max())


def test_one_program_serves_all_sizes_and_priors():
    programs = {
        stanmix.Mixture("y ~ 1", k, priors={"mu": prior}).program()
        for k in (1, 2, 7)
        for prior in (stanmix.Normal(0, 1), stanmix.Cauchy(3, 2), stanmix.Flat())
    }
    assert len(programs) == 1


def test_no_name_of_the_users_reaches_the_program():
    model = stanmix.Mixture(
        "`drop; target` ~ `real`*C(`µ-group`)",
        2,
        order="real",
        priors={"real": stanmix.Normal(0, 1)},
    )
    text = model.program()
    assert text == stanmix.Mixture("y ~ a + b", 2, order="a").program()
    assert "drop" not in text
    assert "µ" not in text


@pytest.mark.parametrize("name", EXAMPLES)
def test_programs_read_well(name):
    text = (COPIES / f"{name}.stan").read_text()
    assert "{%" not in text and "{{" not in text
    assert not re.search(r"[ \t]$", text, re.M)
    assert "\n\n\n" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("// A finite mixture of ")


def test_each_shipped_program_has_a_name_of_its_own():
    names = {render.shipped_name(model) for model, _ in render.examples()}
    assert len(names) == len(render.examples())


def test_the_header_of_a_program_is_one_text_as_in_an_exported_folder():
    model = stanmix.Mixture("y", 2, family="poisson")
    header = user_header(lower(model, "fused"))
    assert (header.name, header.texts) == (
        "likelihood.hpp",
        {"likelihood.hpp": kernels.header("poisson")},
    )
    assert user_header(lower(model, "stan")) is None
