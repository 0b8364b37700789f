from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.inference.exploration.fewer import WORSE, fewer
from stanmix.inference.starts import multistart

RNG = np.random.default_rng(0)
APART = np.concatenate([RNG.normal(-6, 1, 60), RNG.normal(0, 1, 60), RNG.normal(6, 1, 60)])


def kinds_of(model):
    alone = {*range(model.components)} - {k for alike in model.alike for k in alike}
    return [*model.alike, *([k] for k in alone)]


def worse_by(model, design, found):
    """Of the kind whose component is missed least."""
    with np.errstate(all="ignore"):
        each = fewer(model, design, found, kinds_of(model), np.random.default_rng(0))
    return min(one.worse_by for one in each)


@pytest.mark.parametrize(
    "statement",
    [{}, {"fixed": {"sigma": [1.0, 1.0, 1.0]}}, {"family": "student_t", "fixed": {"nu": 50.0}}],
)
def test_a_component_that_is_needed_makes_the_fit_worse(statement):
    """By what the best fit of one fewer lacks, found from many starts."""
    model = stanmix.Mixture("y", 3, **statement)
    design = model.matrices({"y": APART})
    found = multistart.optima(model, design, 1)
    if "fixed" in statement and "sigma" in statement["fixed"]:
        statement = {"fixed": {"sigma": [1.0, 1.0]}}
    two = multistart.optima(stanmix.Mixture("y", 2, **statement), design, 1)
    expected = found[0].log_likelihood - two[0].log_likelihood
    assert expected > 10
    assert worse_by(model, design, found) == pytest.approx(expected, abs=0.5)


def test_a_component_that_is_not_needed_is_hardly_missed():
    y = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    model = stanmix.Mixture("y", 2)
    design = model.matrices({"y": y})
    found = multistart.optima(model, design, 1)
    assert 0 <= worse_by(model, design, found) < 4


def test_states_are_those_of_the_others():
    """Of three alike no row is of the last, and the others fit as well as two alone."""
    model = stanmix.Mixture("y", 3)
    y = np.concatenate([APART[:60], APART[120:]])
    design = model.matrices({"y": y})
    (one,) = fewer(
        model, design, multistart.optima(model, design, 1), [(0, 1, 2)], np.random.default_rng(0)
    )
    assert one.worse_by < WORSE and one.states[0].theta[2] < 1e-5
    best = max(state.log_likelihood for state in one.states)
    assert one.states[0].log_likelihood == best
    two = multistart.optima(stanmix.Mixture("y", 2), design, 1)[0]
    assert best == pytest.approx(two.log_likelihood, abs=0.01)
    np.testing.assert_allclose(
        np.sort(one.states[0].parameters["mu"][:2]), np.sort(two.parameters["mu"]), atol=0.01
    )


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
    formula, stated = UNLIKE[name]
    K = len(stated.get("family", [0, 0]))
    rng = np.random.default_rng(2)
    x = rng.normal(size=150)
    y = rng.choice([-9.0, 0.0, 9.0][: K if needed else 1], 150) + rng.normal(size=150)
    frame = {"y": y, "x": x}
    model = stanmix.Mixture(formula, K, **stated)
    design = model.matrices(frame)
    found = multistart.optima(model, design, 1)
    assert (worse_by(model, design, found) > WORSE) == needed


def test_a_component_without_which_there_are_no_such_responses_is_never_left_out():
    """Zeros beside gammas or truncated counts."""
    n = np.resize([0, 0, 1, 2, 3, 2, 1], 70)
    hurdle = stanmix.Mixture(
        "y", 2, family=[stanmix.PointMass(0), stanmix.Truncated("poisson", lower=1)]
    )
    beside = stanmix.Mixture("y", 2, family=[stanmix.PointMass(0), "gamma"])
    for model in (hurdle, beside):
        design = model.matrices({"y": n})
        found = multistart.optima(model, design, 1)
        each = fewer(model, design, found, [(0,), (1,)], np.random.default_rng(0))
        assert [one.worse_by for one in each] == [np.inf, np.inf]
        assert not any(one.states for one in each)


def test_units_do_not_matter_where_families_leave_another():
    """Numbers about a centre, where the family of positive ones is left out, or not."""
    model, found = stanmix.Mixture("y", 2, family=["normal", "gamma"]), []
    for unit in (1.0, 1000.0):
        design = model.matrices({"y": unit * np.random.default_rng(3).gamma(3, size=100)})
        optima = multistart.optima(model, design, 1)
        found.append(worse_by(model, design, optima))
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
    assert worse_by(model, design, found) == pytest.approx(expected, abs=0.01)
