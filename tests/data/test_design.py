from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest

from stanmix.data import design
from stanmix.errors import InputError

FRAME = pd.DataFrame(
    {
        "y": [1.0, 2.5, 3.0, 4.5, 6.0, 5.5],
        "x": [0.1, 0.5, 1.0, 1.5, 2.5, 2.0],
        "g": list("abcabc"),
        "odd name": [1, 3, 2, 5, 4, 9],
    },
    index=[f"row {i}" for i in range(6)],
)


def test_columns_are_kept_by_name():
    made = design.build("y ~ x * g", FRAME)
    assert made.covariates == (
        "Intercept", "x", "g[T.b]", "g[T.c]", "x:g[T.b]", "x:g[T.c]",
    )  # fmt: skip
    b = (FRAME.g == "b").to_numpy(float)
    c = (FRAME.g == "c").to_numpy(float)
    x = FRAME.x.to_numpy()
    expected = np.column_stack([np.ones(6), x, b, c, x * b, x * c])
    np.testing.assert_array_equal(made.X, expected)
    np.testing.assert_array_equal(made.y, FRAME.y)
    assert list(made.obs_id) == list(FRAME.index)
    assert list(made.columns.columns) == ["y", "x", "g"]


def test_new_rows_are_coded_as_the_old_ones():
    made = design.build("y ~ center(x) + g", FRAME)
    X, obs_id = made.transform(pd.DataFrame({"x": [3.0], "g": ["b"]}, index=[7]))
    np.testing.assert_allclose(X, [[1, 3 - FRAME.x.mean(), 1, 0]])
    assert list(obs_id) == [7]
    np.testing.assert_array_equal(made.transform(FRAME)[0], made.X)


def test_new_rows_of_an_intercept_alone_need_no_column():
    made = design.build("y ~ 1", FRAME)
    X, _ = made.transform(pd.DataFrame({"z": [1, 2, 3]}))
    np.testing.assert_array_equal(X, np.ones((3, 1)))


def test_new_rows_with_their_response():
    made = design.build("np.log(y) ~ x", FRAME)
    y, X, _ = made.observe(FRAME.iloc[:2])
    np.testing.assert_allclose(y, np.log(FRAME.y[:2]))
    np.testing.assert_array_equal(X, made.X[:2])
    with pytest.raises(InputError, match="Unknown column 'y'"):
        made.observe(FRAME[["x"]])


def test_unseen_levels_and_missing_columns_are_refused():
    made = design.build("y ~ g", FRAME)
    with pytest.raises(InputError, match="'z'"):
        made.transform(pd.DataFrame({"g": ["a", "z"]}))
    with pytest.raises(InputError, match="Unknown column 'g'"):
        made.transform(pd.DataFrame({"h": ["a"]}))


def test_mappings_and_odd_names_serve():
    made = design.build("y ~ `odd name`", {"y": [1.0, 2, 4], "odd name": [3.0, 1, 2]})
    assert made.covariates == ("Intercept", "odd name")
    np.testing.assert_array_equal(made.X[:, 1], [3, 1, 2])


def with_value(column, value):
    frame = FRAME.copy()
    frame.loc["row 2", column] = value
    return frame


