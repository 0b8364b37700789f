from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stanmix import design
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
        ("y ~ nosuch(x)", FRAME, "Unknown column 'nosuch'"),
        ("y ~ np.nosuch(x)", FRAME, "cannot be evaluated"),
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
