"""Which categories a response has, of columns of all kinds, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.data.design import build

Y = ["b", "a", "c", "a"]


def categories(values, kind="any"):
    design = build("y", pd.DataFrame({"y": values}), kinds={"y": kind})
    return design.categories, design.y.tolist()


@pytest.mark.parametrize(
    ("values", "expected", "numbers"),
    [
        (Y, ("a", "b", "c"), [2, 1, 3, 1]),
        (pd.Categorical(Y, ["c", "b", "a"]), ("c", "b", "a"), [2, 3, 1, 3]),
        ([7, 3, 9, 3], (3, 7, 9), [2, 1, 3, 1]),
        ([2.0, 1.0, 4.0, 1.0], (1, 2, 4), [2, 1, 3, 1]),
        ([True, False, True, True], (False, True), [2, 1, 2, 2]),
        (pd.Categorical([4, 0, 4, 0]), (0, 4), [2, 1, 2, 1]),
        (np.array([1, "x", 1, "x"], dtype=object), (1, "x"), [1, 2, 1, 2]),
    ],
    ids=["text", "categories", "whole numbers", "floats", "truth values", "numbers", "several"],
)
def test_a_category_has_its_place_among_them(values, expected, numbers):
    assert categories(values) == (expected, numbers)


@pytest.mark.parametrize(
    ("values", "expected", "numbers"),
    [
        (pd.Categorical(Y, ["b", "c", "a"], ordered=True), ("b", "c", "a"), [1, 3, 2, 3]),
        ([5, 3, 4, 5], (3, 4, 5), [3, 1, 2, 3]),
    ],
    ids=["categories", "whole numbers"],
)
def test_ordered_categories_have_their_order(values, expected, numbers):
    assert categories(values, "ordered") == (expected, numbers)


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (Y, "ordered", r"have no order; state it, .*'a', 'b', 'c'\], ordered=True\)"),
        (pd.Categorical(Y), "ordered", "labels that have no order"),
        ([1, 3, 4, 1], "ordered", "runs from 1 to 4, but no row has 2"),
        ([1, 2, 1, 2], "ordered", 'two categories, 1 and 2, .* use family="bernoulli"'),
        ([True, False, True, True], "ordered", 'use family="bernoulli" .* == True'),
        (["lo", "hi", "lo", "hi"], "ordered", "use family=\"bernoulli\" with 1 for .* == 'lo'"),
        (pd.Categorical(Y, ["a", "b", "c", "d"]), "any", "no row of 'd'.*remove_unused_categories"),
        ([0.5, 1.0, 2.0, 1.0], "any", r"is 0.5 in row 0 \(counted from 0\)"),
        ([1.0, np.inf, 2.0, 1.0], "any", "is inf in row 1"),
        ([2**60, 2**60 + 1, 5, 5], "any", r"in row 0 .*below 2\^53"),
        (["a", "a", "a", "a"], "any", "has 1 category, where there must be 2 to 1000"),
        (["a", None, "b", "b"], "any", "missing"),
    ],
)
def test_what_are_no_categories_is_refused_in_words(values, kind, words):
    with pytest.raises(stanmix.InputError, match=words):
        categories(values, kind)


def test_nothing_is_computed_of_categories():
    with pytest.raises(stanmix.InputError, match="nothing can be computed: name a column"):
        build("log(y)", pd.DataFrame({"y": [1, 2, 3]}), kinds={"log(y)": "any"})


def test_new_rows_have_the_categories_of_the_data():
    """Of whatever type their column is, and of those that they lack."""
    design = build("y", pd.DataFrame({"y": Y}), kinds={"y": "any"})
    assert design.observe({"y": pd.Categorical(["c", "a"])})[0].tolist() == [3, 1]
    with pytest.raises(stanmix.InputError, match=r"is 'd' in row 1 .* none of its categories: 'a'"):
        design.observe({"y": ["a", "d"]})


@pytest.mark.parametrize("values", [Y, [True, False, True, True], [1, 2, 3, 1]])
def test_missing_responses_change_no_category(values):
    frame = pd.DataFrame({"y": np.array([*values, None], dtype=object)})
    design = build("y", frame, missing="predict", kinds={"y": "any"})
    assert design.categories == categories(values)[0]
    assert design.all_rows.y[-1:].tolist() == pytest.approx([np.nan], nan_ok=True)
    # As a fit keeps the columns, and reads them again.
    again = build("y", design.all_rows.columns, missing="predict", kinds={"y": "any"})
    assert again.categories == design.categories
    np.testing.assert_array_equal(again.all_rows.y, design.all_rows.y)
