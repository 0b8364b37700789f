from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.data import rows
from stanmix.errors import InputError

FRAME = pd.DataFrame(
    {
        "y": [0.0, 2.0, 5.0, 1.0, 3.0, 4.0],
        "x": [0.1, 0.5, 0.9, 1.3, 1.1, 0.2],
        "z": [1.0, 1.0, 2.0, 2.0, 4.0, 4.0],
        "g": ["b", "b", "a", "a", "c", "c"],
        "w": [1.0, 2.0, 0.0, 1.0, 3.0, 1.0],
        "negative": [1.0, -2.0, 1.0, 1.0, -1.0, 1.0],
        "zero": np.zeros(6),
        "few": [0.0, 0.5, 0.5, 0.0, 0.0, 0.0],
        "hole": [1.0, np.nan, 1.0, 1.0, 1.0, 1.0],
        "endless": [1.0, np.inf, 1.0, 1.0, 1.0, 1.0],
        "half": [0.0, 2.5, 5.0, 1.0, 3.0, 4.0],
        "below": [0.0, -2.0, 5.0, 1.0, 3.0, 4.0],
        "one": np.ones(6),
    }
)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"weights": "wieghts"}, "Unknown column 'wieghts'"),
        ({"offset": "q"}, "Unknown column 'q'"),
        ({"group": "q"}, "Unknown column 'q'"),
        ({"gating": "~ q"}, "Unknown column 'q'"),
        ({"weights": "negative"}, "row 1 .* has -2, and 2 row"),
        ({"weights": "zero"}, "every weight is zero"),
        ({"weights": "few"}, "add up to only 1 rows"),
        ({"weights": "hole"}, "'hole' has 1 missing value"),
        ({"weights": "endless"}, "infinite"),
        ({"weights": "g"}, "column of numbers"),
        ({"offset": "hole"}, "'hole' has 1 missing value"),
        ({"offset": "g"}, "column of numbers"),
        ({"group": "hole"}, "'hole' has 1 missing value"),
        ({"group": "one"}, "only 1 group"),
        ({"gating": "~ hole"}, "'hole' has 1 missing value"),
        ({"gating": "~ z + one"}, "linearly dependent"),
        ({"gating": "~ x", "group": "g"}, "'x' differs within a group of 'g'"),
        ({"gating": "~ z", "priors": {"gamma[x]": stanmix.Normal(0, 1)}}, "no parameter 'gamma"),
        ({"formula": "half", "family": "poisson"}, "half' is 2.5 in row 1"),
        ({"formula": "below", "family": "poisson"}, "below' is -2 in row 1"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_data(arguments, word):
    model = stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})
    with pytest.raises(InputError, match=word):
        model.data(FRAME)


def test_groups_are_numbered_as_they_appear_and_gating_has_a_row_for_each():
    data = stanmix.Mixture("y", 2, group="g", gating="~ z").data(FRAME)
    assert data["G"] == 3
    np.testing.assert_array_equal(data["group"], [1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(data["Z"], [[1, 1], [1, 2], [1, 4]])


def test_gating_by_an_intercept_alone_is_a_dirichlet():
    plain, gated = stanmix.Mixture("y", 2), stanmix.Mixture("y", 2, gating="~ 1")
    assert gated.program() == plain.program()
    assert gated.data(FRAME).keys() == plain.data(FRAME).keys()


def test_new_rows_are_coded_as_the_fitted_ones():
    made = rows.build(FRAME, predictors={"theta": "~ g", "sigma": "~ x"}, offset="x", weights="w")
    new = made.of(FRAME.iloc[[2, 4]])
    np.testing.assert_array_equal(new.Z, made.Z[[2, 4]])
    np.testing.assert_array_equal(new.offset, [0.9, 1.1])
    np.testing.assert_array_equal(new.weights, [0.0, 3.0])
    unseen = made.of(FRAME[["g", "x"]], response=False)
    assert unseen.weights is None
    with pytest.raises(InputError, match="levels of a factor that the fitted data did not have"):
        made.of(FRAME.assign(g="new"))


def test_default_priors_of_a_table_are_those_of_its_rows():
    table = stanmix.datasets.load("fetal_lamb_counts")
    rows = table.loc[table.index.repeat(table["freq"]), ["movements"]]
    for family in ("normal", "poisson"):
        short = stanmix.Mixture("movements", 2, family=family, weights="freq").data(table)
        long = stanmix.Mixture("movements", 2, family=family).data(rows)
        for key in ("mu_prior_arguments", "sigma_prior_arguments"):
            if key in long:
                np.testing.assert_allclose(short[key], long[key], rtol=1e-12)


def test_a_statement_with_all_of_it_survives_plain_values():
    model = stanmix.Mixture("y", 2, gating="~ z", group="g", weights="w", offset="x")
    assert stanmix.Mixture.from_dict(model.to_dict()) == model
