from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.inference.exploration.fewer import without, worse_by
from stanmix.inference.starts import multistart

RNG = np.random.default_rng(0)
APART = np.concatenate([RNG.normal(-6, 1, 60), RNG.normal(0, 1, 60), RNG.normal(6, 1, 60)])


@pytest.mark.parametrize("component", [0, 1, 2])
def test_what_is_known_and_stated_of_the_others_stays(component):
    model = stanmix.Mixture(
        "y",
        3,
        family="student_t",
        fixed={"sigma": [1.0, 2.0, 3.0], "nu": 4.0},
        priors={
            "theta": stanmix.Dirichlet([1.0, 2.0, 3.0]),
            "mu": [stanmix.Normal(k, 1) for k in range(3)],
        },
    )
    kept = [k for k in range(3) if k != component]
    smaller = without(model, component)
    assert isinstance(smaller, stanmix.Mixture)
    assert smaller.components == 2
    assert smaller.fixed == {"sigma": [k + 1.0 for k in kept], "nu": 4.0}
    assert smaller.priors["mu"] == tuple(stanmix.Normal(k, 1) for k in kept)
    assert smaller.priors["theta"].concentration(2) == [k + 1.0 for k in kept]


def test_a_row_of_numbers_a_component_and_known_weights_stay():
    table = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    model = stanmix.Mixture(
        ["a", "b"],
        3,
        family="mvnormal",
        covariance="diagonal",
        fixed={"sigma": table, "theta": [0.2, 0.4, 0.4]},
    )
    smaller = without(model, 1)
    assert smaller.fixed["sigma"] == [table[0], table[2]]
    np.testing.assert_allclose(smaller.fixed["theta"], [1 / 3, 2 / 3])


@pytest.mark.parametrize(
    "statement",
    [{}, {"fixed": {"sigma": [1.0, 1.0, 1.0]}}, {"family": "student_t", "fixed": {"nu": 50.0}}],
)
def test_a_component_that_is_needed_makes_the_fit_worse(statement):
    """By what the best fit of one fewer lacks, found from many starts."""
    model = stanmix.Mixture("y", 3, **statement)
    design = model.matrices({"y": APART})
    found = multistart.optima(model, design, 1)
    fewer = multistart.optima(without(model, 0), design, 1)
    expected = found[0].log_likelihood - fewer[0].log_likelihood
    lost = worse_by(model, design, found, np.random.default_rng(0))
    assert expected > 10
    assert lost == pytest.approx(expected, abs=0.5)


def test_a_component_that_is_not_needed_is_hardly_missed():
    y = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    model = stanmix.Mixture("y", 2)
    design = model.matrices({"y": y})
    found = multistart.optima(model, design, 1)
    assert 0 <= worse_by(model, design, found, np.random.default_rng(0)) < 4
