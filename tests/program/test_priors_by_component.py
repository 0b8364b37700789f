"""Programs in which components have priors of their own: their densities, and what they say."""

from __future__ import annotations

import numpy as np
import pytest
import several_families
import structures
from independent import log_posterior, random_points
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

import stanmix
from stanmix import (
    Beta,
    BetaProportion,
    ChiSquare,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Pareto,
    StudentT,
    Uniform,
    Weibull,
)
from stanmix.errors import InputError
from stanmix.program.lower import lower

ROWS = structures.rows()
MEANS = [Normal(-2, 1), Normal(0, 3), Normal(2, 0.5)]
SCALES = [HalfNormal(1), HalfNormal(2), HalfNormal(30)]
SHAPES = [Gamma(2, 0.1), Gamma(3, 1), Gamma(1, 1)]
VECTORS = {"formula": ["a", "b"], "family": "mvnormal"}

STATED = {
    "means": {"formula": "y", "priors": {"mu": MEANS}},
    "bounded scales": {
        "formula": "y",
        "priors": {"sigma": [Uniform(0, 9), Uniform(1, 200), Uniform(5, 300)]},
    },
    "means, common scale": {"formula": "y", "shared": "sigma", "priors": {"mu": MEANS}},
    "a slope": {"formula": "y ~ x", "priors": {"x": MEANS}},
    "an intercept": {"formula": "y ~ x", "priors": {"Intercept": MEANS, "x": Normal(0, 7)}},
    "all coefficients": {"formula": "y ~ x", "priors": {"beta": MEANS, "beta[x]": Normal(1, 1)}},
    "coefficients of weights": {"formula": "y", "gating": "~ z", "priors": {"gamma[z]": MEANS}},
    "coefficients of scales": {
        "formula": "y", "formulas": {"sigma": "~ z"}, "priors": {"beta_sigma": MEANS},
    },
    "degrees of freedom": {"formula": "y", "family": "student_t", "priors": {"nu": SHAPES}},
    "counts": {"formula": "n", "family": "poisson", "offset": "shift", "priors": {"mu": SHAPES}},
    "fractions": {
        "formula": "fraction", "family": "beta",
        "priors": {"mu": [Uniform(0, 0.5), Uniform(0.2, 0.9), Uniform(0.5, 1)], "phi": SHAPES},
    },
    "of several kinds": {
        "formula": "fraction", "family": "beta",
        "priors": {"mu": [Beta(2, 8), Uniform(0.2, 0.9), BetaProportion(0.8, 9)],
                   "phi": [Pareto(1.5, 2), ChiSquare(4), Weibull(2, 30)]},
    },
    "positive": {"formula": "positive ~ x", "family": "gamma", "priors": {"shape": SHAPES}},
    "logarithms": {
        "formula": "positive", "family": "lognormal", "priors": {"mu": MEANS, "sigma": SCALES},
    },
    "of a group": {"formula": "y", "group": "group", "priors": {"mu": MEANS, "sigma": SCALES}},
    "a coordinate": {**VECTORS, "covariance": "spherical", "priors": {"mu[b]": MEANS}},
    "scales of coordinates": {
        **VECTORS, "covariance": "diagonal",
        "priors": {"sigma[a]": [Uniform(0, 9), Uniform(1, 20), Uniform(5, 30)],
                   "sigma[b]": Uniform(0, 40)},
    },
    "one mean": {**VECTORS, "covariance": "spherical", "mean": "common", "priors": {"mu": MEANS}},
}  # fmt: skip


def mixture(**arguments):
    return stanmix.Mixture(**{"components": 3, **arguments})


@pytest.mark.parametrize("name", STATED)
def test_the_density_is_that_of_scipy(name):
    model = mixture(**STATED[name])
    assert not model.exchangeable
    coded = model.data(ROWS)
    points = random_points(model, coded, 5, seed=11)
    expected = np.array([log_posterior(model, coded, u) for u in points])
    found = interpreted(model, coded, points)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in STATED if name != "of several kinds"])
def test_the_gradient_is_the_same_where_priors_are_named(name):
    model = mixture(**STATED[name])
    coded = model.data(ROWS)
    points = random_points(model, coded, 3, seed=12)
    found = interpreted(model, coded, points)
    of_named = interpreted(model, model.data(ROWS, priors="named"), points, priors="named")
    np.testing.assert_allclose(of_named[:, 1:], found[:, 1:], rtol=1e-9, atol=1e-9)


def test_components_of_a_family_have_their_own_priors_beside_another():
    model = mixture(
        formula="y",
        family=["normal", "normal", "student_t"],
        priors={"mu_normal": MEANS[:2], "sigma_normal": [Uniform(0, 9), Uniform(1, 200)]},
    )
    assert not model.exchangeable
    data, rng = model.data(ROWS), np.random.default_rng(3)
    size = sum(np.prod(free_shape(one, data)) for one in declarations(model.program()))
    points = 0.3 * rng.normal(size=(5, int(size)))
    expected = [several_families.log_posterior(model, data, u) for u in points]
    found = interpreted(model, data, points)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)
    named = interpreted(model, model.data(ROWS, priors="named"), points, priors="named")
    np.testing.assert_allclose(named[:, 1:], found[:, 1:], rtol=1e-9, atol=1e-9)


def test_only_what_has_priors_by_component_makes_another_program():
    plain = lower(mixture(formula="y", priors={"mu": Normal(0, 1)}))
    apart = lower(mixture(formula="y", priors={"mu": MEANS}))
    assert plain == lower(mixture(formula="y"))
    assert [one.name for one in apart.quantities if one.apart] == ["mu"]
    assert apart.name == "normal_mixture_priors_mu" and plain.name == "normal_mixture"
    assert "priors of the means by component" in " ".join(apart.title.split())
    other = mixture(formula="y", priors={"mu": [StudentT(3, 0, 1), Normal(1, 1), Normal(3, 1)]})
    assert other.program() == mixture(formula="y", priors={"mu": MEANS}).program()


def test_priors_by_component_that_differ_in_kind_cannot_be_named():
    model = mixture(formula="y", priors={"mu": [StudentT(3, 0, 1), Normal(1, 1), Normal(3, 1)]})
    with pytest.raises(InputError, match=r"several distributions \(Normal, StudentT\)"):
        model.program(priors="named")


def test_priors_are_scaled_component_by_component():
    model = mixture(formula="y", priors={"mu": MEANS, "sigma": [LogNormal(k, 1) for k in range(3)]})
    data = model.data(ROWS)
    arguments = np.array(data["mu_prior_arguments"])
    centre, scale = data["y_centre"], data["y_scale"]
    expected = [[(prior.mu - centre) / scale, prior.sigma / scale, 0] for prior in MEANS]
    np.testing.assert_allclose(arguments, expected, rtol=1e-12)
    logs = np.array(data["sigma_prior_arguments"])[:, 0]
    np.testing.assert_allclose(logs, np.arange(3) - np.log(scale))
    table = model.priors_for(ROWS).loc["mu"]
    assert list(table["prior"]) == MEANS and list(table["component"]) == [1, 2, 3]
