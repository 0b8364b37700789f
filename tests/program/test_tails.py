"""Stan's tails of every family, and their slopes, at parameters of all sizes."""

from __future__ import annotations

import numpy as np
import pytest
import stanli

from stanmix.model.families import FAMILIES, TRIALS, Family
from stanmix.model.parameters import FRACTION, POSITIVE, Role
from stanmix.program.files import models_folder

LIMITED = [name for name, one in FAMILIES.items() if one.tails is not None]
POINTS = 20
# Relative errors of tails: differences on the thin side, and sums of many terms, lose digits.
ERRORS = {"skew_normal": 1e-8, "beta_binomial": 1e-11}


def program(family: Family) -> str:
    """A target that is one tail of one response, of the parameters as they are."""
    stan = family.stan
    folder = models_folder() / "templates" / "functions"
    files = dict.fromkeys((*stan.definitions, *stan.tails_definitions))
    places = {one.name: f"v[{i}]" for i, one in enumerate(family.parameters, 1)}
    given = ", ".join(one.format(trials="trials", **places) for one in stan.arguments)
    tails = stan.tails or stan.name
    return f"""
functions {{
{"".join((folder / file).read_text() for file in files)}
}}
data {{
  {"int" if family.counts else "real"} y;
  int trials;
  int above;
}}
parameters {{
  vector[{len(family.parameters)}] v;
}}
model {{
  target += above ? {tails}_lccdf(y | {given}) : {tails}_lcdf(y | {given});
}}
"""


def place(family: Family, rng: np.random.Generator) -> tuple[float, dict[str, np.ndarray]]:
    """A response and parameters: shapes over five orders of magnitude, responses far out."""
    values = {}
    for one in family.parameters:
        if one.support == FRACTION:
            value = rng.uniform(0.02, 0.98)
        elif one.support == POSITIVE and one.role is Role.SHAPE and not one.unitless:
            value = np.exp(rng.uniform(-2, 10))
        elif one.support == POSITIVE:
            value = np.exp(rng.normal(0, 1.5))
        else:
            value = rng.normal(0, 3)
        values[one.name] = np.array([value])
    values[TRIALS] = np.array([30.0])
    low, high = family.response.ends
    mu = values["mu"][0]
    if family.counts:
        y = float(rng.integers(0, 29)) if family.response.trials else np.floor(mu * rng.gamma(2))
    elif high == 1:
        y = rng.uniform(0.01, 0.99)
    elif low == -np.inf:
        y = mu + values["sigma"][0] * rng.normal() * np.exp(rng.uniform(-2, 4))
    else:
        y = float(np.exp(rng.normal(1, 1)))
    return y, values


@pytest.mark.parametrize("name", LIMITED)
def test_tails_and_their_slopes_keep_their_digits(name):
    family, rng = FAMILIES[name], np.random.default_rng(0)
    source, error = program(family), ERRORS.get(name, 1e-14)
    names = [one.name for one in family.parameters]
    for point in range(POINTS):
        y, values = place(family, rng)
        above = point % 2
        tail = family.tails.above if above else family.tails.below

        expected = float(tail(np.array([y]), values)[0])
        if expected < -1e5:  # beyond what any fit reaches
            continue
        data = {"y": int(y) if family.counts else y, "trials": 30, "above": above}
        model = stanli.Model(stan_code=source, data=data)
        found, slopes = model.log_prob_grad(np.array([values[of][0] for of in names]))
        assert found == pytest.approx(expected, rel=max(1e-9, 10 * error), abs=10 * error), (
            y,
            values,
        )
        for of, slope in zip(names, slopes, strict=True):
            x = values[of][0]
            step = 1e-5 * abs(x)
            ends = values | {of: x + np.array([step, -step])}
            numerical = -np.diff(tail(np.array([y]), ends)).item() / (2 * step)
            rounded = error * max(abs(expected), 1e-2) / step
            assert slope == pytest.approx(numerical, rel=1e-4, abs=rounded), (of, y, values)
