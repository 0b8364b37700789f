"""Terms as the columns of a matrix, beside formulaic's own reading of the same formulas."""

from __future__ import annotations

import formulaic
import numpy as np
import pandas as pd
import pytest

from stanmix.data import coding, formulas
from stanmix.errors import InputError

RNG = np.random.default_rng(1)
FRAME = pd.DataFrame(
    {
        "y": RNG.normal(size=12),
        "x": RNG.normal(size=12),
        "n": np.arange(12) % 5,
        "g": list("abcabcabcabc"),
        "h": list("uuvvuuvvvuuv"),
        "yes": [True, False, False] * 4,
        "Intercept": RNG.normal(size=12),
        "1": RNG.normal(size=12),
        "a:b": RNG.normal(size=12),
        "a": RNG.normal(size=12),
        "b": RNG.normal(size=12),
        "mixed": pd.Series([1, "1"] * 6, dtype=object),
        "u:v[T.x]": list("xyxyxyxyxyyy"),
    }
)


def made(formula, frame=FRAME, **functions):
    return coding.code(formulas.parse(formula, functions), frame, functions)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x * g",
        "y ~ 0 + g",
        "y ~ g * h",
        "y ~ g:h",
        "y ~ x:g + h - 1",
        "y ~ g / x",
        "y ~ (x + g + h)**2",
        "y ~ C(n) + yes",
        "y ~ C(n, Treatment(2)) * x",
        "y ~ C(g, contr.sum) + C(h, contr.helmert)",
        "y ~ C(g, contr.poly)",
        "y ~ C(g, contr.treatment(base='b'))",
        "y ~ C(g, levels=['c', 'b', 'a'])",
        "y ~ C(g, {'one': [1, 0, 0], 'two': [0, 1, 2]})",
        "y ~ bs(x, df=5) + poly(n, 2)",
        "y ~ cr(x, df=3):g + scale(x) + center(n)",
        "y ~ log(x + 5) + I(x**2) + np.exp(x)",
        "y ~ bs(x, df=4, degree=2):h",
    ],
)
def test_matrices_and_names_are_those_of_formulaic(formula):
    X, coded, _ = made(formula)
    expected = formulaic.Formula(formula).get_model_matrix(FRAME, context={}).rhs
    assert coded.names == tuple(expected.columns)
    np.testing.assert_allclose(X, expected, rtol=1e-12, atol=1e-12)
    new = FRAME.iloc[[7, 2]].reset_index(drop=True)
    np.testing.assert_allclose(coded(new), X[[7, 2]], rtol=1e-12, atol=1e-12)


def test_odd_names_are_columns_and_nothing_else():
    X, coded, _ = made("y ~ `1` + `u:v[T.x]`")
    assert coded.names == ("Intercept", "1", "u:v[T.x][T.y]")
    np.testing.assert_array_equal(X[:, 0], 1)
    np.testing.assert_array_equal(X[:, 1], FRAME["1"])


def test_a_function_of_the_users_gives_several_columns_in_the_order_of_rows():
    X, coded, _ = made("y ~ f(x)", f=lambda x: {"up": x.sort_values(), "twice": 2 * x})
    assert coded.names == ("Intercept", "f(x)[up]", "f(x)[twice]")
    np.testing.assert_array_equal(X[:, 1], np.sort(FRAME["x"]))
    np.testing.assert_array_equal(X[:, 2], 2 * FRAME["x"])
    X, coded, _ = made("y ~ f(x)", f=lambda x: np.column_stack([x, x**2]))
    np.testing.assert_array_equal(X[:, 1:], np.column_stack([FRAME["x"], FRAME["x"] ** 2]))


def test_a_function_of_the_users_gives_numbers_or_labels():
    X, coded, _ = made(
        "y ~ f(x) + kind(n)", f=lambda x: x**3, kind=lambda n: np.where(n > 2, "b", "a")
    )
    assert coded.names == ("Intercept", "f(x)", "kind(n)[T.b]")
    np.testing.assert_allclose(X[:, 1], FRAME["x"] ** 3)
    np.testing.assert_array_equal(X[:, 2], FRAME["n"] > 2)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("y ~ a * b + `a:b`", "2 covariates would be called 'a:b'"),
        ("y ~ x + Intercept", "cannot be called 'Intercept'"),
        ("y ~ 0 + Intercept", "cannot be called 'Intercept'"),
        ("y ~ mixed", "two labels that both read '1'"),
        ("y ~ C(n, levels=[0, 1])", "levels beside those that"),
        ("y ~ C(g, Treatment('z'))", "'z'"),
        ("y ~ C(g, contr.sum(3, 4))", "has no value"),
        ("y ~ C(g, {'a': [1, 2]})", "has no matrix"),
        ("y ~ short(x)", r"one value for each of the 12 rows.*\(3,\)"),
        ("y ~ number(x)", r"one value for each of the 12 rows.*\(\)"),
        ("y ~ nothing(x)", "one value for each"),
        ("y ~ many(x)", "one value for each"),
        ("y ~ 0 + none(x)", "no covariates"),
        ("y ~ parts(x)", r"one value for each of the 12 rows.*\(3,\)"),
    ],
)
def test_what_has_no_clear_matrix_is_refused(formula, said):
    functions = {
        "short": lambda x: x[:3], "number": lambda x: 3.0, "nothing": lambda x: None,
        "many": lambda x: np.ones((2, 12, 2)), "none": lambda x: {},
        "parts": lambda x: {"a": x, "b": x[:3]},
    }  # fmt: skip
    with pytest.raises(InputError, match=said):
        made(formula, **functions)


@pytest.mark.parametrize("formula", ["y ~ g", "y ~ 0 + g", "y ~ x:g", "y ~ C(n)", "y ~ x * h"])
def test_a_factor_of_one_level_is_refused(formula):
    with pytest.raises(InputError, match=r"has one level, .*: remove it"):
        made(formula, FRAME.assign(g="a", n=3, h=pd.Categorical(["u"] * 12, ["u", "v"])))


def test_kinds_of_columns_are_those_of_the_fitted_data():
    _, coded, _ = made("y ~ n + g")
    with pytest.raises(InputError, match="Column 'n' holds labels, but held numbers"):
        coded(FRAME.assign(n="2"))
    X, coded, _ = made("y ~ n")
    np.testing.assert_array_equal(coded(FRAME.assign(n=FRAME["n"].astype(object))), X)
    _, coded, _ = made("y ~ n", FRAME.assign(n=FRAME["n"].astype(object)))
    labels = coded(FRAME)  # of numbers: the labels that they were
    expected = [np.ones(12), *(FRAME["n"] == level for level in range(1, 5))]
    np.testing.assert_array_equal(labels, np.column_stack(expected))
    with pytest.raises(InputError, match=r"levels of a factor that .* not have: \{.*9.*\}"):
        coded(FRAME.assign(n=9))
