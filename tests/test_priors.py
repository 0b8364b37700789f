from __future__ import annotations

import pytest

import stanmix
from stanmix import priors
from stanmix.errors import InputError

ALL = [
    stanmix.Flat(), stanmix.Normal(0, 2), stanmix.StudentT(3, 0, 2.5), stanmix.Cauchy(0, 1),
    stanmix.Laplace(0, 1), stanmix.Logistic(0, 1), stanmix.HalfNormal(1),
    stanmix.HalfStudentT(3, 2), stanmix.Exponential(1), stanmix.Gamma(2, 1),
    stanmix.InverseGamma(2, 1), stanmix.LogNormal(0, 1), stanmix.Uniform(0, 1),
    stanmix.Beta(5, 5), stanmix.Dirichlet([5, 5]), stanmix.Dirichlet(2.0),
]  # fmt: skip


@pytest.mark.parametrize("prior", ALL, ids=repr)
def test_plain_values_give_the_prior_back(prior):
    assert priors.from_dict(prior.to_dict()) == prior


def test_codes_are_distinct():
    codes = [p.code for p in ALL if not isinstance(p, stanmix.Beta | stanmix.Dirichlet)]
    assert sorted(codes) == list(range(len(codes)))


def test_arguments_are_in_stans_order_and_padded():
    assert stanmix.StudentT(3, 0, 2.5).arguments() == [3.0, 0.0, 2.5]
    assert stanmix.Normal(1, 2).arguments() == [1.0, 2.0, 0.0]
    assert stanmix.Flat().arguments() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: stanmix.Normal(0, -1), "sigma must be positive"),
        (lambda: stanmix.Normal(0, float("nan")), "sigma must be finite"),
        (lambda: stanmix.Normal("a", 1), "mu must be a number"),
        (lambda: stanmix.StudentT(0, 0, 1), "nu must be positive"),
        (lambda: stanmix.Gamma(2, 0), "beta must be positive"),
        (lambda: stanmix.Exponential(True), "beta must be a number"),
        (lambda: stanmix.Uniform(1, 1), "alpha must lie below beta"),
        (lambda: stanmix.Dirichlet([1, -1]), "alpha must be positive"),
        (lambda: stanmix.Dirichlet([]), "alpha must be positive"),
        (lambda: stanmix.Dirichlet(object()), "alpha must be a number or a list"),
        (lambda: stanmix.Dirichlet([1, 2]).concentration(3), "2 entries"),
    ],
)
def test_unusable_arguments_are_refused(make, word):
    with pytest.raises(InputError, match=word):
        make()
