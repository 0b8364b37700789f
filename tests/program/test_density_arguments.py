"""Arguments of densities, of texts that are sums: a bracket is where Stan needs one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stanmix.model.families import FAMILIES, StanDensity
from stanmix.program.density_arguments import density_arguments

# As a program could write them, which Python can read too.
VALUES = {"a": 0.25, "b": 0.5, "c": [0.3, 0.7], "n": 1}
# The arguments in Stan's parametrization, of numbers.
EXPECTED = {
    "gamma": lambda of: [of["shape"], of["shape"] / of["mu"]],
    "exponential": lambda of: [1 / of["mu"]],
    "pareto": lambda of: [of["minimum"], 1 / of["mu"]],
    "weibull": lambda of: [of["shape"], of["mu"] / math.gamma(1 + 1 / of["shape"])],
    "beta_binomial": lambda of: [
        of["trials"], of["mu"] * of["phi"], (1 - of["mu"]) * of["phi"],
    ],
    "student_t": lambda of: [of["nu"], of["mu"], of["sigma"]],
}  # fmt: skip


@pytest.mark.parametrize("family", EXPECTED)
@pytest.mark.parametrize("text", ["a", "a + b", "a - b + 1", "c[n]", "exp(a)", "a * exp(b) + c[n]"])
def test_arguments_have_the_value_of_their_parts(family, text):
    names = {one.name for one in FAMILIES[family].parameters} | {"trials"}
    texts = {name: f"{text} * {i + 2}" if i else text for i, name in enumerate(sorted(names))}
    known = {**VALUES, "exp": math.exp, "tgamma": math.gamma}
    numbers = {name: eval(of_one, known) for name, of_one in texts.items()}
    found = density_arguments(FAMILIES[family].stan, texts)
    np.testing.assert_allclose([eval(one, known) for one in found], EXPECTED[family](numbers))


def test_brackets_are_where_they_are_needed_alone():
    stan = StanDensity("made_up", ("{mu}", "{mu} / {sigma}"))
    for mu, part in {
        "mu[k]": "mu[k]",
        "exp(eta)": "exp(eta)",
        "mu[k]'": "mu[k]'",
        "eta + o": "(eta + o)",
        "f(a) + f(b)": "(f(a) + f(b))",
        "-mu": "(-mu)",
    }.items():
        assert density_arguments(stan, {"mu": mu, "sigma": "s"}) == [mu, f"{part} / s"]
