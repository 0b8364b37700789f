"""The functions that formulas may call."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stanmix.data.transforms import FUNCTIONS

TWO = {"arctan2", "maximum", "minimum", "power"}


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.startswith("np.")])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "float32", "float64"])
def test_functions_of_numpy_work_on_double_precision(name, dtype):
    values = np.array([1, 0, 1]) if "arc" in name else np.array([100, 3, 7])
    column = pd.Series(values.astype(dtype))
    own = getattr(np, name.removeprefix("np."))
    more = (2,) if name.removeprefix("np.") in TWO else (1, 5) if name == "np.clip" else ()
    with np.errstate(all="ignore"):
        found = FUNCTIONS[name](column, *more)
        expected = own(values.astype(float), *(float(value) for value in more))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("exp10", [100.0, 0.1]), ("exp2", [4.0, 0.5]), ("log", np.log([2, np.nan]))],
)
def test_short_names(name, expected):
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(FUNCTIONS[name](pd.Series([2, -1])), expected)


def test_the_documentation_names_them_all():
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w.]+)`", text[: text.index("## Types of columns")]))
    assert set(FUNCTIONS) <= named
