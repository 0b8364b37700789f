"""What is stated of columns and blocks: in the order of a response, and through JSON."""

from __future__ import annotations

import json

import pytest

from stanmix.model.column_blocks import columns_of, from_plain, in_order, to_plain


def test_columns_and_blocks_come_in_the_order_of_the_response():
    stated = {("d", "a"): "mvnormal", "c": "poisson", "b": "normal"}
    found = in_order(stated, ["a", "b", "c", "d"])
    assert [*found.items()] == [(("a", "d"), "mvnormal"), ("b", "normal"), ("c", "poisson")]
    assert [columns_of(named) for named in found] == [("a", "d"), ("b",), ("c",)]


@pytest.mark.parametrize(
    "stated",
    [
        {"a": "normal", "b": "poisson"},
        {("a", "b"): "mvnormal"},
        {"a, b": "normal", ("a", "b"): "mvnormal", "columns": "poisson"},
    ],
)
def test_what_is_stated_is_the_same_after_json(stated):
    plain = json.loads(json.dumps(to_plain(stated, "family")))
    assert [*from_plain(plain, "family").items()] == [*stated.items()]


@pytest.mark.parametrize(
    "values",
    ["normal", None, [], ["normal", "gamma"], [{"columns": ["a"], "covariance": "full"}]],
)
def test_other_values_stay_as_they_are(values):
    assert from_plain(values, "family") is values
