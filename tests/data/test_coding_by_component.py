"""Matrices of formulas that differ by component."""

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.data import design
from stanmix.errors import InputError

FRAME = pd.DataFrame(
    {
        "y": [1.0, 3.0, 2.0, 5.0, 4.0, 7.0],
        "x": [0.5, 1.5, -1.0, 2.0, 3.0, 0.0],
        "g": list("abcabc"),
    }
)


def built(*formulas, **roles):
    return design.build(formulas, FRAME, by_component=True, **roles)


def test_columns_of_one_name_are_one_column():
    made = built("y ~ x", "y ~ 1", "y ~ g + x:g")
    alone = design.build("y ~ g + x:g", FRAME)
    first = design.build("y ~ x", FRAME)
    names = (*first.covariates, *(one for one in alone.covariates if one not in first.covariates))
    assert made.covariates == names
    by_name = dict(zip(first.covariates, first.X.T, strict=True))
    by_name |= dict(zip(alone.covariates, alone.X.T, strict=True))
    np.testing.assert_array_equal(made.X, np.column_stack([by_name[name] for name in names]))


@pytest.fixture(autouse=True)
def any_rank(monkeypatch):
    """Ranks have tests of their own, below."""
    monkeypatch.setattr("stanmix.data.coding_by_component.check_rank", lambda X, names: None)


def test_each_component_has_the_columns_of_its_own_formula():
    made = built("y ~ x", "y ~ 0 + g", "y ~ 1")
    expected = [design.build(f, FRAME).covariates for f in ("y ~ x", "y ~ 0 + g", "y ~ 1")]
    own = [tuple(np.array(made.covariates)[there]) for there in made.having("mu")]
    assert [set(names) for names in own] == [set(names) for names in expected]
    assert made.terms_of("mu") == ("1", "x", "g", "g", "g")


def test_new_rows_are_coded_as_those_of_the_data():
    made = built("y ~ bs(x, df=4)", "y ~ g")
    new = FRAME.iloc[[4, 1]].assign(y=np.nan)
    np.testing.assert_allclose(made.transform(new)[0], made.X[[4, 1]])
    with pytest.raises(InputError, match="levels"):
        made.transform(new.assign(g="d"))


def test_predictors_of_other_parameters_differ_by_component():
    made = design.build("y", FRAME, predictors={"sigma": ("~ x", "~ 1")})
    assert made.covariates_of("sigma") == ("Intercept", "x")
    np.testing.assert_array_equal(made.having("sigma"), [[True, True], [True, False]])
    assert made.having("mu") is None
    np.testing.assert_array_equal(made.rows.of(FRAME[:3]).matrix("sigma"), made.matrix("sigma")[:3])


def test_missing_responses_are_predicted_with_the_columns_of_all_formulas():
    frame = FRAME.assign(y=[1.0, np.nan, 2.0, 5.0, 4.0, 7.0])
    made = design.build(("y ~ x", "y ~ 1"), frame, by_component=True, missing="predict")
    np.testing.assert_array_equal(made.all_rows.X[:, 1], FRAME["x"])
    assert len(made.y) == 5


@pytest.mark.parametrize(
    ("formulas", "match"),
    [
        (["y ~ x", "y ~ 0 + g"], "The formulas of the components, taken together: .*linearly dep"),
        (["y ~ x + I(2 * x)", "y ~ 1"], "^The covariates are linearly dependent"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(formulas, match, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(InputError, match=match):
        stanmix.Mixture(formulas, 2).data(FRAME)
