"""Formulas as data: names, algebra, and that reading one runs nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendered import EXAMPLES
from synthetic import made_up_fit

import stanmix
from stanmix.data import formulas
from stanmix.errors import InputError


@pytest.mark.parametrize(
    ("formula", "terms", "columns"),
    [
        ("y ~ a * log(b)", ("1", "a", "log(b)", "a:log(b)"), {"a", "b"}),
        ("y ~ (a + b)^2", ("1", "a", "b", "a:b"), {"a", "b"}),
        ("y ~ (a + b)**2 - 1", ("a", "b", "a:b"), {"a", "b"}),
        ("y ~ a / g", ("1", "a", "a:g"), {"a", "g"}),
        ("y ~ g %in% a", ("1", "a", "a:g"), {"a", "g"}),
        ("y ~ Treatment * b", ("1", "Treatment", "b", "Treatment:b"), {"Treatment", "b"}),
        ("log ~ scale + `a b`", ("1", "scale", "`a b`"), {"scale", "a b"}),
        ("y ~ C(g, contr.sum) + np.sin(x)", ("1", "C(g, contr.sum)", "np.sin(x)"), {"g", "x"}),
        ("y ~ `1`", ("1", "`1`"), {"1"}),
        ("y ~ 0 + `1`", ("`1`",), {"1"}),
        ("y ~ `a:b` + a:b", ("1", "`a:b`", "a:b"), {"a:b", "a", "b"}),
        ("y ~ `log(x)` + log(x)", ("1", "`log(x)`", "log(x)"), {"log(x)", "x"}),
        ("y ~ {x} + x", ("1", "x"), {"x"}),
        ("y ~ Sepal.Length + `Sepal.Length`", ("1", "Sepal.Length"), {"Sepal.Length"}),
        ("y ~ `.`", ("1", "`.`"), {"."}),
        ("y ~ 2x", ("1", "`2x`"), {"2x"}),
        ("y", ("1",), set()),
    ],
)
def test_terms_and_columns(formula, terms, columns):
    read = formulas.parse(formula)
    assert (read.terms, read.columns) == (terms, columns)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("y ~ y", "'y' on both sides"),
        ("log(y) ~ x + I(y**2)", "'y' on both sides"),
        ("y ~ a:y", "'y' on both sides"),
        ("`1` ~ x + `1`", "'1' on both sides"),
        ("y ~ .", "name the covariates"),
        ("y ~ 2:x", r"2:x scales a covariate by a number.*I\(2 \* x\)"),
        ("y ~ x * 3", "Numeric literals other than `1`"),
        ("y ~ {1}", "1 reads no column"),
        ("y ~ I(3)", "reads no column"),
        ("y ~ I(x^2)", r"write \*\* for a power"),
        ("y ~ 'x'", "String literals are not valid"),
        ("y + x ~ 1", "one response"),
        ("a:b ~ 1", "one response"),
        ("1 ~ x", "one response"),
        ("y ~ x | z", "one right-hand side"),
        ("y ~ x ~ z", "Cannot parse"),
        ("~ x", "no response"),
        ("y ~ 0", "no term on the right"),
        ("y ~ log(x", "Cannot parse"),
        ("y ~ x +", "Cannot parse"),
        ("y ~ [x)", "Cannot parse"),
        ("y ~ (a + b + c)**10", "a power of 10 is beyond 9"),
        ("y ~ (a + b + c) ^ 99", "a power of 99 is beyond 9"),
        ("y ~ " + "(" * 20_000 + "x" + ")" * 20_000, r"x|nested|\(40\d+ characters\)"),
        (None, "must be a string"),
        ("  ", "must be a string"),
    ],
)
def test_what_is_no_formula_is_refused(formula, said):
    if formula is not None and len(formula) > 1000:  # brackets alone do no harm
        assert formulas.parse(formula).terms == ("1", "x")
        return
    with pytest.raises(InputError, match=said):
        formulas.parse(formula)


@pytest.mark.parametrize("template", ["y ~ {}", "{} ~ x", "y ~ x + x:{}", "y ~ ({} + x)**2"])
def test_reading_runs_nothing(template, tmp_path):
    canary = tmp_path / "ran"
    opened = f"open('{canary}', 'w')"
    for said in (
        f"{{{opened}}}", f"{opened}()", f"{{{opened}()}}", f"I({opened})", f"center({opened})",
        f"Q({opened})", f"{{__import__('pathlib').Path('{canary}').touch()}}", f"x[{opened}]",
    ):  # fmt: skip
        with pytest.raises(InputError):
            formulas.parse(template.format(said))
        with pytest.raises(InputError):
            stanmix.Mixture("y ~ 1", 2, gating=f"~ {said}")
    assert not canary.exists()


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="xy~+-*/:^()[]{}`'\"%.|10 \t\n,=\\\x1f\0é", max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        read = formulas.parse(text)
    except InputError:
        return
    assert read.terms and read.response is not None


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: "`" not in name and "\\" not in name)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=4, unique=True))
def test_any_name_can_be_quoted(names):
    y, *rest = names
    quoted = [f"`{name}`" for name in rest]
    read = formulas.parse(f"`{y}` ~ 0 + {' + '.join(quoted)} + log({quoted[0]})")
    assert read.columns == set(rest)
    assert read.response is not None and read.response.column == y
    assert len(read.terms) == len(rest) + 1


def test_functions_of_ones_own_are_known_by_name():
    assert formulas.parse("y ~ f(x)", {"f"}).terms == ("1", "f(x)")
    for functions in ((), {"g"}):
        with pytest.raises(InputError, match=r'f, which is no function .*context=\{"f": f\}'):
            formulas.parse("y ~ f(x)", functions)


def test_a_fit_with_a_column_called_as_a_function_is_saved_whole(tmp_path):
    model, frame = EXAMPLES["poisson_regressions_offset"]  # Seizures ~ Treatment * log_day
    fit = made_up_fit(model, frame)
    assert "Treatment" in fit.design.columns
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    np.testing.assert_array_equal(again.responsibilities(), fit.responsibilities())


@pytest.mark.parametrize("part", [{"formula": "y ~ scale"}, {"formula": "y", "gating": "~ scale"}])
def test_its_missing_values_are_named(part):
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "scale": [1.0, np.nan, 2, 3]})
    with pytest.raises(InputError, match="'scale' has 1 missing value"):
        stanmix.Mixture(components=2, **part).matrices(frame)