@pytest.mark.parametrize(
    ("formula", "frame", "word"),
    [
        ("y ~ x", with_value("y", np.nan), "Column 'y' has 1 missing value .* row 2 "),
        ("y ~ x", with_value("x", np.nan), "Column 'x' has 1 missing"),
        ("y ~ g", with_value("g", None), "Column 'g' has 1 missing"),
        ("y ~ x", with_value("y", np.inf), "'y' is infinite"),
        ("y ~ x", with_value("x", -np.inf), "'x' is infinite"),
        ("y ~ np.log(x)", with_value("x", 0.0), "is infinite or undefined"),
        ("y ~ x", FRAME.iloc[:0], "no rows"),
        ("y ~ x", FRAME.iloc[:1], "one row"),
        ("y ~ 1", FRAME.assign(y=2.0), "constant"),
        ("y ~ z", FRAME, "Unknown column 'z'; the data have 'y', 'x', 'g'"),
        ("g ~ x", FRAME, "'g' is not numeric"),
        ("y ~ x", FRAME.assign(y=FRAME.y > 3), "not numeric"),
        ("y ~ x", FRAME.assign(y=FRAME.y.astype(str)), "not numeric"),
        ("y ~ x + x2", FRAME.assign(x2=2 * FRAME.x), "linearly dependent"),
        ("y ~ x", FRAME.assign(x=0.0), "zero in every row"),
        ("y ~ x", FRAME.assign(x=3.0), "linearly dependent"),
        ("y ~ nosuch(x)", FRAME, "nosuch, which is no function that formulas know"),
        ("y ~ np.nosuch(x)", FRAME, "np.nosuch, which is no function"),
        ("y ~ bs(x, df=1)", FRAME, r"bs\(x, df=1\) has no value"),
        ("y ~ x", FRAME.assign(x=FRAME.x * 1e-300), "'x' reaches 2.5e-300"),
        ("y ~ x", FRAME.assign(y=FRAME.y * 1e300), "'y' reaches 6e\\+300"),
        ("y ~ x", FRAME.assign(x=FRAME.x + 1j), "Column 'x' holds complex numbers"),
        ("y ~ x", FRAME.assign(y=FRAME.y + 1j), "Column 'y' holds complex numbers"),
        ("y ~ x", FRAME.assign(x=pd.to_datetime("2020-01-01")), "'x' holds dates"),
        ("y ~ g", FRAME.assign(g="a"), "'g' has one level, 'a'"),
        ("bs(y, df=4) ~ x", FRAME, "it has several columns"),
        ("I(y > 2) ~ x", FRAME, "not numeric"),
        ("log(y - 1) ~ x", FRAME, r"'log\(y - 1\)' is infinite or undefined in 1 row"),
        ("y ~ x", pd.concat([FRAME, FRAME[["x"]]], axis=1), "more than one column 'x'"),
        ("y ~ x", [1, 2, 3], "must be a pandas DataFrame"),
        ("y ~ x", {"y": [1, 2], "x": [1, 2, 3]}, "do not fit together"),
    ],
)  # fmt: skip
def test_bad_data_are_refused_by_name(formula, frame, word):
    with pytest.raises(InputError, match=word):
        design.build(formula, frame)


def test_the_frame_is_left_as_it_was():
    before = FRAME.copy()
    design.build("y ~ x * g", FRAME)
    pd.testing.assert_frame_equal(FRAME, before)


def test_an_index_that_repeats_gives_row_numbers():
    frame = FRAME.set_axis([0, 0, 1, 1, 2, 2])
    assert list(design.build("y ~ x", frame).obs_id) == [0, 1, 2, 3, 4, 5]


def test_the_response_may_be_objects_that_are_numbers():
    frame = FRAME.assign(y=[decimal.Decimal(n) for n in range(6)])
    assert design.build("y ~ x", frame).y.tolist() == [0, 1, 2, 3, 4, 5]
    made = design.build("log(z + 1) ~ x", FRAME.assign(z=np.arange(6).astype(object)))
    np.testing.assert_allclose(made.y, np.log1p(np.arange(6)))
    assert made.columns["z"].dtype == np.float64


@pytest.mark.parametrize("transform", ["center(y)", "scale(y)"])
def test_a_response_is_coded_as_in_the_first_data(transform):
    made = design.build(f"{transform} ~ x", FRAME)
    y, _, _ = made.observe(FRAME.iloc[1:3])
    np.testing.assert_allclose(y, made.y[1:3], rtol=1e-14)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (
            {"predictors": {"theta": "~ y"}},
            "'y' is the response, and an offset or another formula reads",
        ),
        ({"predictors": {"sigma": "~ log(y)"}}, "'y' is the response"),
        ({"offset": "y"}, "'y' is the response"),
    ],
)
def test_the_response_explains_nothing(roles, said):
    with pytest.raises(InputError, match=said):
        design.build("y ~ 1", FRAME, **roles)
    with pytest.raises(InputError, match=said):
        design.build(["x", "y"], FRAME, **roles)


