from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.inference.exploration.fewer import unlike_worse_by, without, worse_by
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


UNLIKE = {
    "families": ("y", {"family": ["normal", "student_t"]}),
    "families, one several times": ("y", {"family": ["normal", "normal", "student_t"],
                                          "fixed": {"nu": 4.0}}),
    "formulas": (["y ~ x", "y ~ 1"], {}),
    "formulas of the scale": ("y", {"formulas": {"sigma": ["~ x", "~ 1"]}}),
}  # fmt: skip


@pytest.mark.parametrize("name", UNLIKE)
@pytest.mark.parametrize("needed", [True, False])
def test_components_that_are_told_apart_are_missed_where_they_are_needed(name, needed):
    """As far as the better of the mixtures with one fewer, each found from many starts."""
    formula, stated = UNLIKE[name]
    K = len(stated.get("family", [0, 0]))
    rng = np.random.default_rng(2)
    x = rng.normal(size=150)
    y = rng.choice([-9.0, 0.0, 9.0][: K if needed else 1], 150) + rng.normal(size=150)
    frame = {"y": y, "x": x}
    model = stanmix.Mixture(formula, K, **stated)
    design = model.matrices(frame)
    found = multistart.optima(model, design, 1)
    with np.errstate(all="ignore"):
        lost = unlike_worse_by(model, design, found, np.random.default_rng(0))
    assert (lost > 40) == needed


def test_a_component_without_which_there_are_no_such_responses_is_never_left_out():
    """Zeros beside gammas or truncated counts; and what it is in data of any unit, beside zeros."""
    n = np.resize([0, 0, 1, 2, 3, 2, 1], 70)
    hurdle = stanmix.Mixture(
        "y", 2, family=[stanmix.PointMass(0), stanmix.Truncated("poisson", lower=1)]
    )
    beside = stanmix.Mixture("y", 2, family=[stanmix.PointMass(0), "gamma"])
    for model in (hurdle, beside):
        design = model.matrices({"y": n})
        found = multistart.optima(model, design, 1)
        with np.errstate(all="ignore"):
            lost = unlike_worse_by(model, design, found, np.random.default_rng(0))
        assert lost == np.inf


def test_units_do_not_matter_where_families_leave_another():
    """Numbers about a centre, where the family of positive ones is left out, or not."""
    model, found = stanmix.Mixture("y", 2, family=["normal", "gamma"]), []
    for unit in (1.0, 1000.0):
        design = model.matrices({"y": unit * np.random.default_rng(3).gamma(3, size=100)})
        optima = multistart.optima(model, design, 1)
        with np.errstate(all="ignore"):
            found.append(unlike_worse_by(model, design, optima, np.random.default_rng(0)))
    assert found[0] == pytest.approx(found[1], abs=0.1)


@pytest.mark.parametrize("theta", [[0.5, 0.5], [0.3, 0.7]])
def test_a_known_weight_is_lost_where_no_row_belongs_to_it(theta):
    """All rows have the density of the other component, by its weight."""
    y = np.round(RNG.normal(0, 1, 12), 2)
    model = stanmix.Mixture("y", 2, fixed={"theta": theta, "sigma": 1.0})
    design = model.matrices({"y": y})
    found = multistart.optima(model, design, 1)
    # In units of the scaled response, as starts have it.
    one = stats.norm(y.mean(), 1).logpdf(y).sum() + 12 * np.log(model.data({"y": y})["y_scale"])
    expected = found[0].log_likelihood - one - 12 * np.log(max(theta))
    lost = worse_by(model, design, found, np.random.default_rng(0))
    assert lost == pytest.approx(expected, abs=0.01)


def test_known_values_of_the_last_component_are_one_number():
    model = stanmix.Mixture("y", 2, fixed={"theta": [0.3, 0.7], "sigma": [1.0, 2.0]})
    assert without(model, 0).fixed == {"theta": [1.0], "sigma": 2.0}
    assert without(model, 1).fixed == {"theta": [1.0], "sigma": 1.0}
