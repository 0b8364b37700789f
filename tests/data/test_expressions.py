"""Expressions within formulas: what they give, and that nothing else is ever run."""

from __future__ import annotations

import ast
import builtins
import contextlib
import keyword
import math

import numpy as np
import pandas as pd
import pytest
from formulaic.transforms import stateful_transform
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmix.data import expressions
from stanmix.data.transforms import FUNCTIONS
from stanmix.errors import InputError

X = np.array([1.0, 2.5, -0.5, 4.0])
K = np.array([1, 2, 3, 7])
COLUMNS = {
    "x": pd.Series(X),
    "k": pd.Series(K),
    "g": pd.Series(pd.Categorical(list("abab"))),
    "yes": pd.Series([True, False, False, True]),
    "odd name": pd.Series(X + 1),
    "Sepal.Length": pd.Series(X * 2),
    "log": pd.Series(X + 10),
    "µ": pd.Series(X - 3),  # the micro sign, which Python takes for the Greek letter
    "class": pd.Series(X / 2),
}


def value(text, **functions):
    return expressions.read(text, functions).value(COLUMNS, functions, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + k * 2 - 1", X + K * 2 - 1),
        ("x / k", X / K),
        ("k // 2", K // 2),
        ("k % 3", K % 3),
        ("-x ** 2", -(X**2)),
        ("+yes", [1, 0, 0, 1]),
        ("yes + yes", [2, 0, 0, 2]),
        ("I(x > 1)", X > 1),
        ("(x > 1) & ~(k == 2) | yes", (X > 1) & (K != 2) | np.array([1, 0, 0, 1], bool)),
        ("0 < x <= 2.5", (X > 0) & (X <= 2.5)),
        ("g == 'a'", [True, False, True, False]),
        ("np.log1p(abs(x))", np.log1p(np.abs(X))),
        ("exp(x) + np.sqrt(k) + sin(x)", np.exp(X) + np.sqrt(K) + np.sin(X)),
        ("np.clip(x, 0, 3)", np.clip(X, 0, 3)),
        ("exp10(x)", 10**X),
        ("log(`odd name` + 1)", np.log(X + 2)),
        ("log(log)", np.log(X + 10)),
        ("I(Sepal.Length + `Sepal.Length`)", X * 4),
        ("I(µ)", X - 3),
        ("I(`class` + Q('odd name'))", X / 2 + X + 1),
    ],
)
def test_values_are_those_of_numpy(text, expected):
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(value(text), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int64", "bool"])
def test_whole_numbers_do_not_overflow(dtype):
    columns = {"n": pd.Series(np.array([1, 0, 100, 127]).astype(dtype))}
    exact = [int(n) for n in columns["n"]]
    for text, expected in (
        ("n ** 12", [n**12 for n in exact]),
        ("n * n * n", [n**3 for n in exact]),
        ("n - 128", [n - 128 for n in exact]),
        ("exp(n / 100)", [math.exp(n / 100) for n in exact]),
    ):
        found = expressions.read(text).value(columns, {}, {})
        np.testing.assert_allclose(found, np.array(expected, float), rtol=1e-15)


def test_transforms_remember_the_first_data():
    remembered: dict[str, object] = {}
    expression = expressions.read("center(x) + scale(k)")
    first = expression.value(COLUMNS, {}, remembered)
    np.testing.assert_allclose(first, X - X.mean() + (K - K.mean()) / K.std(ddof=1))
    new = {"x": pd.Series([0.0]), "k": pd.Series([0])}
    again = expression.value(new, {}, remembered)
    np.testing.assert_allclose(again, -X.mean() - K.mean() / K.std(ddof=1))


def test_functions_of_the_users():
    np.testing.assert_allclose(value("twice(x) + 1", twice=lambda x: 2 * x), 2 * X + 1)

    @stateful_transform
    def less_first(data, _state=None):
        _state.setdefault("first", data.iloc[0])
        return data - _state["first"]

    remembered: dict[str, object] = {}
    expression = expressions.read("less_first(x)", {"less_first"})
    expression.value(COLUMNS, {"less_first": less_first}, remembered)
    new = expression.value({"x": pd.Series([3.0])}, {"less_first": less_first}, remembered)
    assert new.tolist() == [2.0]
    with pytest.raises(InputError, match="twice, which is no function that formulas know"):
        value("twice(x)")
    with pytest.raises(InputError, match=r"broken\(x\) has no value: division by zero"):
        value("broken(x)", broken=lambda x: 1 / 0)


@pytest.mark.parametrize(
    "text",
    [
        "open('{canary}', 'w')",
        "I(open('{canary}', 'w'))",
        "__import__('os').system('touch {canary}')",
        "x.to_csv('{canary}')",
        "np.savetxt('{canary}', x)",
        "np.lib.format.open_memmap('{canary}')",
        "(lambda: open('{canary}', 'w'))()",
        "[open('{canary}', 'w') for a in x]",
        "{{open('{canary}', 'w')}}",
        "{{k: open('{canary}', 'w') for k in x}}",
        "(open('{canary}', 'w') for a in x)",
        "x[open('{canary}', 'w')]",
        "f\"{{open('{canary}', 'w')}}\"",
        "(a := open('{canary}', 'w'))",
        "open('{canary}', 'w') if x else 1",
        "x and open('{canary}', 'w')",
        "I(*open('{canary}', 'w'))",
        "I(**open('{canary}', 'w'))",
        "C(x, open('{canary}', 'w'))",
        "C(x, levels=[open('{canary}', 'w')])",
        "bs(x, knots=[open('{canary}', 'w')])",
        "bs(x, _state=open('{canary}', 'w'))",
        "Q(open('{canary}', 'w'))",
        "exp(x)(open('{canary}', 'w'))",
        "`open`('{canary}', 'w')",
        "open.__call__('{canary}', 'w')",
        "I.__globals__['open']('{canary}', 'w')",
        "await open('{canary}', 'w')",
        "exec(\"open('{canary}', 'w')\")",
        "not open('{canary}', 'w')",
        "x in open('{canary}', 'w')",
        "x @ open('{canary}', 'w')",
    ],
)
def test_nothing_but_an_expression_is_run(text, tmp_path):
    canary = tmp_path / "ran"
    columns = {**COLUMNS, "open": COLUMNS["x"], "canary": COLUMNS["x"]}
    for said in (text, f"I({text})", f"x + {text}"):
        with pytest.raises(InputError):
            expressions.read(said.format(canary=canary)).value(columns, {}, {})
    assert not canary.exists()


NAMES = [
    "x",
    "k",
    "g",
    "np",
    "np.log",
    "I",
    "C",
    "bs",
    "Q",
    "os",
    "known",
    "__class__",
    "`odd name`",
]
LITERALS = ["1", "2.5", "'a'", "1j", "...", "lambda: x", "[x]", "{'a': 1}"]
WORDS = st.sampled_from([*dir(builtins), *keyword.kwlist, *NAMES, *LITERALS])
SAID = st.recursive(
    WORDS,
    lambda parts: st.one_of(
        st.builds("{}({})".format, parts, parts),
        st.builds("{}({}, k={})".format, parts, parts, parts),
        st.builds("{}.{}".format, parts, parts),
        st.builds("{}[{}]".format, parts, parts),
        st.builds("({} {} {})".format, parts, st.sampled_from("+-*/%&|^@<=,"), parts),
        st.builds("[{} for a in {}]".format, parts, parts),
        st.builds("(lambda a: {})({})".format, parts, parts),
    ),
    max_leaves=8,
)


NEVER = (
    ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.Subscript, ast.NamedExpr, ast.Starred,
    ast.JoinedStr, ast.IfExp, ast.BoolOp, ast.Await,
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(SAID)
def test_any_expression_has_a_value_or_is_refused(text):
    functions = {"known": lambda *values, **named: COLUMNS["x"]}
    try:
        read = expressions.read(text, functions)
    except InputError:
        return
    said = list(ast.walk(ast.parse(text.replace("`odd name`", "odd"), mode="eval")))
    calls = {ast.unparse(node.func) for node in said if isinstance(node, ast.Call)}
    assert calls <= {*FUNCTIONS, *functions, "Q"}
    assert not any(isinstance(node, NEVER) for node in said)
    columns = {name: COLUMNS.get(name, COLUMNS["x"]) for name in read.columns}
    with contextlib.suppress(InputError):
        read.value(columns, functions, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I(x^2)", r"\^ is no power within an expression; write \*\* "),
        ("x ^ k", r"write \*\* for a power"),
        ("g + 1", "it computes with labels"),
        ("x + 'a'", "computes with 'a'"),
        ("x & yes", r"each in parentheses: \(x > 1\) & \(z < 2\)"),
        ("x.values()", "calls x.values, which is no function"),
        ("x[0]", r"x\[0\] cannot stand in a formula"),
        ("log(class)", "cannot be read: invalid syntax"),
        ("log(x", "cannot be read"),
        ("lag(x)", "lag, which is no function"),
        ("bs(x, knots=[k])", r"\[k\] cannot stand in a formula"),
        ("bs(x, df=1)", r"bs\(x, df=1\) has no value: "),
        ("C(g, Treatment('z'), 1, 2)", "has no value"),
        ("I" + "(" * 5000 + "x" + ")" * 5000, "cannot be read"),
        ("x" + "+x" * 20_000, "nested too deeply"),
        ("x + \0", "cannot be read"),
        ("x + 1" + "0" * 5000, "cannot be read"),
    ],
)
def test_words_say_what_is_wrong(text, said):
    with pytest.raises(InputError, match=said):
        value(text)


@pytest.mark.parametrize(
    ("text", "spelled", "columns"),
    [
        ("log( x+1 )", "log(x + 1)", {"x"}),
        ("x", "x", {"x"}),
        ("`odd name`", "odd name", {"odd name"}),
        ("f(`odd name`,  `x`)", "f(`odd name`, x)", {"odd name", "x"}),
        ("f(`a b`, `a b c`, quoted0)", "f(`a b`, `a b c`, quoted0)", {"a b", "a b c", "quoted0"}),
        ("f(a.b, '`a b`')", "f(a.b, '`a b`')", {"a.b"}),
        ("C(g, contr.sum)", "C(g, contr.sum)", {"g"}),
        ("C(g, Treatment)", "C(g, Treatment)", {"g"}),
        ("I(Treatment)", "I(Treatment)", {"Treatment"}),
        ("µ", "µ", {"µ"}),
        ("Q('a')", "a", {"a"}),
    ],
)
def test_expressions_have_one_spelling(text, spelled, columns):
    read = expressions.read(text, {"f"})
    assert (read.text, read.columns) == (spelled, columns)
