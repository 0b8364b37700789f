"""What a quantity is called, how long it is, and as what a program declares it."""

from __future__ import annotations

import dataclasses

import pytest

from stanmix.model.parameters import MEAN, NU, POSITIVE_MEAN, SCALE
from stanmix.model.priors import Flat, Gamma, Normal, Uniform
from stanmix.program.variables import Matrix, Order, Place, Quantity, Transform

X = Matrix("X", "P", "p", "covariate", "N", "mu")
X_SIGMA = Matrix("X_sigma", "P_sigma", "p", "sigma_covariate", "N", "sigma")
Z = Matrix("Z", "Q", "q", "gating_covariate", "N", "theta")

MU = Quantity("mu", "mu", MEAN, place=Place.RESPONSE)
VECTOR = dataclasses.replace(MU, columns="dimension")
COUNTS = Quantity("mu", "mu", POSITIVE_MEAN)
SIGMA = Quantity("sigma", "sigma", SCALE, place=Place.SCALE)
DEGREES = Quantity("nu", "nu", NU)
BETA = Quantity("beta", "mu", MEAN, columns="covariate", matrix=X, place=Place.RESPONSE)
OF_SIGMA = Quantity(
    "beta_sigma", "sigma", SCALE, columns="sigma_covariate", matrix=X_SIGMA, place=Place.LOG_SCALE
)
THETA = Quantity("theta", "theta", None)
GAMMA = Quantity("gamma", "theta", None, columns="gating_covariate", matrix=Z)


def declared(one, **changes):
    found = dataclasses.replace(one, **changes).variables
    return [(each.name, ", ".join(each.axes), each.transform) for each in found]


@pytest.mark.parametrize(
    ("one", "changes", "expected"),
    [
        (THETA, {}, [("theta", "K", Transform.SIMPLEX)]),
        (THETA, {"known": True}, []),
        (GAMMA, {}, [("gamma_free", "K - 1, Q", Transform.IDENTITY)]),
        (MU, {}, [("mu_scaled", "K", Transform.IDENTITY)]),
        (MU, {"order": Order.ALL}, [("mu_scaled", "K", Transform.ORDERED)]),
        (VECTOR, {}, [("mu_scaled", "K, D", Transform.IDENTITY)]),
        (
            VECTOR,
            {"order": Order.COLUMN},
            [
                ("mu_ordered", "K", Transform.ORDERED),
                ("mu_rest", "K, D - 1", Transform.IDENTITY),
            ],
        ),
        (COUNTS, {}, [("mu", "K", Transform.POSITIVE)]),
        (COUNTS, {"place": Place.OFFSET}, [("mu_scaled", "K", Transform.POSITIVE)]),
        (COUNTS, {"order": Order.ALL}, [("mu", "K", Transform.POSITIVE_ORDERED)]),
        (BETA, {}, [("beta_scaled", "K, P", Transform.IDENTITY)]),
        (
            BETA,
            {"order": Order.COLUMN},
            [
                ("beta_ordered", "K", Transform.ORDERED),
                ("beta_rest", "K, P - 1", Transform.IDENTITY),
            ],
        ),
        (SIGMA, {}, [("sigma_scaled", "K", Transform.BOUNDED)]),
        (SIGMA, {"shared": True}, [("sigma_scaled", "", Transform.BOUNDED)]),
        (SIGMA, {"columns": "dimension"}, [("sigma_scaled", "K, D", Transform.BOUNDED)]),
        (
            SIGMA,
            {"columns": "dimension", "shared": True},
            [("sigma_scaled", "D", Transform.BOUNDED)],
        ),
        (SIGMA, {"order": Order.ALL}, [("sigma_scaled", "K", Transform.POSITIVE_ORDERED)]),
        (SIGMA, {"known": True}, []),
        (OF_SIGMA, {}, [("beta_sigma_scaled", "K, P_sigma", Transform.IDENTITY)]),
        (OF_SIGMA, {"shared": True}, [("beta_sigma_scaled", "P_sigma", Transform.IDENTITY)]),
        (DEGREES, {}, [("nu", "K", Transform.BOUNDED)]),
        # Of named priors a uniform one alone has ends.
        (DEGREES, {"prior": Gamma}, [("nu", "K", Transform.POSITIVE)]),
        (DEGREES, {"prior": Uniform}, [("nu", "K", Transform.BOUNDED)]),
    ],
)
def test_what_a_program_declares(one, changes, expected):
    assert declared(one, **changes) == expected


@pytest.mark.parametrize(
    ("one", "dims", "words"),
    [
        (THETA, ("component",), "weights"),
        (GAMMA, ("component", "gating_covariate"), "coefficients of the weights"),
        (MU, ("component",), "means"),
        (VECTOR, ("component", "dimension"), "means"),
        (BETA, ("component", "covariate"), "coefficients"),
        (OF_SIGMA, ("component", "sigma_covariate"), "coefficients of the scales"),
        (SIGMA, ("component",), "scales"),
        (dataclasses.replace(SIGMA, shared=True), (), "scale"),
        (dataclasses.replace(SIGMA, shared=True, columns="dimension"), ("dimension",), "scales"),
        (dataclasses.replace(OF_SIGMA, shared=True), ("sigma_covariate",), "coefficients of the"),
        (DEGREES, ("component",), "degrees of freedom"),
        (dataclasses.replace(DEGREES, shared=True), (), "number of degrees of freedom"),
    ],
)
def test_what_draws_and_comments_call_it(one, dims, words):
    assert one.dims == dims
    assert one.words.startswith(words)
    assert len(one.axes) == len(one.dims)


def test_only_what_is_constant_and_positive_has_bounds():
    assert not MU.positive and not OF_SIGMA.positive and not GAMMA.positive
    assert SIGMA.positive and COUNTS.positive and DEGREES.positive
    assert SIGMA.bounded and not COUNTS.bounded and not OF_SIGMA.bounded and not MU.bounded
    assert not dataclasses.replace(SIGMA, order=Order.ALL).bounded


def test_a_flat_prior_is_known_to_be_flat_where_it_is_named():
    assert dataclasses.replace(MU, prior=Flat).flat
    assert not MU.flat and not dataclasses.replace(MU, prior=Normal).flat
