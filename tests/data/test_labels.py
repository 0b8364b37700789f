from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.data import labels
from stanmix.errors import InputError
from stanmix.model.families.components import PointMass

ABC = ["c", None, "a", "b", None, "a"]


def read(values):
    return labels.read("c", pd.Series(values))[0]


@pytest.mark.parametrize(
    ("values", "numbers", "names"),
    [
        (ABC, [3, 0, 1, 2, 0, 1], ("a", "b", "c")),
        (pd.Categorical(ABC, ["c", "b", "a", "d"]), [1, 0, 3, 2, 0, 3], ("c", "b", "a")),
        ([2.0, np.nan, 1.0], [2, 0, 1], ()),
        (pd.array([2, None, 1], dtype="Int64"), [2, 0, 1], ()),
        (np.array([2, None, 1], dtype=object), [2, 0, 1], ()),
        (np.array([True, None, False], dtype=object), [2, 0, 1], ("False", "True")),
        (pd.Categorical([7, None, 9]), [1, 0, 2], ("7", "9")),
    ],
)
def test_labels_are_numbers_of_components_or_their_names(values, numbers, names):
    found = read(values)
    np.testing.assert_array_equal(found.numbers, numbers)
    assert found.names == names
    numbered = list(names) or [1, 2, 3]
    assert found.of_components(len(numbered)).tolist() == numbered


def test_what_has_no_label_is_called_so():
    assert read(ABC).of_components(4).tolist() == ["a", "b", "c", "unlabelled"]
    found = read(["unlabelled", None, "b"]).of_components(3)
    assert found.tolist() == ["b", "unlabelled", "unlabelled_"]


def test_columns_of_labels_are_read_again_as_they_were():
    for values in (ABC, [2.0, np.nan, 1.0], pd.Categorical(ABC, ["c", "b", "a"])):
        first, column = labels.read("c", pd.Series(values))
        second, _ = labels.read("c", column)
        np.testing.assert_array_equal(first.numbers, second.numbers)
        assert first.names == second.names


Y = np.array([0.0, 2.0, 5.0, 1.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("given", "stated", "word"),
    [
        ([None] * 6, {}, "labels='c': the class of no row is known"),
        ([0, 1, 2, None, None, None], {}, "row 0 .counted from 0. has 0; count from 1"),
        ([1, 1.5, 2, None, None, None], {}, "row 1 .counted from 0. has 1.5"),
        ([1, 5, 2, 3, None, None], {}, "holds 5, the number of a component, but components=3"),
        (["a", "b", "c", "d", "d", None], {}, "'a', 'b', 'c', 'd', but components=3; state comp"),
        (["a", None, None, None, None, None], {}, "2 of 3 components.*or state components=2"),
        ([3, None, None, None, None, None], {}, "2 of 3 components have the label of no row"),
        (["a", "b", None, None, None, None], {"weights": "w"}, "2 of 3 components"),
        (["a", "b", "c", None, None, None], {"group": "g"}, "group 0 of 'g' .* 'a' and 'b'"),
        ([1, 3, 2, None, None, None], {"group": "g"}, "group 0 of 'g' have the labels 1 and 3"),
    ],
)
def test_labels_that_say_nothing_or_too_much_are_refused(given, stated, word):
    frame = pd.DataFrame({"y": Y, "c": pd.Series(given, dtype=object), "g": [0, 0, 1, 2, 3, 4]})
    frame["w"] = [0, 1, 1, 1, 1, 1]
    with pytest.raises(InputError, match=word):
        stanmix.Mixture("y", 3, labels="c", **stated).data(frame)


def test_labels_take_the_place_of_an_order():
    with pytest.raises(InputError, match="order='mu' and labels='c' both name the components"):
        stanmix.Mixture("y", 2, labels="c", order="mu")
    model = stanmix.Mixture("y", 2, labels="c")
    assert not model.exchangeable and "c" in model.columns
    assert stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict()))) == model


def test_a_label_is_that_of_its_whole_group():
    frame = pd.DataFrame({"y": Y, "g": list("ppqqrr"), "c": [None, "b", None, None, "a", "a"]})
    model = stanmix.Mixture("y", 2, labels="c", group="g")
    np.testing.assert_array_equal(model.data(frame)["labels"], [2, 0, 1])
    np.testing.assert_array_equal(model.matrices(frame).rows.labels.numbers, [2, 2, 0, 0, 1, 1])


@pytest.mark.parametrize(
    ("known", "word"),
    [([2, 1], "row 0 .* is 0 and has the label 2.* other values alone"),
     ([1, 1], "row 1 .* is 2 and has the label 1.* nothing but 0")],
)  # fmt: skip
def test_labels_that_a_point_mass_contradicts_are_refused(known, word):
    frame = pd.DataFrame({"y": [0.0, 2.0, 0.0, 5.0, 1.0], "c": [*known, None, None, None]})
    model = stanmix.Mixture("y", 2, family=[PointMass(0), "normal"], labels="c")
    with pytest.raises(InputError, match=word):
        model.data(frame)
    model.data(frame.assign(c=[1, 2, None, None, None]))
