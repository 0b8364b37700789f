"""Any two options: legal pairs have the density of SciPy, and others are refused in words."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted

import stanmix
from stanmix.errors import InputError
from stanmix.program.lower import lower

N = 24
RNG = np.random.default_rng(0)
GROUP = np.arange(N) // 3
FRAME = pd.DataFrame({
    "y": RNG.normal(5, 1, N), "n": RNG.poisson(4, N), "angle": RNG.vonmises(0, 1, N),
    "successes": RNG.binomial(9, 0.4, N), "trials": 9, "truth": RNG.integers(0, 2, N),
    "a": RNG.normal(size=N), "b": RNG.normal(size=N), "x": RNG.normal(size=N),
    "z": RNG.normal(size=8)[GROUP], "g": GROUP, "times": RNG.integers(1, 4, N),
    "shift": RNG.normal(size=N) / 9, "kind": np.resize(["none", "left", "right"], N),
    "class": np.where(GROUP % 3 == 0, "a", np.where(GROUP % 3 == 1, "b", None)),
})  # fmt: skip
# Families of each kind of response: what is stated, a parameter beside the location, its ends.
KINDS: dict[str, tuple[dict[str, Any], str, tuple[float, float]]] = {
    "normal": ({"formula": "y", "family": "normal"}, "sigma", (2, 8)),
    "negative_binomial": ({"formula": "n", "family": "negative_binomial"}, "phi", (0, 20)),
    "beta_binomial": (
        {"formula": "successes", "family": "beta_binomial", "trials": "trials"}, "phi", (0, 9),
    ),
    "bernoulli": ({"formula": "truth", "family": "bernoulli"}, "mu", (0, 1)),
    "von_mises": ({"formula": "angle", "family": "von_mises"}, "kappa", (-3, 3)),
    "mvnormal": (
        {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal"}, "sigma", (0, 1),
    ),
}  # fmt: skip


def options(kind: str) -> dict[str, dict[str, Any]]:
    """What can be stated beside the family, by a name of it."""
    stated, other, ends = KINDS[kind]
    y = stated["formula"]
    fractions = kind in ("beta_binomial", "bernoulli")
    priors = [stanmix.Beta(1, 2), stanmix.Beta(2, 1)] if fractions else [stanmix.Normal(1, 1)] * 2
    return {
        "covariates": {"formula": f"{y} ~ x" if isinstance(y, str) else ["a ~ x", "b ~ x"]},
        "formulas of components": {"formula": [f"{y} ~ x", f"{y} ~ 1"]},
        "shared coefficient": {"formula": f"{y} ~ x", "shared": ("x",)},
        "shared parameter": {"shared": (other,)},
        "formula of another": {"formulas": {other: "~ z"}},
        "known parameter": {"fixed": {other: 1.5}},
        "known weights": {"fixed": {"theta": [0.4, 0.6]}},
        "gating": {"gating": "~ z"},
        "group": {"group": "g"},
        "weights": {"weights": "times"},
        "offset": {"offset": "shift"},
        "trials": {"trials": "trials"},
        "censoring": {"censoring": "kind"},
        "truncation": {"truncation": ends},
        "labels": {"labels": "class"},
        "missing": {"missing": "predict"},
        "link": {"link": {"mu": "probit"}},
        "order by mu": {"order": "mu"},
        "order by the mean": {"order": "mean"},
        "order by weight": {"order": "theta"},
        "priors of components": {"priors": {"mu": priors}},
        "covariance": {"covariance": "spherical"},
        "common mean": {"mean": "common"},
    }


REGRESSIONS = ("covariates", "formulas of components", "shared coefficient")
ORDERS = ("order by mu", "order by the mean", "order by weight")
CONSTANT = [name for name in options("normal") if name not in (*REGRESSIONS, "offset")]
FREE_MEANS = [name for name in options("mvnormal") if name != "common mean"]
ONE_COLUMN = tuple(kind for kind in KINDS if kind != "mvnormal")
# Options that a kind of family does not have, and what is said of both.
NOT_THERE = [
    ("trials", {*KINDS} - {"beta_binomial"}, "trials=.*not for family=.*remove it, or choose one"),
    (
        "link",
        {"normal", "negative_binomial", "von_mises", "mvnormal"},
        "'mu' of family.*can have",
    ),
    ("covariance", ONE_COLUMN, "covariance=.*of several columns.*not for family=.*remove it"),
    ("common mean", ONE_COLUMN, "mean='common' is for families of several columns.*remove it"),
    ("formula of another", {"bernoulli"}, "formulas: the covariates of 'mu' stand in the formula"),
    (
        "formula of another",
        {"mvnormal"},
        "formulas: the parameters of family='mvnormal' have no",
    ),
    ("known parameter", {"bernoulli"}, "fixed: 'mu' cannot be fixed; 'theta' can"),
    (
        "censoring",
        {"bernoulli", "von_mises", "mvnormal"},
        "censoring=.*has ends.*remove it",
    ),
    (
        "truncation",
        {"bernoulli", "von_mises", "mvnormal"},
        "truncation=.*has ends.*remove",
    ),
    ("covariates", {"mvnormal"}, "Unknown columns 'a ~ x', 'b ~ x'; the data have"),
    ("formulas of components", {"mvnormal"}, "Unknown columns .*; the data have"),
    ("shared coefficient", {"mvnormal"}, "takes the names of its columns as a list"),
    ("offset", {"mvnormal"}, "offset=.*no linear predictor.*subtract it"),
    (
        "order by the mean",
        {"mvnormal"},
        "a mean in each column.*order by .* use order='auto'",
    ),
]
# Pairs of which each by itself can be stated, of one of the first and one of the second, for all
# kinds or those named; and what is said of both, with the way out.
TOLD_APART = 'tell the components apart already.*leave the order to "auto"'
NOT_TOGETHER = [
    # Without covariates, and alone: of a regression's coefficients some may differ.
    (
        ("shared parameter",),
        [name for name in options("bernoulli") if name not in REGRESSIONS],
        {"bernoulli"},
        "shared: 'mu' cannot be shared; none.*can",
    ),
    (
        ("shared parameter",),
        ("covariates",),
        {"bernoulli"},
        "differ in nothing but their weights.*share less",
    ),
    (
        ("shared parameter",),
        ("shared coefficient",),
        {"bernoulli"},
        "'mu' and 'x' are both named.*remove one",
    ),
    (("order by mu",), FREE_MEANS, {"mvnormal"}, "order='mu': this mixture can be ordered by "),
    (
        ("link",),
        CONSTANT,
        {"beta_binomial", "bernoulli"},
        "not depend on covariates.*give it a form",
    ),
    (REGRESSIONS, ("order by mu",), KINDS, "order='mu': a regression has a coefficient for each"),
    (("formulas of components",), ORDERS[1:], KINDS, TOLD_APART),
    (
        REGRESSIONS,
        ("priors of components",),
        {"normal", "negative_binomial", "von_mises"},
        "'mu' depends on covariates here.*state those of 'beta', 'Intercept', 'x'",
    ),
    (
        REGRESSIONS,
        ("priors of components",),
        KINDS,
        "can take any value, but Beta.*use Normal",
    ),
    (
        ("shared parameter",),
        ("known parameter",),
        KINDS,
        "both shared and fixed.*remove it",
    ),
    (
        ("formula of another",),
        ("known parameter",),
        KINDS,
        "fixed and given a formula.*remove",
    ),
    (("known weights",), ("gating",), KINDS, "gating=.*fixed states known weights.*remove one"),
    (("known weights",), ("order by weight",), KINDS, "'theta': that parameter is fixed.*choose"),
    (("known weights",), ("order by the mean",), KINDS, TOLD_APART),
    # Means with two ends are put in order once drawn, which needs components that are alike.
    (("known weights",), ("order by mu",), {"beta_binomial", "bernoulli", "von_mises"}, TOLD_APART),
    (("gating",), ("order by weight",), KINDS, "with gating=.*weights of its own.*choose another"),
    (("labels",), ORDERS, KINDS, "order=.* and labels='class' both name the components; remove"),
    (ORDERS, ("priors of components",), KINDS, "order=.*the priors of 'mu' tell.*remove the order"),
]


def merged(kind: str, *names: str) -> dict[str, Any] | None:
    """What is stated with some options; None where two of them give one argument two values."""
    found = dict(KINDS[kind][0])
    given: set[str] = set()
    for name in names:
        for argument, value in options(kind)[name].items():
            if argument in given and found[argument] != value:
                if isinstance(value, dict):
                    value = {**found[argument], **value}
                elif argument == "shared":
                    value = tuple(dict.fromkeys((*found[argument], *value)))
                else:
                    return None
            found[argument] = value
            given.add(argument)
    return found


def why_not(kind: str, *names: str) -> list[str]:
    """What an error can say of options, by the tables; nothing where they are legal."""
    found = [said for option, kinds, said in NOT_THERE if option in names and kind in kinds]
    for firsts, seconds, kinds, said in NOT_TOGETHER:
        pairs = itertools.product(firsts, seconds)
        if kind in kinds and any({*pair} == {*names} for pair in pairs):
            found.append(said)
    return found


def asked(kind: str) -> list[tuple[str, ...]]:
    """Options of a kind, one by one and in pairs."""
    every = list(options(kind))
    return [(one,) for one in every] + list(itertools.combinations(every, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_as_scipy_has_them_or_are_refused(kind):
    for names in asked(kind):
        stated = merged(kind, *names)
        if stated is None:
            continue
        try:
            model = stanmix.Mixture(components=2, **stated)
            data = model.data(FRAME)
        except InputError as error:
            said = why_not(kind, *names)
            assert any(re.search(one, str(error)) for one in said), (names, str(error))
            continue
        assert not why_not(kind, *names), names
        points = random_points(model, data, 2, seed=1)
        expected = [log_posterior(model, data, u) for u in points]
        found = interpreted(model, data, points)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9, err_msg=str(names))
        assert np.isfinite(found).all(), names


def test_fused_likelihoods_of_pairs_are_the_portable_ones(log_density, fused_programs, shipped):
    """Of pairs whose programs are compiled for other tests, or as `fused_mixtures.PAIRS`."""
    compared = set()
    for kind, names in ((each, names) for each in KINDS for names in asked(each)):
        stated = merged(kind, *names)
        if stated is None or why_not(kind, *names):
            continue
        model = stanmix.Mixture(components=2, **stated)
        plan = lower(model, "auto")
        among = [one for one in (fused_programs, shipped) if plan in one]
        if plan.kernel != "fused" or not among:
            continue
        data = model.data(FRAME)
        points = random_points(model, data, 2, seed=1)
        found = log_density(model, data, points, kernel="fused", among=among[0])
        expected = interpreted(model, data, points)
        scale = np.abs(expected).max(axis=1, keepdims=True)  # some derivatives nearly cancel
        wrong = np.abs(found - expected) > 1e-9 * np.abs(expected) + 1e-12 * scale
        assert not wrong.any(), (kind, names, found, expected)
        compared |= {(kind, name) for name in names}
    assert {kind for kind, _ in compared} == {*KINDS}
    # Of other links none is fused, and trials are there already.
    assert {name for _, name in compared} == {*options("normal")} - {"link", "trials"}


def test_every_line_of_the_tables_says_something():
    said = {each for kind in KINDS for names in asked(kind) for each in why_not(kind, *names)}
    assert {line[-1] for line in (*NOT_THERE, *NOT_TOGETHER)} <= said