def test_columns_that_are_read_are_kept_as_numbers_and_categories():
    frame = FRAME.assign(
        when=pd.to_datetime(["2020-01-01"] * 3 + ["2020-01-02"] * 3),
        n=np.arange(6, dtype="uint8"),
        w=pd.array([1, 2, 1, 1, 2, 1], "Int64"),
        unused=1.0,
        sort=pd.Categorical(list("ucucuc"), ["u", "v", "c"]),
    )
    made = design.build("y ~ sort + n", frame, group="when", weights="w")
    assert dict(made.columns.dtypes.astype(str)) == {
        "y": "float64", "when": "category", "n": "int64", "w": "float64", "sort": "category",
    }  # fmt: skip
    assert made.columns["sort"].cat.categories.tolist() == ["u", "c"]
    assert made.rows.group.tolist() == [0, 0, 0, 1, 1, 1]
    again = design.build("y ~ sort + n", made.columns, group="when", weights="w")
    np.testing.assert_array_equal(again.X, made.X)
    np.testing.assert_array_equal(again.rows.group, made.rows.group)
    pd.testing.assert_frame_equal(again.columns, made.columns)


def test_unused_levels_are_left_out():
    frame = FRAME.assign(g=pd.Categorical(list("uwuwuw"), ["u", "v", "w"]))
    made = design.build("y ~ g", frame)
    assert made.covariates == ("Intercept", "g[T.w]")
    with pytest.raises(InputError, match="'v'"):
        made.transform(frame.assign(g=pd.Categorical(["v"] * 6)))


@pytest.mark.parametrize("dtype", ["string", "category", "object", "str"])
def test_text_of_any_type_is_one_factor(dtype):
    frame = FRAME.assign(g=FRAME.g.astype(dtype))
    made = design.build("y ~ g", frame)
    np.testing.assert_array_equal(made.X, design.build("y ~ g", FRAME).X)
    X, _ = made.transform(pd.DataFrame({"g": pd.array(["c", "a"], "string")}))
    np.testing.assert_array_equal(X, [[1, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize(
    ("formula", "frame"),
    [
        ("`Sepal.Length` ~ x", {"Sepal.Length": [1.0, 2, 4], "x": [0.0, 5, 1]}),
        ("Sepal.Length ~ x", {"Sepal.Length": [1.0, 2, 4], "x": [0.0, 5, 1]}),
        ("`0` ~ `1`", pd.DataFrame([[1.0, 0.0], [2, 5], [4, 1]])),
        ("log ~ I(exp)", {"log": [1.0, 2, 4], "exp": [0.0, 5, 1]}),
    ],
)
def test_names_of_all_kinds(formula, frame):
    made = design.build(formula, frame)
    np.testing.assert_array_equal(made.y, [1, 2, 4])
    np.testing.assert_array_equal(made.X, [[1, 0], [1, 5], [1, 1]])
    y, X, _ = made.observe(frame)
    np.testing.assert_array_equal(X, made.X)
    np.testing.assert_array_equal(y, made.y)


def test_columns_of_an_array_are_known_by_their_digits():
    values = np.random.default_rng(0).normal(size=(5, 3))
    made = design.build(["2", "0"], pd.DataFrame(values))
    np.testing.assert_array_equal(made.y, values[:, [2, 0]])
    assert made.transform(pd.DataFrame(values))[0].tolist() == [[1.0]] * 5


def test_a_function_of_the_users_in_formula_and_gating():
    def cube(x):
        return x**3

    made = design.build("y ~ cube(x)", FRAME, {"cube": cube}, predictors={"theta": "~ cube(x)"})
    expected = np.column_stack([np.ones(6), FRAME.x**3])
    np.testing.assert_allclose(made.X, expected)
    np.testing.assert_allclose(made.rows.Z, expected)
    with pytest.raises(InputError, match="cube, which is no function"):
        design.build("y ~ cube(x)", FRAME)
