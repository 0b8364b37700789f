from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stanmix.data.response_columns import ResponseColumns
from stanmix.errors import InputError

NAN = np.nan
FRAME = pd.DataFrame(
    {
        "kind": ["b", None, "a", "c", "b"],
        "other": np.arange(5),
        "n": pd.array([None, 3, 1, 2, 7], dtype="Int64"),
        "old": [True, False, None, True, True],
        "grade": pd.Categorical(["low", "high", "mid", None, "low"], ["low", "mid", "high"], True),
    }
)
STATED = ResponseColumns(
    ("n", "kind", "old", "grade"),
    incomplete=True,
    truths=frozenset({"old"}),
    kinds={"kind": "any", "grade": "ordered"},
)


def test_columns_become_numbers_in_the_order_stated():
    taken = STATED.take(FRAME)
    learned = STATED.learn(taken)
    assert learned.levels == {"kind": ("a", "b", "c"), "grade": ("low", "mid", "high")}
    expected = [[NAN, 2, 1, 1], [3, NAN, 0, 3], [1, 1, NAN, 2], [2, 3, 1, NAN], [7, 2, 1, 1]]
    np.testing.assert_array_equal(learned.values(taken), expected)
    again = taken.iloc[[4, 2]].reset_index(drop=True)  # by the categories of the data
    np.testing.assert_array_equal(learned.values(again), [expected[4], expected[2]])


def test_what_is_stored_gives_the_same_numbers_and_keeps_labels():
    taken = STATED.take(FRAME)
    learned = STATED.learn(taken)
    stored = pd.DataFrame(learned.stored(taken))
    assert list(stored) == list(STATED.names)
    np.testing.assert_array_equal(learned.values(stored), learned.values(taken))
    assert stored["kind"].dropna().tolist() == ["b", "a", "c", "b"]
    assert STATED.learn(stored).levels == learned.levels


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("kind", ["a", None, "a", "d", "b"], "'d' in row 3"),
        ("n", [None, 1.0, 2.0, np.inf, 1.0], "'n'.* row 3"),
        ("n", [None, "x", "y", "y", "x"], "'n' is not numeric"),
        ("n", [None, True, False, True, True], "'n' is not numeric"),
    ],
)
def test_messages_number_rows_as_the_data_do(name, values, said):
    learned = STATED.learn(STATED.take(FRAME))
    with pytest.raises(InputError, match=said):
        learned.values(STATED.take(FRAME.assign(**{name: values})))


def test_missing_values_are_refused_where_rows_may_lack_none_and_where_all_do():
    with pytest.raises(InputError, match=r"(?s)'n'.*Leave them out"):
        ResponseColumns(("n", "other")).take(FRAME, "Leave them out.")
    both = ResponseColumns(("n", "other"), incomplete=True)
    with pytest.raises(InputError, match="'n' is missing in every row"):
        both.learn(both.take(FRAME.assign(n=NAN)))
    # Rows to be predicted may lack all of a column.
    found = both.values(both.take(FRAME.assign(n=NAN)))
    np.testing.assert_array_equal(found, np.column_stack([np.full(5, NAN), np.arange(5)]))
