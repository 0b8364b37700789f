from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.model import priors

ALL = [
    stanmix.Flat(), stanmix.Normal(0, 2), stanmix.StudentT(3, 0, 2.5), stanmix.Cauchy(0, 1),
    stanmix.Laplace(0, 1), stanmix.Logistic(0, 1), stanmix.HalfNormal(1),
    stanmix.HalfStudentT(3, 2), stanmix.Exponential(1), stanmix.Gamma(2, 1),
    stanmix.InverseGamma(2, 1), stanmix.LogNormal(0, 1), stanmix.Uniform(0, 1),
    stanmix.Beta(5, 5), stanmix.Dirichlet([5, 5]), stanmix.Dirichlet(2.0), stanmix.LKJ(2.0),
    stanmix.Weibull(1.5, 2), stanmix.Frechet(2.5, 1.3), stanmix.LogLogistic(1.2, 2.5),
    stanmix.Pareto(0.5, 2.5), stanmix.ParetoType2(-0.2, 1.5, 3), stanmix.Gumbel(0.3, 1.5),
    stanmix.SkewNormal(0.2, 1.5, 2), stanmix.AsymmetricLaplace(0.4, 2, 0.3),
    stanmix.ExGaussian(0.1, 1.2, 0.7), stanmix.BetaProportion(0.2, 3), stanmix.StdNormal(),
    stanmix.HalfCauchy(1.5), stanmix.ChiSquare(3), stanmix.InvChiSquare(3),
    stanmix.ScaledInvChiSquare(3, 1.5), stanmix.Rayleigh(1.4),
]  # fmt: skip


@pytest.mark.parametrize("prior", ALL, ids=repr)
def test_plain_values_give_the_prior_back(prior):
    assert priors.from_dict(prior.to_dict()) == prior


def test_codes_are_distinct():
    codes = [
        p.code for p in ALL if p.plain() == p and not isinstance(p, stanmix.Dirichlet | stanmix.LKJ)
    ]
    assert sorted(codes) == list(range(len(codes)))
    assert {type(p) for p in ALL} == set(priors.BY_NAME.values())


def test_arguments_are_in_stans_order_and_padded():
    assert stanmix.StudentT(3, 0, 2.5).arguments() == [3.0, 0.0, 2.5]
    assert stanmix.Normal(1, 2).arguments() == [1.0, 2.0, 0.0]
    assert stanmix.Flat().arguments() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: stanmix.Normal(0, -1), "sigma must be a positive, finite number, got -1"),
        (lambda: stanmix.Normal(0, float("nan")), "sigma must be .*finite number, got nan"),
        (lambda: stanmix.Normal(10**400, 1), "mu must be a finite number, got 1000"),
        (lambda: stanmix.Normal("a", 1), "mu must be a finite number, got 'a'"),
        (lambda: stanmix.StudentT(0, 0, 1), "nu must be a positive"),
        (lambda: stanmix.Gamma(2, 0), "beta must be a positive"),
        (lambda: stanmix.Exponential(True), "beta must be a positive.*got True"),
        (lambda: stanmix.Uniform(1, 1), "alpha must lie below beta"),
        (lambda: stanmix.AsymmetricLaplace(0, 1, 1), "tau must lie between 0 and 1, got 1.0"),
        (lambda: stanmix.BetaProportion(0, 1), "mu must lie between 0 and 1, got 0.0"),
        (lambda: stanmix.Pareto(0, 1), "y_min must be a positive"),
        (lambda: stanmix.SkewNormal(0, 0, 1), "omega must be a positive"),
        (lambda: stanmix.Dirichlet([1, -1]), "alpha must be a positive.*list of them, got .1, -1"),
        (lambda: stanmix.Dirichlet([]), "alpha must be a positive"),
        (lambda: stanmix.Dirichlet("ab"), "alpha must be a positive.*got 'ab'"),
        (lambda: stanmix.Dirichlet(object()), "alpha must be a positive.*list of them"),
        (lambda: stanmix.Dirichlet([1, 2]).concentration(3), "2 entries"),
    ],
)
def test_unusable_arguments_are_refused(make, word):
    with pytest.raises(InputError, match=word):
        make()


def test_scalars_of_numpy_are_numbers():
    assert stanmix.Normal(np.int64(0), np.float32(2)) == stanmix.Normal(0, 2)
    assert stanmix.Normal(np.float64(0), np.array(2)) == stanmix.Normal(0, 2)
    assert stanmix.Dirichlet(np.int64(2)) == stanmix.Dirichlet(2)
    assert stanmix.Dirichlet(np.array([1, 2])) == stanmix.Dirichlet([1.0, 2.0])
    priors = stanmix.Normal(np.int64(0), np.float32(2)), stanmix.Normal(0, 2)
    assert len({repr(prior.to_dict()) for prior in priors}) == 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (None, "a prior must be the mapping that to_dict gives, got None"),
        ("Normal(0, 1)", "a prior must be the mapping"),
        ({}, "a name and a list of args"),
        ({"name": "Normal", "args": "01"}, "a name and a list of args"),
        ({"name": "Prior", "args": []}, "a prior's name must be one of 'Flat'"),
        ({"name": ["Normal"], "args": [0, 1]}, "a prior's name must be one of"),
        ({"name": "Normal", "args": [0]}, r"Normal takes 2 argument\(s\)"),
        ({"name": "Normal", "args": [0, "1"]}, "Normal: sigma must be a positive"),
    ],
)
def test_values_of_anything_else_are_no_prior(values, word):
    with pytest.raises(InputError, match=word):
        priors.from_dict(values)
