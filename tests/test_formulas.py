from __future__ import annotations

import formulaic
import numpy as np
import pandas as pd
import pytest
from rendered import EXAMPLES
from synthetic import made_up_fit

import stanmix
from stanmix.errors import InputError
from stanmix.formulas import columns_read


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("y ~ a * log(b)", {"y", "a", "b"}),
        ("y ~ Treatment * b", {"y", "Treatment", "b"}),
        ("log ~ scale + `a b`", {"log", "scale", "a b"}),
        ("y ~ C(g, contr.sum) + np.sin(x)", {"y", "g", "x"}),
        ("~ 1 + Sum", {"Sum"}),
    ],
)
def test_columns_may_have_the_names_of_functions(formula, expected):
    assert columns_read(formulaic.Formula(formula)) == expected


def test_a_fit_with_such_a_column_is_saved_whole(tmp_path):
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
